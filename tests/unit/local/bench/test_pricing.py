"""What counted use costs."""

import re
from collections.abc import Mapping

import pytest

from local.bench.pricing import scenarios
from local.bench.pricing.prices import (
    BILLED,
    SERVICES,
    at,
    kept,
    lambda_dollars,
    price,
    priced,
    server_month,
    sources,
    times,
    total,
)

POINTS: Mapping[float, Mapping[str, float]] = {10: {"units": 1.0}, 100: {"units": 20.0}, 1000: {"units": 110.0}}


def operations(units: float = 1.0) -> scenarios.Operations:
    """Every operation at two N, each of which writes so many units and grows with N."""
    one = {1.0: {"dynamodb write units": units, "lambda GB-seconds": 0.1}}
    many = {float(n): {"dynamodb write units": units + n, "s3 bytes written": 1000.0 * n} for n in (100, 1000)}
    single = (scenarios.REGISTRATION, scenarios.POLL, scenarios.IDLE_RUN)
    mosaics = (scenarios.CREATE, scenarios.BUILD, scenarios.ADD, scenarios.BUILD_ADDED)
    bulk = (scenarios.BULK_ASKED, scenarios.BULK_LISTED, scenarios.BULK_PART)
    thousand = {1000.0: {"dynamodb write units": 1000 * units}}
    return (
        dict.fromkeys((*single, scenarios.EVENTS_SEEN), one)
        | dict.fromkeys(mosaics, many)
        | dict.fromkeys(bulk, thousand)
    )


def test_every_price_has_a_source_and_what_is_billed_has_a_price() -> None:
    assert [name for name, _, page, _ in sources() if "aws.amazon.com" not in page] == []
    assert {unit for unit, _ in BILLED.values()} <= {name for name, *_ in sources()}
    assert sorted(name for names in SERVICES.values() for name in names) == sorted(BILLED)


def test_every_price_says_where_it_was_read_and_of_when() -> None:
    undated = {name for name, *_, read in sources() if not re.search(r"\b20\d\d-\d\d-\d\d\b", read)}
    assert undated == {name for name, *_, read in sources() if "undated" in read}


def test_our_bucket_tells_eventbridge_of_every_object_and_is_paid_for_it() -> None:
    assert priced({"s3 PUT requests": 1e6})["EventBridge"] == pytest.approx(1.0)
    assert priced({"s3 PUT requests": 1e6, "events": 2e6})["EventBridge"] == pytest.approx(3.0)


def test_events_that_come_in_are_paid_for() -> None:
    (by_events,) = (each for each in scenarios.scenarios(operations()) if each.name.endswith("by events"))
    assert by_events.costs["EventBridge"] == pytest.approx(1.0)


def test_use_is_priced_by_service() -> None:
    costs = priced({"dynamodb read units": 8e6, "dynamodb write units": 1e6, "s3 GET requests": 1e6, "log bytes": 1e9})
    assert costs["DynamoDB"] == pytest.approx(8 * 0.125 + 0.625)
    assert costs["S3"] == pytest.approx(0.4)
    assert costs["Logs, traces"] == pytest.approx(0.5)
    assert costs["Lambda"] == 0


def test_an_invocation_is_billed_by_the_millisecond_and_its_memory() -> None:
    assert lambda_dollars(0.0101, 1024) == pytest.approx(2e-7 + 0.011 * 1.66667e-5)
    assert lambda_dollars(1, 512) < lambda_dollars(1, 1024)


def test_what_is_stored_is_paid_for_by_the_month() -> None:
    costs = kept({"dynamodb stored bytes": 1e9, "s3 bytes written": 2e9}, months=3)
    assert costs["DynamoDB storage"] == pytest.approx(3 * 0.45)
    assert costs["S3 storage"] == pytest.approx(3 * 2 * 0.023)


def test_a_use_between_and_beyond_lies_on_the_line_of_the_two_largest() -> None:
    assert at(10, POINTS) == {"units": 1.0}
    assert at(10_000, POINTS)["units"] == pytest.approx(1010.0)
    assert at(0, {100: {"units": 1.0}, 200: {"units": 9.0}}) == {"units": 0.0}


def test_a_line_needs_two_points() -> None:
    with pytest.raises(ValueError, match="two points"):
        at(5, {1: {"units": 1.0}})


def test_uses_are_added_and_multiplied_by_name() -> None:
    assert total({"a": 1.0}, {"a": 2.0, "b": 3.0}) == {"a": 3.0, "b": 3.0}
    assert times(3, {"a": 2.0}) == {"a": 6.0}


def test_a_million_registrations_cost_a_million_of_one() -> None:
    found = {each.name: each for each in scenarios.scenarios(operations())}
    registered = found["1 M registrations one by one"]
    assert registered.costs["DynamoDB"] == pytest.approx(1e6 * price("dynamodb write unit"))
    assert registered.costs["Lambda"] == pytest.approx(1e6 * 0.1 * price("lambda GB-second"))
    assert registered.server == pytest.approx(server_month(scenarios.DISK_GB))


def test_a_million_registrations_are_priced_by_batches_of_events_and_by_jobs_of_a_thousand_with_their_polls() -> None:
    found = {each.name: each.costs["DynamoDB"] for each in scenarios.scenarios(operations())}
    assert found["1 M registrations by events"] == pytest.approx(1e5 * price("dynamodb write unit"))
    units = 1000 * (3 * 1000 + scenarios.POLLS)
    assert found["1 M registrations in bulk by prefix"] == pytest.approx(units * price("dynamodb write unit"))


def test_a_year_of_a_big_mosaic_is_its_creation_its_changes_and_twelve_idle_months() -> None:
    found = {each.name: each for each in scenarios.scenarios(operations())}
    year, month = found["A year of a mosaic of 100,000"], found["A month of nothing"]
    grown = 1 + 100_000
    units = 100_000 + 2 * grown + 365 * (1 + 2 * grown) + 366 * scenarios.POLLS + 12 * scenarios.RUNS_OF_MONTH
    assert year.costs["DynamoDB"] == pytest.approx(units * price("dynamodb write unit"))
    stored = 2 * 1e8 * (12 + 365 * 6) / 1e9
    assert year.costs["S3 storage"] == pytest.approx(stored * price("s3 GB-month"))
    assert year.costs["SQS"] == pytest.approx(12 * month.costs["SQS"])
    assert year.dollars == pytest.approx(sum(year.costs.values()))
