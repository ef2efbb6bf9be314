"""Rules about where a source lies: its CRS, its geotransform, its grid."""

from collections.abc import Iterator
from typing import Final

from rasterloom.domain.raster import Bounds, Crs, RasterProfile
from rasterloom.domain.rules.base import Pair, Violation, same_number

TO_COG: Final = "-of COG in.tif out.tif"

GRID_TOLERANCE: Final = 1e-10
"""Largest difference between the pixel sizes and origins of a band stack's sources, in CRS units."""


def crs_equal(pair: Pair) -> Iterator[Violation]:
    """VAL-01: every source has a CRS, and it is the reference's."""
    ours, theirs = pair.source.crs, pair.reference.crs
    if ours is None:
        yield Violation(
            code="crs_missing",
            field="crs",
            message="The source has no coordinate reference system",
            expected="a coordinate reference system",
            actual=None,
            hint=f"Assign one if you know which it is: gdal_translate -a_srs EPSG:… {TO_COG}.",
            own=True,
        )
    elif theirs is not None and not pair.weave.same_crs(theirs, ours):
        yield Violation(
            code="crs_mismatch",
            field="crs",
            message=f"The source is in {ours.label}, the reference in {theirs.label}",
            expected=theirs.label,
            actual=ours.label,
            hint=f"Reproject it first: gdalwarp -t_srs {_named(theirs)} {TO_COG}.",
        )


def grid_aligned(pair: Pair) -> Iterator[Violation]:
    """VAL-05: size, pixel size and origin are the reference's; one violation per dimension."""
    ours, theirs = _grid(pair.source), _grid(pair.reference)
    for dimension, expected in theirs.items():
        actual = ours[dimension]
        tolerance = 0 if dimension in {"width", "height"} else GRID_TOLERANCE
        if not same_number(expected, actual, tolerance):
            yield Violation(
                code="grid_misaligned",
                field=dimension,
                message=f"A band stack needs one grid: {dimension} is {actual}, the reference's is {expected}",
                expected=expected,
                actual=actual,
                hint=_onto(pair),
            )


def _onto(pair: Pair) -> str:
    """What puts a source onto the grid of the reference; what lies elsewhere would be written empty there."""
    reference, place = pair.reference, pair.place
    bounds, transform = reference.bounds, reference.geotransform
    if bounds is None or transform is None or not (transform.is_finite and transform.is_north_up):
        return "Give the reference a north-up grid first; it is the first of the sources."
    if place is not None and not _meet(place, bounds):
        return (
            "Leave it out: it does not overlap the reference, and a band stack needs sources of one area; a mosaic "
            "(vrt_type) is what joins neighbours."
        )
    target = "" if place is not None or _is_in_crs(pair) else f"-t_srs {_named(reference.crs)} "
    extent = " ".join(map(repr, bounds))
    begin = "Resample it" if place is not None else "If it overlaps the reference (gdalinfo tells), resample it"
    end = (
        "." if place is not None and _covers(place, bounds) else "; where it has no pixels there will be nodata, or 0."
    )
    return (
        f"{begin} onto the reference's grid: "
        f"gdalwarp {target}-te {extent} -ts {reference.width} {reference.height} {TO_COG}{end}"
    )


def _meet(one: Bounds, other: Bounds) -> bool:
    """Whether two extents share more than an edge."""
    across = min(one.x_max, other.x_max) - max(one.x_min, other.x_min)
    down = min(one.y_max, other.y_max) - max(one.y_min, other.y_min)
    return across > 0 and down > 0


def _covers(one: Bounds, other: Bounds) -> bool:
    """Whether one extent holds all of the other."""
    begins = one.x_min <= other.x_min and one.y_min <= other.y_min
    return begins and one.x_max >= other.x_max and one.y_max >= other.y_max


def _is_in_crs(pair: Pair) -> bool:
    """Whether the source is in the reference's CRS, or in none that could be told from it."""
    ours, theirs = pair.source.crs, pair.reference.crs
    return ours is None or theirs is None or pair.weave.same_crs(theirs, ours)


def _named(crs: Crs | None) -> str:
    """A CRS as a command takes it, or what stands for it."""
    return f"EPSG:{crs.epsg}" if crs is not None and crs.epsg else "the reference's CRS"


def north_up(pair: Pair) -> Iterator[Violation]:
    """VAL-07: columns run east and rows south, without rotation or shear."""
    transform = pair.source.geotransform
    if transform is not None and not transform.is_north_up:
        yield Violation(
            code="rotated_raster",
            field="geotransform",
            message="The source is rotated, sheared or not north up",
            expected="north up, without rotation or shear",
            actual=list(transform),
            hint=f"Warp it onto a north-up grid: gdalwarp {TO_COG}.",
            own=True,
        )


def pixel_geometry_known(pair: Pair) -> Iterator[Violation]:
    """VAL-08: a geotransform was read, and all of it is numbers."""
    transform = pair.source.geotransform
    if transform is not None and transform.is_finite:
        return
    found = "has no geotransform" if transform is None else "has a geotransform that is not finite"
    yield Violation(
        code="unknown_pixel_geometry",
        field="geotransform",
        message=f"The source {found}, so its pixels have no place",
        expected="a geotransform",
        actual=None if transform is None else list(transform),
        hint=f"Georeference it: gdal_translate -a_ullr ULX ULY LRX LRY {TO_COG}, its corners in CRS units.",
        own=True,
    )


def _grid(profile: RasterProfile) -> dict[str, float | None]:
    transform = profile.geotransform
    x_size, y_size = profile.resolution or (None, None)
    return {
        "width": profile.width,
        "height": profile.height,
        "resolution_x": x_size,
        "resolution_y": y_size,
        "origin_x": None if transform is None else transform.x_origin,
        "origin_y": None if transform is None else transform.y_origin,
    }
