"""What comes of each set of sources, as GDAL builds it and as we do: rows of `docs/exactness.md`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from osgeo import gdal

from rasterloom.adapters.assembler_gdal import build_options
from rasterloom.adapters.crs_gdal import GdalCrsEquality
from rasterloom.adapters.gdal_environment import memory_file, quiet, read_memory_file
from rasterloom.domain.dataset import Member, VrtType
from rasterloom.domain.errors import AssemblyRefusedError
from rasterloom.domain.findings import Severity
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from rasterloom.domain.rules import Source, Weave, check_sources
from tests.support.lab import Lab

OPTIONS = [
    *map(WeaveOptions, ResolutionStrategy),
    WeaveOptions(ResolutionStrategy.COARSEST, Resampling.CUBICSPLINE),
    WeaveOptions(nodata_override=0),
    WeaveOptions(ResolutionStrategy.AVERAGE, Resampling.MODE, -1.5),
    WeaveOptions(nodata_override=math.nan),
]
"""The ways of weaving in which a set is compared."""


def oracle(members: list[Member], vrt_type: VrtType, options: WeaveOptions) -> bytes | str:
    """What GDAL alone makes of the objects, opened over `/vsis3/`: a document, or words."""
    with quiet(), memory_file(suffix=".vrt") as path:
        try:
            names = [member.ref.vsi_path for member in members]
            gdal.BuildVRT(path, names, options=build_options(vrt_type, options)).Close()
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
class Row:
    """One set of sources, woven as one type in every way."""

    name: str
    vrt_type: VrtType
    equal: int
    """Ways in which both made the same: the same bytes, or the same refusal."""
    refusals: tuple[str, ...]
    """GDAL's words, where it refuses."""
    codes: tuple[str, ...]
    """Of the rules, where they refuse."""

    def text(self) -> str:
        """The row in Markdown."""
        outcome = f"identical bytes, {self.equal} of {len(OPTIONS)}"
        if self.refusals:
            outcome = f"GDAL refuses, {self.equal} of {len(OPTIONS)} in the same words: {self.refusals[0]}"
        codes = ", ".join(f"`{code}`" for code in self.codes) or "accepted"
        return f"| {self.name} | {self.vrt_type.value} | {outcome} | {codes} |"


def row(lab: Lab, name: str, vrt_type: VrtType, members: list[Member]) -> Row:
    """Build a set in every way, both ways."""
    theirs = [oracle(members, vrt_type, options) for options in OPTIONS]
    mine = [ours(lab, members, vrt_type, options) for options in OPTIONS]
    refusals = dict.fromkeys(_plain(words) for words in theirs if isinstance(words, str))
    codes = dict.fromkeys(code for options in OPTIONS for code in rules_refuse(members, vrt_type, options))
    return Row(name, vrt_type, sum(map(bytes.__eq__, _all(theirs), _all(mine))), tuple(refusals), tuple(codes))


def _all(made: list[bytes | str]) -> Iterator[bytes]:
    return (each if isinstance(each, bytes) else each.encode() for each in made)


def _plain(words: str) -> str:
    """GDAL's words without the names of this run's objects."""
    return re.sub(r"/vsis3/\S+?\.tif", "SOURCE", words).replace("|", "\\|").replace("\n", " ")
