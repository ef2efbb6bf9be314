"""A person at a terminal sees a bar; nobody else does. Ctrl-C ends the waiting, not the job."""

import re

import httpx
import pytest

from tests.unit.client.scripted import ACCEPTED, JOB, VRT, answer, dataset, job
from tests.unit.client.terminal import Terminal

BUILT = (answer(job("running")), answer(job()), answer(dataset(VRT, vrt_type="mosaic")))


def frames(text: str) -> list[str]:
    """What a terminal showed, one after the other, without colours and without the time."""
    bare = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    lines = [re.sub(r"^\S?\s+|[━╸╺]+|\d:\d\d:\d\d", "", line) for line in re.split(r"[\r\n]+", bare)]
    shown = [" ".join(line.split()) for line in lines if line.strip()]
    return list(dict.fromkeys(shown))


def test_a_person_sees_the_step_and_the_share_of_the_work(terminal: Terminal) -> None:
    ended = terminal.run("wait", JOB, answers=BUILT, is_terminal=True)
    assert frames(ended.err)[:2] == [f"waiting for job {JOB}", "queued 0%"]
    assert frames(ended.err)[-1] == "complete 100%"
    assert "\x1b" not in ended.out


@pytest.mark.parametrize(
    ("options", "is_terminal"), [((), False), (("--json",), True), (("--quiet",), True)], ids=["pipe", "json", "quiet"]
)
def test_nobody_else_sees_a_bar(terminal: Terminal, options: tuple[str, ...], is_terminal: bool) -> None:  # noqa: FBT001
    ended = terminal.run("wait", JOB, *options, answers=BUILT, is_terminal=is_terminal)
    assert ended.err == ("" if options else f"waiting for job {JOB}\n")


def test_a_person_sees_how_many_rasters_are_registered(terminal: Terminal) -> None:
    uris = ("s3://b/1", "s3://b/2", "s3://b/3")
    ended = terminal.run("register", *uris, answers=(answer(dataset()),), is_terminal=True)
    assert frames(ended.err)[-1] == "registering 3/3"
    assert terminal.run("register", *uris, answers=(answer(dataset()),)).err == ""


def interrupt(_: httpx.Request) -> httpx.Response:
    """Ctrl-C, in the middle of a look at the job."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("is_terminal", [True, False])
def test_ctrl_c_while_waiting_says_that_the_job_goes_on_and_how_to_resume(
    terminal: Terminal,
    is_terminal: bool,  # noqa: FBT001
) -> None:
    answers = (answer(ACCEPTED, 202), answer(job("running")), interrupt)
    ended = terminal.run("regenerate", VRT, "--wait", answers=answers, is_terminal=is_terminal)
    assert ended.code == 130
    told = " ".join(frames(ended.err))
    assert f"interrupted; job {JOB} goes on" in told
    assert f"rasterloom wait {JOB}" in told
    assert ended.out == ""


def test_with_json_ctrl_c_names_the_job_too(terminal: Terminal) -> None:
    ended = terminal.run("wait", JOB, "--json", answers=(interrupt,))
    assert (ended.code, ended.error["job_id"], ended.error["exit_code"]) == (130, JOB, 130)


def test_a_person_is_told_when_something_is_tried_again(terminal: Terminal) -> None:
    lost = httpx.ReadError("connection reset")
    ended = terminal.run("regenerate", VRT, answers=(lost, answer(ACCEPTED, 202)))
    assert ended.err == "no good answer (connection reset); trying again in 0.5 s\n"
    assert terminal.run("regenerate", VRT, "-q", answers=(lost, answer(ACCEPTED, 202))).err == ""
