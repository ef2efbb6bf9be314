"""Rasters among the keys of a listing, each with what lies beside it, without a request for any of them.

S3 lists keys by the bytes of their UTF-8. What lies beside `a.tif` comes after it, but not at once:

    a.tif   a.tif-old.tif   a.tif.msk   a.tif.ovr   a.tiff

so a raster is given out once the listing has passed the last name that could lie beside it.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from rasterloom.domain.bulk import is_raster_key

SIDE_FILES: Final = (".ovr", ".msk")
"""What GDAL appends to a file's name for overviews and masks that are kept outside it."""
_LAST: Final = max(SIDE_FILES)
MOST_WAITING: Final = 2_000
"""Rasters that wait for one whose neighbours are not passed yet; then it goes without being told of them."""


@dataclass(slots=True)
class _Waiting:
    key: str
    side_files: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Gathering:
    """Takes the keys of a listing in order, and gives out rasters in order."""

    position: str
    """A listing that goes on after this key misses nothing, and repeats nothing that was given out."""
    most_waiting: int = MOST_WAITING
    _waiting: deque[_Waiting] = field(default_factory=deque)

    def take(self, key: str) -> Iterator[tuple[str, tuple[str, ...] | None]]:
        """Take the next key, and give out what is certain now: keys, each with the suffixes of what lies beside it.

        None in the place of suffixes says that they were not waited for.
        """
        for suffix in SIDE_FILES:
            base = key.removesuffix(suffix)
            for waiting in self._waiting if base != key else ():
                if waiting.key == base:
                    waiting.side_files.add(suffix)
        yield from self._passed(key)
        if is_raster_key(key):
            self._waiting.append(_Waiting(key))
        if not self._waiting:
            self.position = key

    def end(self) -> Iterator[tuple[str, tuple[str, ...] | None]]:
        """Give out what is left, for there are no more keys."""
        while self._waiting:
            yield self._first(known=True)

    def give_way(self) -> Iterator[tuple[str, tuple[str, ...] | None]]:
        """Give out the raster that keeps the position where it is, if one does, without what lies beside it."""
        if self._waiting:
            yield self._first(known=False)

    def _passed(self, key: str) -> Iterator[tuple[str, tuple[str, ...] | None]]:
        now = _order(key)
        while self._waiting and _order(self._waiting[0].key + _LAST) < now:
            yield self._first(known=True)
        if len(self._waiting) >= self.most_waiting:
            yield self._first(known=False)

    def _first(self, *, known: bool) -> tuple[str, tuple[str, ...] | None]:
        first = self._waiting.popleft()
        self.position = first.key
        return first.key, tuple(suffix for suffix in SIDE_FILES if suffix in first.side_files) if known else None


def _order(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")
