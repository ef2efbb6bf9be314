"""`python -m local.demo`: tell the story on the stack that `make up` started; exit code 1 if it has no happy end."""

import argparse
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from rich.console import Console

from local import state, tokens
from local.demo.client import ApiError, UnreachableError
from local.demo.journey import JobError
from local.demo.story import USER, Story
from local.paths import DEFAULT_NAME, LOCAL, Layout
from local.terminal import StepError, fail


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--name", default=DEFAULT_NAME, help="which stack")
    try:
        layout = Layout(parser.parse_args(argv).name)
    except ValueError as error:
        parser.error(str(error))
    try:
        _run(layout, Console())
    except (UnreachableError, EndpointConnectionError) as error:
        return fail(StepError(f"{error}\n  `make up` starts the stack, or brings it back."))
    except (ApiError, JobError, StepError, BotoCoreError, ClientError) as error:
        return fail(error)
    except KeyboardInterrupt:
        return fail(StepError("interrupted; the stack keeps running, `make down` stops it"))
    return 0


def _run(layout: Layout, console: Console) -> None:
    stack = state.read(layout)
    if stack is None:
        raise StepError(f"stack {layout.name!r} is not up; `make up` starts one.")
    token = tokens.mint(stack.issuer, tokens.Caller(USER, ("upload",)), audience=stack.audience)
    Story(stack, token, console, layout.demo).tell(LOCAL / "samples")


if __name__ == "__main__":
    sys.exit(main())
