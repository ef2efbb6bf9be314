"""The command line as people use it: a program of its own, against the deployed stack."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from local.paths import ROOT
from local.samples import Group
from local.state import StackState
from tests.e2e.rasters import numpy_mosaic, read_with_gdal
from tests.e2e.stack import PATIENCE, Caller, Sources, caller, plain_environment

type Paths = Callable[[Group], list[Path]]

PROGRAM = (sys.executable, "-m", "rasterloom_client")
BUSY = 9
"""Exit code of what had no answer, however often it was sent."""


@dataclass(frozen=True)
class Shell:
    """A folder, and an environment in which `rasterloom` knows the stack and its user."""

    environment: dict[str, str]
    folder: Path

    def run(self, *arguments: str, stdin: str | None = None, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; again, as it says itself, where the busy stack let it wait in vain."""
        deadline = time.monotonic() + PATIENCE
        while (done := self._ran(arguments, stdin)).returncode == BUSY != expect and time.monotonic() < deadline:
            continue
        assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
        return done

    def _ran(self, arguments: Sequence[str], stdin: str | None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def json(self, *arguments: str, expect: int = 0) -> Any:
        """Run a command with --json: the document on stdout, or where it fails the one on stderr."""
        done = self.run("--json", *arguments, expect=expect)
        assert (done.stderr if expect == 0 else done.stdout) == ""
        return json.loads(done.stdout if expect == 0 else done.stderr)


def environment(user: Caller) -> dict[str, str]:
    """The settings of the command line for one user, who has no keyring."""
    settings = {
        "RASTERLOOM_URL": user.stack.api_url,
        "RASTERLOOM_TOKEN": user.token or "",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONPATH": str(ROOT / "clients" / "python" / "src"),
        "COLUMNS": "80",
    }
    return plain_environment() | settings


@pytest.fixture(scope="module")
def shell(alice: Caller, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(environment(alice), tmp_path_factory.mktemp("shell"))


@pytest.fixture(scope="module")
def tiles(shell: Shell, sources: Sources, paths: Paths) -> list[str]:
    """Ids of twelve registered tiles, north-west first."""
    uris = [sources.put(path, path.name) for path in paths(Group.TILES)]
    (shell.folder / "uris.txt").write_text("".join(f"{uri}\n" for uri in uris))
    ids = shell.run("register", "-q", "uris.txt").stdout.split()
    assert len(set(ids)) == len(uris)
    return ids


def created(shell: Shell, ids: list[str], *options: str) -> str:
    """A published VRT."""
    return shell.run(
        "create", "--title", "A mosaic", "--wait", "-q", *options, "-", stdin="\n".join(ids)
    ).stdout.strip()


def test_the_journey_of_a_newcomer(
    shell: Shell, tiles: list[str], paths: Paths, stack: StackState, tmp_path: Path
) -> None:
    shown = shell.run("create", *tiles, "--title", "My survey", "--wait").stdout
    facts = dict(line.split(None, 1) for line in shown.splitlines())
    vrt = facts["id"]
    assert (facts["status"], facts["title"], facts["kind"]) == ("complete", "My survey", "mosaic")

    status = shell.run("status", vrt).stdout
    assert "12 (12 healthy)" in status
    assert all(tile in status for tile in tiles)

    target = tmp_path / "survey.vrt"
    shell.run("download", vrt, "-o", str(target))
    described = read_with_gdal(stack, str(target), tmp_path)
    np.testing.assert_array_equal(described.pixels, numpy_mosaic(paths(Group.TILES)))
    assert list(tmp_path.glob(".*")) == []


def test_sources_are_added_and_removed(shell: Shell, tiles: list[str]) -> None:
    vrt = created(shell, tiles[:2])
    assert shell.json("add", vrt, tiles[2], "--wait")["status"] == "complete"
    assert shell.run("sources", vrt, "-q").stdout.split() == tiles[:3]

    accepted = shell.json("remove", vrt, tiles[0])
    assert accepted["status"] == "accepted"
    assert shell.run("wait", accepted["job_id"], "-q").stdout.strip() == vrt
    assert shell.run("sources", vrt, "-q").stdout.split() == tiles[1:3]
    assert len(shell.run("generations", vrt, "-q").stdout.split()) == 3

    refused = shell.json("remove", vrt, tiles[1], expect=3)["error"]
    assert (refused["status"], refused["code"]) == (422, "too_few_sources")
    linked = shell.json("add", vrt, tiles[1], expect=6)["error"]
    assert linked["code"] == "source_already_linked"


def test_sources_are_replaced_in_one_build_and_rolled_back(shell: Shell, tiles: list[str]) -> None:
    vrt = created(shell, tiles[:2])
    (first,) = shell.run("generations", vrt, "-q").stdout.split()
    etag = shell.json("status", vrt)["etag"]
    shell.run("replace", vrt, *reversed(tiles[:3]), "--wait", "--if-match", etag)
    assert shell.run("sources", vrt, "-q").stdout.split() == tiles[2::-1]

    assert shell.json("regenerate", vrt, "--if-match", etag, expect=6)["error"]["status"] == 412
    shell.run("rollback", vrt, first, "--wait")
    assert shell.run("sources", vrt, "-q").stdout.split() == tiles[:2]


def test_options_are_changed(shell: Shell, tiles: list[str]) -> None:
    vrt = created(shell, tiles[:2])
    shell.run("options", vrt, "--resampling", "bilinear", "--nodata", "0", "--wait")
    shell.run("download", vrt, "-o", "options.vrt")
    text = (shell.folder / "options.vrt").read_text()
    assert 'resampling="bilinear"' in text
    assert "<NoDataValue>0</NoDataValue>" in text


def test_a_refused_create_names_every_finding(shell: Shell, tiles: list[str], sources: Sources, paths: Paths) -> None:
    italy = sources.put(paths(Group.UTM)[0], "italy.tif")
    other = shell.run("register", "-q", italy).stdout.strip()
    told = shell.run("create", tiles[0], other, "--title", "Mixed", expect=3).stderr
    for part in (
        other,
        "no. 2 of the list",
        "crs_mismatch",
        "EPSG:4326",
        "EPSG:32633",
        "hint:",
        "next:",
        "request id:",
    ):
        assert part in told
    error = shell.json("create", tiles[0], other, "--title", "Mixed", expect=3)["error"]
    assert {"crs_mismatch", "nodata_inconsistent"} <= {finding["code"] for finding in error["findings"]}
    assert error["findings_total"] == len(error["findings"])


def test_validate_predicts_what_create_makes(shell: Shell, tiles: list[str]) -> None:
    found = shell.json("validate", *tiles[:4])
    assert found["valid"]
    raster = shell.json("status", created(shell, tiles[:4]))["dataset"]["raster"]
    grid = found["grid"]
    assert (grid["width"], grid["height"], grid["band_count"]) == (
        raster["width"],
        raster["height"],
        raster["band_count"],
    )
    assert len(found["footprints"]["features"]) == 4


def test_validate_refuses_what_create_refuses(shell: Shell, tiles: list[str], sources: Sources, paths: Paths) -> None:
    other = shell.run("register", "-q", sources.put(paths(Group.UTM)[1], "italy-2.tif")).stdout.strip()
    told = shell.run("validate", tiles[0], other, expect=3)
    assert "crs_mismatch" in told.stdout


def test_an_object_that_is_no_cog_is_refused_beside_good_ones(shell: Shell, sources: Sources, paths: Paths) -> None:
    good = sources.put(paths(Group.DEM)[0], "dem.tif")
    bad = sources.put(b"This is a text.", "text.tif")
    done = shell.run("register", good, bad, "-q", expect=3)
    assert len(done.stdout.split()) == 1
    assert "object_unreadable" in done.stderr


def test_what_is_not_there_or_not_allowed_has_its_exit_code(shell: Shell, tiles: list[str], stack: StackState) -> None:
    assert shell.json("status", str(uuid4()), expect=5)["error"]["code"] == "not_found"
    stranger = Shell(environment(caller(stack, permissions=())), shell.folder)
    assert stranger.json("status", tiles[0], expect=5)["error"]["code"] == "not_found"
    assert stranger.json("create", *tiles, "--title", "T", expect=4)["error"]["status"] == 403
    nobody = Shell(shell.environment | {"RASTERLOOM_TOKEN": "nonsense"}, shell.folder)
    assert nobody.json("list", expect=4)["error"]["status"] == 401


def test_a_raster_in_use_is_not_deleted_and_a_vrt_is(shell: Shell, tiles: list[str]) -> None:
    vrt = created(shell, tiles[:2])
    told = shell.run("delete", tiles[0], "--yes", expect=6).stderr
    assert vrt in told
    shell.run("delete", vrt, "--yes")
    shell.run("status", vrt, expect=5)


def test_ctrl_c_ends_the_waiting_and_not_the_job(shell: Shell, tiles: list[str]) -> None:
    # The stack may build the mosaic before the signal arrives; hardly five times in a row.
    for _ in range(5):
        code, told, job = interrupted(shell, tiles)
        if code != 0:
            break
    assert (code, f"rasterloom wait {job}" in told) == (130, True), told
    assert shell.json("wait", job)["status"] == "complete"


def interrupted(shell: Shell, tiles: list[str]) -> tuple[int, str, str]:
    """Ctrl-C as soon as a creation is accepted: the exit code, what was told from then on, and the job."""
    # Whoever runs these tests in the background ignores Ctrl-C, and so would the program.
    at_a_terminal = ["env", "--default-signal=INT"]
    with subprocess.Popen(
        [*at_a_terminal, *PROGRAM, "create", *tiles, "--title", "Interrupted", "--wait"],
        cwd=shell.folder,
        env=shell.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as waiting:
        assert waiting.stderr is not None
        accepted = next(line for line in waiting.stderr if not line.startswith("no good answer"))
        os.kill(waiting.pid, signal.SIGINT)
        told = waiting.stderr.read()
        return waiting.wait(timeout=60), told, accepted.split()[-1]


def test_the_program_runs_without_a_terminal_and_prints_its_version(shell: Shell) -> None:
    assert shell.run("--version").stdout.startswith("rasterloom, version ")
    assert "Exit codes" in shell.run("--help").stdout
