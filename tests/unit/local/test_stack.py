"""Names, ports, parameters and what a failed step says."""

import dataclasses
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import jwt
import pytest

from local import bootstrap, deploy, environment, paths, ports, stack, state, terminal
from local.paths import Layout


@pytest.mark.parametrize("name", ["", "Main", "../x", "a/b", "emulator", "logs", "1a"])
def test_a_name_that_is_no_folder_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="stack name: expected"):
        Layout(name)


def test_stacks_share_no_file() -> None:
    main, test = Layout(), Layout("test")
    assert main.state_file == paths.LOCAL / "stack.json"
    assert test.state_file == paths.LOCAL / "test" / "stack.json"
    for attribute in ("folder", "processes_file", "artifacts", "layers", "scratch", "lock_file", "stack_name"):
        assert getattr(main, attribute) != getattr(test, attribute)


def test_a_taken_port_is_replaced_by_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind((ports.LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        chosen = ports.choose(port)
    assert chosen not in {port, 0}
    assert ports.choose(chosen) == chosen


def test_parameters_are_the_configured_ones_and_those_of_this_machine() -> None:
    found = deploy.parameters("http://127.0.0.1:9")
    assert found["TokenIssuer"] == "http://127.0.0.1:9"
    assert found["ReconcileRate"] == "rate(1 minute)"
    assert int(found["BuilderTimeout"]) <= int(found["BuildsVisibilityTimeout"])
    (allowed,) = json.loads(found["SourceAllowList"])
    assert found["SourceObjectArns"] == f"arn:aws:s3:::{allowed['bucket']}/*"


def test_a_stack_may_read_other_buckets_and_have_other_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "MORE_SOURCES", ("tiles",))
    monkeypatch.setattr(deploy, "PARAMETERS", {"BuilderTimeout": "300"})
    found = deploy.parameters("http://127.0.0.1:9")
    assert [entry["bucket"] for entry in json.loads(found["SourceAllowList"])] == [deploy.SOURCE_BUCKET, "tiles"]
    assert found["SourceBucketArns"].endswith(",arn:aws:s3:::tiles")
    assert found["SourceObjectArns"].endswith(",arn:aws:s3:::tiles/*")
    assert found["BuilderTimeout"] == "300"


def test_functions_find_s3_elsewhere_only_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "S3_ENDPOINT", "")
    assert "AWS_ENDPOINT_URL_S3" not in environment.for_emulator(4566, "http://127.0.0.1:4566", tmp_path)
    monkeypatch.setattr(environment, "S3_ENDPOINT", "http://127.0.0.1:4577")
    found = environment.for_emulator(4566, "http://127.0.0.1:4566", tmp_path)
    assert found["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:4577"
    assert "AWS_ENDPOINT_URL_S3" in bootstrap.LAMBDA_VARIABLES, "or it would not be handed over"


def test_a_failed_step_says_what_it_was_and_ends_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "step.log"
    script = "print('why'); raise SystemExit(3)"
    with pytest.raises(terminal.StepError, match=r"compile: exit code 3\. The end of logs/step\.log:\nwhy"):
        terminal.run("compile", [sys.executable, "-c", script], log, os.environ, tmp_path)


def test_a_missing_tool_is_named(tmp_path: Path) -> None:
    with pytest.raises(terminal.StepError, match=r"compile: could not start .*nothing"):
        terminal.run("compile", [tmp_path / "nothing"], tmp_path / "log", os.environ, tmp_path)


def test_a_description_of_another_version_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "LOCAL", tmp_path)
    assert state.read(Layout()) is None
    (tmp_path / "stack.json").write_text('{"api": "old"}')
    assert state.read(Layout()) is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CONCURRENCY", "abc", "CONCURRENCY: expected a whole number of 1 or more; found 'abc'"),
        ("CONCURRENCY", "0", "CONCURRENCY: expected a whole number of 1 or more; found '0'"),
        ("CONCURRENCY", "2.5", "CONCURRENCY: expected a whole number of 1 or more; found '2.5'"),
        ("RECONCILE_SECONDS", "soon", "RECONCILE_SECONDS: expected seconds, more than 0; found 'soon'"),
        ("RECONCILE_SECONDS", "0", "RECONCILE_SECONDS: expected seconds, more than 0; found '0'"),
        ("RECONCILE_SECONDS", "nan", "RECONCILE_SECONDS: expected seconds, more than 0; found 'nan'"),
        ("RASTERLOOM_PARAMETERS", "QuietPeriod", "RASTERLOOM_PARAMETERS: expected Name=value.*; found 'QuietPeriod'"),
    ],
)
def test_a_setting_that_nothing_could_be_started_with_is_refused(name: str, value: str, said: str) -> None:
    good = {"CONCURRENCY": "8", "RECONCILE_SECONDS": "0.5", "RASTERLOOM_PARAMETERS": "BuilderTimeout=120 A=b=c"}
    environment.check(good)
    with pytest.raises(ValueError, match=said):
        environment.check({**good, name: value})


@pytest.mark.parametrize("setting", ["CONCURRENCY=abc", "RECONCILE_SECONDS=never", "RASTERLOOM_PARAMETERS=odd"])
def test_a_bad_setting_ends_make_up_before_anything_is_touched(setting: str) -> None:
    name, _, value = setting.partition("=")
    argv = [sys.executable, "-m", "local.stack", "up", "--name", "never-started"]
    done = subprocess.run(argv, cwd=paths.ROOT, env={**os.environ, name: value}, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith(f"error: {name}: expected ")
    assert not Layout("never-started").folder.exists()


def test_a_port_that_no_server_can_have_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["stack", "up", "--port", "70000"])
    assert stack.main() == 1
    assert "--port: expected 0 (any) to 65534; found 70000" in capsys.readouterr().err


def described(**different: Any) -> state.StackState:
    """A stack that was started here, now."""
    words = {field.name: field.name for field in dataclasses.fields(state.StackState)}
    now = {"deployed": f"built-{stack.machinery()}", "settings": environment.settings()}
    return state.StackState(**{**words, **now, **different})


ALL = ("emulator", "issuer", "ticker")


def test_a_stack_that_is_as_it_was_is_brought_up_to_date_where_it_is() -> None:
    assert stack.why_anew(described(), ALL) == []
    assert stack.why_anew(described(), ("emulator", "issuer")) == []
    sooner = {**environment.settings(), "RECONCILE_SECONDS": "0.1"}
    assert stack.why_anew(described(settings=sooner), ALL) == []


def test_a_stack_of_another_version_is_told_of_and_one_that_is_not_up_is_not() -> None:
    assert stack.why_anew(None, ()) == []
    assert stack.why_anew(None, ALL) == ["another version started what runs"]


def test_what_ends_a_stack_is_told_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "CONCURRENCY", "6")
    before = {**environment.settings(), "CONCURRENCY": "4", "RASTERLOOM_PARAMETERS": "BuilderTimeout=120"}
    assert stack.why_anew(described(settings=before, deployed="built-otherwise"), ("issuer",)) == [
        "CONCURRENCY changed from 4 to 6",
        "RASTERLOOM_PARAMETERS changed from BuilderTimeout=120 to nothing",
        "what starts a stack (local/ or its requirements) changed",
        "the emulator does not run any more",
    ]


def test_a_token_is_for_somebody_even_where_the_shell_names_no_user(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stack, "read", lambda _layout: described())
    monkeypatch.setenv("USER", "")
    monkeypatch.setattr(sys, "argv", ["stack", "token"])
    assert stack.main() == 0
    assert jwt.decode(capsys.readouterr().out.strip(), options={"verify_signature": False})["sub"] == "developer"
    monkeypatch.setattr(sys, "argv", ["stack", "token", "--user", ""])
    assert stack.main() == 1
    assert "--user: expected the token's subject" in capsys.readouterr().err
