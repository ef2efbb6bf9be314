"""Rules about the values that mean that a pixel holds nothing."""

from collections.abc import Iterator

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.findings import Severity
from rasterloom.domain.options import is_representable, values_text
from rasterloom.domain.raster import Band
from rasterloom.domain.rules.base import Pair, Violation, same_number
from rasterloom.domain.rules.placement import TO_COG


def nodata_consistent(pair: Pair) -> Iterator[Violation]:
    """VAL-06: nodata is defined where the reference defines it, and nowhere else, unless the VRT gives it to all."""
    if pair.weave.options.nodata_override is not None:
        return
    for number, ours, theirs in pair.bands():
        if (ours.nodata is None) != (theirs.nodata is None):
            expected, actual = _nodata_of(theirs), _nodata_of(ours)
            yield Violation(
                code="nodata_inconsistent",
                field=f"bands[{number}].nodata",
                message=f"Band {number} has nodata {actual}, the reference {expected}: all or none must define it",
                expected=expected,
                actual=actual,
                hint=(
                    "Give all sources one value with nodata_override, or set it as the reference has it: "
                    f"gdal_translate -a_nodata {expected} {TO_COG}; {_meaning(theirs, ours)}."
                ),
            )


def nodata_collides(pair: Pair) -> Iterator[Violation]:
    """VAL-09: where nodata differs, valid pixels with the mosaic's nodata value vanish; one given to all is wanted."""
    if pair.weave.options.nodata_override is not None:
        return
    for number, ours, theirs in pair.bands():
        if ours.nodata is None or theirs.nodata is None or same_number(theirs.nodata, ours.nodata):
            continue
        yield Violation(
            code="nodata_collision",
            field=f"bands[{number}].nodata",
            message=(
                f"Band {number} has nodata {ours.nodata} and the mosaic will have {theirs.nodata}: "
                f"this source's pixels of value {theirs.nodata} will read as nodata"
            ),
            expected=theirs.nodata,
            actual=ours.nodata,
            hint=f"Give all sources one nodata value: gdalwarp -dstnodata {theirs.nodata} {TO_COG}.",
            severity=Severity.WARNING,
        )


def nodata_misread(pair: Pair) -> Iterator[Violation]:
    """VAL-09: a VRT can say the nodata value; one of 64 bits GDAL writes as a float, and may read another back."""
    override, is_stack = pair.weave.options.nodata_override, pair.weave.vrt_type is VrtType.BAND_STACK
    for number, ours, theirs in pair.bands():
        value = override if override is not None else (ours if is_stack else theirs).nodata
        if value is None or ours.dtype not in {"Int64", "UInt64"} or not is_representable(value, ours.dtype):
            continue
        told = _read_back(value)
        if told == value:
            continue
        yield Violation(
            code="nodata_collision",
            field=f"bands[{number}].nodata",
            message=(
                f"Band {number} is {ours.dtype} and shall have nodata {value}, which GDAL's VRTs cannot say: they say "
                f"{told}, and pixels of that value will read as nodata"
            ),
            expected="a whole number of at most 15 digits",
            actual=value,
            hint=f"Give all sources another nodata value: gdalwarp -dstnodata 999999999 {TO_COG}.",
            own=True,
            severity=Severity.WARNING,
        )


def _read_back(value: float) -> int:
    """The nodata value that a reader finds for a band of 64-bit integers: GDAL writes `%.18g`, and reads digits."""
    return int(f"{float(value):.18g}".partition("e")[0].partition(".")[0])


def nodata_unused(pair: Pair) -> Iterator[Violation]:
    """VAL-09: pixels of the band's type can have its nodata value; GDAL warns of it, and nothing of it is nodata."""
    if pair.weave.options.nodata_override is not None:
        return
    for number, ours, _ in pair.bands():
        if ours.nodata is None or is_representable(ours.nodata, ours.dtype):
            continue
        yield Violation(
            code="nodata_not_representable",
            field=f"bands[{number}].nodata",
            message=(
                f"Band {number} is {ours.dtype}, whose pixels are {values_text(ours.dtype)}: "
                f"none of them can be its nodata value {ours.nodata}"
            ),
            expected=f"{ours.dtype}: {values_text(ours.dtype)}",
            actual=ours.nodata,
            hint=(
                "Nothing needs to be done if all pixels are valid; otherwise set the value that is nodata: "
                f"gdal_translate -a_nodata VALUE {TO_COG}."
            ),
            own=True,
            severity=Severity.WARNING,
        )


def _nodata_of(band: Band) -> str:
    return "none" if band.nodata is None else str(band.nodata)


def _meaning(theirs: Band, ours: Band) -> str:
    """What setting nodata as the reference has it does to the pixels of a source."""
    if theirs.nodata is None:
        return f"pixels of {ours.nodata} will count as data then"
    return f"pixels of {theirs.nodata} will count as nodata then"
