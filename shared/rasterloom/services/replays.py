"""Requests that come twice: a caller's key stands for the first accepted answer."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.errors import IdempotencyKeyReusedError
from rasterloom.ports import Clock, IdempotencyRecord, Lock

IDEMPOTENCY_PERIOD: Final = timedelta(hours=24)
"""How long a caller's idempotency key stands for its first accepted answer."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's promise that two requests are the same one."""

    key: str
    body_digest: str


@dataclass(frozen=True, slots=True)
class Replays:
    """Keys that came before, and the rows for those that come now."""

    lock: Lock
    clock: Clock

    def earlier(self, principal: Principal, idempotency: IdempotencyKey | None) -> str | None:
        """What an earlier request with this key made, by its id; None if there was none.

        Raises:
            IdempotencyKeyReusedError: The key came before with another request.
        """
        if idempotency is None:
            return None
        record = self.lock.replayed(principal.subject, idempotency.key, self.clock())
        if record is None:
            return None
        if record.body_digest != idempotency.body_digest:
            raise IdempotencyKeyReusedError(idempotency.key)
        return record.result

    def record(self, principal: Principal, idempotency: IdempotencyKey | None, result: str) -> IdempotencyRecord | None:
        """The row of a request that makes what has this id; it has to be written with what it makes."""
        if idempotency is None:
            return None
        now = self.clock()
        return IdempotencyRecord(
            principal.subject, idempotency.key, idempotency.body_digest, result, now, now + IDEMPOTENCY_PERIOD
        )
