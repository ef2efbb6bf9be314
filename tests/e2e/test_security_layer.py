"""The built layers with the builder's deployed environment: hostile documents get nowhere."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import function_process
from local.isolation import INTERPRETER
from local.paths import Layout
from local.state import StackState
from tests.support.listener import unasked_host

ATTACKS = Path(__file__).with_name("gdal_attacks.py")


@pytest.fixture(scope="module")
def host() -> Iterator[tuple[str, list[bytes]]]:
    with unasked_host() as host:
        yield host


@pytest.fixture(scope="module")
def told(stack: StackState, host: tuple[str, list[bytes]]) -> Any:
    """What the attacks came to, in a process that has the layers' packages, the function's variables and no others."""
    layers = max(Layout(stack.name).layers.glob("*/python/osgeo"), key=lambda each: each.stat().st_mtime).parent
    variables = function_process.configuration(stack, "builder")["Environment"]["Variables"]
    done = subprocess.run(
        [INTERPRETER, "-S", ATTACKS, host[0]],
        env={"PATH": os.defpath, "PYTHONPATH": str(layers), **variables},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout) | {"layers": str(layers)}


def test_it_is_the_layers_gdal_with_the_options_as_they_are_set(told: Any) -> None:
    assert told["gdal"].startswith(told["layers"])
    assert not told["differs"]
    assert told["drivers"] == ["COG", "GTiff", "MEM", "PNG", "VRT"]
    assert told["file_systems"] == ["/vsimem/", "/vsis3/"]


def test_every_attack_is_refused_in_the_layer_and_no_host_is_asked(told: Any, host: tuple[str, list[bytes]]) -> None:
    assert [name for name, words in told["refused"].items() if words is None] == []
    assert "Python" in told["refused"]["a pixel function in Python"]
    assert "VRTRawRasterBand support has been disabled" in told["refused"]["a raw band"]
    assert "takes its overviews from another file" in told["refused"]["overviews on the web"]
    assert host[1] == []
