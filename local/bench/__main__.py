"""`python -m local.bench run|report|compare`: measure, write the report, hold two runs against each other."""

import argparse
import signal
import sys
from pathlib import Path

from local.bench import compare, results
from local.bench.measuring import PARTS, measure
from local.bench.parts.run import Plan
from local.bench.report import document
from local.bench.server.nginx import PORT
from local.demo.client import ApiError, UnreachableError
from local.paths import ROOT
from local.terminal import StepError, fail, say

SIZES = (10, 100, 1_000, 10_000)
HUGE = 100_000
QUICK = (10, 100)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="measure, then write the report")
    run.add_argument("--sizes", help=f"each N, separated by commas; {','.join(map(str, SIZES))} if none is given")
    run.add_argument("--parts", default=",".join(PARTS), help="separated by commas: %(default)s")
    run.add_argument("--quick", action="store_true", help=f"sizes {QUICK} if none is given, and nothing repeated")
    run.add_argument("--huge", action="store_true", help=f"{HUGE:,} as well")
    run.add_argument("--pause", type=float, default=20.0, help="milliseconds before each answer of S3; 20")
    run.add_argument("--limit", type=float, default=300.0, help="seconds for one process; 300")
    run.add_argument("--port", type=int, default=PORT, help="the server's port; %(default)s")
    run.add_argument("--stack", default="benchmark", help="the stack that answers requests; %(default)s")
    commands.add_parser("report", help="write docs/performance.md from what was measured")
    two = commands.add_parser("compare", help="tell which ratios of two runs differ; exit code 1 if any does")
    two.add_argument("one", type=Path)
    two.add_argument("other", type=Path)
    return parser.parse_args()


def _plan(arguments: argparse.Namespace) -> Plan:
    sizes: tuple[int, ...] = QUICK if arguments.quick else SIZES
    if arguments.sizes:
        sizes = tuple(sorted(int(size) for size in arguments.sizes.split(",")))
    return Plan(
        parts=tuple(arguments.parts.split(",")),
        sizes=(*sizes, HUGE) if arguments.huge else sizes,
        repeats=1 if arguments.quick else 5,
        limit=arguments.limit,
        pause_ms=arguments.pause,
        port=arguments.port,
        stack=arguments.stack,
    )


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "compare":
        text, beyond = compare.report(compare.ratios(arguments.one), compare.ratios(arguments.other))
        say(text)
        say(compare.machines(compare.yardsticks(arguments.one), compare.yardsticks(arguments.other)))
        return 1 if beyond else 0
    if arguments.command == "run":
        measure(_plan(arguments))
    file = document.write(results.load())
    say(f"written: {file.relative_to(ROOT)}")
    return 0


def main() -> int:
    """Run one command; one that is ended ends what it started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return _run(_arguments())
    except (StepError, ApiError, UnreachableError, ValueError, OSError) as error:
        return fail(error)


if __name__ == "__main__":
    sys.exit(main())
