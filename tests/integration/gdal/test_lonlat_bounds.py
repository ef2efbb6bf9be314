"""Where a raster lies in degrees is what GDAL's `TransformBounds` says, however it was come by."""

from __future__ import annotations

import random

import pytest
from osgeo import gdal, osr

from rasterloom.adapters import lonlat_gdal
from rasterloom.adapters.gdal_environment import configure

CRSS = (32632, 32701, 3857, 2154, 3035, 3031, 3995, 4326, 6933)
"""Zones, whole continents, both poles, and degrees."""
EXTENTS = 60


def extents(code: int) -> list[tuple[float, ...]]:
    """Geotransforms of rasters of 1,000 x 800 pixels, from small ones to continents, also where no CRS reaches."""
    draw = random.Random(code)  # noqa: S311 - the same ones in every run
    if code == 4326:
        return [
            (draw.uniform(-185, 185), size, 0.0, draw.uniform(-92, 92), 0.0, -size)
            for size in (10 ** draw.uniform(-6, -1) for _ in range(EXTENTS))
        ]
    return [
        (draw.uniform(-3e6, 7e6), size, 0.0, draw.uniform(-3e6, 9e6), 0.0, -size)
        for size in (10 ** draw.uniform(-1, 3.5) for _ in range(EXTENTS))
    ]


@pytest.mark.parametrize("code", CRSS)
def test_an_outline_gives_what_gdal_gives_and_leaves_poles_and_the_antimeridian_to_it(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure()
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(code)
    way = lonlat_gdal.way_to_wgs84(reference)
    with gdal.quiet_errors():
        found = [lonlat_gdal.lonlat_of(way, each, (1000, 800)) for each in extents(code)]
        monkeypatch.setattr(lonlat_gdal, "_outline_bounds", lambda *_: None)
        wanted = [lonlat_gdal.lonlat_of(way, each, (1000, 800)) for each in extents(code)]
    assert found == wanted
    assert sum(place is not None for place in found) > EXTENTS / 2


def test_an_outline_around_a_pole_is_left_to_gdal() -> None:
    configure()
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(3031)
    way = lonlat_gdal.way_to_wgs84(reference)
    around = (-500.0, 1.0, 0.0, 400.0, 0.0, -1.0)
    place = lonlat_gdal.lonlat_of(way, around, (1000, 800))
    assert place is not None
    assert (place.x_min, place.y_min, place.x_max) == (-180.0, -90.0, 180.0)
