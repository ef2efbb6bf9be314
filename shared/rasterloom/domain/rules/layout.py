"""Rules about how a source's file is laid out: whether little of it has to be read to see much of it."""

from collections.abc import Iterator
from typing import Final

from rasterloom.domain.findings import Severity
from rasterloom.domain.raster import LayoutFault, RasterProfile
from rasterloom.domain.rules.base import Pair, Violation

LARGE: Final = 512
"""Pixels of a side from which a COG has tiles and overviews: what is smaller is read at once, as `rio cogeo validate`
has it."""

AS_COG: Final = (
    "Write it again with gdal_translate -of COG -co COMPRESS=DEFLATE in.tif out.tif, upload that and register it."
)

_WORDS: Final = {
    LayoutFault.MAIN_DIRECTORY_LATE: "its header does not stand at the beginning",
    LayoutFault.EDITED: "it was a COG and was edited afterwards",
    LayoutFault.DIRECTORIES_UNSORTED: "the headers of its overviews are not in order",
    LayoutFault.OVERVIEWS_UNSORTED: "its overviews do not go from fine to coarse",
    LayoutFault.DATA_BEFORE_DIRECTORIES: "pixels come before the last of its headers",
    LayoutFault.DATA_UNSORTED: "its pixels do not go from the coarsest overview to the full resolution",
    LayoutFault.OVERVIEW_UNTILED: "an overview is made of strips",
}
_BYTES: Final = {"Byte": 1, "Int8": 1, "UInt16": 2, "Int16": 2, "Float16": 2, "Float64": 8, "UInt64": 8, "Int64": 8} | {
    "CInt32": 8,
    "CFloat32": 8,
    "CFloat64": 16,
}
"""Bytes of a pixel by GDAL's name of its type; 4 where it is none of these."""
_LOST: Final = {
    ".msk": "pixels that the mask there hides will show",
    ".ovr": "the overviews there make nothing faster",
}
_UNITS: Final = ("bytes", "KB", "MB", "GB", "TB", "PB")
_THOUSAND: Final = 1000


def tiled(pair: Pair) -> Iterator[Violation]:
    """VAL-11: tiled, unless it is small."""
    source = pair.source
    if is_large(source) and not source.tiled:
        yield Violation(
            code="not_a_cog",
            field="tiled",
            message=(
                f"The source has {source.width} x {source.height} pixels in strips, not in tiles: "
                "whoever reads a part of it reads all of its width"
            ),
            expected="tiles",
            actual="strips",
            hint=AS_COG,
            own=True,
        )


def with_overviews(pair: Pair) -> Iterator[Violation]:
    """VAL-11: with overviews, unless it is small."""
    source = pair.source
    if is_large(source) and not source.overviews:
        yield Violation(
            code="not_a_cog",
            field="overviews",
            message=(
                f"The source has no overviews: at low zooms every view of it reads all of its "
                f"{source.width} x {source.height} pixels, {bytes_text(pixel_bytes(source))} before compression"
            ),
            expected="overviews inside the file",
            actual="no overviews",
            hint=AS_COG,
            own=True,
            severity=pair.weave.severity_of_layout,
        )


def laid_out(pair: Pair) -> Iterator[Violation]:
    """VAL-11: directories before pixels, and pixels from the coarsest overview to the full resolution."""
    layout = pair.source.layout
    if layout == ():
        return
    faults = None if layout is None else [_WORDS[fault] for fault in layout]
    yield Violation(
        code="not_a_cog",
        field="layout",
        message=(
            "It is not known whether the file is laid out as a COG"
            if faults is None
            else f"The file is not laid out as a COG, so that it takes more requests to read: {'; '.join(faults)}"
        ),
        expected="headers first, then pixels from the coarsest overview to the full resolution",
        actual=faults,
        hint="Register it again, so that its layout is looked at." if faults is None else AS_COG,
        own=True,
        severity=pair.weave.severity_of_layout,
    )


def without_side_files(pair: Pair) -> Iterator[Violation]:
    """VAL-11: overviews and mask are inside the file; what lies beside it is not used."""
    files = pair.source.side_files
    if not files:
        return
    lost = [_LOST.get(each, f"{each} is not read") for each in files]
    yield Violation(
        code="side_file_ignored",
        field="side_files",
        message=f"What lies beside the object is not used ({', '.join(files)}): {', and '.join(lost)}",
        expected="overviews and mask inside the file",
        actual=list(files),
        hint=f"{AS_COG} GDAL takes both in where they lie beside in.tif.",
        own=True,
        severity=pair.weave.severity_of_layout if ".ovr" in files else Severity.WARNING,
    )


def is_large(profile: RasterProfile) -> bool:
    """Whether reading it whole costs more than one tile."""
    return max(profile.width, profile.height) > LARGE


def pixel_bytes(profile: RasterProfile) -> int:
    """Bytes of all pixels of all bands, uncompressed."""
    return profile.width * profile.height * sum(_BYTES.get(band.dtype, 4) for band in profile.bands)


def bytes_text(count: int) -> str:
    """A number of bytes for people, in units of a thousand."""
    size, rest = float(count), list(_UNITS)
    while size >= _THOUSAND and len(rest) > 1:
        size, rest = size / _THOUSAND, rest[1:]
    return f"{size:.4g} {rest[0]}"
