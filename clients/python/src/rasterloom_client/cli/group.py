"""The command group, whose commands all take the same options, before or after their name."""

from typing import Any

import click

from rasterloom_client.cli import completion
from rasterloom_client.cli.session import Session
from rasterloom_client.version import __version__


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Put an option that was given into the session, wherever on the line it stood."""
    if value and param.name is not None:
        setattr(ctx.ensure_object(Session), param.name, value)


def _common() -> list[click.Parameter]:
    keep: dict[str, Any] = {"callback": _keep, "expose_value": False}
    return [
        click.Option(["--url"], metavar="URL", help="The API's address [env: RASTERLOOM_URL].", **keep),
        click.Option(["--token"], metavar="TOKEN", help="The bearer token [env: RASTERLOOM_TOKEN].", **keep),
        click.Option(["--json", "is_json"], is_flag=True, help="Print one JSON document, errors too.", **keep),
        click.Option(["-q", "--quiet", "is_quiet"], is_flag=True, help="Print ids only, one per line.", **keep),
    ]


class Cli(click.Group):
    """All commands, in the order in which they are added."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add what stands before a command's name."""
        super().__init__(*args, **kwargs)
        version = click.version_option(__version__, prog_name=completion.PROGRAM)
        self.params.extend([*_common(), *completion.options()])
        version(self)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command, and to it the options that all of them have."""
        cmd.params.extend(_common())
        super().add_command(cmd, name)

    def list_commands(self, _: click.Context) -> list[str]:
        """As people use them, not by name."""
        return list(self.commands)
