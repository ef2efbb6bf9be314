"""A source bucket that is listed and read in bulk, in memory, and the queue between a request and its workers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rasterloom.domain.errors import ObjectUnreadableError, RasterloomError, UnavailableError
from rasterloom.domain.objects import ObjectPrefix, ObjectRef, ObjectStat
from rasterloom.domain.registration import BulkListing, BulkPart
from rasterloom.ports import HeaderRead
from tests.support.fakes import MemoryObjects
from tests.support.uploads import HeadersInMemory

type Message = BulkPart | BulkListing

SOURCES = "lists"
"""The bucket that the allow list of `World` opens."""


@dataclass
class RegistrationMessages:
    """A queue that keeps what it is sent."""

    messages: list[Message] = field(default_factory=list)
    down: bool = False
    on_send: Callable[[], None] = lambda: None

    def send(self, messages: Sequence[Message]) -> None:
        self.on_send()
        if self.down:
            raise UnavailableError("SQS", "connection refused")
        self.messages += messages


@dataclass
class HeadersAtOnce:
    """Many headers, from those in memory; what was asked for is kept."""

    headers: HeadersInMemory
    broken: dict[ObjectRef, RasterloomError] = field(default_factory=dict)
    asked: list[tuple[ObjectRef, tuple[str, ...] | None]] = field(default_factory=list)
    on_read: Callable[[], None] = lambda: None
    """Happens before every read of many: what somebody else does between the catalogue and the objects."""
    after_read: Callable[[], None] = lambda: None
    """Happens after every read of many: what somebody else does between the objects and the catalogue."""

    def __call__(
        self, wanted: Sequence[tuple[ObjectRef, tuple[str, ...] | None]]
    ) -> Sequence[HeaderRead | RasterloomError]:
        self.on_read()
        self.asked += wanted
        found = [self._read(ref) for ref, _ in wanted]
        self.after_read()
        return found

    def _read(self, ref: ObjectRef) -> HeaderRead | RasterloomError:
        try:
            return self.broken.get(ref) or self.headers.read(ref)
        except RasterloomError as error:
            return error


@dataclass
class KeysInMemory:
    """Listings of the objects in memory, in pages of a few."""

    objects: MemoryObjects
    page: int = 4
    closed: frozenset[str] = frozenset()
    """Buckets that may not be listed."""
    on_page: Callable[[], None] = lambda: None
    """Happens before every page."""

    def __call__(self, prefix: ObjectPrefix, start_after: str) -> Iterator[Sequence[str]]:
        while True:
            self.on_page()
            if prefix.bucket in self.closed:
                raise ObjectUnreadableError(prefix.uri, f"{prefix.uri} cannot be listed: S3 answers AccessDenied")
            keys = self._after(prefix, start_after)
            yield keys[: self.page]
            if len(keys) <= self.page:
                return
            start_after = keys[self.page - 1]

    def _after(self, prefix: ObjectPrefix, start_after: str) -> list[str]:
        held = {ref.key for ref in self.objects.sources if ref.bucket == prefix.bucket}
        below = [key for key in held if key.startswith(prefix.prefix) and key.encode() > start_after.encode()]
        return sorted(below, key=str.encode)


def hold(objects: MemoryObjects, *keys: str, etag: str = '"1"') -> list[str]:
    """Have objects in the source bucket, and give their URIs."""
    refs = [ObjectRef(SOURCES, key) for key in keys]
    objects.sources |= {ref: ObjectStat(etag, 1000) for ref in refs}
    return [ref.uri for ref in refs]
