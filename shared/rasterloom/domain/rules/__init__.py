"""Which sources may be woven together: a table of small rules.

Each rule holds one source against the reference, the first source in request order. All rules run over all sources.
What is not known counts as a failure. The rules follow the checks of GDAL's `apps/gdalbuildvrt_lib.cpp`, and go
beyond them where GDAL would build a VRT that nobody wants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.findings import Finding
from rasterloom.domain.raster import Crs, RasterProfile
from rasterloom.domain.rules import content, placement
from rasterloom.domain.rules.base import Pair, Rule, SameCrs, Violation

MOSAIC: Final = frozenset({VrtType.MOSAIC})
STACK: Final = frozenset({VrtType.BAND_STACK})
BOTH: Final = MOSAIC | STACK

RULES: Final[tuple[Rule, ...]] = (
    Rule("VAL-01", BOTH, placement.crs_equal),
    Rule("VAL-02", MOSAIC, content.band_count_equal),
    Rule("VAL-03", STACK, content.single_band),
    Rule("VAL-04", BOTH, content.dtype_equal),
    Rule("VAL-05", STACK, placement.grid_aligned),
    Rule("VAL-06", BOTH, content.nodata_consistent),
    Rule("VAL-07", BOTH, placement.north_up),
    Rule("VAL-08", BOTH, placement.pixel_geometry_known),
    Rule("VAL-09", MOSAIC, content.nodata_collides),
    Rule("VAL-10", MOSAIC, content.color_interpretation_equal),
    Rule("VAL-10", MOSAIC, content.color_table_equal),
    Rule("VAL-10", MOSAIC, content.scale_offset_equal),
)
"""Every rule, in the order in which its findings are listed."""

__all__ = ["RULES", "SameCrs", "Source", "check_sources"]


@dataclass(frozen=True, slots=True)
class Source:
    """One source of a request."""

    id: str
    index: int
    """Position in the request, from 0."""
    profile: RasterProfile


def check_sources(
    sources: Sequence[Source], vrt_type: VrtType, same_crs: SameCrs, *, reference: Source | None = None
) -> tuple[Finding, ...]:
    """Run every rule of this type over every source.

    Args:
        sources: What is to be woven, in request order.
        vrt_type: Mosaic or band stack.
        same_crs: Tells whether two CRSs are the same; it is asked once per distinct pair.
        reference: What the sources are held against; the first of them if none is given.

    Returns:
        All findings, by source, then by rule.
    """
    if not sources:
        return ()
    standard = reference or sources[0]
    memo = _Memo(same_crs)
    rules = [rule for rule in RULES if vrt_type in rule.types]
    return tuple(
        _finding(violation, source, standard)
        for source in sources
        for rule in rules
        for violation in rule.check(Pair(source.profile, standard.profile, memo))
    )


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
    )


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
