"""Scripts can rely on the exit codes, and people on the next step."""

import json

import httpx
import pytest

from rasterloom_client.cli.exits import Exit
from rasterloom_client.cli.main import main
from tests.unit.client.scripted import FIRST, JOB, SECOND, VRT, Step, answer, finding, job, problem
from tests.unit.client.terminal import Terminal

BUSY = problem(409, "dataset_busy", {"code": "dataset_busy", "message": "It regenerates"}, job_id=JOB, retry_after=2)
IN_USE = {"message": "In use", "dependent_vrts": [{"vrt_dataset_id": VRT, "vrt_dataset_title": "S"}], "hidden": 0}

ENDS: dict[str, tuple[Step, Exit, str]] = {
    "done": (httpx.Response(204), Exit.OK, ""),
    "failed": (problem(500, "internal", request_id="r"), Exit.FAILED, "request id"),
    "refused": (
        problem(422, "incompatible_sources", [finding(0, "crs_mismatch")]),
        Exit.REFUSED,
        "rasterloom validate",
    ),
    "refused uri": (
        problem(422, "incompatible_sources", [finding(0, "object_missing", loc=["body", "uri"])]),
        Exit.REFUSED,
        "check the URI",
    ),
    "refused field": (
        problem(422, "invalid_fields", [{"loc": ["body"], "msg": "m", "type": "t"}]),
        Exit.REFUSED,
        "--help",
    ),
    "too few": (
        problem(422, "too_few_sources", [{"loc": [], "msg": "m", "type": "t"}]),
        Exit.REFUSED,
        "rasterloom add",
    ),
    "no token": (problem(401, "unauthenticated"), Exit.NOT_ALLOWED, "rasterloom login"),
    "not allowed": (problem(403, "forbidden"), Exit.NOT_ALLOWED, "ask the owner"),
    "not found": (problem(404, "not_found"), Exit.NOT_FOUND, "rasterloom list"),
    "elsewhere": (httpx.Response(404, text="nginx"), Exit.NOT_FOUND, "--url"),
    "busy": (BUSY, Exit.CONFLICT, f"rasterloom wait {JOB}"),
    "in use": (problem(409, "dataset_in_use", IN_USE), Exit.CONFLICT, VRT),
    "linked": (problem(409, "source_already_linked"), Exit.CONFLICT, "nothing has to be done"),
    "other format": (problem(409, "not_for_band_stacks"), Exit.CONFLICT, "another --format"),
    "changed": (problem(412, "version_changed"), Exit.CONFLICT, "ETag"),
    "throttled": (problem(429, "throttled", retry_after=7), Exit.UNAVAILABLE, "in 7 s"),
    "unavailable": (problem(503, "unavailable"), Exit.UNAVAILABLE, "in a while"),
    "unreachable": (httpx.ConnectError("refused"), Exit.UNAVAILABLE, "the network"),
    "no api": (httpx.Response(200, html="<html>"), Exit.FAILED, "RASTERLOOM_URL"),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_refusal_has_its_exit_code_and_says_what_to_do_next(terminal: Terminal, name: str) -> None:
    step, code, hint = ENDS[name]
    ended = terminal.run("delete", FIRST, "--yes", answers=(step,))
    assert ended.code == code
    told = [line for line in ended.err.splitlines() if line.startswith("next: ")]
    assert [hint in line for line in told] == ([True] if code else [])


@pytest.mark.parametrize("name", [name for name, (_, code, _) in ENDS.items() if code])
def test_with_json_an_error_is_one_document_on_stderr(terminal: Terminal, name: str) -> None:
    step, code, hint = ENDS[name]
    ended = terminal.run("--json", "delete", FIRST, "--yes", answers=(step,))
    assert ended.code == ended.error["exit_code"] == code
    assert hint in ended.error["next"]
    assert ended.out == ""


@pytest.mark.parametrize(
    ("last", "code", "hint"),
    [
        (job("failed", can_retry=True, error_code="unavailable"), Exit.JOB_FAILED, f"rasterloom retry {JOB}"),
        (job("failed", error_message="gone"), Exit.JOB_FAILED, "make the change anew"),
        (job("cancelled"), Exit.JOB_FAILED, "make the change anew"),
        (job("running"), Exit.TIMEOUT, f"rasterloom wait {JOB}"),
    ],
)
def test_a_job_without_a_good_end_has_its_exit_code(terminal: Terminal, last: object, code: Exit, hint: str) -> None:
    plain = terminal.run("wait", JOB, "--timeout", "5", answers=(answer(last),))
    assert plain.code == code
    assert hint in plain.err
    told = terminal.run("wait", JOB, "--timeout", "5", "--json", answers=(answer(last),))
    assert (told.error["job"], told.error["job_id"]) == (last, JOB)


MISUSES = {
    "no command": ("nonsense",),
    "no id": ("status", "abc"),
    "missing": ("add", VRT),
    "neither": ("create", "--title", "T"),
    "both": ("create", FIRST, SECOND, "--title", "T", "--manifest", "s3://b/m"),
    "no file": ("create", "nowhere.txt", "--title", "T"),
    "titles": ("register", "s3://b/1", "s3://b/2", "--title", "T"),
    "no raster": ("register",),
    "rasters twice": ("register", "s3://b/1", "--prefix", "s3://b/"),
    "title of many": ("register", "--prefix", "s3://b/", "--title", "T"),
    "nothing": ("options", VRT),
    "nodata": ("options", VRT, "--nodata", "inf"),
    "choice": ("validate", FIRST, "--type", "stack"),
    "endless wait": ("wait", JOB, "--timeout", "nan"),
}


@pytest.mark.parametrize("name", MISUSES)
def test_a_wrong_command_line_sends_nothing(terminal: Terminal, name: str) -> None:
    ended = terminal.run(*MISUSES[name], answers=(answer({}),))
    assert (ended.code, ended.script.requests, ended.out) == (Exit.USAGE, [], "")
    assert "--help" in ended.err
    told = terminal.run("--json", *MISUSES[name], answers=(answer({}),))
    assert (told.code, told.error["type"], told.error["exit_code"]) == (2, "UsageError", 2)
    assert told.error["message"]


@pytest.mark.parametrize("line", [("create", FIRST, SECOND, "--title", "T"), ("validate", FIRST), ("options", VRT)])
@pytest.mark.parametrize(
    ("option", "numbers", "expected"),
    [
        ("--target-extent", ("nan", "0", "5", "5"), "four finite numbers; found nan"),
        ("--target-extent", ("0", "0", "5", "-inf"), "four finite numbers; found -inf"),
        ("--target-resolution", ("1e999", "1"), "two finite numbers; found inf"),
    ],
)
def test_a_number_that_json_cannot_hold_is_named(
    terminal: Terminal, line: tuple[str, ...], option: str, numbers: tuple[str, ...], expected: str
) -> None:
    ended = terminal.run(*line, option, *numbers, answers=(answer({}),))
    assert (ended.code, ended.script.requests) == (Exit.USAGE, [])
    assert f"Invalid value for '{option}': expected {expected}" in ended.err


def test_without_a_token_a_person_is_told_where_to_put_one(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--url", "https://h.test/api"]) == Exit.NOT_ALLOWED
    assert "RASTERLOOM_TOKEN" in capsys.readouterr().err
    assert main(["list"]) == Exit.USAGE
    assert "RASTERLOOM_URL" in capsys.readouterr().err
    assert terminal.run("list", "--json", "--url", "nonsense").error["exit_code"] == Exit.USAGE


def test_the_help_lists_every_exit_code(terminal: Terminal) -> None:
    text = terminal.run("--help").out
    listed = text[text.index("Exit codes") :].split()
    assert {int(word) for word in listed if word.isdigit()} == {int(code) for code in Exit}


def test_ctrl_c_outside_of_waiting_is_an_interruption(terminal: Terminal) -> None:
    def interrupt(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    ended = terminal.run("regenerate", VRT, answers=(interrupt,))
    assert ended.code == Exit.INTERRUPTED
    assert "rasterloom jobs" in ended.err
    assert json.loads(terminal.run("regenerate", VRT, "--json", answers=(interrupt,)).err)["error"]["exit_code"] == 130
