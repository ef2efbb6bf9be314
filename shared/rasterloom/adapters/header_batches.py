"""The port `HeaderBatches`: heads come at once through the pool, at a steady pace; then GDAL parses one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rasterloom.adapters.headers import GdalHeaders
from rasterloom.adapters.heads import Head
from rasterloom.adapters.object_stores import pool
from rasterloom.domain.errors import ObjectChangedError, RasterloomError, UnavailableError
from rasterloom.domain.objects import ObjectRef
from rasterloom.ports import HeaderRead, Take

type Beside = Callable[[Sequence[ObjectRef]], Mapping[ObjectRef, tuple[str, ...]]]
"""Suffixes of what lies beside those of some objects of which that is told at once."""
type Wanted = tuple[ObjectRef, tuple[str, ...] | None]

REQUESTS_UNLISTED: Final = 3
"""A head, and a HEAD for each of two names beside it."""


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
        # All are there before the first is parsed: one thread that parses would hold up 128 that fetch.
        fetched = list(pool().map(self._fetched, known))
        return [self._parsed(ref, found) for (ref, _), found in zip(wanted, fetched, strict=True)]

    def _fetched(self, wanted: Wanted) -> tuple[Head, tuple[str, ...]] | RasterloomError:
        """One head and what lies beside it; an error is a result here, for it must not stop the others."""
        ref, side_files = wanted
        for _ in range(1 if side_files is not None else REQUESTS_UNLISTED):
            self.pace()
        try:
            head = self.headers.heads.read(ref)
            return head, self.headers.side_files(ref) if side_files is None else side_files
        except RasterloomError as error:
            return error

    def _parsed(
        self, ref: ObjectRef, found: tuple[Head, tuple[str, ...]] | RasterloomError
    ) -> HeaderRead | RasterloomError:
        if isinstance(found, RasterloomError):
            return _lasting(ref, found)
        try:
            return self.headers.parsed(ref, *found)
        except RasterloomError as error:
            return _lasting(ref, error)


def _lasting(ref: ObjectRef, error: RasterloomError) -> RasterloomError:
    """An object that changed while it was read is only in the way for now."""
    if isinstance(error, ObjectChangedError):
        return UnavailableError("S3", f"{ref.uri} changed while it was read")
    return error
