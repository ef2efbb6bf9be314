"""How datasets are: in a listing in a word, of a VRT with all that its reader needs to know."""

import httpx
import pytest

from tests.unit.client.scripted import FIRST, JOB, SECOND, VRT, answer, dataset, job, problem
from tests.unit.client.terminal import Terminal

STATUS = {
    "status": "ready",
    "last_generation_at": "2026-01-02T03:04:05.678Z",
    "source_count": 2,
    "active_generation": None,
    "source_health": [
        {"dataset_id": FIRST, "title": "One", "status": "healthy"},
        {"dataset_id": SECOND, "title": "Two", "status": "stale"},
    ],
    "source_health_summary": {"healthy": 1, "stale": 1, "missing": 0},
}


def test_status_tells_what_is_stale_and_why_the_last_build_failed(terminal: Terminal) -> None:
    status = STATUS | {"status": "failed", "stale": True, "stale_since": "2026-02-03T04:05:06Z"}
    vrt = dataset(VRT, vrt_type="mosaic", stale=True, auto_regenerate=True)
    last = job("failed", error_message="s3://b/1.tif does not exist", error_code="object_missing")
    ended = terminal.run("status", VRT, answers=(answer(status), answer(vrt), answer(last)))
    assert [line.split("  ", 1)[0] for line in ended.out.splitlines()].count("sources") == 1
    for name, told in {
        "stale": "yes, since 2026-02-03 04:05:06 UTC",
        "auto-regenerate": "on",
        "status": "failed",
        "serving": "the build of 2026-01-02 03:04:05 UTC",
        "last build": f"failed: s3://b/1.tif does not exist (job {JOB})",
        "next": f"rasterloom regenerate {VRT}",
    }.items():
        assert f"{name:15}  {told}\n" in ended.out
    assert ended.script.last.url.path == f"/api/jobs/by-dataset/{VRT}"


@pytest.mark.parametrize(
    ("health", "switch", "told"),
    [
        (["healthy", "stale"], "off", f"rasterloom regenerate {VRT}"),
        (["healthy", "stale"], "on", "it is built again by itself"),
        (["missing", "stale"], "on", f"put back what is not there, or `rasterloom remove {VRT} SOURCE`"),
        (["inaccessible", "healthy"], "off", "put back what is not there"),
        (["healthy", "healthy"], "off", None),
    ],
)
def test_status_tells_what_to_do_next(terminal: Terminal, health: list[str], switch: str, told: str | None) -> None:
    sources = [{"dataset_id": FIRST, "title": "One", "status": each} for each in health]
    vrt = answer(dataset(VRT, vrt_type="mosaic", auto_regenerate=switch == "on"))
    out = terminal.run("status", VRT, answers=(answer(STATUS | {"source_health": sources}), vrt)).out
    assert [line.split(maxsplit=1)[1][: len(told or "")] for line in out.splitlines() if line.startswith("next ")] == (
        [told] if told else []
    )
    busy = {"generation_id": SECOND, "elapsed_seconds": 3.0}
    status = STATUS | {"source_health": sources, "active_generation": busy}
    assert "\nnext" not in terminal.run("status", VRT, answers=(answer(status), vrt)).out


def test_status_of_a_failed_vrt_is_shown_to_who_may_not_know_of_its_job(terminal: Terminal) -> None:
    status = STATUS | {"status": "failed", "last_generation_at": None}
    ended = terminal.run(
        "status", VRT, answers=(answer(status), answer(dataset(VRT)), httpx.Response(200, text="null"))
    )
    assert "serving     nothing yet" in ended.out
    assert "last build" not in ended.out


def test_a_listing_tells_what_failed_is_stale_or_gone(terminal: Terminal) -> None:
    gone = dataset(object_state="missing", record_type="raster_dataset")
    failed = dataset(VRT, vrt_type="mosaic", status="failed", record_type="vrt_dataset")
    ready = dataset(SECOND, vrt_type="mosaic", record_type="vrt_dataset")
    listed = answer({"datasets": [gone, failed, ready], "total": 3})

    def each(request: httpx.Request) -> httpx.Response:
        changed = dataset(SECOND, vrt_type="mosaic", stale=True, record_type="vrt_dataset")
        return answer(changed if SECOND in request.url.path else failed)

    lines = terminal.run("list", answers=(listed,)).out.splitlines()
    assert [line.split()[2] for line in lines[1:]] == ["missing", "failed", "ready"]
    asked = terminal.run("list", "--stale", answers=(listed, each))
    assert [line.split()[2] for line in asked.out.splitlines()[1:]] == ["missing", "failed", "stale"]
    assert len(asked.script.requests) == 3


def test_a_vrt_that_is_gone_since_it_was_listed_stays_in_the_listing(terminal: Terminal) -> None:
    vrt = dataset(VRT, vrt_type="mosaic", record_type="vrt_dataset")
    answers = (answer({"datasets": [vrt], "total": 1}), problem(404, "not_found"))
    ended = terminal.run("list", "--stale", "-q", answers=answers)
    assert (ended.code, ended.out) == (0, f"{VRT}\n")


def test_status_shows_the_vrt_and_the_health_of_its_sources(terminal: Terminal) -> None:
    answers = (answer(STATUS, ETag='"v7"'), answer(dataset(VRT, title="Survey", vrt_type="band_stack")))
    ended = terminal.run("status", VRT, answers=answers)
    for part in ("Survey", "band stack", "ready", "2026-01-02 03:04:05 UTC", "2 (1 healthy, 1 stale)", '"v7"', "Two"):
        assert part in ended.out
    told = terminal.run("status", VRT, "--json", answers=answers).document
    assert (told["vrt"], told["etag"], told["dataset"]["title"]) == (STATUS, '"v7"', "Survey")
    assert terminal.run("status", VRT, "-q", answers=answers).out == "ready\n"


def test_a_long_address_is_never_broken(terminal: Terminal) -> None:
    uri = "s3://bucket/" + "x" * 200 + "/source.vrt"
    answers = (answer(STATUS), answer(dataset(VRT, s3_uri=uri)))
    assert uri in terminal.run("status", VRT, answers=answers).out
