"""What a GeoTIFF's header says, as values.

Axis order is GDAL's throughout: x (column) before y (row), width before height.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class GeoTransform(NamedTuple):
    """GDAL's six affine coefficients, in CRS units: pixel (column, row) to CRS (x, y).

    `x = x_origin + column * x_step + row * x_skew`, `y = y_origin + column * y_skew + row * y_step`.
    """

    x_origin: float
    x_step: float
    x_skew: float
    y_origin: float
    y_skew: float
    y_step: float

    @property
    def is_north_up(self) -> bool:
        """Whether rows run south and columns run east, without rotation or shear."""
        return self.x_skew == 0 and self.y_skew == 0 and self.x_step > 0 and self.y_step < 0

    @property
    def is_finite(self) -> bool:
        """Whether every coefficient is a number."""
        return all(map(math.isfinite, self))


class Bounds(NamedTuple):
    """An axis-aligned extent in CRS units."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float


class MaskKind(StrEnum):
    """Where a raster's validity comes from, from `GDALGetMaskFlags`."""

    ALL_VALID = "all_valid"
    NODATA = "nodata"
    ALPHA = "alpha"
    PER_DATASET = "per_dataset"
    PER_BAND = "per_band"


class LayoutFault(StrEnum):
    """What keeps the bytes of a GeoTIFF from lying as a COG's do, of what `rio cogeo validate` looks at."""

    MAIN_DIRECTORY_LATE = "main_directory_late"
    """The first directory does not stand at the beginning of the file."""
    EDITED = "edited"
    """GDAL wrote it as a COG, and it was changed afterwards."""
    DIRECTORIES_UNSORTED = "directories_unsorted"
    """The directory of an overview comes before that of a finer image."""
    OVERVIEWS_UNSORTED = "overviews_unsorted"
    """An overview is not smaller than the finer image before it."""
    DATA_BEFORE_DIRECTORIES = "data_before_directories"
    """Pixels come before the last directory."""
    DATA_UNSORTED = "data_unsorted"
    """Pixels of an image come before those of a coarser one."""
    OVERVIEW_UNTILED = "overview_untiled"
    """A large overview is made of strips."""


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate reference system as GDAL reported it."""

    wkt: str
    """WKT1 as `GetProjectionRef()` gives it; equal text is equal CRS, different text may still be."""
    name: str
    """The name of the projected or geographic CRS, for people."""
    epsg: int | None = None
    axis_mapping: tuple[int, ...] = (1, 2)
    """GDAL's data-axis-to-SRS-axis mapping, 1-based."""

    @property
    def label(self) -> str:
        """How a message names this CRS: its name and, where it has one, its EPSG code."""
        return self.name if self.epsg is None else f"{self.name} (EPSG:{self.epsg})"


@dataclass(frozen=True, slots=True)
class Band:
    """One band of a raster."""

    dtype: str
    """GDAL's name of the pixel type: `Byte`, `UInt16`, `Float32`, …"""
    block_width: int
    """Pixels."""
    block_height: int
    """Pixels."""
    nodata: int | float | None = None
    color_interpretation: str = "Undefined"
    color_table: tuple[tuple[int, int, int, int], ...] | None = None
    """Palette entries as (red, green, blue, alpha), 0-255."""
    scale: float | None = None
    """None where it is 1: to a mosaic both are the same."""
    offset: float | None = None
    """None where it is 0."""
    unit: str = ""
    description: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    """The band's default metadata domain, in file order."""
    mask: MaskKind = MaskKind.ALL_VALID


@dataclass(frozen=True, slots=True)
class RasterProfile:
    """All of a COG's header that a mosaic needs; a source can be assembled from it without being opened."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    bands: tuple[Band, ...]
    crs: Crs | None = None
    geotransform: GeoTransform | None = None
    """None where the file has none; never GDAL's default identity."""
    overviews: tuple[tuple[int, int], ...] = ()
    """(width, height) of each overview of band 1 in pixels, finest first."""
    tiled: bool = True
    compression: str | None = None
    area_or_point: str = "Area"
    metadata: tuple[tuple[str, str], ...] = field(default=())
    """The dataset's default metadata domain, in file order."""
    lonlat_bounds: Bounds | None = None
    """Extent as (west, south, east, north) in degrees of WGS 84; west > east where it crosses ±180°.

    None where the CRS is missing or does not transform.
    """
    stub_exact: bool = True
    """Whether a VRT stub made from this profile tells `gdal.BuildVRT` all that the file would."""
    layout: tuple[LayoutFault, ...] | None = None
    """What is wrong with the way in which the file's bytes lie; None where it was not looked at."""
    side_files: tuple[str, ...] = ()
    """Suffixes of the files beside the object that hold overviews or a mask, `.ovr` and `.msk`; they are not used."""

    @property
    def has_alpha(self) -> bool:
        """Whether the last band tells how opaque the others are."""
        return bool(self.bands) and self.bands[-1].color_interpretation == "Alpha"

    @property
    def has_mask(self) -> bool:
        """Whether one mask beside the bands tells which pixels of all of them are valid."""
        return bool(self.bands) and self.bands[0].mask is MaskKind.PER_DATASET

    @property
    def resolution(self) -> tuple[float, float] | None:
        """Pixel size (x, y) in CRS units, both positive; None without a geotransform."""
        if self.geotransform is None:
            return None
        return abs(self.geotransform.x_step), abs(self.geotransform.y_step)

    @property
    def bounds(self) -> Bounds | None:
        """Extent of a raster without rotation, in CRS units; None without a geotransform."""
        if self.geotransform is None:
            return None
        transform = self.geotransform
        x_far = transform.x_origin + self.width * transform.x_step
        y_far = transform.y_origin + self.height * transform.y_step
        return Bounds(
            min(transform.x_origin, x_far),
            min(transform.y_origin, y_far),
            max(transform.x_origin, x_far),
            max(transform.y_origin, y_far),
        )
