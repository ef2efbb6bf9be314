"""`python -m local.bench run|report|compare`: measure, write the report, hold two runs against each other."""

import argparse
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from local.bench import compare, results
from local.bench.measuring import PARTS, measure
from local.bench.parts.run import LIMIT_SECONDS, PAUSE_MS, REPEATS, SIZES, Plan
from local.bench.report import document
from local.bench.results import Part
from local.bench.server.nginx import PORT
from local.bench.trial import why_trial
from local.demo.client import ApiError, UnreachableError
from local.paths import ROOT
from local.terminal import StepError, fail, say

QUICK = (10, 100)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="measure, then write the report: of a trial below .local/bench/, else docs/")
    run.add_argument("--sizes", help=f"each N, separated by commas; {','.join(map(str, SIZES))} if none is given")
    run.add_argument("--parts", default=",".join(PARTS), help="separated by commas: %(default)s")
    run.add_argument("--quick", action="store_true", help=f"sizes {QUICK} if none is given, and nothing repeated")
    run.add_argument("--pause", type=float, default=PAUSE_MS, help="milliseconds before each answer of S3; %(default)g")
    run.add_argument("--limit", type=float, default=LIMIT_SECONDS, help="seconds for one process; %(default)g")
    run.add_argument("--port", type=int, default=PORT, help="the server's port; %(default)s")
    run.add_argument("--stack", default="benchmark", help="the stack that answers requests; %(default)s")
    report = commands.add_parser("report", help="write docs/performance.md again from docs/performance.json")
    report.add_argument("parts", nargs="*", type=Path, help="files of .local/bench/parts/, in the place of those parts")
    two = commands.add_parser("compare", help="tell how far two runs' ratios are apart; exit code 1 if any is too far")
    two.add_argument("one", type=Path)
    two.add_argument("other", type=Path)
    return parser.parse_args()


def _plan(arguments: argparse.Namespace) -> Plan:
    sizes: tuple[int, ...] = QUICK if arguments.quick else SIZES
    if arguments.sizes:
        sizes = tuple(sorted(int(size) for size in arguments.sizes.split(",")))
    return Plan(
        parts=tuple(arguments.parts.split(",")),
        sizes=sizes,
        repeats=1 if arguments.quick else REPEATS,
        limit=arguments.limit,
        pause_ms=arguments.pause,
        port=arguments.port,
        stack=arguments.stack,
    )


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "compare":
        text, beyond = compare.report(compare.ratios(arguments.one), compare.ratios(arguments.other))
        machines = compare.machines(compare.yardsticks(arguments.one), compare.yardsticks(arguments.other))
        say(f"{text}\n{machines}")
        return 1 if beyond else 0
    if arguments.command == "run":
        _measure(_plan(arguments))
    else:
        _keep({part.part: part for part in map(results.read, arguments.parts)})
    return 0


def _measure(plan: Plan) -> None:
    """Measure; only what is as whole as the figures that are kept goes to `docs/`."""
    why = why_trial(plan, results.kept(results.KEPT))
    if why is None:
        _keep(measure(plan, results.PARTS))
        return
    say(f"  a trial ({why}): docs/ stays as it is")
    file = document.write(measure(plan, results.TRIED), document.Place(document.TRIAL, why))
    say(f"wrote {file.relative_to(ROOT)}; docs/ is as it was")


def _keep(measured: Mapping[str, Part]) -> None:
    """Write `docs/` with these parts in the place of those that are kept."""
    file = document.write({**results.kept(results.KEPT), **measured}, document.Place(results.KEPT))
    say(f"wrote {file.relative_to(ROOT)}")


def main() -> int:
    """Run one command; one that is ended ends what it started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return _run(_arguments())
    except (StepError, ApiError, UnreachableError, ValueError, OSError) as error:
        return fail(error)


if __name__ == "__main__":
    sys.exit(main())
