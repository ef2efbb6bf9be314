"""The benchmark's tiles by number: their keys, their places. Nothing here needs GDAL, so every peer can import it."""

from typing import Final

BUCKET: Final = "rasterloom-bench"
SIDE: Final = 512
"""Pixels of a tile along each side."""
PIXEL: Final = 1.0
"""Metres."""
CRS: Final = "EPSG:32632"
"""Zone 32 of UTM, of which most satellite tiles are: 100,000 tiles stay within it, and PROJ has but one way from it to
degrees, which cogeo-mosaic and rasterio go for each tile."""
CORNER: Final = (400_000.0, 5_800_000.0)
"""The upper left corner of tile 0, metres east and north."""

WRITTEN: Final = 1_700_000_000
"""Time of tile 0's last change, seconds since 1970; each further tile's is a second later, and nginx makes ETags of
these times: so every tile has another ETag, and the same one whenever it is written."""


ALIKE: Final = "tiles"
"""Tiles that differ in where they lie alone."""
UNLIKE: Final = "unlike"
"""Tiles in the same places that GDAL wrote one by one: each has pixels and statistics of its own."""


def key(number: int, tiles: str = ALIKE) -> str:
    """The key of a tile in the bucket, and its file below the corpus's folder."""
    return f"{folder(number, tiles)}{number:06}.tif"


def folder(number: int, tiles: str = ALIKE) -> str:
    """What the keys of a thousand tiles begin with: of those among which this number is."""
    return f"{tiles}/{number // 1000:03}/"


def prefix(number: int) -> str:
    """What the keys of ten thousand tiles begin with, and no other tile's: of those among which this number is.

    Args:
        number: Below a million.
    """
    return f"tiles/{number // 10_000:02}"


def keys(count: int, tiles: str = ALIKE) -> list[str]:
    """The keys of the first tiles."""
    return [key(number, tiles) for number in range(count)]


def uris(count: int) -> list[str]:
    """The first tiles as S3 names them."""
    return [f"s3://{BUCKET}/{each}" for each in keys(count)]


def vsi_paths(count: int, tiles: str = ALIKE) -> list[str]:
    """The first tiles as GDAL names them."""
    return [f"/vsis3/{BUCKET}/{each}" for each in keys(count, tiles)]


def place(number: int) -> tuple[int, int]:
    """Column and row of a tile: along a Z-order curve, so that the first tiles of any number lie near one another."""
    return _every_second_bit(number), _every_second_bit(number >> 1)


def _every_second_bit(number: int) -> int:
    return sum((number >> (2 * bit) & 1) << bit for bit in range(16))


def corner(number: int) -> tuple[float, float]:
    """The upper left corner of a tile, metres east and north."""
    column, row = place(number)
    return CORNER[0] + column * SIDE * PIXEL, CORNER[1] - row * SIDE * PIXEL
