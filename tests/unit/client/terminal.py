"""The command line, run inside the test against a script."""

import io
import json
from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console

from rasterloom_client.cli.main import main
from rasterloom_client.cli.session import Session
from tests.unit.client.scripted import TOKEN, URL, Script, Step, StoppedClock, options


class AtTerminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        """It is typed."""
        return True


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str
    script: Script

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The one JSON document on stderr."""
        return json.loads(self.err)["error"]


@dataclass(frozen=True)
class Terminal:
    """Runs commands and catches what they print."""

    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: str, answers: tuple[Step, ...] = (), is_terminal: bool = False) -> Ended:
        """Run one command; its API gives these answers, its terminal is 80 columns wide."""
        script = Script(answers)
        session = Session(URL, TOKEN, wire=options(script, StoppedClock()))
        session.err = Console(
            stderr=True, markup=False, emoji=False, highlight=False, width=80, force_terminal=is_terminal
        )
        code = main(arguments, session)
        printed = self.capture.readouterr()
        return Ended(code, printed.out, printed.err, script)
