"""What DynamoDB does to its callers and no emulator does: answers that are lost, conflicts, throttling."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from rasterloom.adapters.catalog_dynamodb import Catalog, open_catalog
from rasterloom.adapters.catalog_dynamodb.client import Rounds

WRITES = frozenset({"put_item", "update_item", "transact_write_items"})


@dataclass
class SentTwice:
    """A client of which every write is carried out, its answer lost, and the same request sent again."""

    client: Any
    repeated: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        """Pass reads through."""
        method = getattr(self.client, name)
        return self._twice(name, method) if name in WRITES else method

    def _twice(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            method(**parameters)
            self.repeated.append(name)
            return method(**parameters)

        return call


@dataclass
class Troubled:
    """A client whose calls of one operation fail in turn, and then go through."""

    client: Any
    """None until `around` is given one."""
    operation: str
    errors: list[Exception]
    before: Callable[[], object] = lambda: None
    """Happens before every call of the operation: what somebody else does meanwhile."""
    calls: int = 0
    _lock: Lock = field(default_factory=Lock)

    def around(self, client: Any) -> "Troubled":
        """This, in front of a client."""
        self.client = client
        return self

    def __getattr__(self, name: str) -> Any:
        """Pass other operations through."""
        method = getattr(self.client, name)
        return self._fail(method) if name == self.operation else method

    def _fail(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            with self._lock:
                self.calls += 1
            self.before()
            with self._lock:
                error = self.errors.pop(0) if self.errors else None
            if error is not None:
                raise error
            return method(**parameters)

        return call


def refused(code: str, operation: str = "TransactWriteItems", status: int = 400, **more: Any) -> ClientError:
    """An error as botocore raises it."""
    response: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(response, operation)


def cancelled(*codes: str) -> ClientError:
    """A cancelled transaction with these reasons, in order."""
    reasons: Sequence[dict[str, str]] = [{"Code": code} for code in codes]
    return refused("TransactionCanceledException", CancellationReasons=reasons)


def through(catalog: Catalog, wrap: Callable[[Any], Any], rounds: Rounds | None = None) -> Catalog:
    """The same table through another client."""
    table = catalog.jobs.table
    return open_catalog(wrap(table.client), table.name, catalog.lock.blobs, rounds or table.rounds)
