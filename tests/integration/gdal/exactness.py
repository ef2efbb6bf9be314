"""What comes of each set of sources, as GDAL builds it and as we do: rows of `docs/exactness.md`."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from osgeo import gdal

from rasterloom.adapters.assembler_gdal import source_filenames
from rasterloom.adapters.crs_gdal import GdalCrsEquality
from rasterloom.adapters.gdal_environment import memory_file, quiet, read_memory_file
from rasterloom.domain.dataset import Member, VrtType
from rasterloom.domain.errors import AssemblyRefusedError
from rasterloom.domain.findings import Severity
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds
from rasterloom.domain.rules import Source, Weave, check_sources
from tests.support.lab import Lab

OPTIONS = [
    *map(WeaveOptions, ResolutionStrategy),
    WeaveOptions(ResolutionStrategy.COARSEST, Resampling.CUBICSPLINE),
    WeaveOptions(nodata_override=0),
    WeaveOptions(ResolutionStrategy.AVERAGE, Resampling.MODE, -1.5),
    WeaveOptions(nodata_override=math.nan),
]
"""The ways of weaving in which every set is compared."""

RESOLUTIONS = {
    ResolutionStrategy.FINEST: "highest",
    ResolutionStrategy.COARSEST: "lowest",
    ResolutionStrategy.AVERAGE: "average",
}


def targets(members: Sequence[Member], vrt_type: VrtType) -> list[WeaveOptions]:
    """More ways, made to measure: alpha, extent, resolution, alignment, alone and together.

    The extents are one that all sources reach into, one beyond all of them, and that of the last source alone.
    """
    boxes = [member.profile.bounds or Bounds(0, 0, 640, 640) for member in members]
    x_min, y_min = min(box.x_min for box in boxes), min(box.y_min for box in boxes)
    x_max, y_max = max(box.x_max for box in boxes), max(box.y_max for box in boxes)
    width, height = min(box.x_max - box.x_min for box in boxes), min(box.y_max - box.y_min for box in boxes)
    x_size, y_size = members[0].profile.resolution or (10.0, 10.0)
    inner = Bounds(x_min + 0.4 * width, y_min + 0.3 * height, x_max - 0.37 * width, y_max - 0.41 * height)
    beyond = Bounds(x_min - 3.3 * x_size, y_min - 2 * y_size, x_max + 0.4 * x_size, y_max + y_size / 3)
    coarse = (1.25 * x_size, 0.7 * y_size)
    ways = [
        WeaveOptions(add_alpha=True),
        WeaveOptions(target_extent=inner),
        WeaveOptions(ResolutionStrategy.AVERAGE, add_alpha=True, target_extent=beyond),
        WeaveOptions(resampling=Resampling.BILINEAR, target_resolution=coarse),
        WeaveOptions(add_alpha=True, target_resolution=coarse, target_aligned_pixels=True),
        WeaveOptions(
            nodata_override=0, target_extent=inner, target_resolution=(x_size / 3, y_size), target_aligned_pixels=True
        ),
        WeaveOptions(target_extent=boxes[-1]),
    ]
    return ways if vrt_type is VrtType.MOSAIC else [replace(way, add_alpha=False) for way in ways[1:]]


def keywords(vrt_type: VrtType, options: WeaveOptions) -> dict[str, Any]:
    """The same options as `gdal.BuildVRT` spells them in Python."""
    resolution = options.target_resolution
    return {
        "strict": True,
        "writeAbsolutePath": True,
        "separate": vrt_type is VrtType.BAND_STACK,
        "resolution": RESOLUTIONS[options.strategy] if resolution is None else "user",
        "xRes": None if resolution is None else resolution[0],
        "yRes": None if resolution is None else resolution[1],
        "targetAlignedPixels": options.target_aligned_pixels,
        "outputBounds": options.target_extent,
        "addAlpha": options.add_alpha,
        "resampleAlg": None if options.resampling is Resampling.NEAREST else options.resampling.value,
        "srcNodata": options.nodata_override,
        "VRTNodata": options.nodata_override,
    }


def oracle(members: list[Member], vrt_type: VrtType, options: WeaveOptions) -> bytes | str:
    """What GDAL alone makes of the objects, opened over `/vsis3/`: a document, or words."""
    with quiet(), memory_file(suffix=".vrt") as path:
        try:
            names = [member.ref.vsi_path for member in members]
            gdal.BuildVRT(path, names, **keywords(vrt_type, options)).Close()
            return read_memory_file(path)
        except RuntimeError as error:
            return str(error)


def ours(lab: Lab, members: list[Member], vrt_type: VrtType, options: WeaveOptions) -> bytes | str:
    """What the builder makes of them."""
    try:
        return lab.assembler.assemble(members, vrt_type, options).document
    except AssemblyRefusedError as error:
        return error.message


def rules_refuse(members: list[Member], vrt_type: VrtType, options: WeaveOptions) -> list[str]:
    """Codes with which a request for them is refused before it is accepted."""
    sources = [Source(member.source_id, index, member.profile) for index, member in enumerate(members)]
    found = check_sources(sources, Weave(vrt_type, GdalCrsEquality(), options))
    return list(dict.fromkeys(finding.code for finding in found if finding.severity is Severity.ERROR))


@dataclass(frozen=True)
class Outcome:
    """What comes of some ways of weaving."""

    ways: int
    equal: int
    """Ways in which both made the same: the same bytes, or the same refusal."""
    refusals: tuple[str, ...]
    """GDAL's words, where it refuses."""
    codes: tuple[tuple[str, ...], ...]
    """Of the rules, where they refuse, way by way."""
    silent: tuple[str, ...]
    """Sources that GDAL left out of a VRT that the rules take."""

    def text(self, told: Container[str] = (), nothing: str = "accepted") -> str:
        """Two cells in Markdown, without codes that were told of before."""
        outcome = f"identical bytes, {self.equal} of {self.ways}"
        if self.refusals:
            outcome = f"GDAL refuses, {self.equal} of {self.ways} in the same words: {self.refusals[0]}"
        found = dict.fromkeys(code for codes in self.codes for code in codes if code not in told)
        codes = ", ".join(f"`{code}`" for code in found) or nothing
        return f"{outcome} | {codes}"


@dataclass(frozen=True)
class Row:
    """One set of sources, woven as one type in every way."""

    name: str
    vrt_type: VrtType
    plain: Outcome
    """In the ways of `OPTIONS`."""
    targeted: Outcome
    """In those of `targets`."""

    def text(self) -> str:
        """The row in Markdown."""
        told = {"outside_target_extent", *(code for codes in self.plain.codes for code in codes)}
        return f"| {self.name} | {self.vrt_type.value} | {self.plain.text()} | {self.targeted.text(told, 'none')} |"


def row(lab: Lab, name: str, vrt_type: VrtType, members: list[Member]) -> Row:
    """Build a set in every way, both ways."""
    plain = outcome(lab, members, vrt_type, OPTIONS)
    return Row(name, vrt_type, plain, outcome(lab, members, vrt_type, targets(members, vrt_type)))


def outcome(lab: Lab, members: list[Member], vrt_type: VrtType, ways: Sequence[WeaveOptions]) -> Outcome:
    """Build a set in some ways, both ways."""
    theirs = [oracle(members, vrt_type, options) for options in ways]
    mine = [ours(lab, members, vrt_type, options) for options in ways]
    codes = [tuple(rules_refuse(members, vrt_type, options)) for options in ways]
    return Outcome(
        ways=len(ways),
        equal=sum(map(bytes.__eq__, _all(theirs), _all(mine))),
        refusals=tuple(dict.fromkeys(_plain(words) for words in theirs if isinstance(words, str))),
        codes=tuple(codes),
        silent=tuple(
            uri for found, made in zip(codes, theirs, strict=True) if not found for uri in left_out(members, made)
        ),
    )


def ends_gdal(members: Sequence[Member], options: WeaveOptions) -> bool:
    """Whether `gdal.BuildVRT` ends the process: a mask and an alpha band meet under `-addalpha`."""
    profiles = [member.profile for member in members]
    return options.add_alpha and any(each.has_mask for each in profiles) and any(each.has_alpha for each in profiles)


def left_out(members: list[Member], made: bytes | str) -> list[str]:
    """What a VRT is without; all of it where GDAL refuses."""
    named = source_filenames(made) if isinstance(made, bytes) else ()
    return [member.ref.uri for member in members if member.ref.vsi_path not in named]


def _all(made: list[bytes | str]) -> Iterator[bytes]:
    return (each if isinstance(each, bytes) else each.encode() for each in made)


def _plain(words: str) -> str:
    """GDAL's words without the names of this run's objects."""
    return re.sub(r"/vsis3/\S+?\.tif", "SOURCE", words).replace("|", "\\|").replace("\n", " ")
