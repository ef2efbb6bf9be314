"""Markdown of tables and numbers."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

NOTHING: Final = "—"
_PLACES: Final = ((100.0, 0), (10.0, 1), (1.0, 2), (0.0, 3))
"""From this number of seconds on, so many decimal places."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table: the first column to the left, all others to the right.

    Raises:
        ValueError: A row has not as many cells as the head.
    """
    lines = [_line(head), _line(["---", *["---:"] * (len(head) - 1)])]
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"row {list(row)}: expected {len(head)} cells; found {len(row)}")
        lines.append(_line(row))
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def seconds(value: float | None) -> str:
    """Seconds with three digits that count; a dash where there is nothing."""
    if value is None:
        return NOTHING
    return f"{value:,.{next(places for least, places in _PLACES if value >= least)}f}"


def times(value: float | None) -> str:
    """How many times one thing is another: `236x`."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}x" if value >= 10 else f"{value:.1f}x"  # noqa: PLR2004 - two digits that count


def count(value: float | None) -> str:
    """A whole number with thousands apart."""
    return NOTHING if value is None else f"{value:,.0f}"


def megabytes(value: float | None) -> str:
    """Bytes as MB (1e6 bytes)."""
    return NOTHING if value is None else f"{value / 1e6:,.1f}"


def spread(values: Sequence[float]) -> str:
    """Median of what was repeated, and its range: `0.21 (0.20 to 0.25)`; a dash where there is nothing."""
    if not values:
        return NOTHING
    middle = seconds(median(values))
    return middle if len(values) == 1 else f"{middle} ({seconds(min(values))} to {seconds(max(values))})"
