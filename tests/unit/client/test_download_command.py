"""`download` and `findings` write files: where they are told to, or under a name of their own."""

from pathlib import Path

import httpx
import pytest

from tests.unit.client.scripted import JOB, VRT, answer, job, problem
from tests.unit.client.terminal import Terminal

LINK = httpx.Response(307, headers={"Location": "https://s3.test/k"})


def test_all_findings_of_a_job_are_written_to_a_file(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answers = (httpx.Response(307, headers={"Location": "https://s3.test/f"}), httpx.Response(200, content=b"lines"))
    assert terminal.run("findings", JOB, answers=answers).out == f"{JOB}.jsonl.gz: 5 bytes\n"
    assert terminal.run("findings", JOB, "-o", "f.gz", "-q", answers=answers).out == "f.gz\n"
    (tmp_path / "folder").mkdir()
    assert terminal.run("findings", JOB, "-o", "folder", "-q", answers=answers).out == f"folder/{JOB}.jsonl.gz\n"
    assert (tmp_path / "f.gz").read_bytes() == b"lines"


def test_a_job_without_more_findings_says_so(terminal: Terminal) -> None:
    absent = problem(404, "not_found", f"No document of findings {JOB}")
    ended = terminal.run("findings", JOB, answers=(absent, answer(job())))
    assert (ended.code, ended.err.splitlines()[0]) == (5, f"error: job {JOB} told all its findings itself")
    assert f"rasterloom wait {JOB} --json" in ended.err
    for other in (job("running"), job(findings_url=f"/jobs/{JOB}/registrations")):
        assert "No document" in terminal.run("findings", JOB, answers=(absent, answer(other))).err


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("vrt", f"{VRT}.vrt"),
        ("gti", f"{VRT}.gti.gpkg"),
        ("mosaicjson", f"{VRT}.mosaic.json"),
        ("stac", f"{VRT}.stac.json"),
        ("footprints", f"{VRT}.geojson"),
    ],
)
def test_each_format_has_its_route_and_its_name_in_a_folder(
    terminal: Terminal, tmp_path: Path, kind: str, name: str
) -> None:
    answers = (LINK, httpx.Response(200, content=b"content"))
    ended = terminal.run("download", VRT, "--format", kind, "-o", str(tmp_path), "-q", answers=answers)
    assert ended.script.requests[0].url.path == f"/api/datasets/{VRT}/download/{kind}"
    assert ended.out == f"{tmp_path / name}\n"
    assert (tmp_path / name).read_bytes() == b"content"


def test_the_picture_is_written_as_large_as_there_is_one(terminal: Terminal, tmp_path: Path) -> None:
    answers = (httpx.Response(200, content=b"PNG"),)
    ended = terminal.run("download", VRT, "--format", "quicklook", "-o", str(tmp_path), answers=answers)
    assert str(ended.script.last.url.raw_path, "ascii") == f"/api/datasets/{VRT}/quicklook?size=512"
    assert (tmp_path / f"{VRT}.png").read_bytes() == b"PNG"


def test_what_is_opened_in_place_is_told_and_not_written(terminal: Terminal, tmp_path: Path) -> None:
    uri = "s3://bucket/" + "long/" * 30 + "source.relative.vrt"
    ended = terminal.run("download", VRT, "--format", "vrt-relative", answers=(answer({"s3_uri": uri}),))
    assert (ended.out, ended.script.last.url.path[-12:]) == (f"{uri}\n", "vrt-relative")
    refused = terminal.run("download", VRT, "--format", "vrt-relative", "-o", str(tmp_path / "a"))
    assert (refused.code, "opened in place" in refused.err) == (2, True)


def test_download_names_the_file_by_the_vrt_unless_told(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answers = (
        httpx.Response(307, headers={"Location": "https://s3.test/k"}),
        httpx.Response(200, content=b"<VRTDataset/>"),
    )
    assert terminal.run("download", VRT, answers=answers).out == f"{VRT}.vrt: 13 bytes\n"
    assert terminal.run("download", VRT, "-o", "b.vrt", "-q", answers=answers).out == "b.vrt\n"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        (f"{VRT}.vrt", "b.vrt"), "<VRTDataset/>"
    )


def test_a_file_that_cannot_be_written_is_named(terminal: Terminal, tmp_path: Path) -> None:
    answers = (
        httpx.Response(307, headers={"Location": "https://s3.test/k"}),
        httpx.Response(200, content=b"<VRTDataset/>"),
    )
    ended = terminal.run("download", VRT, "-o", str(tmp_path / "no" / "a.vrt"), answers=answers)
    assert ended.code == 1
    assert "a.vrt" in ended.err
    assert "-o FILE" in ended.err
