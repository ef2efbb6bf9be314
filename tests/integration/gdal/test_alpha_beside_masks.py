"""A mask and an alpha band under `-addalpha` end the process of `gdal.BuildVRT`, so we never let them meet."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.errors import AssemblyRefusedError
from rasterloom.domain.options import WeaveOptions
from tests.integration.gdal.exactness import rules_refuse
from tests.support.corpus import RGBA, hole, row
from tests.support.lab import Lab

BUILD = """
import sys
from osgeo import gdal
gdal.UseExceptions()
gdal.BuildVRT("/vsimem/a.vrt", sys.argv[1:], addAlpha=True, strict=True)
"""
RGB: dict[str, Any] = {"bands": 3, "color_interp": ("Red", "Green", "Blue")}


def test_what_ends_gdal_is_refused_by_the_rules_and_by_the_builder(lab: Lab) -> None:
    properties = [each | kind for each, kind in zip(row(2), (RGBA, RGB | {"mask": hole}), strict=True)]
    members = lab.members(*properties)
    files = [str(lab.paths[member.ref.key]) for member in members]
    ended = subprocess.run([sys.executable, "-c", BUILD, *files], capture_output=True, check=False).returncode
    assert ended == -signal.SIGSEGV, "once GDAL takes both, the rule alpha_beside_mask can go"
    options = WeaveOptions(add_alpha=True)
    assert rules_refuse(members, VrtType.MOSAIC, options) == ["alpha_beside_mask"]
    with pytest.raises(AssemblyRefusedError, match="masks and sources with alpha bands"):
        lab.assembler.assemble(members, VrtType.MOSAIC, options)


def test_an_alpha_band_of_masks_costs_no_request(lab: Lab) -> None:
    """GDAL would open every source for its mask."""
    members = lab.members(*row(2, **RGB, mask=hole))
    lab.server.requests.clear()
    lab.assembler.assemble(members, VrtType.MOSAIC, WeaveOptions(add_alpha=True))
    assert lab.server.requests == []
