"""`rasterloom`: the commands, and what becomes of their errors."""

import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from rasterloom_client.cli import completion
from rasterloom_client.cli.commands import account, changes, downloads, jobs, rasters, vrts
from rasterloom_client.cli.exits import Exit, exit_code
from rasterloom_client.cli.group import Cli
from rasterloom_client.cli.report import error_document, print_json, show_error
from rasterloom_client.cli.session import Session
from rasterloom_client.errors import RasterloomError

HELP: Final = """Weave Cloud-Optimized GeoTIFFs on S3 into one GDAL VRT.

\b
rasterloom login --url https://HOST/api
rasterloom register s3://BUCKET/tile-1.tif s3://BUCKET/tile-2.tif
rasterloom create ID ID --title "My survey" --wait
rasterloom download VRT
"""

EPILOG: Final = """\b
Exit codes
0  done                       5  not found, or not yours to see
1  failed, see the message    6  conflict: busy, in use, changed meanwhile
2  the command line is wrong  7  the job failed or was cancelled
3  refused: see the findings  8  the job has not ended in time; it goes on
4  no token, or not allowed   9  the API is not available
                            130  interrupted
"""

COMMANDS: Final = (
    rasters.register,
    vrts.create,
    vrts.validate,
    vrts.status,
    downloads.download,
    jobs.findings,
    changes.add,
    changes.remove,
    changes.replace,
    changes.options,
    changes.regenerate,
    changes.rollback,
    vrts.list_sources,
    vrts.generations,
    jobs.wait_for_job,
    jobs.list_jobs,
    jobs.retry,
    jobs.cancel,
    rasters.list_datasets,
    rasters.delete,
    account.login,
    account.logout,
)


@click.group(cls=Cli, help=HELP, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Run a command."""
    ctx.ensure_object(Session)


for command in COMMANDS:
    cli.add_command(command)


def run() -> None:
    """The program."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str], session: Session | None = None) -> int:
    """Run one command line.

    Args:
        arguments: What stands behind the program's name.
        session: Where it writes and how it calls; one of its own if none is given.

    Returns:
        The exit code, see `Exit`.
    """
    session = session or Session()
    session.is_json = "--json" in arguments
    try:
        result = cli.main(
            list(arguments), completion.PROGRAM, complete_var=completion.VARIABLE, standalone_mode=False, obj=session
        )
    except click.ClickException as error:
        return _misused(session, error)
    except click.Abort:
        return _aborted(session)
    except BrokenPipeError:
        # Whoever read stdout has gone; nothing more may be written to it, not at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except (RasterloomError, OSError) as error:
        return _failed(session, error)
    return result if isinstance(result, int) else Exit.OK


def _failed(session: Session, error: Exception) -> int:
    if session.is_json:
        print_json(error_document(error), session.err)
    else:
        show_error(error, session.err)
    return exit_code(error)


def _misused(session: Session, error: click.ClickException) -> int:
    if session.is_json:
        told = {"type": "UsageError", "message": error.format_message(), "exit_code": int(Exit.USAGE)}
        print_json({"error": {**told, "next": "rasterloom --help"}}, session.err)
    else:
        error.show()
    return Exit.USAGE


def _aborted(session: Session) -> int:
    told = {"type": "Aborted", "message": "interrupted", "exit_code": int(Exit.INTERRUPTED)}
    if session.is_json:
        print_json({"error": {**told, "next": "rasterloom jobs"}}, session.err)
    else:
        session.err.print("interrupted; `rasterloom jobs` shows what was accepted before")
    return Exit.INTERRUPTED
