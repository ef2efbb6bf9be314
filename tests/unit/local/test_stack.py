"""Names, ports, parameters and what a failed step says."""

import dataclasses
import json
import os
import socket
import sys
from pathlib import Path

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


def test_a_token_is_for_somebody_even_where_the_shell_names_no_user(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    described = state.StackState(
        **{field.name: field.name for field in dataclasses.fields(state.StackState)}  # type: ignore[arg-type]
    )
    monkeypatch.setattr(stack, "read", lambda _layout: described)
    monkeypatch.setenv("USER", "")
    monkeypatch.setattr(sys, "argv", ["stack", "token"])
    assert stack.main() == 0
    assert jwt.decode(capsys.readouterr().out.strip(), options={"verify_signature": False})["sub"] == "developer"
    monkeypatch.setattr(sys, "argv", ["stack", "token", "--user", ""])
    assert stack.main() == 1
    assert "--user: expected the token's subject" in capsys.readouterr().err
