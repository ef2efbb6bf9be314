"""DynamoDB in memory, as far as the catalogue speaks to it: linearizable, quick, with idempotent transactions.

It is held against moto, call by call, in tests of its own. A request that DynamoDB would not take fails the test.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from botocore.exceptions import ClientError

from tests.support import dynamo_rules as rules
from tests.support.expressions import Item, Scope, parsed
from tests.support.table import table_properties

type Key = tuple[str, str]
type Change = tuple[Key, Item | None, Item | None]
"""Key, the item before and the item after; None where there is none."""

_CLAUSE: Final = re.compile(r"(SET|REMOVE|ADD) ")
_ONCE: Final = re.compile(r"if_not_exists\(#\w+, (:\w+)\)")
_PAGE: Final = 1000


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _indexes() -> dict[str | None, rules.Index]:
    defined = table_properties()
    own = _keys_of(defined)
    found: dict[str | None, rules.Index] = {None: rules.Index(own)}
    for each in defined["GlobalSecondaryIndexes"]:
        projection, keys = each["Projection"], _keys_of(each)
        kept = frozenset({*own, *keys, *projection.get("NonKeyAttributes", ())})
        found[each["IndexName"]] = rules.Index(keys, None if projection["ProjectionType"] == "ALL" else kept)
    return found


def _keys_of(defined: Mapping[str, Any]) -> tuple[str, str]:
    hashed, sorted_by = (part["AttributeName"] for part in defined["KeySchema"])
    return hashed, sorted_by


@dataclass
class MemoryDynamo:
    """A low-level client over one table."""

    on_commit: Callable[[list[Change]], None] = lambda _: None
    """Told of everything that one call changed, while nobody else may change anything."""
    items: dict[Key, Item] = field(default_factory=dict)
    remembers_tokens: bool = True
    """Whether a transaction that is sent twice within ten minutes is done once."""
    _tokens: dict[str, Any] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _indexes: dict[str | None, rules.Index] = field(default_factory=_indexes)

    # --- reads ---

    def get_item(self, *, Key: Item, **_: Any) -> dict[str, Any]:  # noqa: N803 - DynamoDB's names
        with self._lock:
            item = self.items.get(_key(Key))
        return {} if item is None else {"Item": dict(item)}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        ((table, wanted),) = RequestItems.items()
        rules.check_together(map(_key, wanted["Keys"]), rules.MAX_BATCH_READS)
        with self._lock:
            found = [self.items.get(_key(key)) for key in wanted["Keys"]]
        return {"Responses": {table: [_projected(item, wanted) for item in found if item is not None]}}

    def query(self, **request: Any) -> dict[str, Any]:
        rules.check_query(request, self._indexes)
        scope = Scope(request["ExpressionAttributeNames"], request["ExpressionAttributeValues"])
        index, order = self._indexes[request.get("IndexName")], request.get("ScanIndexForward", True)
        condition = parsed(request["KeyConditionExpression"])
        with self._lock:
            found = [item for item in self.items.values() if all(name in item for name in index.keys)]
        found = [index.entry(item) for item in found if condition.holds(item, scope)]
        found.sort(key=lambda item: (_sortable(item[index.keys[1]]), _key(item)), reverse=not order)
        start = request.get("ExclusiveStartKey")
        after = 1 + next((at for at, item in enumerate(found) if start and _key(item) == _key(start)), -1)
        page = found[after : after + request.get("Limit", _PAGE)]
        is_last = not found[after + len(page) :]
        more = {} if is_last else {"LastEvaluatedKey": {n: page[-1][n] for n in ("pk", "sk", *index.keys)}}
        if "FilterExpression" in request:
            page = [item for item in page if parsed(request["FilterExpression"]).holds(item, scope)]
        return {"Items": [_projected(item, request) for item in page], **more}

    # --- writes ---

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._alone("PutItem", {"Put": request})

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._alone("UpdateItem", {"Update": request})

    def batch_write_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        (requests,) = RequestItems.values()
        named = [parameters.get("Key") or parameters["Item"] for each in requests for parameters in each.values()]
        rules.check_together(map(_key, named), rules.MAX_BATCH_WRITES)
        for request in requests:
            ((verb, parameters),) = request.items()
            self._alone("BatchWriteItem", {verb.removesuffix("Request"): parameters})
        return {"UnprocessedItems": {}}

    def transact_write_items(self, *, TransactItems: list[Any], ClientRequestToken: str) -> dict[str, Any]:  # noqa: N803
        requests = [request for write in TransactItems for request in write.values()]
        rules.check_together((_key(each.get("Key") or each["Item"]) for each in requests), rules.MAX_TRANSACTION_WRITES)
        with self._lock:
            if ClientRequestToken in self._tokens:
                if self._tokens[ClientRequestToken] != TransactItems:
                    raise _error("IdempotentParameterMismatchException", "TransactWriteItems")
                return {}
            reasons = [self._refusal(write) for write in TransactItems]
            if any(reasons):
                raise _error(
                    "TransactionCanceledException",
                    "TransactWriteItems",
                    CancellationReasons=[reason or {"Code": "None"} for reason in reasons],
                )
            self._commit(TransactItems)
            if self.remembers_tokens:
                self._tokens[ClientRequestToken] = TransactItems
        return {}

    def _alone(self, operation: str, write: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            refusal = self._refusal(write)
            if refusal is not None:
                old = {name: value for name, value in refusal.items() if name == "Item"}
                raise _error("ConditionalCheckFailedException", operation, **old)
            self._commit([write])
        return {}

    def _refusal(self, write: Mapping[str, Any]) -> dict[str, Any] | None:
        ((_, request),) = write.items()
        rules.check_write(request, self._indexes)
        if not request.get("ConditionExpression"):
            return None
        standing = self.items.get(_key(request.get("Key") or request["Item"]))
        scope = Scope(request["ExpressionAttributeNames"], request.get("ExpressionAttributeValues", {}))
        if parsed(request["ConditionExpression"]).holds(standing or {}, scope):
            return None
        old = {} if standing is None else {"Item": dict(standing)}
        return {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", **old}

    def _commit(self, writes: Iterable[Mapping[str, Any]]) -> None:
        changes: list[Change] = []
        for write in writes:
            ((verb, request),) = write.items()
            if verb == "ConditionCheck":
                continue
            key = _key(request.get("Key") or request["Item"])
            before = self.items.get(key)
            after = {"Put": _put, "Update": _updated, "Delete": _deleted}[verb](before, request)
            changes.append((key, before, after))
        written = [after for _, _, after in changes if after is not None]
        for item in written:
            rules.check_item(item)
        rules.require(
            sum(map(rules.size_of, written)) <= rules.MAX_TRANSACTION_BYTES, "a transaction of more than 4 MB"
        )
        for key, _, after in changes:
            if after is None:
                self.items.pop(key, None)
            else:
                self.items[key] = after
        self.on_commit(changes)


def _put(_: Item | None, request: Mapping[str, Any]) -> Item:
    return dict(request["Item"])


def _deleted(_: Item | None, __: Mapping[str, Any]) -> None:
    return None


def _updated(before: Item | None, request: Mapping[str, Any]) -> Item:
    item = {**request["Key"], **(before or {})}
    names, values = request["ExpressionAttributeNames"], request.get("ExpressionAttributeValues", {})
    _, *clauses = _CLAUSE.split(request["UpdateExpression"])
    for verb, text in zip(clauses[::2], clauses[1::2], strict=True):
        for part in re.split(r", (?=#)", text.strip()):
            name, _, value = part.partition(" ")
            attribute = names[name]
            if verb == "REMOVE":
                item.pop(attribute, None)
            elif verb == "ADD":
                item[attribute] = {"N": str(int(item.get(attribute, {"N": "0"})["N"]) + int(values[value]["N"]))}
            elif once := _ONCE.search(value):
                item.setdefault(attribute, values[once[1]])
            else:
                item[attribute] = values[value.removeprefix("= ")]
    return item


def _projected(item: Item, request: Mapping[str, Any]) -> dict[str, Any]:
    if "ProjectionExpression" not in request:
        return dict(item)
    names = [request["ExpressionAttributeNames"][name] for name in request["ProjectionExpression"].split(", ")]
    return {name: item[name] for name in names if name in item}


def _sortable(value: Mapping[str, Any]) -> Any:
    return int(value["N"]) if "N" in value else value["S"].encode()


def _error(code: str, operation: str, **more: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 400}, **more}
    return ClientError(response, operation)
