"""Conditional writes, carried out: what a condition decided is told, what nothing decided is tried again."""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast
from uuid import uuid4

from botocore.exceptions import ClientError

from rasterloom.adapters.aws_errors import error_code, to_domain, translated
from rasterloom.adapters.catalog_dynamodb.client import SERVICE
from rasterloom.adapters.catalog_dynamodb.table import Table
from rasterloom.adapters.catalog_dynamodb.writes import ConditionCheck, Delete, Put, Reason, RefusedError, Update

UNDECIDED: Final = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Reasons of a cancelled transaction that say nothing about a condition."""


def write(table: Table, change: Put | Update) -> None:
    """Do one conditional write.

    Raises:
        RefusedError: Its condition failed.
        UnavailableError: No try came to a decision.
    """
    call: Any = table.client.put_item if isinstance(change, Put) else table.client.update_item
    _until_decided(table, lambda: call(**change.request(table.name)))


def transact(table: Table, *changes: Put | Update | Delete | ConditionCheck) -> None:
    """Do all of these conditional writes or none.

    The token is the same in every try: one that was carried out and whose acknowledgement was lost is not done twice
    and answers success. Order matters: a write outranks those after it.

    Raises:
        RefusedError: At least one condition failed, and no write that outranks it is undecided.
        UnavailableError: No try came to a decision; what was asked for may still have been done.
    """
    items: Any = [{type(change).__name__: change.request(table.name)} for change in changes]
    token = str(uuid4())
    _until_decided(table, lambda: table.client.transact_write_items(TransactItems=items, ClientRequestToken=token))


def _until_decided(table: Table, call: Callable[[], object]) -> None:
    for _ in table.rounds.of("TransactionConflict"):
        try:
            with translated(SERVICE):
                _deciding(call)
        except _UndecidedError:
            continue
        return


def _deciding(call: Callable[[], object]) -> None:
    try:
        call()
    except ClientError as error:
        code = error_code(error)
        response = cast("Mapping[str, Any]", error.response)
        if code == "ConditionalCheckFailedException":
            raise RefusedError((Reason("ConditionalCheckFailed", response.get("Item")),)) from error
        if code == "TransactionCanceledException":
            raise _of_cancelled(response, error) from error
        if code == "TransactionConflictException":
            raise _UndecidedError from error
        raise


def _of_cancelled(response: Mapping[str, Any], error: ClientError) -> Exception:
    reasons = tuple(
        Reason(str(reason.get("Code")), reason.get("Item")) for reason in response.get("CancellationReasons", ())
    )
    for reason in reasons:
        if reason.refused:
            return RefusedError(reasons)
        if reason.code in UNDECIDED:
            return _UndecidedError()
    return to_domain(error, SERVICE)


class _UndecidedError(Exception):
    """Another transaction was under way, or the table was throttled."""
