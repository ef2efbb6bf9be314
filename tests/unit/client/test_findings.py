"""Findings as people read them: whole, told once, and in the words of the command line."""

from typing import Any

import click
import pytest

from rasterloom_client.cli.main import COMMANDS
from rasterloom_client.cli.names import OPTIONS, place, spoken
from tests.unit.client.scripted import FIRST, JOB, SECOND, VRT, answer, by_uri, dataset, finding, job, problem
from tests.unit.client.terminal import Terminal

LONG = "s3://bucket/" + "a-long-name/" * 9 + "tile.tif"


def alone(code: str, severity: str = "error", **changed: Any) -> dict[str, Any]:
    """What the registration of a raster says of it."""
    return finding(0, code, loc=["body", "uri"], severity=severity, **changed)


def of_field(name: str | int, *more: str | int, **changed: Any) -> dict[str, Any]:
    """An entry of a 422 about a field."""
    return {"loc": ["body", name, *more], "msg": "Input should be greater than 0", "type": "greater_than", **changed}


def test_a_raster_that_no_vrt_takes_is_told_of_where_it_is_registered(terminal: Terminal) -> None:
    registered = dataset(FIRST, title="nocrs.tif", findings=[alone("crs_missing")])
    ended = terminal.run("register", "s3://b/1", answers=(answer(registered, 201),))
    assert (ended.code, FIRST in ended.out, "crs_missing" in ended.out) == (0, True, False)
    assert ended.err.splitlines() == [
        "registered, but no VRT can take it yet:",
        f"{FIRST} (nocrs.tif)",
        "  crs_missing: crs_missing of 0",
        "  expected: EPSG:4326",
        "  actual: EPSG:32633",
        "  hint: Warp it.",
    ]
    quiet = terminal.run("register", "-q", "s3://b/1", answers=(answer(registered, 201),))
    assert (quiet.out, quiet.err) == (f"{FIRST}\n", "")


def test_warnings_about_rasters_are_a_line_for_each_rule(terminal: Terminal) -> None:
    warned = [alone("not_a_cog", "warning"), alone("odd_nodata", "warning")]
    answers = {
        "s3://b/1": answer(dataset(FIRST, findings=warned)),
        "s3://b/2": answer(dataset(SECOND, findings=warned)),
    }
    ended = terminal.run("register", "s3://b/1", "s3://b/2", answers=(by_uri(answers),))
    assert ended.err.splitlines() == [
        "warning: not_a_cog: not_a_cog of 0 (and of 1 more)",
        "warning: odd_nodata: odd_nodata of 0 (and of 1 more)",
    ]


def test_of_several_rasters_it_is_told_how_many_no_vrt_takes(terminal: Terminal) -> None:
    bad = dataset(SECOND, findings=[alone("crs_missing", source_id=SECOND)])
    answers = {"s3://b/1": answer(dataset(FIRST, findings=[])), "s3://b/2": answer(bad)}
    ended = terminal.run("register", "s3://b/1", "s3://b/2", answers=(by_uri(answers),))
    assert ended.err.startswith("registered, but no VRT can take 1 of them yet:\n" + SECOND)


def test_where_nothing_is_registered_no_list_is_shown(terminal: Terminal) -> None:
    refused = problem(422, "incompatible_sources", [alone("object_missing")])
    assert terminal.run("register", "s3://b/1", answers=(refused,)).out == ""


def test_a_sole_finding_is_told_once_and_whole(terminal: Terminal) -> None:
    message = f"{LONG} does not exist"
    refused = problem(422, "incompatible_sources", [alone("object_missing", msg=message, source_id=LONG)])
    for is_terminal in (False, True):
        told = terminal.run("register", "s3://b/1", answers=(refused,), is_terminal=is_terminal).err
        assert told.count(message) == 1
        assert told.count(LONG) == 2
        assert "hint" in told


def test_a_pipe_gets_sentences_whole_and_a_terminal_between_words(terminal: Terminal) -> None:
    words = "word " * 40 + LONG
    refused = problem(422, "x", [finding(0, "crs_mismatch", msg=words), finding(1, "crs_mismatch", msg=words)])
    piped = terminal.run("create", FIRST, SECOND, "--title", "T", answers=(refused,)).err
    assert piped.count(words) == 2
    watched = terminal.run("create", FIRST, SECOND, "--title", "T", answers=(refused,), is_terminal=True).err
    assert (watched.count(words), watched.count(LONG)) == (0, 2)
    assert " ".join(watched.split()).count(words) == 2


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (of_field("target_resolution", 0), "--target-resolution, no. 1: Input should be greater than 0"),
        (of_field("manifest_uri", 1), "line 1 of the manifest: Input should be greater than 0"),
        (of_field("source_dataset_ids", 0), "no. 1 of the list: Input should be greater than 0"),
        (of_field("nodata_override"), "--nodata: Input should be greater than 0"),
        (
            of_field("target_aligned_pixels", msg="target_aligned_pixels needs a target_resolution"),
            "--aligned-pixels needs a --target-resolution",
        ),
        ({"loc": ["body"], "msg": "Both are given", "type": "t"}, "Both are given"),
    ],
)
def test_a_refused_option_has_the_name_that_it_was_given_by(terminal: Terminal, entry: Any, told: str) -> None:
    ended = terminal.run("create", FIRST, SECOND, "--title", "T", answers=(problem(422, "invalid_fields", [entry]),))
    assert ended.err.splitlines()[0] == f"error: {told} (422 invalid_fields)"
    assert ended.err.splitlines()[1].startswith("next: ")


def test_the_hint_of_a_refused_option_is_shown(terminal: Terminal) -> None:
    entry = of_field("target_extent", ctx={"hint": "Go on beyond 180"})
    ended = terminal.run("create", FIRST, SECOND, "--title", "T", answers=(problem(422, "invalid_fields", [entry]),))
    assert "--target-extent\n  greater_than\n  hint: Go on beyond 180\n" in ended.err


def test_several_refused_options_stand_under_their_names(terminal: Terminal) -> None:
    entries = [of_field("vrt_type"), of_field("groups", 1)]
    told = terminal.run("validate", FIRST, SECOND, answers=(problem(422, "invalid_fields", entries),)).err
    assert [line for line in told.splitlines() if line.startswith("--")] == ["--type", "--group, no. 2"]


def test_what_is_said_of_one_source_stands_under_one_heading(terminal: Terminal) -> None:
    refused = problem(422, "x", [finding(1, "crs_mismatch"), finding(1, "dtype_mismatch")])
    told = terminal.run("create", FIRST, SECOND, "--title", "T", answers=(refused,)).err
    assert told.count(SECOND) == 1


def test_a_source_of_a_manifest_is_told_of_by_its_line(terminal: Terminal) -> None:
    refused = problem(422, "x", [finding(1, "crs_mismatch", loc=["body", "manifest_uri", 5])])
    ended = terminal.run("create", "--manifest", "s3://b/m", "--title", "T", answers=(refused,))
    assert f"{SECOND} (line 5 of the manifest)" in ended.err


def test_every_option_that_stands_for_a_field_is_one() -> None:
    known = {
        (param.name, name)
        for command in COMMANDS
        for param in command.params
        if isinstance(param, click.Option)
        for name in param.opts
    }
    assert set(OPTIONS.items()) <= known


def test_an_option_that_is_to_blame_stands_in_the_place_of_the_source_that_the_api_names(terminal: Terminal) -> None:
    blamed = finding(0, "target_too_large", loc=["body", "target_extent"], field="target_extent")
    refused = problem(422, "incompatible_sources", [blamed])
    told = terminal.run("create", FIRST, SECOND, "--title", "T", answers=(refused,)).err
    assert "--target-extent\n  target_too_large" in told
    assert FIRST not in told
    assert "next: correct what is named above" in told
    ended = terminal.run("wait", JOB, answers=(answer(failed("target_too_large", findings=[blamed])),)).err
    assert "--target-extent\n  target_too_large" in ended
    assert "next: correct what is named above" in ended


def test_words_that_are_no_fields_stay_as_they_are() -> None:
    assert spoken("A title with target_extents") == "A title with target_extents"
    assert place(["query", "limit"]) == "limit"


def test_sources_are_counted_from_1_as_findings_count_them(terminal: Terminal) -> None:
    listed = {"sources": [{"dataset_id": FIRST, "title": "One", "position": 0}], "next": None}
    assert terminal.run("sources", VRT, answers=(answer(listed),)).out.splitlines()[1].split() == ["1", FIRST, "One"]


def failed(code: str, **changed: Any) -> dict[str, Any]:
    """A job that failed, as the API tells of it."""
    return job("failed", error_code=code, error_message=f"{code} of 1", can_retry=True, **changed)


def test_a_job_that_failed_of_a_source_names_it_and_what_mends_it(terminal: Terminal) -> None:
    findings = [finding(0, "resampling_required", severity="warning"), finding(1, "object_missing")]
    told = failed("object_missing", findings=findings, findings_total=2)
    ended = terminal.run("wait", JOB, answers=(answer(told),))
    assert ended.code == 7
    assert ended.err.splitlines()[1:] == [
        f"error: job {JOB} failed: object_missing of 1",
        f"{SECOND} (no. 2 of the list)",
        "  object_missing",
        "  expected: EPSG:4326",
        "  actual: EPSG:32633",
        "  hint: Warp it.",
        f"next: mend these sources, then `rasterloom retry {JOB}`; or make the change anew without them",
    ]


@pytest.mark.parametrize(
    ("url", "told"),
    [("/jobs/x/findings", f"and 80 more; `rasterloom findings {JOB}` writes all"), (None, "--json lists")],
)
def test_a_job_with_more_findings_says_where_they_are(terminal: Terminal, url: str | None, told: str) -> None:
    findings = [finding(index, "object_missing") for index in range(20)]
    many = failed("object_missing", findings=findings, findings_total=100, findings_url=url)
    assert told in terminal.run("wait", JOB, answers=(answer(many),)).err


@pytest.mark.parametrize(
    ("code", "is_told"), [("unavailable", True), ("attempts_exhausted", True), ("assembly_refused", False)]
)
def test_another_try_is_proposed_only_where_it_may_help(terminal: Terminal, code: str, *, is_told: bool) -> None:
    ended = terminal.run("wait", JOB, answers=(answer(failed(code)),))
    assert (f"rasterloom retry {JOB}" in ended.err) is is_told
    assert ("make the change anew" in ended.err) is not is_told
