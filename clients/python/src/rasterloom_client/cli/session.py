"""What all commands share: how they were called, and where they write."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from rich.console import Console, Group, RenderableType

from rasterloom_client import credentials
from rasterloom_client.cli.report import print_json
from rasterloom_client.client import Client
from rasterloom_client.transport import Options


def _console(*, is_stderr: bool) -> Console:
    # What is printed comes from elsewhere: no markup, no emoji codes, no guessed highlighting.
    return Console(stderr=is_stderr, markup=False, emoji=False, highlight=False)


@dataclass
class Session:
    """One run of the command line."""

    url: str | None = None
    token: str | None = field(default=None, repr=False)
    is_json: bool = False
    is_quiet: bool = False
    wire: Options = field(default_factory=Options)
    """How the client behaves on the wire, but for what it says when it tries again."""

    @cached_property
    def out(self) -> Console:
        """For results."""
        return _console(is_stderr=False)

    @cached_property
    def err(self) -> Console:
        """For everything else."""
        return _console(is_stderr=True)

    @property
    def is_chatty(self) -> bool:
        """Whether a person reads along."""
        return not self.is_json and not self.is_quiet

    def client(self) -> Client:
        """A client for the address and the token that were given."""
        found = credentials.find(self.url, self.token)
        return Client(found.base_url, found.token, self.options())

    def options(self) -> Options:
        """A client that says when it has to try again."""
        return replace(self.wire, on_retry=self._retrying)

    def show(self, document: Any, lines: Iterable[object], view: Callable[[], RenderableType]) -> None:
        """Show a result: as JSON, as bare lines with --quiet, or as people like it."""
        if self.is_json:
            print_json(document, self.out)
        elif self.is_quiet:
            self.out.file.writelines(f"{line}\n" for line in lines)
        else:
            self.out.print(Group(view()), soft_wrap=True)

    def note(self, text: str) -> None:
        """Tell a person something beside the result."""
        if self.is_chatty:
            self.err.print(text, style="dim", soft_wrap=True)

    def remark(self, view: RenderableType) -> None:
        """Show a person something beside the result that has to be seen."""
        if self.is_chatty:
            self.err.print(view, soft_wrap=True)

    def _retrying(self, reason: str, seconds: float) -> None:
        self.note(f"no good answer ({reason}); trying again in {seconds:.1f} s")
