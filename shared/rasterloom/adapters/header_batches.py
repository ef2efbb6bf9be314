"""The port `HeaderBatches`: heads come at once through the pool, at a steady pace; then they are parsed one by one.

Of a whole batch no more is held than the first bytes of each object. What is longer is fetched while others are parsed,
a few ahead, and dropped once it is parsed: a batch of headers of a megabyte each takes no more memory than those few.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

from rasterloom.adapters.headers import GdalHeaders, parse_head
from rasterloom.adapters.heads import HEAD_BYTES, Head, head_of
from rasterloom.adapters.object_stores import pool
from rasterloom.domain.errors import ObjectChangedError, RasterloomError, UnavailableError
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.ports import HeaderRead, Take

type Beside = Callable[[Sequence[ObjectRef]], Mapping[ObjectRef, tuple[str, ...]]]
"""Suffixes of what lies beside those of some objects of which that is told at once."""
type Wanted = tuple[ObjectRef, tuple[str, ...] | None]

REQUESTS_UNLISTED: Final = 3
"""A head, and a HEAD for each of two names beside it."""
LONG_AT_ONCE: Final = 32
"""Heads longer than the first bytes that are there, or on their way, at once: 32 MB of them at most."""


def nothing(_: Sequence[ObjectRef]) -> Mapping[ObjectRef, tuple[str, ...]]:
    """Tell it of none: each is asked for."""
    return {}


@dataclass(frozen=True, slots=True)
class PooledHeaders:
    """Many headers: one request for each well-formed COG of which a listing told what lies beside it."""

    headers: GdalHeaders
    pace: Take
    beside: Beside = nothing

    def __call__(self, wanted: Sequence[Wanted]) -> Sequence[HeaderRead | RasterloomError]:
        """Read headers; per object, in order, what it says or why it cannot be used."""
        shown = self.beside([ref for ref, side_files in wanted if side_files is None])
        known = [(ref, shown.get(ref) if side_files is None else side_files) for ref, side_files in wanted]
        coming = pool().map(self._begun, known)
        # All are there before the second is looked at: one thread that looks would hold up 128 that fetch. For the
        # first, GDAL opens PROJ's database outside of the interpreter's lock; those that are like it need it no more.
        begun = [*map(_looked_at, islice(coming, 1)), *coming]
        heads = list(map(_head, begun))
        rest = _ahead(self._longer, (each for each, head in zip(begun, heads, strict=True) if head is None))
        return [
            self._parsed(ref, each, next(rest) if head is None else head)
            for (ref, _), each, head in zip(wanted, begun, heads, strict=True)
        ]

    def _begun(self, wanted: Wanted) -> "_Begun | RasterloomError":
        """First bytes and what lies beside an object; an error is a result here, for it must not stop the others."""
        ref, side_files = wanted
        for _ in range(1 if side_files is not None else REQUESTS_UNLISTED):
            self.pace()
        try:
            data, stat = self.headers.heads.part(ref, 0, HEAD_BYTES, None)
            return _Begun(ref, data, stat, self.headers.side_files(ref) if side_files is None else side_files)
        except RasterloomError as error:
            return error

    def _longer(self, begun: "_Begun | RasterloomError") -> Head | RasterloomError:
        """The whole head of an object whose first bytes do not hold it."""
        if isinstance(begun, RasterloomError):
            return begun
        try:
            return self.headers.heads.longer(begun.ref, begun.data, begun.stat, self.pace)
        except RasterloomError as error:
            return error

    def _parsed(
        self, ref: ObjectRef, begun: "_Begun | RasterloomError", head: Head | RasterloomError
    ) -> HeaderRead | RasterloomError:
        if isinstance(begun, RasterloomError):
            return _lasting(ref, begun)
        if isinstance(head, RasterloomError):
            return _lasting(ref, head)
        try:
            return self.headers.parsed(ref, head, begun.side_files)
        except RasterloomError as error:
            return _lasting(ref, error)


@dataclass(frozen=True, slots=True)
class _Begun:
    """The first bytes of an object, and what lies beside it."""

    ref: ObjectRef
    data: bytes
    stat: ObjectStat
    side_files: tuple[str, ...]


def _head(begun: _Begun | RasterloomError) -> Head | RasterloomError | None:
    """The head that lies in the first bytes; None where it is longer."""
    if isinstance(begun, RasterloomError):
        return begun
    try:
        return head_of(begun.ref, begun.data, begun.stat)
    except RasterloomError as error:
        return error


def _looked_at(begun: _Begun | RasterloomError) -> _Begun | RasterloomError:
    """The same, after GDAL has read it if it is a whole header."""
    head = _head(begun)
    if isinstance(begun, _Begun) and isinstance(head, Head):
        with suppress(RasterloomError):
            parse_head(begun.ref, head)
    return begun


def _ahead[Given, Found](work: Callable[[Given], Found], given: Iterable[Given]) -> Iterator[Found]:
    """As the pool's `map`, with no more than `LONG_AT_ONCE` results that nobody has taken yet."""
    coming: deque[Future[Found]] = deque()
    for each in given:
        if len(coming) == LONG_AT_ONCE:
            yield coming.popleft().result()
        coming.append(pool().submit(work, each))
    while coming:
        yield coming.popleft().result()


def _lasting(ref: ObjectRef, error: RasterloomError) -> RasterloomError:
    """An object that changed while it was read is only in the way for now."""
    if isinstance(error, ObjectChangedError):
        return UnavailableError("S3", f"{ref.uri} changed while it was read")
    return error
