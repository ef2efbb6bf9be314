"""Idempotency rows: what the first accepted request of a key made, written in the transaction that made it."""

from collections.abc import Mapping

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.values import Attribute, iso, of, read_iso, seconds, texts
from rasterloom.adapters.catalog_dynamodb.writes import Delete, Put, Reason, RefusedError, key_item
from rasterloom.domain.errors import AlreadyDoneError, IdempotencyKeyReusedError
from rasterloom.ports import IdempotencyRecord


def record_put(record: IdempotencyRecord) -> Put:
    """Write the row, unless another one stands."""
    # Two requests under one key, at once or one after the other, and one long after:
    #
    #   A: absent -> A's
    #   B:                  A's, not expired -> refused, answers as A (same request) or refuses (another)
    #   C:                                        expired, TTL has not come by yet -> C's
    item = key_item(names.idempotency_key(record.caller, record.key)) | texts(
        {"kind": "idempotency", "body_digest": record.body_digest, "result": record.result}
    )
    return Put(
        {**item, "expires_at": seconds(record.expires_at)},
        condition="attribute_not_exists(#pk) OR #expires_at <= :now",
        values={":now": seconds(record.made_at.replace(microsecond=0))},
    )


def record_delete(record: IdempotencyRecord) -> Delete:
    """Take the row back with what it stands for, if it is still this request's."""
    # An edit is taken back so late that its key has expired, and stands for another request by now:
    #
    #   A: row A's   edits ... stalls                                        takes back: row is C's -> refused
    #   C:                              A's has expired -> row C's
    #   A: (or TTL has come by)                                              takes back: no row -> nothing to take
    return Delete(
        names.idempotency_key(record.caller, record.key),
        condition="attribute_not_exists(#pk) OR #result = :result",
        values=texts({":result": record.result}),
    )


def kept_record(record: IdempotencyRecord) -> Attribute:
    """The row as an attribute of what has not come to its end yet."""
    moments = {"made_at": iso(record.made_at), "expires_at": iso(record.expires_at)}
    words = {"caller": record.caller, "key": record.key, "body_digest": record.body_digest, "result": record.result}
    return {"M": texts({**words, **moments})}


def record_of(kept: Attribute | None) -> IdempotencyRecord | None:
    """Read such an attribute."""
    if kept is None:
        return None
    words = {word: value["S"] for word, value in kept["M"].items()}
    made_at, expires_at = (read_iso(words.pop(word)) for word in ("made_at", "expires_at"))
    return IdempotencyRecord(**words, made_at=made_at, expires_at=expires_at)


def standing_result(reason: Reason, record: IdempotencyRecord) -> str:
    """What the row that stands was written for.

    Raises:
        IdempotencyKeyReusedError: It was written for another request.
    """
    standing: Mapping[str, Attribute] = reason.old or {}
    result = of(standing, "result") or record.result
    if result != record.result and of(standing, "body_digest") != record.body_digest:
        raise IdempotencyKeyReusedError(record.key)
    return result


def require_first(refusal: RefusedError, record: IdempotencyRecord | None) -> None:
    """That a transaction, whose last write is the row, was not refused because of the row.

    Raises:
        AlreadyDoneError: An earlier request with this key and body did it.
        IdempotencyKeyReusedError: The key came before with another request.
    """
    if record is None or not refusal.reasons[-1].refused:
        return
    standing: Mapping[str, Attribute] = refusal.reasons[-1].old or {}
    if of(standing, "body_digest") != record.body_digest:
        raise IdempotencyKeyReusedError(record.key)
    raise AlreadyDoneError(of(standing, "result") or record.result)
