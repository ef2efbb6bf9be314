"""Which sources may be woven together: two tables of small rules.

Most rules hold one source against the reference, the first source in request order, and against the grid that all of
them will share; a few look at all sources together. All rules run over all sources, and what is not known counts as a
failure. The rules follow the checks of GDAL's `apps/gdalbuildvrt_lib.cpp`, and go beyond them where GDAL would build a
VRT that nobody wants.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.findings import Finding
from rasterloom.domain.framing import moved_east, turns
from rasterloom.domain.margins import Margins
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Bounds, Crs, RasterProfile
from rasterloom.domain.rules import content, layout, nodata, placement, size, target
from rasterloom.domain.rules.base import Pair, Rule, SameCrs, Source, Violation, Weave, Whole, WholeRule
from rasterloom.domain.rules.grid import Framed, TargetGrid, nearest_turn

MOSAIC: Final = frozenset({VrtType.MOSAIC})
STACK: Final = frozenset({VrtType.BAND_STACK})
BOTH: Final = MOSAIC | STACK

RULES: Final[tuple[Rule, ...]] = (
    Rule("VAL-01", BOTH, placement.crs_equal),
    Rule("VAL-02", MOSAIC, content.band_count_equal),
    Rule("VAL-03", STACK, content.single_band),
    Rule("VAL-04", BOTH, content.dtype_equal),
    Rule("VAL-05", STACK, placement.grid_aligned),
    Rule("VAL-06", BOTH, nodata.nodata_consistent),
    Rule("VAL-07", BOTH, placement.north_up),
    Rule("VAL-08", BOTH, placement.pixel_geometry_known),
    Rule("VAL-09", MOSAIC, nodata.nodata_collides),
    Rule("VAL-09", BOTH, nodata.nodata_misread),
    Rule("VAL-09", BOTH, nodata.nodata_unused),
    Rule("VAL-10", MOSAIC, content.color_interpretation_equal),
    Rule("VAL-10", MOSAIC, content.color_table_equal),
    Rule("VAL-10", MOSAIC, content.scale_offset_equal),
    Rule("VAL-11", BOTH, layout.tiled),
    Rule("VAL-11", BOTH, layout.with_overviews),
    Rule("VAL-11", BOTH, layout.laid_out),
    Rule("VAL-11", BOTH, layout.without_side_files),
    Rule("VAL-13", MOSAIC, target.falls_on_grid),
    Rule("VAL-16", MOSAIC, content.alpha_is_of_bytes),
)
"""Every rule about one source, in the order in which its findings are listed."""

WHOLE_RULES: Final[tuple[WholeRule, ...]] = (
    WholeRule("VAL-11", BOTH, target.readable_from_afar),
    WholeRule("VAL-13", MOSAIC, target.keeps_others_on_grid),
    WholeRule("VAL-15", BOTH, size.fits_gdal),
    WholeRule("VAL-15", BOTH, size.has_pixels),
    WholeRule("VAL-17", BOTH, target.within_extent),
    WholeRule("VAL-17", MOSAIC, target.leaves_others_their_pixels),
    WholeRule("VAL-16", MOSAIC, content.alpha_without_masks),
)
"""Every rule about all sources together. VAL-12 and VAL-14 need more than headers: see `services.validation`."""

_ALONE: Final = frozenset({"VAL-01", "VAL-07", "VAL-08", "VAL-11"})
"""Rules that a source can break before it meets any other."""

__all__ = [
    "RULES",
    "WHOLE_RULES",
    "Framed",
    "SameCrs",
    "Source",
    "TargetGrid",
    "Weave",
    "check_added",
    "check_alone",
    "check_sources",
    "framed",
    "lost_sources",
]


def check_sources(sources: Sequence[Source], weave: Weave) -> tuple[Finding, ...]:
    """Run every rule of this type over every source, the first one being the reference.

    Args:
        sources: What is to be woven, in request order.
        weave: What it shall become.

    Returns:
        All findings, by source, then by rule; those about all sources together at the end.
    """
    if not sources:
        return ()
    remembering = _remembering(weave)
    places = _places(sources, remembering)
    placed = [
        (place, source.profile.resolution)
        for source, place in zip(sources, places, strict=True)
        if place is not None and source.profile.resolution is not None
    ]
    grid = TargetGrid.of(placed, weave.options)
    whole = None if grid is None else Whole(sources, places, grid, remembering)
    return tuple(_findings(sources, sources[0], remembering, (places, grid), whole))


def check_added(
    source: Source,
    weave: Weave,
    reference: Source,
    published: TargetGrid,
    standing: Sequence[RasterProfile] = (),
) -> tuple[Finding, ...]:
    """Run every rule over one source that is to be added to a VRT, whatever the number of sources that it has.

    Args:
        source: What is to be added.
        weave: What the VRT is, and how it is woven.
        reference: The VRT's first source.
        published: The VRT's grid.
        standing: The VRT's sources; needed only where it gets an alpha band.

    Returns:
        All findings, by rule.
    """
    remembering = _remembering(weave)
    place, resolution = _place(source, reference, remembering), source.profile.resolution
    if place is None or resolution is None:
        return tuple(_findings([source], reference, remembering, ([None], published), None))
    extent = weave.options.target_extent
    if weave.vrt_type is VrtType.MOSAIC:
        count = nearest_turn(source.profile, published) if extent is None else turns([source.profile], extent)[0]
        place = moved_east(source.profile, count).bounds or place
    joined = published.joined(place, resolution, weave.options)
    whole = Whole([source], [place], joined, remembering, standing, published)
    # What is published is whole pixels; an extent that was asked for stays what it was.
    held = published if extent is None and not target.resizes(joined, published) else joined
    return tuple(_findings([source], reference, remembering, ([place], held), whole))


def framed(sources: Sequence[tuple[str, RasterProfile]], options: WeaveOptions) -> Framed:
    """How sources with these ids share a mosaic, which break no rule about their headers alone."""
    places = _places_of([profile for _, profile in sources], options)
    placed = [
        (source_id, place, size)
        for (source_id, profile), place in zip(sources, places, strict=True)
        if place is not None and (size := profile.resolution) is not None and all(size)
    ]
    if not placed:
        return Framed(places)
    ids, bounds, sizes = zip(*placed, strict=True)
    grid = TargetGrid.of(list(zip(bounds, sizes, strict=True)), options)
    return Framed(places, None if grid is None else replace(grid, margins=Margins.of(grid.bounds, ids, bounds)))


def lost_sources(sources: Sequence[tuple[str, RasterProfile]], held: Framed) -> tuple[Finding, ...]:
    """VAL-17 of what a VRT keeps: findings about sources of which pixels as large as these would show nothing.

    None where their CRSs are not all spelled alike: lengths in different units tell nothing, and GDAL has the last
    word.

    Args:
        sources: All of the VRT, in order, as they were framed.
        held: Where they lie in it, and its grid.
    """
    lost = () if held.grid is None else tuple(target.lost(held.grid))
    if not lost or any(profile.crs != sources[0][1].crs for _, profile in sources):
        return ()
    at = {source_id: Source(source_id, index, profile) for index, (source_id, profile) in enumerate(sources)}
    return tuple(_finding(violation, at[source_id], at[source_id]) for source_id, violation in lost)


def _places_of(profiles: Sequence[RasterProfile], options: WeaveOptions) -> list[Bounds | None]:
    """Where the sources of a mosaic lie in it, moved by whole turns as the assembler moves them."""
    moved = turns(profiles, options.target_extent)
    return [moved_east(profile, count).bounds for profile, count in zip(profiles, moved, strict=True)]


def check_alone(source: Source, weave: Weave) -> tuple[Finding, ...]:
    """Run the rules that a source can break before it meets any other: what a registration can tell."""
    pair = Pair(source.profile, source.profile, weave)
    return tuple(
        _finding(violation, source, source) for rule in RULES if rule.name in _ALONE for violation in rule.check(pair)
    )


def _findings(
    sources: Sequence[Source],
    reference: Source,
    weave: Weave,
    held: tuple[Sequence[Bounds | None], TargetGrid | None],
    whole: Whole | None,
) -> Iterator[Finding]:
    """Findings about each source at its place, held against a grid, and about all of them together."""
    places, grid = held
    rules = [rule for rule in RULES if weave.vrt_type in rule.types]
    for source, place in zip(sources, places, strict=True):
        pair = Pair(source.profile, reference.profile, weave, grid, place)
        yield from (_finding(each, source, reference) for rule in rules for each in rule.check(pair))
    if whole is not None:
        for law in WHOLE_RULES:
            if weave.vrt_type in law.types:
                yield from (_finding(each, blamed, reference) for blamed, each in law.check(whole))


def _places(sources: Sequence[Source], weave: Weave) -> list[Bounds | None]:
    """Where each source will lie, those of a mosaic moved by whole turns as the assembler moves them."""
    found, extent = [_place(source, sources[0], weave) for source in sources], weave.options.target_extent
    if weave.vrt_type is not VrtType.MOSAIC or (extent is None and None in found):
        return found
    moved = turns([source.profile for source in sources], extent)
    return [
        place if place is None or not count else moved_east(source.profile, count).bounds
        for source, place, count in zip(sources, found, moved, strict=True)
    ]


def _place(source: Source, reference: Source, weave: Weave) -> Bounds | None:
    """Where a source lies; None where it cannot be told, or in another CRS than the reference."""
    ours, theirs = source.profile.crs, reference.profile.crs
    if ours is None or theirs is None or not weave.same_crs(theirs, ours):
        return None
    transform = source.profile.geotransform
    return source.profile.bounds if transform is not None and transform.is_north_up and transform.is_finite else None


def _finding(violation: Violation, source: Source, reference: Source) -> Finding:
    return Finding(
        code=violation.code,
        source_id=source.id,
        index=source.index,
        field=violation.field,
        message=violation.message,
        expected=violation.expected,
        actual=violation.actual,
        reference=None if violation.own else reference.id,
        hint=violation.hint,
        severity=violation.severity,
        option=violation.option,
    )


def _remembering(weave: Weave) -> Weave:
    """The same, asking about each distinct pair of CRSs once."""
    return Weave(weave.vrt_type, _Memo(weave.same_crs), weave.options, weave.requires_cog)


class _Memo:
    """Asks about each distinct pair of CRSs once."""

    def __init__(self, same_crs: SameCrs) -> None:
        self._same_crs = same_crs
        self._known: dict[tuple[str, str], bool] = {}

    def __call__(self, one: Crs, other: Crs) -> bool:
        key = (one.wkt, other.wkt)
        if key not in self._known:
            self._known[key] = one == other or self._same_crs(one, other)
        return self._known[key]
