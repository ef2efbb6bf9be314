"""Everything that the use cases do to the world goes over wires, on which one thing may go wrong, or happen meanwhile.

A process dies before or after its k-th side effect; an answer is lost, or a service refuses, at its k-th call; or
somebody else does something between two of its calls, so that a worker that stalls wakes up as a zombie.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from threading import current_thread, main_thread
from typing import Any, Final

from botocore.exceptions import ReadTimeoutError

from rasterloom.domain.errors import RasterloomError, UnavailableError
from tests.support.dynamo_faults import refused

TABLE_EFFECTS: Final = frozenset({"put_item", "update_item", "batch_write_item", "transact_write_items"})
PORT_EFFECTS: Final = frozenset({"put_new", "delete", "delete_many", "discard", "send", "abort", "assemble"})


class Crash(BaseException):
    """The process died here: this is no error, and nothing may catch it."""


class Mishap(StrEnum):
    """What goes wrong, and where."""

    DIES_BEFORE = "dies before"
    DIES_AFTER = "dies after"
    ANSWER_LOST = "answer lost"
    REFUSED = "refused"
    MEANWHILE = "meanwhile"

    @property
    def counts_reads(self) -> bool:
        """Whether it may come at a read as well: a death between two reads is a death before the next effect."""
        return self in {Mishap.REFUSED, Mishap.MEANWHILE}


@dataclass
class Armed:
    """One mishap, once."""

    mishap: Mishap
    at: int
    """Calls of its kind that go well before it."""
    meanwhile: Callable[[], object] = lambda: None


@dataclass
class Wires:
    """Which mishap waits for the process that runs now; one that runs meanwhile has its own."""

    waiting: list[Armed | None] = field(default_factory=lambda: [None])
    fired: int = 0

    @contextmanager
    def armed(self, armed: Armed | None) -> Iterator[None]:
        """Let this happen to what runs within."""
        self.waiting.append(armed)
        try:
            yield
        finally:
            self.waiting.pop()

    def carry(self, call: Callable[[], Any], lost: Exception, overload: Exception, *, effect: bool) -> Any:
        """Make one call over the wires."""
        mishap = self._due(effect=effect)
        if mishap is None:
            return call()
        self.fired += 1
        match mishap.mishap:
            case Mishap.DIES_BEFORE:
                raise Crash
            case Mishap.REFUSED:
                raise overload
            case Mishap.MEANWHILE:
                mishap.meanwhile()
                return call()
        call()
        raise Crash if mishap.mishap is Mishap.DIES_AFTER else lost

    def _due(self, *, effect: bool) -> Armed | None:
        armed = self.waiting[-1]
        # Calls of helper threads come in no fixed order, and all of them are reads.
        if armed is None or current_thread() is not main_thread() or not (effect or armed.mishap.counts_reads):
            return None
        armed.at -= 1
        if armed.at >= 0:
            return None
        self.waiting[-1] = None
        return armed


@dataclass
class Wired:
    """Whatever is called over the wires: a client or a port."""

    target: Any
    wires: Wires
    effects: frozenset[str]
    is_table: bool

    def __getattr__(self, name: str) -> Any:
        """Let every public method go over the wires."""
        found = getattr(self.target, name)
        if name.startswith(("_", "hold")) or not callable(found):
            return found

        def call(*arguments: Any, **parameters: Any) -> Any:
            lost, overload = self._errors()
            effect = name in self.effects
            return self.wires.carry(lambda: found(*arguments, **parameters), lost, overload, effect=effect)

        return call

    def _errors(self) -> tuple[Exception, Exception]:
        if self.is_table:
            return ReadTimeoutError(endpoint_url="memory"), refused("ThrottlingException")
        return UnavailableError("S3 or SQS", "RequestTimeout"), UnavailableError("S3 or SQS", "SlowDown")


def table_over(wires: Wires, client: object) -> Any:
    """A DynamoDB client over the wires."""
    return Wired(client, wires, TABLE_EFFECTS, is_table=True)


def port_over(wires: Wires, port: object) -> Any:
    """A port of S3 or SQS over the wires."""
    return Wired(port, wires, PORT_EFFECTS, is_table=False)


def outcome(call: Callable[[], object]) -> str:
    """How a call ends: `done`, `died`, or with a refusal's code; an error that is none of ours goes on."""
    try:
        call()
    except Crash:
        return "died"
    except RasterloomError as refusal:
        if refusal.code == "internal_error":
            raise
        return refusal.code
    return "done"
