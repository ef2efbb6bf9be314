"""The local stack's command line: `python -m local.stack up|down|status|logs|token`."""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Collection, Mapping
from http import HTTPStatus
from pathlib import Path

from filelock import FileLock

from local import artifacts, deploy, emulator, issuer, logs, processes, tokens
from local.build import BUILD_LOCK, build
from local.environment import check, settings
from local.paths import DEFAULT_NAME, LOCAL, ROOT, Layout, started
from local.state import StackState, read, write
from local.terminal import StepError, fail, say, step, tail
from local.trees import digest

DEFAULT_PORT = 4566
ANSWER_SECONDS = 60.0
HIGHEST_PORT = 65_534
"""The issuer has the one above the emulator's."""
_SERVERS = ("emulator", "issuer")
_WHILE_IT_RUNS = frozenset({"RECONCILE_SECONDS"})
"""Settings that take effect without a new stack."""


def _running(layout: Layout) -> dict[str, processes.Recorded]:
    """Its processes that run, by their roles."""
    return {each.role: each for each in processes.recorded(layout.processes_file) if processes.alive(each)}


def machinery() -> str:
    """A digest of what turns a build into a local stack; when it changes, the stack is started anew."""
    sources = [*sorted((ROOT / "local").glob("*.py")), ROOT / "local" / "bootstrap.sh"]
    sources += [ROOT / "requirements" / f"{name}.txt" for name in ("emulator", "runtime")]
    return digest(sources, ROOT)


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """What to say of each setting that is another one now, by its name."""
    return {
        name: f"{name} changed from {before.get(name) or 'nothing'} to {value or 'nothing'}"
        for name, value in now.items()
        if before.get(name) != value
    }


def why_anew(state: StackState | None, running: Collection[str]) -> list[str]:
    """Why a stack cannot be brought up to date as it is, and has to start without what is in it.

    Args:
        state: Its description; None of a stack that is not up, or is described otherwise than this code does.
        running: The roles of its processes that run.
    """
    if state is None:
        return ["another version started what runs"] if running else []
    changed = changes(state.settings, settings())
    reasons = [said for name, said in changed.items() if name not in _WHILE_IT_RUNS]
    if not state.deployed.endswith(machinery()):
        reasons.append("what starts a stack (local/ or its requirements) changed")
    reasons += [f"the {role} does not run any more" for role in _SERVERS if role not in running]
    return reasons


def _current(state: StackState, wanted: str) -> bool:
    return state.deployed == wanted and state.settings == settings()


def _answering(state: StackState | None) -> bool:
    return state is not None and emulator.answers(f"{state.api_url}/healthz") == HTTPStatus.OK


def _start(layout: Layout, port: int) -> deploy.Servers:
    """Start emulator and issuer unless they run."""
    state, running = read(layout), _running(layout)
    reasons = why_anew(state, running)
    if state is not None and not reasons:
        for said in changes(state.settings, settings()).values():
            say(f"  {said}: what is in the stack stays")
        return deploy.Servers(state.endpoint_url, state.issuer, running["emulator"].pid)
    for reason in reasons:
        say(f"  {reason}: the stack starts anew, what was in it is gone")
    stop(layout)
    with step("starting the emulator and the token issuer"):
        process, endpoint_port = emulator.start_emulator(layout, port)
        _, issuer_port = emulator.start_issuer(layout, port + 1 if port else 0)
    if port and endpoint_port != port:
        say(f"  port {port} is taken; this stack uses {endpoint_port}")
    return deploy.Servers(emulator.endpoint(endpoint_port), issuer.url(issuer_port), process.pid)


def _prepare(layout: Layout, servers: deploy.Servers) -> artifacts.Artifacts:
    with FileLock(BUILD_LOCK):
        build()
        return artifacts.prepare(layout, deploy.parameters(servers.issuer_url))


def _deploy(layout: Layout, wanted: str, servers: deploy.Servers) -> StackState:
    with step("deploying the template (sam deploy)"):
        made = _prepare(layout, servers)
        deploy.deploy(layout, made, servers)
        state = deploy.describe(layout, servers, isolated=made.isolated, deployed=wanted)
        write(layout, state)
        artifacts.prune(layout, made)
    return state


def _await(layout: Layout, state: StackState) -> None:
    url, status = f"{state.api_url}/healthz", None
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        status = emulator.answers(url, seconds=30)
        if status == HTTPStatus.OK:
            return
        time.sleep(0.5)
    raise StepError(f"{url}: expected 200; found {status}. The emulator's log:\n{tail(layout.log('emulator'))}")


def up(layout: Layout, port: int) -> StackState:
    """Bring a stack up to date with the sources: build, start, deploy, wait until it answers.

    Raises:
        StepError: A step failed; what was started is left for `down` and for its logs.
    """
    with FileLock(layout.lock_file):
        with FileLock(BUILD_LOCK):
            wanted = f"{build()}-{machinery()}"
        state = read(layout)
        if state is not None and emulator.TICKER in _running(layout) and _current(state, wanted) and _answering(state):
            return state
        state = _deploy(layout, wanted, _start(layout, port))
        with step("waiting for the API"):
            _await(layout, state)
        emulator.start_ticker(layout)
    return state


def stop(layout: Layout) -> int:
    """End what a stack started and forget its description; returns how many processes there were."""
    ended = 0
    for process in reversed(processes.recorded(layout.processes_file)):
        ended += emulator.end(layout, process)
    layout.processes_file.unlink(missing_ok=True)
    layout.state_file.unlink(missing_ok=True)
    shutil.rmtree(layout.scratch, ignore_errors=True)
    return ended


def _down(layout: Layout) -> None:
    with FileLock(layout.lock_file):
        ended = stop(layout)
    say(f"stack {layout.name}: {f'ended {ended} processes' if ended else 'nothing was running'}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status", "logs", "token"))
    parser.add_argument("--name", default=DEFAULT_NAME, help="which stack; several may run at once")
    parser.add_argument("--all", action="store_true", help="down: every stack of this folder; logs: every line")
    parser.add_argument("--port", type=int, help=f"the emulator's port; {DEFAULT_PORT} for {DEFAULT_NAME}")
    parser.add_argument("--user", default=os.environ.get("USER") or "developer", help="the token's subject")
    parser.add_argument("--permissions", default="", help="for example upload; several separated by commas")
    parser.add_argument("--groups", default="", help="several separated by commas")
    parser.add_argument("--lifetime", type=int, default=tokens.LIFETIME_SECONDS, help="the token's seconds")
    return parser.parse_args()


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _required(layout: Layout) -> StackState:
    state = read(layout)
    if state is None:
        raise StepError(f"stack {layout.name!r} is not up; start it with `make up`")
    return state


def _run(arguments: argparse.Namespace, layout: Layout) -> None:
    if arguments.command == "up":
        port = arguments.port if arguments.port is not None else DEFAULT_PORT * (layout.name == DEFAULT_NAME)
        if not 0 <= port <= HIGHEST_PORT:
            raise StepError(f"--port: expected 0 (any) to {HIGHEST_PORT}; found {port}")
        check(settings())
        state = up(layout, port)
        say(f"{state.api_url} is up; described in {Path(layout.state_file).relative_to(ROOT)}")
    elif arguments.command == "down":
        for each in (started() or [layout]) if arguments.all else [layout]:
            _down(each)
    elif arguments.command == "status":
        state = _required(layout)
        say(layout.state_file.read_text().rstrip())
        say("answers" if _answering(state) else "does not answer")
    elif arguments.command == "logs":
        logs.follow(_required(layout), everything=arguments.all)
    else:
        state = _required(layout)
        if not arguments.user:
            raise StepError("--user: expected the token's subject; found nothing, and nobody accepts such a token")
        caller = tokens.Caller(arguments.user, _words(arguments.permissions), _words(arguments.groups))
        say(tokens.mint(state.issuer, caller, lifetime=arguments.lifetime))


def main() -> int:
    """Run one command; the exit code is 0 if it did what it says."""
    arguments = _arguments()
    LOCAL.mkdir(exist_ok=True)
    try:
        _run(arguments, Layout(arguments.name))
    except (StepError, ValueError) as error:
        return fail(error)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
