"""What the command line tells of rasters and VRTs that are not as they should be, and in which formats VRTs come."""

import json
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from local.samples import Group
from tests.e2e.stack import Caller, Sources
from tests.e2e.test_command_line import Paths, Shell, created, environment


@pytest.fixture(scope="module")
def shell(alice: Caller, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(environment(alice), tmp_path_factory.mktemp("shell"))


@dataclass(frozen=True)
class Woven:
    """A mosaic of three tiles."""

    vrt: str
    ids: list[str]
    uris: list[str]


@pytest.fixture(scope="module")
def woven(shell: Shell, sources: Sources, paths: Paths) -> Woven:
    uris = [sources.put(path, f"{uuid4()}.tif") for path in paths(Group.TILES)[:3]]
    ids = shell.run("register", "-q", *uris).stdout.split()
    return Woven(created(shell, ids), ids, uris)


def test_a_raster_that_no_vrt_takes_is_told_of_where_it_is_registered(
    shell: Shell, sources: Sources, paths: Paths
) -> None:
    uri = sources.put(next(path for path in paths(Group.FLAWED) if path.stem == "no-crs"), "no-crs.tif")
    done = shell.run("register", uri)
    assert done.stderr.startswith("registered, but no VRT can take it yet:\n")
    assert "crs_missing" in done.stderr
    assert "crs_missing" not in shell.run("register", "-q", uri).stderr


def test_a_build_that_failed_of_a_source_tells_how_to_mend_it(
    shell: Shell, sources: Sources, paths: Paths, woven: Woven
) -> None:
    vrt, ids, uris = woven.vrt, woven.ids, woven.uris
    sources.delete(uris[1])
    told = shell.run("regenerate", vrt, "--wait", expect=7).stderr
    job = shell.json("jobs", "--status", "failed")["jobs"][0]["id"]
    assert f"{ids[1]} (no. 2 of the list)\n  object_missing\n" in told
    assert f"then `rasterloom retry {job}`" in told
    assert f"\n2    {ids[1]}  " in shell.run("sources", vrt).stdout

    assert f"{vrt}  mosaic  failed  " in shell.run("list", "--kind", "vrt").stdout
    assert "told all its findings itself" in shell.run("findings", job, expect=5).stderr

    sources.put(paths(Group.TILES)[3], uris[1].rsplit("/", 1)[-1])
    shell.run("register", "-q", uris[1])
    status = shell.run("status", vrt).stdout
    assert f"last build       failed: {uris[1]} does not exist (job {job})\n" in status
    assert "stale            yes, since 20" in status
    assert "3 (2 healthy, 1 stale)" in status
    assert "complete" in shell.run("retry", job, "--wait").stdout


def test_a_mosaic_comes_in_other_formats(shell: Shell, woven: Woven, tmp_path: Path) -> None:
    for kind in ("gti", "footprints", "quicklook"):
        shell.run("download", woven.vrt, "--format", kind, "-o", str(tmp_path))
    written = {path.name.removeprefix(woven.vrt): path.read_bytes() for path in tmp_path.iterdir()}
    assert written[".gti.gpkg"].startswith(b"SQLite format 3")
    assert written[".png"].startswith(b"\x89PNG\r\n")
    assert len(json.loads(written[".geojson"])["features"]) == 3
    assert shell.run("download", woven.vrt, "--format", "vrt-relative").stdout.endswith("/source.relative.vrt\n")


def test_a_deletion_needs_somebody_to_ask(shell: Shell) -> None:
    assert "no terminal to ask at: add --yes" in shell.run("delete", str(uuid4()), stdin="y\n", expect=2).stderr
