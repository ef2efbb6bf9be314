"""Where a TIFF's directories say that its tiles or strips lie: TIFF 6.0, section 15, and section 4 for strips."""

import struct
from collections.abc import Sequence
from operator import add
from typing import NamedTuple


class NotTiffError(ValueError):
    """These bytes do not begin a TIFF, or its directories cannot be followed."""


class TileArray(NamedTuple):
    """Where a directory holds one number for each of its tiles or strips."""

    start: int
    """Byte in the file."""
    length: int
    """Bytes."""
    form: str
    """Byte order and type of one number, as `struct` spells them."""

    @property
    def end(self) -> int:
        """Byte after the last number."""
        return self.start + self.length

    def numbers(self, data: bytes) -> tuple[int, ...]:
        """All numbers; none where they reach beyond these bytes, the file's first."""
        if self.end > len(data):
            return ()
        count = self.length // struct.calcsize(self.form)
        return struct.unpack_from(f"{self.form[0]}{count}{self.form[1]}", data, self.start)

    def first_place(self, data: bytes) -> int | None:
        """The first number in these bytes, which begin where the array does, that is not 0; 0 marks an empty tile."""
        whole = len(data) - len(data) % struct.calcsize(self.form)
        return next((place for (place,) in struct.iter_unpack(self.form, data[:whole]) if place), None)


class Tiles(NamedTuple):
    """What a directory says of its tiles or strips."""

    places: TileArray
    """The first byte of each."""
    sizes: TileArray
    """Bytes of each."""


def last_byte(data: bytes, tiles: Sequence[Tiles]) -> int:
    """Byte after the last tile or strip, of those whose places and sizes lie in these first bytes; 0 where none does.

    Raises:
        NotTiffError: More is read than there is: a hostile file has all its directories read all.
    """
    arrays = [array for pair in tiles for array in pair]
    if sum(array.length for array in arrays if array.end <= len(data)) > len(data):
        raise NotTiffError("its directories share their lists of tiles")
    ends = (map(add, places.numbers(data), sizes.numbers(data)) for places, sizes in tiles)
    return max((end for each in ends for end in each), default=0)
