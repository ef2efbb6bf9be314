"""Logging in keeps a token that the API takes; completion helps to type the rest."""

import io
from pathlib import Path

import pytest

from rasterloom_client.cli.main import main
from tests.unit.client.keyrings import InMemory
from tests.unit.client.scripted import TOKEN, URL, answer, problem
from tests.unit.client.terminal import AtTerminal, Terminal

EMPTY = answer({"datasets": [], "total": 0})


def test_login_asks_the_api_before_it_keeps_the_token(terminal: Terminal, memory: InMemory) -> None:
    ended = terminal.run("login", answers=(EMPTY,))
    assert ended.out == f"logged in to {URL}\n"
    assert memory.kept == {("rasterloom", URL): TOKEN, ("rasterloom", "url"): URL}
    assert TOKEN not in ended.out + ended.err


def test_login_keeps_no_token_that_the_api_refuses(terminal: Terminal, memory: InMemory) -> None:
    assert terminal.run("login", answers=(problem(401, "unauthenticated"),)).code == 4
    assert memory.kept == {}


def test_a_token_may_be_piped_in(terminal: Terminal, memory: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.client.terminal.TOKEN", None)
    monkeypatch.setattr("sys.stdin", io.StringIO("piped\n"))
    ended = terminal.run("login", answers=(EMPTY,))
    assert ended.script.last.headers["authorization"] == "Bearer piped"
    assert memory.kept["rasterloom", URL] == "piped"


def test_an_empty_line_is_no_token(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.client.terminal.TOKEN", None)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    ended = terminal.run("login", answers=(EMPTY,))
    assert (ended.code, ended.script.requests) == (4, [])
    assert ended.err.startswith("error: no token given\n")


def test_whoever_types_no_token_has_none(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_its_end(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("tests.unit.client.terminal.TOKEN", None)
    monkeypatch.setattr("sys.stdin", AtTerminal())
    monkeypatch.setattr("rasterloom_client.cli.commands.account.getpass", at_its_end)
    assert terminal.run("login", answers=(EMPTY,)).code == 4


def test_logout_forgets_it(terminal: Terminal, memory: InMemory) -> None:
    terminal.run("login", answers=(EMPTY,))
    assert "is forgotten" in terminal.run("logout").out
    assert "had no token" in terminal.run("logout").out
    assert ("rasterloom", URL) not in memory.kept


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_where_the_shell_looks(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["--show-completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_RASTERLOOM_COMPLETE" in script
    assert main(["--install-completion", shell]) == 0
    (written,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert written.read_text().strip() == script.strip()
    assert str(written) in capsys.readouterr().out


def test_the_shell_in_use_is_taken_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--show-completion"]) == 0
    assert "_RASTERLOOM_COMPLETE" in capsys.readouterr().out


def test_commands_and_choices_are_completed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_RASTERLOOM_COMPLETE", "bash_complete")
    for words, expected in (("rasterloom re", "register"), ("rasterloom create --type ", "band-stack")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
        with pytest.raises(SystemExit) as caught:
            main([])
        assert caught.value.code == 0
        assert f"plain,{expected}\n" in capsys.readouterr().out
