"""Which jobs register the tiles, and what list a mosaic is made from."""

import json

from local.bench.service import lists
from local.bench.service.registered import asked, stretches
from local.bench.tiles import key, prefix, uris


def test_a_job_registers_what_shares_a_prefix_and_begins_where_the_one_before_has_ended() -> None:
    assert list(stretches(501, 20_003)) == [range(501, 10_000), range(10_000, 20_000), range(20_000, 20_003)]
    assert list(stretches(7, 7)) == []


def test_all_of_a_prefix_is_asked_for_by_prefix_and_less_by_name() -> None:
    assert asked(range(10_000, 20_000)) == {"prefix": "s3://rasterloom-bench/tiles/01"}
    assert asked(range(10_000, 10_002)) == {"uris": uris(10_002)[10_000:]}


def test_a_prefix_is_that_of_its_ten_thousand_tiles_alone() -> None:
    begins = [key(number).startswith(prefix(12_345)) for number in (9_999, 10_000, 19_999, 20_000, 100_000)]
    assert begins == [False, True, True, False, False]


def test_a_list_has_one_source_on_each_line() -> None:
    lines = lists.manifest(["one", "two"]).decode().splitlines()
    assert [json.loads(line) for line in lines] == [{"source_dataset_id": "one"}, {"source_dataset_id": "two"}]
