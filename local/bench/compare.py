"""Two runs beside each other: which ratios differ by more than a run on another day may."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

TOLERANCE: Final = 0.30
"""How far a ratio may be from that of the other run, as part of the smaller one."""

_WORK: Final = {"yardstick_ms": "", "new_memory_ms": ", new memory"}
"""What is told of the machine, and what it is called after its part's name."""


def ratios(file: Path) -> dict[str, float]:
    """The ratios of a run, as `docs/performance.json` keeps them.

    Raises:
        ValueError: It is another kind of file.
    """
    try:
        return {name: float(value) for name, value in json.loads(file.read_text())["ratios"].items()}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{file}: expected the JSON beside a docs/performance.md, with `ratios`; {error!r}") from error


def yardsticks(file: Path) -> dict[str, float]:
    """What pieces of work took when each part of a run had ended, milliseconds; none of runs that did not look."""
    parts = json.loads(file.read_text()).get("parts", {})
    told = (
        (f"{name}{work}", part["machine"].get(field)) for name, part in parts.items() for field, work in _WORK.items()
    )
    return {name: float(taken) for name, taken in told if taken is not None}


def machines(one: Mapping[str, float], other: Mapping[str, float]) -> str:
    """What to say of the machine's pace in two runs, part by part, as `yardsticks` has them."""
    lines = [
        f"  {name}: {one[name]:g} and {other[name]:g} ms ({other[name] / one[name] - 1:+.0%})"
        for name in sorted(one.keys() & other.keys())
    ]
    if not lines:
        return "how quick the machine was is not told by both runs"
    return "\n".join(["for the same work the machine took, at the end of each part", *lines])


def differences(one: Mapping[str, float], other: Mapping[str, float]) -> Iterator[tuple[str, float, float, float]]:
    """Name, both values and how far they are apart, for each ratio that both runs have; the farthest apart first."""
    found = [(name, one[name], other[name], _apart(one[name], other[name])) for name in one.keys() & other.keys()]
    yield from sorted(found, key=lambda row: (-row[3], row[0]))


def _apart(one: float, other: float) -> float:
    low, high = sorted((one, other))
    return high / low - 1 if low > 0 else (0.0 if high == low else float("inf"))


def report(one: Mapping[str, float], other: Mapping[str, float]) -> tuple[str, int]:
    """What to say of two runs, and how many ratios are too far apart."""
    rows = list(differences(one, other))
    beyond = [row for row in rows if row[3] > TOLERANCE]
    most = f"{TOLERANCE:.0%} of the smaller one"
    lines = [f"{len(rows)} ratios in both runs, {len(beyond)} of them differ by more than {most}"]
    for name, first, second, apart in rows:
        lines.append(f"  {'!' if apart > TOLERANCE else ' '} {name}: {first:g} and {second:g} ({apart:.0%} apart)")
    lines += [f"    {name}: only in one of them" for name in sorted(one.keys() ^ other.keys())]
    return "\n".join(lines), len(beyond)
