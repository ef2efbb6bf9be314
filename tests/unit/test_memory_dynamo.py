"""The table in memory judges and changes as moto does: every call of whole stories is made to both."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.adapters.catalog_dynamodb import Catalog, open_catalog
from rasterloom.adapters.catalog_dynamodb.names import idempotency_key
from rasterloom.adapters.tokens_jwt import MAX_SUBJECT_BYTES
from rasterloom.domain.access import Visibility
from rasterloom.domain.errors import DatasetBusyError
from rasterloom.services.edit_dataset import EditRequest
from tests.support.dynamo_rules import MAX_HASH_BYTES, RefusedRequestError, check_item, size_of
from tests.support.expressions import Scope, parsed, terms_of, without
from tests.support.factories import audience, principal
from tests.support.fakes import MemoryObjects
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.table import AT_ONCE, catalog_on_moto
from tests.support.world import World


@dataclass
class Both:
    """A client that asks moto and the table in memory, and insists on one answer."""

    moto: Any
    memory: MemoryDynamo = field(default_factory=MemoryDynamo)
    asked: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> Any:
        """Ask both."""

        def call(**request: Any) -> Any:
            self.asked.add(name)
            answers = [_answer(getattr(client, name), request) for client in (self.moto, self.memory)]
            assert answers[0] == answers[1], f"{name} {request}"
            if "Error" in answers[0]:
                self.refused.add(name)
            return getattr(self.memory, name)(**request) if "Error" in answers[0] else answers[0]

        return call


def _answer(call: Any, request: Any) -> Any:
    """What an answer says, without what only moto says."""
    try:
        answer = call(**request)
    except ClientError as error:
        response: Any = error.response
        reasons = [(reason["Code"], reason.get("Item")) for reason in response.get("CancellationReasons", ())]
        return {"Error": response["Error"]["Code"], "Item": response.get("Item"), "reasons": reasons}
    kept = {name: answer[name] for name in ("Item", "Items", "Responses") if name in answer}
    for table, items in kept.get("Responses", {}).items():
        kept["Responses"] = {table: sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))}
    return kept


def test_whole_stories_are_told_alike() -> None:
    objects = MemoryObjects()
    with catalog_on_moto(objects) as on_moto:
        both = Both(on_moto.jobs.table.client)
        catalog: Catalog = open_catalog(both, on_moto.jobs.table.name, objects, AT_ONCE)  # type: ignore[arg-type]
        world = World(catalog, objects)
        alice = principal()
        first, rasters = world.published(3)
        vrt_id = world.job(first).dataset_id
        world.change.regenerate(alice, vrt_id)
        with pytest.raises(DatasetBusyError):
            world.change.regenerate(alice, vrt_id)
        with pytest.raises(DatasetBusyError):
            world.delete(alice, vrt_id)
        message = world.queue.messages[0]
        world.run()
        world.run(message)
        world.change.remove(alice, vrt_id, rasters[0].id)
        world.cancel(
            alice, world.catalog.jobs.list_of("alice", status=None, dataset_id=None, skip=0, limit=1).jobs[0].id
        )
        world.edit(alice, rasters[0].id, EditRequest(visibility=Visibility.RESTRICTED, groups=("survey",)))
        assert catalog.datasets.add_raster(rasters[0]) == rasters[0].id
        assert catalog.datasets.get_marked(vrt_id) == (world.catalog.datasets.get(vrt_id), [])
        other = world.registered(2, audience=audience("bob", Visibility.PUBLIC))
        world.delete(principal("bob"), other[0].id)
        world.clock.forward(seconds=4000)
        world.reconcile()
        world.sweep_orphans()
        world.delete(alice, vrt_id)
        assert catalog.datasets.list_readable(alice, record_type="raster_dataset", skip=0, limit=9).total == 4
        assert both.asked == {
            "get_item", "batch_get_item", "query", "put_item", "update_item", "batch_write_item", "transact_write_items"
        }  # fmt: skip
        assert {"transact_write_items"} <= both.refused


ITEMS = st.dictionaries(st.sampled_from("abc"), st.sampled_from([{"S": "x"}, {"S": "y"}, {"N": "1"}, {"N": "2"}]))


@given(ITEMS)
def test_a_term_that_is_taken_out_does_not_count_any_more(item: dict[str, dict[str, str]]) -> None:
    expression = "#a BETWEEN :x AND :x AND (attribute_not_exists(#b) OR #b <= :one) AND #c IN (:x, :y)"
    names = {"#a": "a", "#b": "b", "#c": "c"}
    scope = Scope(names, {":x": {"S": "x"}, ":y": {"S": "y"}, ":one": {"N": "1"}})
    parts = {
        "#a BETWEEN :x AND :x": item.get("a") == {"S": "x"},
        "attribute_not_exists(#b) OR #b <= :one": "b" not in item or item["b"] == {"N": "1"},
        "#c IN (:x, :y)": item.get("c") in ({"S": "x"}, {"S": "y"}),
    }
    assert parsed(expression).holds(item, scope) is all(parts.values())
    assert set(terms_of(expression)) == {*parts, "attribute_not_exists(#b)", "#b <= :one"}
    for term in parts:
        kept = all(holds for part, holds in parts.items() if part != term)
        assert parsed(without(expression, term)).holds(item, scope) is kept
    assert parsed(without(expression, "#b <= :one")).holds(item, scope) is (
        parts["#a BETWEEN :x AND :x"] and "b" not in item and parts["#c IN (:x, :y)"]
    )


def test_an_expression_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ValueError, match="cannot read"):
        parsed("#a = :x BUT #b = :y")


KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
MISTAKES: dict[str, tuple[str, dict[str, Any]]] = {
    "the request gives": (
        "put_item",
        {
            "Item": KEY,
            "ConditionExpression": "attribute_not_exists(#pk)",
            "ExpressionAttributeNames": {"#pk": "pk"},
            "ExpressionAttributeValues": {":unused": {"S": "x"}},
        },
    ),
    "sk of the table has 1025 bytes": ("put_item", {"Item": {**KEY, "sk": {"S": "x" * 1025}}}),
    "pk of the table has 0 bytes": ("put_item", {"Item": {**KEY, "pk": {"S": ""}}}),
    "owner_pk of by_owner": ("put_item", {"Item": {**KEY, "owner_pk": {"N": "1"}}}),
    "two paths overlap": (
        "update_item",
        {
            "Key": KEY,
            "UpdateExpression": "SET #a = :new_a REMOVE #a",
            "ExpressionAttributeNames": {"#a": "a"},
            "ExpressionAttributeValues": {":new_a": {"S": "x"}},
        },
    ),
    "an update changes a key": (
        "update_item",
        {"Key": KEY, "UpdateExpression": "REMOVE #sk", "ExpressionAttributeNames": {"#sk": "sk"}},
    ),
    "an item is named twice": (
        "transact_write_items",
        {"TransactItems": [{"Delete": {"Key": KEY}}, {"Put": {"Item": KEY}}], "ClientRequestToken": "t"},
    ),
    "26 items at once": (
        "batch_write_item",
        {"RequestItems": {"t": [{"PutRequest": {"Item": {**KEY, "sk": {"S": str(number)}}}} for number in range(26)]}},
    ),
    "a filter on a key": (
        "query",
        {
            "IndexName": "by_due",
            "KeyConditionExpression": "#due_pk = :partition",
            "FilterExpression": "#due < :now",
            "ExpressionAttributeNames": {"#due_pk": "due_pk", "#due": "due"},
            "ExpressionAttributeValues": {":partition": {"S": "x"}, ":now": {"N": "1"}},
        },
    ),
    "by_due does not project .'status'": (
        "query",
        {
            "IndexName": "by_due",
            "KeyConditionExpression": "#due_pk = :partition",
            "FilterExpression": "#status = :done",
            "ExpressionAttributeNames": {"#due_pk": "due_pk", "#status": "status"},
            "ExpressionAttributeValues": {":partition": {"S": "x"}, ":done": {"S": "x"}},
        },
    ),
    "by_due does not project .'title'": (
        "query",
        {
            "IndexName": "by_due",
            "KeyConditionExpression": "#due_pk = :partition",
            "ProjectionExpression": "#due, #title",
            "ExpressionAttributeNames": {"#due_pk": "due_pk", "#due": "due", "#title": "title"},
            "ExpressionAttributeValues": {":partition": {"S": "x"}},
        },
    ),
    "an item of 409": ("put_item", {"Item": {**KEY, "a": {"B": b"x" * 409_600}}}),
}


@pytest.mark.parametrize("problem", MISTAKES)
def test_a_request_that_dynamodb_would_not_take_is_no_request(problem: str) -> None:
    call, request = MISTAKES[problem]
    with pytest.raises(RefusedRequestError, match=problem):
        getattr(MemoryDynamo(), call)(**request)


def test_an_index_answers_what_it_projects_and_no_more() -> None:
    client = MemoryDynamo()
    held = {**KEY, "due_pk": {"S": "x"}, "due": {"N": "1"}, "created_at": {"S": "then"}}
    client.put_item(TableName="t", Item={**held, "title": {"S": "Tile"}})
    of_the_index = {
        "IndexName": "by_due",
        "KeyConditionExpression": "#due_pk = :partition",
        "ExpressionAttributeNames": {"#due_pk": "due_pk"},
        "ExpressionAttributeValues": {":partition": {"S": "x"}},
    }
    assert client.query(**of_the_index)["Items"] == [held]


def test_an_item_is_counted_with_its_names() -> None:
    item: Any = {"name": {"S": "ü"}, "n": {"N": "1234"}, "l": {"L": [{"B": b"12"}]}, "m": {"M": {"k": {"BOOL": True}}}}
    assert size_of(item) == (4 + 2) + (1 + 4) + (1 + 3 + 1 + 2) + (1 + 3 + 1 + 1 + 1)
    check_item({"a": {"B": b"x" * (400 * 1024 - 1)}})


def test_what_the_longest_subject_owns_and_asks_for_has_keys_that_dynamodb_takes() -> None:
    world = World(open_catalog(MemoryDynamo(), "catalog", MemoryObjects(), AT_ONCE), MemoryObjects())  # type: ignore[arg-type]
    longest = "\N{LINEAR B SYLLABLE B008 A}" * (MAX_SUBJECT_BYTES // 4)
    (raster,) = world.registered(1, audience=audience(longest, Visibility.PRIVATE))
    assert world.catalog.datasets.owners_of(raster.ref) == {longest: raster.id}
    partition, _ = idempotency_key(longest, "k" * 255)
    assert 1500 < len(partition.encode()) <= MAX_HASH_BYTES
