"""A deletion is asked about, and only of somebody who can answer."""

import io

import httpx
import pytest

from tests.unit.client.scripted import FIRST, answer, dataset
from tests.unit.client.terminal import AtTerminal, Terminal


def test_a_deletion_is_asked_about_by_its_title(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", AtTerminal("n\n"))
    ended = terminal.run("delete", FIRST, answers=(answer(dataset(title="Precious")),))
    assert ended.code == 130
    assert "Precious" in ended.err
    assert "nothing is deleted" in ended.err
    assert [request.method for request in ended.script.requests] == ["GET"]


def test_a_deletion_that_was_said_yes_to_is_sent(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", AtTerminal("y\n"))
    ended = terminal.run("delete", FIRST, answers=(answer(dataset()), httpx.Response(204)))
    assert (ended.code, ended.script.last.method) == (0, "DELETE")


def test_without_a_terminal_nothing_is_asked_and_nothing_deleted(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    ended = terminal.run("delete", FIRST, answers=(answer(dataset()),))
    assert (ended.code, ended.script.requests) == (2, [])
    assert "no terminal to ask at: add --yes" in ended.err
