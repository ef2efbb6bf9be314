"""Our VRT is what `gdal.BuildVRT` writes over the real objects; where GDAL refuses, we refuse in its words."""

from __future__ import annotations

import pytest
from osgeo import gdal

from rasterloom.adapters.assembler_gdal import build_options
from rasterloom.adapters.gdal_environment import memory_file, quiet, read_memory_file
from rasterloom.domain.dataset import Member, ResolutionStrategy, VrtType
from rasterloom.domain.errors import AssemblyRefusedError
from tests.support.corpus import CORPUS
from tests.support.lab import Lab

WAYS = [(VrtType.MOSAIC, strategy) for strategy in ResolutionStrategy] + [
    (VrtType.BAND_STACK, strategy) for strategy in ResolutionStrategy
]


def oracle(members: list[Member], vrt_type: VrtType, strategy: ResolutionStrategy) -> bytes | str:
    """What GDAL alone makes of the objects, opened over `/vsis3/`: a document, or words."""
    with quiet(), memory_file(suffix=".vrt") as path:
        try:
            names = [member.ref.vsi_path for member in members]
            gdal.BuildVRT(path, names, options=build_options(vrt_type, strategy)).Close()
            return read_memory_file(path)
        except RuntimeError as error:
            return str(error)


def ours(lab: Lab, members: list[Member], vrt_type: VrtType, strategy: ResolutionStrategy) -> bytes | str:
    try:
        return lab.assembler.assemble(members, vrt_type, strategy).document
    except AssemblyRefusedError as error:
        return error.message


@pytest.mark.parametrize("name", CORPUS)
def test_bytes_and_refusals_are_those_of_gdal(lab: Lab, name: str) -> None:
    members = lab.members(*CORPUS[name])
    for vrt_type, strategy in WAYS:
        assert ours(lab, members, vrt_type, strategy) == oracle(members, vrt_type, strategy), (vrt_type, strategy)
