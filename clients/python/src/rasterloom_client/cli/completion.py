"""Shell completion: the shell asks `rasterloom` itself what could come next."""

import os
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import get_completion_class

PROGRAM: Final = "rasterloom"
VARIABLE: Final = "_RASTERLOOM_COMPLETE"

_SHELLS: Final = ("bash", "zsh", "fish")


def show(ctx: click.Context, _: click.Parameter, shell: str | None) -> None:
    """Print the script that makes a shell complete."""
    if shell and not ctx.resilient_parsing:
        click.echo(script(ctx, shell))
        ctx.exit()


def install(ctx: click.Context, _: click.Parameter, shell: str | None) -> None:
    """Write the script where the shell loads it."""
    if shell and not ctx.resilient_parsing:
        file, more = place(shell, Path.home())
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script(ctx, shell))
        click.echo(f"completion for {shell} is in {file}{more}; a new shell has it")
        ctx.exit()


def place(shell: str, home: Path) -> tuple[Path, str]:
    """Where a shell looks for completions of its user, and what else it needs to be told."""
    match shell:
        case "bash":
            return (
                home / ".local/share/bash-completion/completions" / PROGRAM,
                " (the package bash-completion reads it)",
            )
        case "zsh":
            return (
                home / ".zfunc" / f"_{PROGRAM}",
                " (~/.zshrc needs: fpath+=~/.zfunc; autoload -Uz compinit; compinit)",
            )
    return home / ".config/fish/completions" / f"{PROGRAM}.fish", ""


def script(ctx: click.Context, shell: str) -> str:
    """The script itself."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}: expected one of {', '.join(_SHELLS)}", ctx)
    return kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source()


def _current() -> str:
    """The shell that the command was called from, as far as its name says."""
    name = Path(os.environ.get("SHELL", "")).name
    return name if name in _SHELLS else "bash"


def options() -> list[click.Option]:
    """`--show-completion` and `--install-completion`, each for the shell that is named, or for the one in use."""
    shared: dict[str, Any] = {
        "type": click.Choice(_SHELLS),
        "is_flag": False,
        "flag_value": _current(),
        "expose_value": False,
        "is_eager": True,
        "metavar": "[SHELL]",
    }
    return [
        click.Option(["--install-completion"], callback=install, help="Make your shell complete commands.", **shared),
        click.Option(["--show-completion"], callback=show, help="Print the script that does so.", **shared),
    ]
