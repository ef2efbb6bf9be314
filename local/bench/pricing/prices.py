"""What counted use costs, in US dollars."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, Final

PRICES: Final = Path(__file__).with_name("prices.json")
GB: Final = 1e9
MB_PER_GB: Final = 1024
"""Of memory."""
SAMPLED: Final = 0.05
"""Share of requests that X-Ray records, of those above the first in each second (its default sampling rule)."""
HOURS_OF_MONTH: Final = 730
MONTHS: Final = 12

type Use = Mapping[str, float]
"""Counts by name, as a tally has them, and what belongs to invocations: see `BILLED`."""

BILLED: Final[Mapping[str, tuple[str, float]]] = {
    "api gateway requests": ("api gateway request", 1),
    "lambda invocations": ("lambda request", 1),
    "lambda GB-seconds": ("lambda GB-second", 1),
    "dynamodb read units": ("dynamodb read unit", 1),
    "dynamodb write units": ("dynamodb write unit", 1),
    "s3 PUT requests": ("s3 PUT request", 1),
    "s3 GET requests": ("s3 GET request", 1),
    "sqs requests": ("sqs request", 1),
    "events": ("eventbridge S3 event", 1),
    "log bytes": ("logs GB", 1 / GB),
    "traces": ("xray trace", SAMPLED),
}
"""What is paid for once -> its price, and how many priced units one of it is."""

SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "API Gateway": ("api gateway requests",),
    "Lambda": ("lambda invocations", "lambda GB-seconds"),
    "DynamoDB": ("dynamodb read units", "dynamodb write units"),
    "S3": ("s3 PUT requests", "s3 GET requests"),
    "SQS": ("sqs requests",),
    "EventBridge": ("events",),
    "Logs, traces": ("log bytes", "traces"),
}


@cache
def prices() -> Mapping[str, Any]:
    """The file of prices."""
    found: Mapping[str, Any] = json.loads(PRICES.read_text(encoding="utf-8"))
    return found


def price(name: str) -> float:
    """US dollars for one unit.

    Raises:
        KeyError: The file has no such price.
    """
    return float(prices()["usd"][name][0])


def lambda_dollars(seconds: float, memory_mb: int) -> float:
    """US dollars for one invocation, billed by the millisecond."""
    billed = ceil(1000 * seconds) / 1000
    return price("lambda request") + billed * memory_mb / MB_PER_GB * price("lambda GB-second")


def priced(use: Use) -> dict[str, float]:
    """Dollars by service for what is paid for once; storage is paid for by the month, see `kept`.

    Our bucket tells EventBridge of each object that is put, whether a rule waits for it or not: so many events more.
    """
    told = {"events": use.get("s3 PUT requests", 0.0)}
    whole = total(use, told)
    costs = {name: whole.get(name, 0.0) * each * price(unit) for name, (unit, each) in BILLED.items()}
    return {service: sum(costs[name] for name in names) for service, names in SERVICES.items()}


def kept(use: Use, months: float) -> dict[str, float]:
    """Dollars for keeping what was stored for so many months: the table with its recovery, objects, logs."""
    table = price("dynamodb GB-month") + price("dynamodb recovery GB-month")
    return {
        "DynamoDB storage": use.get("dynamodb stored bytes", 0.0) / GB * table * months,
        "S3 storage": use.get("s3 bytes written", 0.0) / GB * price("s3 GB-month") * months,
        "Log storage": use.get("log bytes", 0.0) / GB * price("logs GB-month") * min(months, 1.0),
    }


def total(*uses: Use) -> dict[str, float]:
    """The sum of uses, or of costs, by name."""
    names = dict.fromkeys(name for use in uses for name in use)
    return {name: sum(use.get(name, 0.0) for use in uses) for name in names}


def times(count: float, use: Use) -> dict[str, float]:
    """So many of a use."""
    return {name: count * value for name, value in use.items()}


def at(count: float, points: Mapping[float, Use]) -> dict[str, float]:
    """A use at some N on the line through the two largest N that were measured; never less than nothing.

    Args:
        count: N.
        points: Uses by N, two at least.

    Raises:
        ValueError: There are fewer than two.
    """
    if count in points:
        return dict(points[count])
    if len(points) < 2:  # noqa: PLR2004 - a line
        raise ValueError(f"a line: expected two points at least; found {sorted(points)}")
    low, high = sorted(points)[-2:]
    return {name: max(0.0, _line(count, low, high, name, points)) for name in total(points[low], points[high])}


def _line(count: float, low: float, high: float, name: str, points: Mapping[float, Use]) -> float:
    first, last = points[low].get(name, 0.0), points[high].get(name, 0.0)
    return first + (last - first) * (count - low) / (high - low)


def server_month(disk_gb: float) -> float:
    """Dollars of a month of one small server that is always on, with its disk."""
    return HOURS_OF_MONTH * price("server hour") + disk_gb * price("server disk GB-month")


def sources() -> Iterable[tuple[str, float, str, str]]:
    """Every price with its name, AWS's page of it, and where and of when it was read."""
    return ((name, float(usd), page, read) for name, (usd, page, read) in prices()["usd"].items())
