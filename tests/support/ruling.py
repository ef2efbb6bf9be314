"""Running the rules over profiles."""

from collections.abc import Callable
from operator import eq
from typing import Any

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.findings import Finding
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Crs, GeoTransform, RasterProfile
from rasterloom.domain.rules import Source, Weave, check_sources
from tests.support.factories import profile

DEGREES = Crs(wkt='GEOGCS["WGS 84",UNIT["degree",0.0174532925199433]]', name="WGS 84", epsg=4326, axis_mapping=(2, 1))


def check(
    vrt_type: VrtType,
    *profiles: RasterProfile,
    same: Callable[[Crs, Crs], bool] = eq,
    options: WeaveOptions = WeaveOptions(),  # noqa: B008 - it cannot be changed
    requires_cog: bool = False,
) -> list[Finding]:
    """Run all rules over sources that are named by their position."""
    sources = [Source(f"source-{index}", index, each) for index, each in enumerate(profiles)]
    return list(check_sources(sources, Weave(vrt_type, same, options, requires_cog)))


def at(x: float, y: float = 5_000_000.0, size: float = 10.0, **more: Any) -> RasterProfile:
    """A profile with this upper left corner and pixel size."""
    return profile(geotransform=GeoTransform(x, size, 0.0, y, 0.0, -size), **more)
