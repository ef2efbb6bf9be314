"""`python -m local.bench run|report|compare`: measure, write the report, hold two runs against each other."""

import argparse
import sys
from pathlib import Path

from local.bench import compare, results
from local.bench.report import document
from local.paths import ROOT
from local.terminal import StepError, fail, say


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("report", help="write docs/performance.md from what was measured")
    two = commands.add_parser("compare", help="tell which ratios of two runs differ; exit code 1 if any does")
    two.add_argument("one", type=Path)
    two.add_argument("other", type=Path)
    return parser.parse_args()


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "compare":
        text, beyond = compare.report(compare.ratios(arguments.one), compare.ratios(arguments.other))
        say(text)
        return 1 if beyond else 0
    file = document.write(results.load())
    say(f"written: {file.relative_to(ROOT)}")
    return 0


def main() -> int:
    """Run one command."""
    try:
        return _run(_arguments())
    except (StepError, ValueError, OSError) as error:
        return fail(error)


if __name__ == "__main__":
    sys.exit(main())
