"""Rules about what a source holds: its bands, their types, colours and scales."""

from collections.abc import Iterator
from typing import Final

from rasterloom.domain.findings import Severity
from rasterloom.domain.raster import Band
from rasterloom.domain.rules.base import Pair, Source, Violation, Whole
from rasterloom.domain.rules.placement import TO_COG

KNOWN_DTYPES: Final = frozenset(
    {"Byte", "Int8", "UInt16", "Int16", "UInt32", "Int32", "UInt64", "Int64"}
    | {"Float16", "Float32", "Float64", "CInt16", "CInt32", "CFloat16", "CFloat32", "CFloat64"}
)
"""GDAL's names of pixel types; anything else is not known, and so not equal."""


def band_count_equal(pair: Pair) -> Iterator[Violation]:
    """VAL-02: as many bands as the reference, and at least one; alpha bands do not count where the VRT gets its own."""
    ours, theirs = len(pair.weave.shared_bands(pair.source)), len(pair.weave.shared_bands(pair.reference))
    beside = " beside alpha" if pair.weave.options.add_alpha else ""
    if ours != theirs or ours == 0:
        yield Violation(
            code="band_count_mismatch",
            field="band_count",
            message=f"The source has {ours} band{'' if ours == 1 else 's'}{beside}, the reference {theirs}",
            expected=theirs,
            actual=ours,
            hint=_with_alpha(pair) or _bands_hint(ours, theirs),
        )


def single_band(pair: Pair) -> Iterator[Violation]:
    """VAL-03: exactly one band."""
    count = len(pair.source.bands)
    if count != 1:
        yield Violation(
            code="single_band_required",
            field="band_count",
            message=f"A band stack takes sources of exactly one band; this one has {count}",
            expected=1,
            actual=count,
            hint=f"Write each band into a file of its own: gdal_translate -b 1 {TO_COG}, and so on.",
            own=True,
        )


def dtype_equal(pair: Pair) -> Iterator[Violation]:
    """VAL-04: each band has the pixel type of the reference's, and it is a known one."""
    for number, ours, theirs in pair.bands():
        if ours.dtype not in KNOWN_DTYPES:
            yield Violation(
                code="dtype_mismatch",
                field=f"bands[{number}].dtype",
                message=f"Band {number} is {ours.dtype}, which is no pixel type that can be woven",
                expected="a pixel type that GDAL knows",
                actual=ours.dtype,
                hint=f"Convert it first: gdal_translate -ot Float32 {TO_COG}, or another type that holds its values.",
                own=True,
            )
        elif ours.dtype != theirs.dtype:
            yield Violation(
                code="dtype_mismatch",
                field=f"bands[{number}].dtype",
                message=f"Band {number} is {ours.dtype}, the reference's is {theirs.dtype}",
                expected=theirs.dtype,
                actual=ours.dtype,
                hint=f"Convert it first: gdal_translate -ot {theirs.dtype} {TO_COG}; what does not fit is cut off.",
            )


def alpha_is_of_bytes(pair: Pair) -> Iterator[Violation]:
    """VAL-16: an alpha band that goes into the one that the VRT gets should be of bytes, as that one is."""
    if not pair.weave.options.add_alpha or not pair.source.has_alpha:
        return
    number, dtype = len(pair.source.bands), pair.source.bands[-1].dtype
    if dtype != "Byte":
        yield Violation(
            code="alpha_not_of_bytes",
            field=f"bands[{number}].dtype",
            message=(
                f"The alpha band that add_alpha makes is of bytes; band {number}, this source's own, is {dtype}: its "
                "values are cut off at 255, which is opaque, and not scaled"
            ),
            expected="Byte",
            actual=dtype,
            hint=(
                "Nothing needs to be done if it has 0 and values from 255 on only; otherwise weave it without "
                "add_alpha, with sources that have such a band, too."
            ),
            own=True,
            severity=Severity.WARNING,
        )


def alpha_without_masks(whole: Whole) -> Iterator[tuple[Source, Violation]]:
    """VAL-16: no source with a mask beside one with an alpha band; `gdal.BuildVRT -addalpha` ends its process there."""
    profiles = [*whole.standing, *(source.profile for source in whole.sources)]
    if not whole.weave.options.add_alpha or not any(profile.has_mask for profile in profiles):
        return
    if not any(profile.has_alpha for profile in profiles):
        return
    for source in whole.sources:
        if source.profile.has_alpha or source.profile.has_mask:
            own, other = ("an alpha band", "a mask") if source.profile.has_alpha else ("a mask", "an alpha band")
            yield (
                source,
                Violation(
                    code="alpha_beside_mask",
                    field="bands",
                    message=f"The source has {own} and another has {other}: GDAL cannot make one alpha band of both",
                    expected="alpha bands or masks",
                    actual=own,
                    hint=(
                        "Make an alpha band of each mask: gdal_translate -b 1 -b 2 -b 3 -b mask -colorinterp_4 alpha "
                        f"{TO_COG}; or leave add_alpha out."
                    ),
                    own=True,
                ),
            )


def color_interpretation_equal(pair: Pair) -> Iterator[Violation]:
    """VAL-10: each band means the colour that the reference's means."""
    for number, ours, theirs in pair.bands():
        if ours.color_interpretation != theirs.color_interpretation:
            wanted = theirs.color_interpretation
            yield Violation(
                code="color_interpretation_mismatch",
                field=f"bands[{number}].color_interpretation",
                message=f"Band {number} is {ours.color_interpretation}, the reference's is {wanted}",
                expected=wanted,
                actual=ours.color_interpretation,
                hint=f"Set it: gdal_translate -colorinterp_{number} {wanted.lower()} {TO_COG}.",
            )


def color_table_equal(pair: Pair) -> Iterator[Violation]:
    """VAL-10: palettes are equal, entry by entry."""
    for number, ours, theirs in pair.bands():
        if ours.color_table != theirs.color_table:
            yield Violation(
                code="color_table_mismatch",
                field=f"bands[{number}].color_table",
                message=f"Band {number} has another palette than the reference",
                expected=_palette_of(theirs, ours),
                actual=_palette_of(ours, theirs),
                hint=f"Expand all sources to colours: gdal_translate -expand rgb {TO_COG}; or give them one palette.",
            )


def scale_offset_equal(pair: Pair) -> Iterator[Violation]:
    """VAL-10: scale and offset are equal."""
    for number, ours, theirs in pair.bands():
        # NaN is equal to no number here, itself included, as to GDAL; tuples would compare by identity first.
        if ours.scale != theirs.scale or ours.offset != theirs.offset:
            (scale, offset), (wanted, shift) = _scaling(ours), _scaling(theirs)
            yield Violation(
                code="scale_offset_mismatch",
                field=f"bands[{number}].scale",
                message=f"Band {number} has scale {scale} and offset {offset}, the reference {wanted} and {shift}",
                expected=[wanted, shift],
                actual=[scale, offset],
                hint=(
                    f"Apply them in every source: gdal_translate -unscale -ot Float32 {TO_COG}; "
                    "setting others with -a_scale and -a_offset changes what the values mean."
                ),
            )


def _scaling(band: Band) -> tuple[float, float]:
    return 1 if band.scale is None else band.scale, 0 if band.offset is None else band.offset


def _with_alpha(pair: Pair) -> str | None:
    """What to do where one of the two has an alpha band and is the other's like but for that."""
    profiles = pair.source, pair.reference
    colors = {len(profile.bands) - profile.has_alpha for profile in profiles}
    if pair.weave.options.add_alpha or len(colors) > 1:
        return None
    return "Weave them with add_alpha, which takes sources with an alpha band beside sources without."


def _bands_hint(ours: int, theirs: int) -> str:
    if ours > theirs > 0:
        return f"Keep as many as the reference has: gdal_translate {' '.join(_selected(theirs))} {TO_COG}."
    return "Leave it out, or weave it with sources of as many bands; gdalinfo tells which bands a file has."


def _selected(count: int) -> list[str]:
    return [f"-b {number}" for number in range(1, min(count, 4) + 1)] + ["…"] * (count > 4)  # noqa: PLR2004 - enough


def _palette_of(band: Band, other: Band) -> str:
    """A palette's length and, where the other one is as long, the colour of the first value that differs."""
    table, beside = band.color_table, other.color_table
    if table is None:
        return "no palette"
    told = f"a palette of {len(table)} entries"
    if beside is None or len(beside) != len(table):
        return told
    value = next(value for value, color in enumerate(table) if color != beside[value])
    return f"{told}, in which {value} is {table[value]}"
