"""What operations use, and what amounts of them cost."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from local.bench.pricing.prices import SERVICES, priced, prices, sources, total
from local.bench.pricing.scenarios import Operations, scenarios, with_events
from local.bench.report.tables import count, table
from local.bench.results import Figures

MILLION: Final = 1e6
USED: Final = (
    ("dynamodb requests", "DynamoDB requests"),
    ("dynamodb read units", "read units"),
    ("dynamodb write units", "write units"),
    ("dynamodb write units in indexes", "of them in indexes"),
    ("s3 GET requests", "S3 GET, HEAD"),
    ("s3 PUT requests", "S3 PUT"),
    ("s3 bytes read", "S3 bytes read"),
    ("s3 bytes written", "bytes written"),
    ("sqs requests", "SQS"),
    ("lambda GB-seconds", "GB-s"),
    ("log bytes", "log bytes"),
)
"""Counts, and the heads of their columns."""


def render(figures: Figures) -> str:
    """Operations, what grows, scenarios, prices."""
    return "\n\n".join([_operations(figures), _growth(figures), _scenarios(figures), _prices()])


def _operations(figures: Figures) -> str:
    rows = [
        [_label(name, size, uses), *(_number(use.get(key, 0.0)) for key, _ in USED), f"{MILLION * _dollars(use):,.2f}"]
        for name, uses in with_events(_priced_operations(figures)).items()
        for size, use in _by_size(uses)
    ]
    memory = ", ".join(f"`{name}` {size} MB" for name, size in figures["memory_mb"].items())
    words = (
        f"One operation each, counted between the functions and the emulator; GB-seconds of {memory}, with "
        f"{figures['pause_ms']:.0f} ms before each answer of S3. Units are those of DynamoDB's own rules."
    )
    return f"{words}\n\n{table(['operation', *(head for _, head in USED), '$ per M'], rows)}"


def _by_size(uses: Mapping[Any, Any]) -> list[tuple[int, Any]]:
    return sorted((int(size), use) for size, use in uses.items())


def _label(name: str, size: int, uses: Mapping[Any, Any]) -> str:
    return name if len(uses) == 1 else f"{name}, {size:,}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _dollars(use: Mapping[str, float]) -> float:
    return sum(priced(use).values())


def _growth(figures: Figures) -> str:
    """What one more source adds, on the line through the two largest N."""
    lines = []
    for name, uses in figures["operations"].items():
        points = _by_size(uses)
        if len(points) > 1:
            lines.append(f"- {name}: {_slope(points[-2], points[-1])}")
    return "\n".join(["One more source adds:", "", *lines])


def _slope(low: tuple[int, Any], high: tuple[int, Any]) -> str:
    apart = high[0] - low[0]
    added = {head: (high[1].get(key, 0.0) - low[1].get(key, 0.0)) / apart for key, head in USED}
    told = [f"{_small(value)} {head}" for head, value in added.items() if abs(value) >= 0.0005]  # noqa: PLR2004 - shown as zero
    return ", ".join(told) or "nothing"


def _small(value: float) -> str:
    return count(value) if abs(value) >= 10 else f"{value:.3g}"  # noqa: PLR2004 - two digits that count


def _priced_operations(figures: Figures) -> Operations:
    """What was counted, by operation and N."""
    return {name: {float(size): use for size, use in uses.items()} for name, uses in figures["operations"].items()}


def _scenarios(figures: Figures) -> str:
    """Scenarios at the prices of this file: what was counted outlives what it cost on the day of the run."""
    found = scenarios(_priced_operations(figures))
    names = list(total(*(each.costs for each in found)))
    shown = [name for name in (*SERVICES, *names) if name in names]
    rows = [
        [
            f"{each.name}{', ' + each.note if each.note else ''}",
            *(f"{each.costs.get(name, 0.0):,.2f}" for name in dict.fromkeys(shown)),
            f"**{each.dollars:,.2f}**",
            f"{each.server:,.2f}",
        ]
        for each in found
    ]
    head: Sequence[str] = ["US dollars", *dict.fromkeys(shown), "all", "one small server, as long"]
    return table(head, rows)


def _prices() -> str:
    rows = ((name, f"{usd:.10g}", page, read) for name, usd, page, read in sources())
    listed = table(("price", "US dollars", "AWS's page", "read in"), rows)
    return f"Prices: {prices()['region']}, {prices()['as_of']}. {prices()['note']}\n\n{listed}"
