"""What a registration says of a file's layout is what `rio cogeo validate` says, which runs in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from rasterloom.domain.raster import LayoutFault
from tests.support.cogs import make_cog
from tests.support.lab import Lab

VALIDATE = """
import json, sys
from rio_cogeo import cog_validate
print(json.dumps({path: cog_validate(path, quiet=True)[1:] for path in sys.argv[1:]}))
"""

type Verdict = tuple[list[str], list[str]]
"""Errors and warnings of rio-cogeo."""

SPARSE = np.zeros((1, 1100, 1300))
SPARSE[0, 900:, 1200:] = 7


def plain(path: Path, *options: str, levels: tuple[int, ...] = (), **properties: Any) -> None:
    """A GeoTIFF as the GTiff driver writes it, to which overviews are added afterwards."""
    source = make_cog(path.with_suffix(".src.tif"), cog=False, width=1300, height=1100, **properties)
    gdal.Translate(str(path), str(source), creationOptions=["COMPRESS=DEFLATE", *options])
    if levels:
        with gdal.OpenEx(str(path), gdal.OF_UPDATE) as dataset:
            dataset.BuildOverviews("NEAREST", list(levels))


def edited(path: Path) -> None:
    """A COG into which somebody wrote afterwards."""
    make_cog(path, width=1300, height=1100)
    with (
        gdal.quiet_errors(),
        gdal.OpenEx(str(path), gdal.OF_UPDATE, open_options=["IGNORE_COG_LAYOUT_BREAK=YES"]) as it,
    ):
        it.GetRasterBand(1).WriteRaster(0, 0, 1, 1, b"\x07")
        it.SetMetadataItem("NEW", "x" * 5000)


def files(folder: Path) -> dict[str, Path]:
    """Every file of the comparison by what it is."""
    folder.mkdir()
    paths = {name: folder / f"{number:02}.tif" for number, name in enumerate(EXPECTED)}
    make_cog(paths["a COG"], width=1300, height=1100)
    make_cog(paths["a COG with a mask"], width=1300, height=1100, mask=255)
    make_cog(paths["a COG of many bands"], width=1300, height=1100, bands=5)
    make_cog(paths["a COG with empty tiles"], width=1300, height=1100, fill=SPARSE, compress="NONE")
    make_cog(paths["a small COG"])
    make_cog(paths["small strips"], cog=False)
    make_cog(paths["a COG without overviews"], width=1300, height=1100, overviews=0)
    make_cog(paths["a COG of one tile"], width=500, height=400, block_size=512)
    make_cog(paths["a COG with a long list of tiles"], width=3000, height=3000, block_size=16, fill=1)
    plain(paths["strips"])
    plain(paths["strips with overviews"], levels=(2, 4))
    plain(paths["tiles"], "TILED=YES")
    plain(paths["tiles with overviews added"], "TILED=YES", levels=(2, 4))
    plain(paths["overviews in the wrong order"], "TILED=YES", levels=(4, 2))
    plain(paths["a header after the pixels"], "TILED=YES")
    with gdal.OpenEx(str(paths["a header after the pixels"]), gdal.OF_UPDATE) as dataset:
        dataset.SetMetadataItem("K", "x" * 3000)
    plain(paths["a BigTIFF"], "TILED=YES", "BIGTIFF=YES", levels=(2,))
    plain(paths["all empty"], "TILED=YES", "SPARSE_OK=YES", fill=0)
    edited(paths["an edited COG"])
    return paths


EXPECTED: dict[str, bool] = {
    "a COG": True,
    "a COG with a mask": True,
    "a COG of many bands": True,
    "a COG with empty tiles": True,
    "a small COG": True,
    "small strips": True,
    "a COG without overviews": True,
    "a COG of one tile": True,
    "a COG with a long list of tiles": True,
    "strips": False,
    "strips with overviews": False,
    "tiles": True,
    "tiles with overviews added": False,
    "overviews in the wrong order": False,
    "a header after the pixels": False,
    "a BigTIFF": False,
    "all empty": True,
    "an edited COG": False,
}
"""Which of them `rio cogeo validate` takes for valid."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Verdict]]:
    paths = files(tmp_path_factory.mktemp("layout") / "files")
    command = [sys.executable, "-c", VALIDATE, *map(str, paths.values())]
    verdicts = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return {name: (path, tuple(verdicts[str(path)])) for name, path in paths.items()}


WORDS = {
    "should be < 300": LayoutFault.MAIN_DIRECTORY_LATE,
    "at least partly, invalidated": LayoutFault.EDITED,
    "The offset of the IFD for overview": LayoutFault.DIRECTORIES_UNSORTED,
    "Overviews should be sorted": LayoutFault.OVERVIEWS_UNSORTED,
    "be after its IFD": LayoutFault.DATA_BEFORE_DIRECTORIES,
    "should be after the one of": LayoutFault.DATA_UNSORTED,
    "is not tiled": LayoutFault.OVERVIEW_UNTILED,
}
"""What our words are for theirs."""


def in_our_words(errors: list[str]) -> set[LayoutFault]:
    about_layout = [error for error in errors if "but is not tiled" not in error]
    return {next(fault for words, fault in WORDS.items() if words in error) for error in about_layout}


@pytest.mark.parametrize("name", EXPECTED)
def test_faults_are_those_of_rio_cogeo(lab: Lab, corpus: dict[str, tuple[Path, Verdict]], name: str) -> None:
    path, (errors, warnings) = corpus[name]
    profile = lab.headers.read(lab.put(path.read_bytes())).profile
    large = max(profile.width, profile.height) > 512
    assert profile.layout is not None
    assert set(profile.layout) == in_our_words(errors), errors
    assert (large and not profile.tiled) == any("but is not tiled" in error for error in errors)
    assert (large and not profile.overviews) == bool(warnings)
    assert (not errors) is EXPECTED[name], errors


def test_the_files_have_every_fault_that_a_writer_makes(corpus: dict[str, tuple[Path, Verdict]]) -> None:
    found = {fault for _, (errors, _) in corpus.values() for fault in in_our_words(errors)}
    assert found == set(LayoutFault) - {LayoutFault.OVERVIEW_UNTILED}, "GDAL always gives overviews tiles"
