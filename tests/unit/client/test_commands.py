"""Each command calls its route, and shows what came of it to people, to scripts and to programs."""

import os
import subprocess
import sys
from typing import Any

import httpx
import pytest

from local.paths import ROOT
from tests.unit.client.scripted import ACCEPTED, FIRST, JOB, SECOND, VRT, answer, finding, job
from tests.unit.client.terminal import Terminal

GENERATION = "57a0ad4a-0e74-4f6d-9436-7e21ff9bff46"

CHANGES = {
    ("add", VRT, FIRST): ("POST", f"/api/ingest/vrt/{VRT}/sources/"),
    ("remove", VRT, FIRST): ("DELETE", f"/api/ingest/vrt/{VRT}/sources/{FIRST}/"),
    ("replace", VRT, FIRST, SECOND): ("PUT", f"/api/ingest/vrt/{VRT}/sources/"),
    ("regenerate", VRT): ("POST", f"/api/datasets/{VRT}/vrt/regenerate/"),
    ("rollback", VRT, GENERATION): ("POST", f"/api/datasets/{VRT}/vrt/rollback/{GENERATION}"),
    ("options", VRT, "--resampling", "mode"): ("PATCH", f"/api/datasets/{VRT}/vrt/"),
    ("retry", JOB): ("POST", f"/api/jobs/{JOB}/retry"),
    ("create", FIRST, SECOND, "--title", "T"): ("POST", "/api/ingest/vrt/create"),
    ("create", "--manifest", "s3://b/m", "--title", "T"): ("POST", "/api/ingest/vrt/create"),
}


@pytest.mark.parametrize("line", CHANGES, ids=lambda line: line[0])
def test_a_change_is_sent_and_its_job_shown(terminal: Terminal, line: tuple[str, ...]) -> None:
    accepted = (answer(ACCEPTED, 202),)
    ended = terminal.run(*line, answers=accepted)
    assert (ended.script.last.method, ended.script.last.url.path) == CHANGES[line]
    assert ended.out == f"accepted  job {JOB}\nnext      rasterloom wait {JOB}\n"
    assert terminal.run(*line, "-q", answers=accepted).out == f"{JOB}\n"
    assert terminal.run(*line, "--json", answers=accepted).document == ACCEPTED


@pytest.mark.parametrize("line", CHANGES, ids=lambda line: line[0])
def test_a_change_is_followed_until_it_is_published(terminal: Terminal, line: tuple[str, ...]) -> None:
    answers = (answer(ACCEPTED, 202), answer(job("pending")), answer(job()))
    assert terminal.run(*line, "--wait", "-q", answers=answers).out == f"{VRT}\n"


SOURCE = {"dataset_id": FIRST, "title": "One", "position": 0}
BUILD = {"id": GENERATION, "status": "completed", "source_count": 2, "started_at": "2026-01-02T03:04:05Z"} | {
    "error_message": None
}

READS: dict[tuple[str, ...], tuple[Any, str, list[str]]] = {
    ("sources", VRT): ({"sources": [SOURCE], "next": None}, FIRST, ["no.", "One"]),
    ("generations", VRT): ({"generations": [BUILD], "total": 1}, GENERATION, ["completed", "2026-01-02 03:04:05 UTC"]),
    ("jobs",): ({"jobs": [job()], "total": 1}, JOB, ["complete", VRT]),
    ("cancel", JOB): ({"id": JOB, "status": "cancelled", "run_id": None, "already": True}, JOB, ["cancelled before"]),
}
"""Command -> answer, what --quiet prints, what people see."""


@pytest.mark.parametrize("line", READS, ids=lambda line: line[0])
def test_what_is_read_is_shown_to_people_scripts_and_programs(terminal: Terminal, line: tuple[str, ...]) -> None:
    body, quiet, shown = READS[line]
    people = terminal.run(*line, answers=(answer(body),)).out
    assert all(part in people for part in [quiet, *shown])
    assert terminal.run(*line, "-q", answers=(answer(body),)).out == f"{quiet}\n"
    document = terminal.run(*line, "--json", answers=(answer(body),)).document
    assert document == ({"sources": [SOURCE]} if line[0] == "sources" else body)


def test_a_vrt_that_is_being_built_says_for_how_long(terminal: Terminal) -> None:
    active = {"generation_id": GENERATION, "started_at": "2026-01-02T03:04:05Z", "elapsed_seconds": 12.3}
    status: dict[str, Any] = {
        "status": "regenerating",
        "last_generation_at": None,
        "source_count": 2,
        "source_health": [],
    }
    raster = dict.fromkeys(("epsg", "vrt_type", "width", "height", "band_count", "s3_uri"))
    dataset = {"id": VRT, "title": "T", "visibility": "private", "raster": raster}
    ended = terminal.run("status", VRT, answers=(answer({**status, "active_generation": active}), answer(dataset)))
    assert f"generation {GENERATION} for 12 s" in ended.out
    assert "(nothing)" in ended.out


def test_warnings_of_a_job_are_seen_at_its_end(terminal: Terminal) -> None:
    told = job(warning_message="1 source is resampled", findings=[finding(0, "resampling_required")], dataset_id=None)
    assert "1 source is resampled" in terminal.run("wait", JOB, answers=(answer(told),)).out


def test_a_listed_job_says_why_it_failed(terminal: Terminal) -> None:
    failed = job("failed", error_message="s3://b/1.tif does not exist")
    shown = terminal.run("jobs", answers=(answer({"jobs": [failed], "total": 1}),)).out
    assert shown.endswith("  s3://b/1.tif does not exist\n")


def test_a_vrt_can_be_written_to_stdout(terminal: Terminal) -> None:
    answers = (httpx.Response(307, headers={"Location": "https://s3.test/k"}), httpx.Response(200, content=b"<V/>"))
    assert terminal.run("download", VRT, "-o", "-", answers=answers).out == "<V/>"


def test_a_reader_that_goes_away_early_is_no_crash() -> None:
    command = [sys.executable, "-m", "rasterloom_client", "--show-completion", "bash"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "clients" / "python" / "src")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1
