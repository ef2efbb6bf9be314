"""Objects that are put side by side: the time of one request for all of them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from rasterloom.ports import Puts
from rasterloom.services.phases import phase


class Put(NamedTuple):
    """What `Puts.put_new` is called with."""

    key: str
    body: bytes
    content_type: str


type AtOnce = Callable[[Callable[[Put], None], Iterable[Put]], Iterable[None]]
"""Calls a function with each of these, at once or one after the other, as `map` does."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What shall be put, in order."""

    puts: list[Put] = field(default_factory=list)

    def put_new(self, key: str, body: bytes, content_type: str) -> None:
        """Remember an object."""
        self.puts.append(Put(key, body, content_type))


@contextmanager
def together(objects: Puts, at_once: AtOnce) -> Iterator[Puts]:
    """Put whatever the block puts when the block has ended well, in any order.

    Only what promises nothing by itself may be put so: if one of them fails, or the process dies, any others may stand.

    Raises:
        ObjectExistsError: A key is taken by other bytes.
        UnavailableError: S3 did not answer for at least one of them.
    """
    collected = Collected()
    yield collected
    with under_way(objects, at_once, collected):
        pass


@contextmanager
def under_way(objects: Puts, at_once: AtOnce, collected: Collected) -> Iterator[None]:
    """Put objects while the block runs, and see at its end that all of them stand; in any order, as `together`.

    Where they are put one after the other, the block comes first. Where it fails, some may stand.

    Raises:
        ObjectExistsError: A key is taken by other bytes.
        UnavailableError: S3 did not answer for at least one of them.
    """
    waiting = at_once(lambda put: objects.put_new(*put), collected.puts)
    yield
    with phase("put"):
        for _ in waiting:
            pass
