"""What people are told: for each code one body of a refusal or warning, as it goes over the wire.

`golden/findings.json` is meant to be read. Where words change on purpose, write it again with
`RASTERLOOM_GOLDEN=write pytest tests/unit/domain/test_finding_words.py` and read the difference.
"""

import json
import os
import re
from dataclasses import replace
from operator import eq
from pathlib import Path
from typing import Any

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.errors import ObjectError, ObjectMissingError, ObjectUnreadableError
from rasterloom.domain.findings import Finding
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds, Crs, GeoTransform, LayoutFault, MaskKind, RasterProfile
from rasterloom.domain.rules import Source, TargetGrid, Weave, check_added, check_sources, framed
from rasterloom.http.findings import finding_entry
from rasterloom.http.problems import at_source
from rasterloom.services.validation import check_objects, source_not_found
from rasterloom.services.visibility import wider_than_sources
from tests.support.factories import an_id, audience, band, profile, raster, summary, vrt
from tests.support.ruling import at

GOLDEN = Path(__file__).parent / "golden" / "findings.json"
FIRST, SECOND = an_id("first"), an_id("second")
WGS_84 = Crs(wkt='GEOGCS["WGS 84"]', name="WGS 84", epsg=4326, axis_mapping=(2, 1))


def bands(*listed: dict[str, Any]) -> RasterProfile:
    return profile(bands=tuple(band(**each) for each in listed))


def with_alpha(dtype: str) -> RasterProfile:
    return bands({"dtype": "Byte"}, {"dtype": dtype, "color_interpretation": "Alpha"})


TINY = at(500_240.0, size=1e-6)
ROTATED = profile(geotransform=GeoTransform(500_000.0, 10.0, 0.1, 5_000_000.0, 0.1, -10.0))
THIN = at(510_240.0, size=1.0, width=3, height=1024)
OPTIONS = {
    "target_too_large, target_extent": WeaveOptions(target_extent=Bounds(0.0, 0.0, 1e12, 5e6)),
    "target_too_large, target_resolution": WeaveOptions(target_resolution=(10.0, 1e-4)),
    "target_too_small, target_resolution": WeaveOptions(target_resolution=(1e6, 10.0)),
    "target_too_small, target_extent": WeaveOptions(target_extent=Bounds(500_000.0, 4_990_000.0, 500_001.0, 5e6)),
    "outside_target_extent": WeaveOptions(target_extent=Bounds(500_000.0, 4_990_000.0, 505_000.0, 5_000_000.0)),
    "outside_target_extent, bounds that rounding cuts off": WeaveOptions(ResolutionStrategy.COARSEST),
    "outside_target_extent, bounds that GDAL cannot open": WeaveOptions(ResolutionStrategy.COARSEST),
    "alpha_not_of_bytes": WeaveOptions(add_alpha=True),
    "alpha_beside_mask": WeaveOptions(add_alpha=True),
}
"""What sources are woven with, where it matters."""

SOURCES: dict[str, tuple[VrtType, RasterProfile, RasterProfile]] = {
    "crs_mismatch": (VrtType.MOSAIC, profile(), profile(crs=WGS_84)),
    "crs_missing": (VrtType.MOSAIC, profile(), profile(crs=None)),
    "band_count_mismatch": (VrtType.MOSAIC, profile(), bands({}, {}, {}, {})),
    "band_count_mismatch, band_count that alpha makes": (VrtType.MOSAIC, bands({"dtype": "Byte"}), with_alpha("Byte")),
    "single_band_required": (VrtType.BAND_STACK, profile(), bands({}, {})),
    "dtype_mismatch": (VrtType.MOSAIC, profile(), bands({"dtype": "Float32"})),
    "dtype_mismatch, bands[1].dtype that nobody knows": (
        VrtType.MOSAIC,
        bands({"dtype": "Unknown"}),
        bands({"dtype": "Unknown"}),
    ),
    "grid_misaligned": (VrtType.BAND_STACK, profile(), profile(width=1023)),
    "grid_misaligned, origin_x beside the reference": (VrtType.BAND_STACK, profile(), at(510_240.0)),
    "grid_misaligned, origin_x over a part of it": (VrtType.BAND_STACK, profile(), at(505_000.0)),
    "grid_misaligned, width in another CRS": (VrtType.BAND_STACK, profile(), profile(crs=WGS_84, width=1023)),
    "grid_misaligned, width of a rotated reference": (VrtType.BAND_STACK, ROTATED, profile(width=1023)),
    "nodata_inconsistent": (VrtType.MOSAIC, profile(), bands({"nodata": None})),
    "nodata_inconsistent, bands[1].nodata that the reference has not": (
        VrtType.MOSAIC,
        bands({"nodata": None}),
        profile(),
    ),
    "rotated_raster": (
        VrtType.MOSAIC,
        profile(),
        ROTATED,
    ),
    "unknown_pixel_geometry": (VrtType.MOSAIC, profile(), profile(geotransform=None)),
    "nodata_not_representable": (VrtType.MOSAIC, profile(), bands({"dtype": "Byte", "nodata": -9999.0})),
    "nodata_collision, bands[1].nodata that GDAL misreads": (
        VrtType.MOSAIC,
        bands({"dtype": "UInt64", "nodata": 2**64 - 1}),
        bands({"dtype": "UInt64", "nodata": 2**64 - 1}),
    ),
    "nodata_collision": (VrtType.MOSAIC, profile(), bands({"nodata": 255})),
    "color_interpretation_mismatch": (VrtType.MOSAIC, profile(), bands({"color_interpretation": "Red"})),
    "color_table_mismatch": (VrtType.MOSAIC, profile(), bands({"color_table": ((255, 0, 0, 255),)})),
    "scale_offset_mismatch": (VrtType.MOSAIC, profile(), bands({"scale": 0.1, "offset": -5.0})),
    "not_a_cog, tiled": (VrtType.MOSAIC, profile(), profile(tiled=False)),
    "not_a_cog, overviews": (VrtType.MOSAIC, profile(), profile(overviews=())),
    "not_a_cog, layout": (
        VrtType.MOSAIC,
        profile(),
        profile(layout=(LayoutFault.DATA_BEFORE_DIRECTORIES, LayoutFault.DATA_UNSORTED)),
    ),
    "not_a_cog, layout that nobody looked at": (VrtType.MOSAIC, profile(), profile(layout=None)),
    "side_file_ignored": (VrtType.MOSAIC, profile(), profile(side_files=(".ovr", ".msk"))),
    "resampling_required": (VrtType.MOSAIC, profile(), at(510_243.3, size=15.0)),
    "target_too_large": (VrtType.MOSAIC, profile(), at(3e10)),
    "overviews_missing": (VrtType.MOSAIC, profile(), profile(width=9000, overviews=())),
    "target_too_large, target_extent": (VrtType.MOSAIC, profile(), profile()),
    "target_too_large, target_resolution": (VrtType.MOSAIC, profile(), at(500_000.0, 6_000_000.0)),
    "target_too_large, width of the finest": (VrtType.MOSAIC, profile(), at(500_000.0, size=1e-9)),
    "target_too_small, target_resolution": (VrtType.MOSAIC, profile(), profile()),
    "target_too_small, target_extent": (VrtType.MOSAIC, profile(), profile()),
    "outside_target_extent": (VrtType.MOSAIC, profile(), at(510_240.0)),
    "outside_target_extent, bounds that rounding cuts off": (VrtType.MOSAIC, profile(), THIN),
    "outside_target_extent, bounds that GDAL cannot open": (VrtType.MOSAIC, profile(), TINY),
    "alpha_not_of_bytes": (VrtType.MOSAIC, with_alpha("Byte"), with_alpha("UInt16")),
    "alpha_beside_mask": (VrtType.MOSAIC, with_alpha("Byte"), bands({"dtype": "Byte", "mask": MaskKind.PER_DATASET})),
}
"""A code, perhaps with what it is about, and two sources that get it."""


def about_sources(name: str) -> Finding:
    vrt_type, *profiles = SOURCES[name]
    sources = [Source(each, index, profiles[index]) for index, each in enumerate((FIRST, SECOND))]
    code, _, field = name.partition(", ")
    found = check_sources(sources, Weave(vrt_type, eq, OPTIONS.get(name, WeaveOptions())))
    return next(
        each
        for each in found
        if (each.code, each.source_id) == (code, FIRST if each.option else SECOND)
        and each.field.startswith(field.partition(" ")[0])
    )


def about_objects() -> dict[str, Finding]:
    tile = raster(id=SECOND, ref=ObjectRef("sources", "tiles/second.tif"))
    uri = tile.ref.uri
    stats: dict[str, ObjectStat | ObjectError] = {
        "object_missing": ObjectMissingError(uri),
        "object_unreadable": ObjectUnreadableError(uri, f"{uri} may not be read: S3 answers 403"),
        "object_changed": ObjectStat('"another"', 1),
    }
    found = {code: check_objects([tile], [stat])[0] for code, stat in stats.items()}
    (wider,) = wider_than_sources(audience("alice", Visibility.PUBLIC), [tile])
    return found | {
        "visibility_exceeds_source": wider,
        "source_not_found": source_not_found(SECOND, 1),
        "source_not_found, id of a VRT": source_not_found(SECOND, 1, vrt(id=SECOND)),
        "source_not_found, id of what is being deleted": source_not_found(SECOND, 1, tile),
    }


def about_standing() -> Finding:
    """What one more source does to another one, 12 m wide, that a VRT has."""
    options = WeaveOptions(ResolutionStrategy.COARSEST)
    thin, coarse = at(510_240.0, size=1.0, width=12, height=1024), at(600_000.0, size=50_000.0, width=8, height=8)
    held = framed([(FIRST, profile()), (an_id("thin"), thin)], options).grid
    assert held is not None
    grid = TargetGrid.published(summary(margins=held.margins), 2)
    weave, base = Weave(VrtType.MOSAIC, eq, options), Source(FIRST, -1, profile())
    found = check_added(Source(SECOND, 1, coarse), weave, base, grid)
    return next(each for each in found if each.code == "too_coarse_for_source")


def every_finding() -> dict[str, Finding]:
    named = {name: about_sources(name) for name in SOURCES} | about_objects()
    return named | {"too_coarse_for_source": about_standing()}


def bodies() -> dict[str, Any]:
    found = {name: replace(finding, index=1) for name, finding in every_finding().items()}
    entries = {name: finding_entry(finding, at_source(finding)) for name, finding in found.items()}
    loaded: dict[str, Any] = json.loads(json.dumps(entries))
    return loaded


def test_people_are_told_what_the_golden_file_says() -> None:
    if os.environ.get("RASTERLOOM_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(bodies(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert bodies() == json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", every_finding())
def test_a_finding_is_of_its_code_and_tells_what_to_do(name: str) -> None:
    finding = every_finding()[name]
    assert finding.code == name.partition(",")[0]
    assert finding.hint
    assert finding.hint.endswith(".")
    assert finding.expected is not None
    assert finding.reference in {None, FIRST}


def test_hints_about_files_name_a_command_that_writes_a_cog() -> None:
    for name in SOURCES:
        hint = str(about_sources(name).hint)
        if "gdalwarp" in hint or "gdal_translate" in hint:
            assert re.search(r"(gdalwarp|gdal_translate) .*-of COG .*in\.tif out\.tif", hint), (name, hint)
