"""Starts of the functions, and what a fresh process answers first."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from local.bench.report.tables import table
from local.bench.report.verdicts import Verdict
from local.bench.results import Figures

INIT_MS: Final = 400.0
SHOWN: Final = 12
"""Packages of each list of imports."""


def render(figures: Figures) -> str:
    """Initialization, first answers, imports."""
    return "\n\n".join([_init(figures), _first(figures), _imports(figures)])


def goals(parts: Mapping[str, Figures]) -> Iterator[Verdict]:
    """Initialization of the function that people wait for."""
    taken = parts["coldstart"]["init"]["api"]["wall_ms"]
    yield Verdict("cold start: init of `api`", f"≤ {INIT_MS:.0f} ms", _ms(taken), taken <= INIT_MS)


def _init(figures: Figures) -> str:
    bare, client = figures["interpreter"]["wall_ms"], figures["runtime_client"]["wall_ms"]
    rows = [
        (f"`{name}`", *(_ms(taken[each]) for each in ("wall_ms", "least_wall_ms", "cpu_ms")), f"{taken['peak_mb']:.0f}")
        for name, taken in figures["init"].items()
    ]
    words = (
        f"From the start of a process to its first request for an invocation, median and least of {_runs(figures)} "
        f"processes. The interpreter alone takes {_ms(bare)}, with the runtime interface client {_ms(client)}."
    )
    return f"{words}\n\n{table(('function', 'init', 'least', 'processor time', 'MB'), rows)}"


def _runs(figures: Figures) -> int:
    return int(figures["init"]["api"]["runs"])


def _first(figures: Figures) -> str:
    rows = [
        (
            f"`{name}`",
            _ms(taken["first"]["wall_ms"]),
            _ms(taken["with_init"]["wall_ms"]),
            _ms(taken["with_init"]["least_wall_ms"]),
            _ms(taken["with_init"]["cpu_ms"]),
            _ms(taken["second"]["wall_ms"]),
            f"{taken['peak_mb']:.0f}",
        )
        for name, taken in figures["first"].items()
    ]
    head = ("asked first", "answer", "with init", "least", "processor time", "the answer after", "MB")
    words = f"What a fresh process of `api` is asked first; S3 waits {figures['pause_ms']:.0f} ms before each answer."
    return f"{words}\n\n{table(head, rows)}"


def _imports(figures: Figures) -> str:
    lists = {name: _longest(taken) for name, taken in figures["imports"].items()}
    words = "What is imported when, ms by package (`-X importtime`, which itself takes a part of it):"
    return "\n".join([words, "", *(f"- {name}: {listed}" for name, listed in lists.items())])


def _longest(taken: Mapping[str, Any]) -> str:
    named = [(name, ms) for name, ms in taken.items() if not name.startswith("all")]
    named.sort(key=lambda each: -each[1])
    return f"{taken['all']:.0f} in all; " + ", ".join(f"{name} {ms:.0f}" for name, ms in named[:SHOWN])


def _ms(value: float) -> str:
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"  # noqa: PLR2004 - two digits that count
