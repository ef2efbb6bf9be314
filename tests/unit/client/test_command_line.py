"""What commands send and print: for people, for scripts, for programs."""

import io
import json
from pathlib import Path
from typing import Any

import click
import pytest

from rasterloom_client import __version__
from rasterloom_client.cli.main import COMMANDS
from tests.unit.client.scripted import (
    ACCEPTED,
    FIRST,
    JOB,
    SECOND,
    VRT,
    answer,
    by_uri,
    dataset,
    finding,
    job,
    problem,
)
from tests.unit.client.terminal import Terminal

GRID = {
    "width": 900,
    "height": 300,
    "resolution_x": 0.5,
    "resolution_y": 0.25,
    "bbox": [0.0, 10.0, 450.0, 85.0],
    "crs_epsg": 4326,
    "crs_name": "WGS 84",
    "band_count": 3,
    "bands": [],
    "extent_bbox": None,
}


def test_register_lists_what_came_in(terminal: Terminal) -> None:
    ended = terminal.run("register", "s3://b/1.tif", answers=(answer(dataset(title="1.tif"), 201),))
    assert ended.out.split() == [
        "id",
        "kind",
        "state",
        "pixels",
        "title",
        FIRST,
        "raster",
        "ready",
        *["300", "x", "200", "x", "3"],
        "1.tif",
    ]
    assert ended.script.body == {"uri": "s3://b/1.tif"}


def test_register_quietly_prints_ids_that_create_reads(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = by_uri({"s3://b/1": answer(dataset(FIRST)), "s3://b/2": answer(dataset(SECOND))})
    registered = terminal.run("register", "-q", "s3://b/1", "s3://b/2", answers=(answers,))
    assert registered.out == f"{FIRST}\n{SECOND}\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(registered.out))
    created = terminal.run("create", "-", "--title", "T", "-q", answers=(answer(ACCEPTED, 202),))
    assert created.script.body["source_dataset_ids"] == [FIRST, SECOND]
    assert created.out == f"{JOB}\n"


def test_one_refused_raster_does_not_keep_the_others_out(terminal: Terminal, tmp_path: Path) -> None:
    listed = tmp_path / "uris.txt"
    listed.write_text("# tiles\ns3://b/1\n\n  s3://b/2\ns3://b/3\n")
    refused = problem(422, "incompatible_sources", [finding(0, "object_unreadable", loc=["body", "uri"])])
    three = {"s3://b/1": answer(dataset(FIRST)), "s3://b/2": refused, "s3://b/3": answer(dataset(SECOND))}
    answers = (by_uri(three),)
    ended = terminal.run("register", str(listed), "--json", answers=answers)
    assert ended.code == 3
    assert [each["id"] for each in ended.document["datasets"]] == [FIRST, SECOND]
    plain = terminal.run("register", str(listed), "-q", answers=answers)
    assert (plain.code, plain.out.split()) == (3, [FIRST, SECOND])
    assert "object_unreadable" in plain.err


def result(outcome: str, uri: str, dataset_id: str | None = None) -> dict[str, Any]:
    message = "is not there" if outcome == "failed" else None
    return {
        "uri": uri,
        "outcome": outcome,
        "dataset_id": dataset_id,
        "error_code": message and "object_missing",
        "error_message": message,
    }


def test_what_lies_below_a_prefix_is_registered_by_a_job_and_told_page_by_page(terminal: Terminal) -> None:
    pages = (
        answer({"results": [result("created", "s3://b/in/1.tif", FIRST)], "next": "?limit=1000&cursor=0.1"}),
        answer({"results": [result("failed", "s3://b/in/2.tif")], "next": None}),
    )
    answers = (answer(ACCEPTED, 202), answer(job()), *pages)
    ended = terminal.run("register", "--prefix", "s3://b/in/", "--visibility", "internal", answers=answers)
    assert json.loads(ended.script.requests[0].content) == {"prefix": "s3://b/in/", "visibility": "internal"}
    assert ended.script.requests[-1].url.query == b"limit=1000&cursor=0.1"
    assert (ended.code, "s3://b/in/2.tif: is not there" in ended.out) == (3, True)
    quiet = terminal.run("register", "--prefix", "s3://b/in/", "-q", answers=answers)
    assert (quiet.out, "is not there" in quiet.err) == (f"{FIRST}\n", True)
    told = terminal.run("register", "--prefix", "s3://b/in/", "--json", answers=answers)
    assert [each["outcome"] for each in told.document["registrations"]] == ["created", "failed"]


def test_an_object_that_was_not_registered_is_named_once(terminal: Terminal) -> None:
    uri = "s3://b/in/2.tif"
    words = result("failed", uri) | {"error_message": f"{uri} is empty"}
    answers = (answer(ACCEPTED, 202), answer(job()), answer({"results": [words], "next": None}))
    assert terminal.run("register", "--prefix", "s3://b/in/", answers=answers).out.count(uri) == 1
    assert terminal.run("register", "--prefix", "s3://b/in/", "-q", answers=answers).err.count(uri) == 1


def test_many_uris_are_registered_by_a_job(terminal: Terminal) -> None:
    uris = [f"s3://b/{number}.tif" for number in range(100)]
    results = [result("created", uri, FIRST) for uri in uris]
    answers = (answer(ACCEPTED, 202), answer(job()), answer({"results": results, "next": None}))
    ended = terminal.run("register", *uris, answers=answers)
    assert (ended.code, json.loads(ended.script.requests[0].content)) == (0, {"uris": uris})
    assert ended.out.split() == ["objects", "100", "created", "100"]


def test_what_stops_one_registration_for_good_stops_all(terminal: Terminal) -> None:
    uris = [f"s3://b/{number}" for number in range(500)]
    ended = terminal.run("register", *uris, answers=(problem(401, "unauthenticated"),))
    assert (ended.code, ended.out) == (4, "")
    assert len(ended.script.requests) < 500
    assert ended.err.count("error:") == 1


def test_the_errors_of_several_rasters_are_one_document(terminal: Terminal) -> None:
    ended = terminal.run("register", "s3://b/1", "s3://b/2", "--json", answers=(problem(403, "forbidden"),))
    errors = json.loads(ended.err)["errors"]
    assert [(each["uri"], each["error"]["code"]) for each in errors] == [
        ("s3://b/1", "forbidden"),
        ("s3://b/2", "forbidden"),
    ]
    assert ended.code == 4


def test_create_sends_every_option_as_the_contract_names_it(terminal: Terminal) -> None:
    options = ("--type", "band-stack", "--resolution", "coarsest", "--summary", "S", "--visibility", "restricted")
    groups = ("--group", "a", "--group", "b")
    ended = terminal.run("create", FIRST, SECOND, "--title", "T", *options, *groups, answers=(answer(ACCEPTED, 202),))
    assert ended.script.body == {
        "title": "T",
        "source_dataset_ids": [FIRST, SECOND],
        "vrt_type": "band_stack",
        "resolution_strategy": "coarsest",
        "summary": "S",
        "visibility": "restricted",
        "groups": ["a", "b"],
    }
    assert f"rasterloom wait {JOB}" in ended.out


def test_create_and_wait_shows_what_was_published(terminal: Terminal) -> None:
    published = dataset(VRT, title="Survey", vrt_type="mosaic", s3_uri="s3://a/source.vrt", epsg=4326)
    warned = job(warning_message="2 sources are resampled")
    answers = (answer(ACCEPTED, 202), answer(job("running")), answer(warned), answer(published))
    ended = terminal.run("create", FIRST, SECOND, "--title", "T", "--wait", answers=answers)
    for part in (
        VRT,
        "Survey",
        "s3://a/source.vrt",
        "EPSG:4326",
        "2 sources are resampled",
        f"rasterloom download {VRT}",
    ):
        assert part in ended.out
    assert ended.code == 0


def test_with_json_waiting_ends_in_one_document(terminal: Terminal) -> None:
    answers = (answer(ACCEPTED, 202), answer(job("running")), answer(job()))
    ended = terminal.run("add", VRT, FIRST, "--wait", "--json", answers=answers)
    assert ended.document == job()
    assert ended.err == ""


def test_quiet_waiting_prints_the_vrt(terminal: Terminal) -> None:
    assert terminal.run("wait", JOB, "-q", answers=(answer(job()),)).out == f"{VRT}\n"


def test_a_refused_create_shows_a_table_of_findings(terminal: Terminal) -> None:
    warning = finding(1, "nodata_collision", severity="warning", ctx=None)
    refused = problem(422, "incompatible_sources", [finding(1, "crs_mismatch"), warning], findings_total=1002)
    ended = terminal.run("create", FIRST, SECOND, "--title", "T", answers=(refused,))
    assert ended.code == 3
    for part in (
        "error: 1002 things are wrong with the request (422 incompatible_sources)",
        SECOND,
        "no. 2 of the list",
        "crs_mismatch",
        "expected: EPSG:4326",
        "actual: EPSG:32633",
        "hint: Warp it.",
        "nodata_collision (warning)",
        "and 1000 more",
        "request id: r-1",
    ):
        assert part in ended.err
    assert ended.out == ""


def test_json_has_every_finding_that_was_listed(terminal: Terminal) -> None:
    findings = [finding(index, "crs_mismatch") for index in range(60)]
    ended = terminal.run("--json", "create", FIRST, SECOND, "--title", "T", answers=(problem(422, "x", findings),))
    assert ended.error["findings"] == findings
    assert (ended.error["status"], ended.error["request_id"]) == (422, "r-1")


@pytest.mark.parametrize(("is_valid", "code"), [(True, 0), (False, 3)])
def test_validate_tells_by_its_exit_code_whether_the_set_fits(terminal: Terminal, is_valid: bool, code: int) -> None:  # noqa: FBT001
    findings = [] if is_valid else [finding(1, "crs_mismatch")]
    found = {"valid": is_valid, "findings": findings, "findings_total": len(findings), "footprints": {}}
    body = {**found, "grid": GRID if is_valid else None}
    ended = terminal.run("validate", FIRST, SECOND, answers=(answer(body),))
    assert ended.code == code
    parts = (
        ("yes", "900 x 300 x 3", "0.5 x 0.25", "0 10 450 85", "EPSG:4326 (WGS 84)")
        if is_valid
        else ("no", "crs_mismatch")
    )
    assert all(part in ended.out for part in parts)
    assert terminal.run("validate", FIRST, SECOND, "--json", answers=(answer(body),)).document == body


@pytest.mark.parametrize(("given", "sent"), [("0", 0), ("-9999", -9999), ("1.5", 1.5), ("nan", "nan"), ("none", None)])
def test_options_send_nodata_as_the_contract_has_it(terminal: Terminal, given: str, sent: object) -> None:
    ended = terminal.run("options", VRT, "--nodata", given, "--if-match", '"v"', answers=(answer(ACCEPTED, 202),))
    assert ended.script.body == {"nodata_override": sent}
    assert ended.script.last.headers["if-match"] == '"v"'


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (["--add-alpha"], {"add_alpha": True}),
        (["--no-add-alpha", "--no-aligned-pixels"], {"add_alpha": False, "target_aligned_pixels": False}),
        (["--target-extent", "-1.5", "0", "2", "1e3"], {"target_extent": [-1.5, 0.0, 2.0, 1000.0]}),
        (
            ["--no-target-extent", "--target-resolution", "10", "0.1"],
            {"target_extent": None, "target_resolution": [10.0, 0.1]},
        ),
        (["--no-target-resolution"], {"target_resolution": None}),
        (["--auto-regenerate", "--add-alpha"], {"add_alpha": True, "auto_regenerate": True}),
    ],
)
def test_options_of_the_target_are_given_and_taken_away(terminal: Terminal, given: list[str], sent: object) -> None:
    assert terminal.run("options", VRT, *given, answers=(answer(ACCEPTED, 202),)).script.body == sent


@pytest.mark.parametrize(("given", "sent"), [("--auto-regenerate", True), ("--no-auto-regenerate", False)])
def test_a_vrt_that_builds_itself_again_needs_no_job_for_that(terminal: Terminal, given: str, *, sent: bool) -> None:
    switched = dataset(VRT, vrt_type="mosaic")
    switched["raster"] |= {"auto_regenerate": sent, "stale": True}
    ended = terminal.run("options", VRT, given, answers=(answer(switched),))
    assert (ended.code, ended.script.body) == (0, {"auto_regenerate": sent})
    assert f"auto-regenerate  {'on' if sent else 'off'}" in ended.out
    assert "stale" in ended.out


def test_what_is_given_and_taken_away_at_once_is_no_command(terminal: Terminal) -> None:
    ended = terminal.run("options", VRT, "--no-target-extent", "--target-extent", "0", "0", "1", "1")
    assert (ended.code, ended.script.requests) == (2, [])
    assert "--target-extent and --no-target-extent do not go together" in ended.err


def test_a_creation_sends_its_target(terminal: Terminal) -> None:
    target = ("--add-alpha", "--target-extent", "0", "0", "2", "1", "--target-resolution", "1", "1", "--aligned-pixels")
    body = terminal.run("create", FIRST, SECOND, "--title", "A", *target, answers=(answer(ACCEPTED, 202),)).script.body
    assert {name: body[name] for name in body if name.startswith(("target", "add"))} == {
        "add_alpha": True,
        "target_extent": [0.0, 0.0, 2.0, 1.0],
        "target_resolution": [1.0, 1.0],
        "target_aligned_pixels": True,
    }


def test_titles_cannot_steer_the_terminal_nor_be_taken_for_markup(terminal: Terminal) -> None:
    title = "[red]\x1b[2J\x9b\u202etitle\nnext"
    ended = terminal.run("list", answers=(answer({"datasets": [dataset(title=title)], "total": 1}),))
    assert "[red]<U+001B>[2J<U+009B><U+202E>title next" in ended.out
    assert not set("\x1b\x9b\u202e") & set(ended.out + ended.err)


def test_json_is_ascii_whatever_titles_are(terminal: Terminal) -> None:
    body = {"datasets": [dataset(title="Ελλάδα \x9b")], "total": 1}
    ended = terminal.run("list", "--json", answers=(answer(body),))
    assert ended.out.isascii()
    assert ended.document == body


@pytest.mark.parametrize("line", [f"{FIRST}\nnot-an-id\n", f"{FIRST}\n{FIRST} # comment\n"])
def test_a_line_that_is_no_id_is_named(terminal: Terminal, tmp_path: Path, line: str) -> None:
    listed = tmp_path / "ids.txt"
    listed.write_text(line)
    ended = terminal.run("create", str(listed), "--title", "T")
    assert ended.code == 2
    assert "line 2: expected an id (a UUID)" in ended.err.replace("\n", " ")


@pytest.mark.parametrize("content", [b"", b"\n# nothing\n", b"\xff\xfe"])
def test_a_file_without_ids_is_refused(terminal: Terminal, tmp_path: Path, content: bytes) -> None:
    listed = tmp_path / "ids.txt"
    listed.write_bytes(content)
    ended = terminal.run("replace", VRT, str(listed))
    assert ended.code == 2
    assert "ids.txt: expected" in ended.err


def test_common_options_stand_before_or_behind_the_command(terminal: Terminal) -> None:
    body = {"jobs": [], "total": 0}
    before = terminal.run("--json", "jobs", answers=(answer(body),))
    behind = terminal.run("jobs", "--json", answers=(answer(body),))
    assert before.document == behind.document == body


def test_every_command_explains_itself(terminal: Terminal) -> None:
    for command in COMMANDS:
        ended = terminal.run(str(command.name), "--help")
        assert ended.code == 0
        assert ended.out.startswith(f"Usage: rasterloom {command.name} ")
        assert "\\b" not in ended.out
        silent = [option.name for option in command.params if isinstance(option, click.Option) and not option.help]
        assert silent == []


def test_the_version_is_the_packages(terminal: Terminal) -> None:
    assert terminal.run("--version").out == f"rasterloom, version {__version__}\n"
