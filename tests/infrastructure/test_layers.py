"""The layers' requirements, and the check of what is built from them."""

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

import obstore
import osgeo
import pytest

from layers.check import Bundle, absent, bundles, glibc_needed, libraries_needed, main, problems, too_large, too_new
from layers.gdal import expat
from tests.infrastructure.translation import ROOT

BUILT_TEMPLATE = """
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: Layer}
  Function:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: Function, Layers: [Ref: Layer]}
"""
LIBRARY = next(Path(obstore.__file__).parent.glob("_obstore*.so"))
(LIBGDAL,) = (Path(osgeo.__file__).parents[1] / "gdal_wheel.libs").glob("libgdal*.so*")
_DRAW = """
from osgeo import gdal
gdal.UseExceptions()
gdal.GetDriverByName("GTiff").Create("/vsimem/a.tif", 8, 8)
with open("/proc/self/maps") as maps:
    print({line.split()[-1] for line in maps if "libexpat" in line})
"""


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """What `sam build` leaves: one function with one layer, of one small file each."""
    (tmp_path / "template.yaml").write_text(BUILT_TEMPLATE)
    for name in ("Layer/python/package/module.py", "Function/app.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("pass\n")
    return tmp_path


def grow(path: Path, megabytes: int) -> None:
    """Make a file of zeros that takes no room on the disk."""
    with path.open("wb") as stream:
        stream.truncate(megabytes * 2**20)


def test_a_function_is_counted_with_its_layers(build: Path) -> None:
    assert bundles(build) == [Bundle("Function", (build / "Function", build / "Layer"))]
    assert main([str(build)]) == 0


def test_a_function_over_the_limit_is_refused_with_its_largest_entries(
    build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grow(build / "Layer/python/package/weights.bin", 150)
    assert main([str(build)]) == 0
    grow(build / "Function/more.bin", 51)
    assert main([str(build)]) == 1
    told = capsys.readouterr().err
    assert "Function: at most 200 MB unzipped, found 201.0 MB" in told
    assert told.index("150.0 MB  Layer/python/package") < told.index("51.0 MB  Function/more.bin")


def test_a_library_that_needs_a_newer_glibc_is_named(build: Path) -> None:
    (build / "Layer/python/package/native.so").write_bytes(LIBRARY.read_bytes())
    (bundle,) = bundles(build)
    needed = glibc_needed(LIBRARY)
    assert (2, 2) < needed <= (2, 34)
    assert too_new(bundle, newest=needed) == []
    (problem,) = too_new(bundle, newest=(2, 2))
    assert problem.startswith("Function: Layer/python/package/native.so needs glibc 2.")
    assert problem.endswith("expected at most 2.2")


def test_glibc_versions_compare_as_numbers(build: Path) -> None:
    (build / "Layer/python/package/native.so").write_bytes(LIBRARY.read_bytes())
    (bundle,) = bundles(build)
    assert glibc_needed(LIBRARY) > (2, 5)
    assert len(too_new(bundle, newest=(2, 5))) == 1


def test_a_file_that_is_no_library_needs_no_glibc(build: Path) -> None:
    (build / "Function/linker.so").write_text("INPUT(-lm)\n")
    assert problems(bundles(build)) == []


def test_a_library_that_neither_the_layer_nor_lambda_has_is_named(build: Path) -> None:
    """What Lambda's build image has, its functions may lack: github.com/developmentseed/eoapi-cdk/issues/181."""
    (build / "Layer/python/package/native.so").write_bytes(LIBRARY.read_bytes())
    (bundle,) = bundles(build)
    assert absent(bundle) == []
    (build / "Layer/python/package/libgdal.so").write_bytes(LIBGDAL.read_bytes())
    for beside in LIBGDAL.parent.iterdir():
        (build / f"Layer/python/package/{beside.name}").touch()
    (missing,) = (problem for problem in absent(bundle) if " needs " in problem)
    assert missing.startswith("Function: Layer/python/package/libgdal.so needs libexpat.so.1, expected in")
    assert main([str(build)]) == 1


def test_gdal_loads_with_the_expat_of_the_layer(tmp_path: Path) -> None:
    (tmp_path / expat.NAME).write_bytes(expat.library())
    environment = os.environ | {"LD_LIBRARY_PATH": str(tmp_path)}
    drawn = subprocess.run([sys.executable, "-c", _DRAW], env=environment, capture_output=True, text=True, check=True)
    assert drawn.stdout.strip() == str({str(tmp_path / expat.NAME)})


def test_the_expat_of_the_layer_makes_no_parser_and_has_nothing_that_would_use_one(tmp_path: Path) -> None:
    (tmp_path / expat.NAME).write_bytes(expat.library())
    library = ctypes.CDLL(str(tmp_path / expat.NAME))
    assert [getattr(library, name)(None, None, None) for name in expat.FUNCTIONS] == [0, 0]
    assert not hasattr(library, "XML_Parse")
    assert libraries_needed(tmp_path / expat.NAME) == set()


def test_a_call_that_the_expat_of_the_layer_does_not_have_is_named(build: Path) -> None:
    folder = build / "Layer/python/package"
    (folder / "libgdal.so").write_bytes(LIBGDAL.read_bytes())
    (bundle,) = bundles(build)
    first, last = expat.FUNCTIONS
    (folder / expat.NAME).write_bytes(expat.library([first]))
    assert [problem for problem in absent(bundle) if " calls " in problem] == [
        f"Function: Layer/python/package/libgdal.so calls {last}, expected in {expat.NAME}"
    ]
    (folder / expat.NAME).write_bytes(expat.library())
    assert not [problem for problem in absent(bundle) if " calls " in problem or expat.NAME in problem]


def test_expat_is_written_only_beside_a_gdal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert expat.main([str(tmp_path)]) == 1
    assert "expected libgdal in it" in capsys.readouterr().err
    (tmp_path / "libgdal-1.so.39").touch()
    assert expat.main([str(tmp_path)]) == 0
    assert (tmp_path / expat.NAME).read_bytes() == expat.library()


def test_a_layer_that_was_not_built_is_no_success(build: Path) -> None:
    (build / "Function/app.py").unlink()
    (build / "Function").rmdir()
    with pytest.raises(FileNotFoundError, match="sam build"):
        bundles(build)


def test_the_limit_itself_is_allowed(build: Path) -> None:
    (bundle,) = bundles(build)
    size = 2 * len("pass\n")
    assert too_large(bundle, limit=size) is None
    assert too_large(bundle, limit=size - 1) is not None


@pytest.mark.parametrize("lock", ["layers/gdal/requirements.txt", "shared/requirements.txt"])
def test_every_requirement_of_a_layer_is_pinned_by_hash(lock: str) -> None:
    text = re.sub(r"(?m)^\s*#.*$", "", (ROOT / lock).read_text(encoding="utf-8")).replace("\\\n", " ")
    requirements = [line for line in text.splitlines() if line.strip()]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[\w.-]+==[\w.]+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement


def test_gdal_is_new_enough_for_absolute_paths_in_a_vrt() -> None:
    found = re.search(r"(?m)^gdal-wheel==(\d+)\.(\d+)", (ROOT / "layers/gdal/requirements.txt").read_text())
    assert found
    assert (int(found[1]), int(found[2])) >= (3, 12)


@pytest.mark.parametrize(("folder", "target"), [("layers/gdal", "GdalLayer"), ("shared", "RasterloomLayer")])
def test_sam_finds_the_recipe_of_a_layer(folder: str, target: str) -> None:
    recipe = (ROOT / folder / "Makefile").read_text(encoding="utf-8")
    assert f"\nbuild-{target}:\n" in recipe
    for option in ("--require-hashes", "--only-binary :all:", "--python-version 3.13"):
        assert option in recipe
