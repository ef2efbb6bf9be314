"""Use links: each generation has its own, and none touches another's."""

from typing import Any

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import use_key
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.uses import Use
from tests.support.dynamo_faults import through
from tests.support.factories import NOW, an_id

VRT, ONE, OTHER = an_id("vrt"), an_id("one"), an_id("other")
SOURCES = [an_id(f"source {number}") for number in range(60)]


def test_links_stand_once_written_and_say_who_brought_them(catalog: Catalog) -> None:
    catalog.lock.link_sources(VRT, ONE, SOURCES, NOW, number=1)
    assert catalog.lock.missing_links(VRT, ONE, SOURCES) == []
    assert catalog.lock.uses_of(SOURCES[0]) == [Use(VRT, ONE, NOW, 1)]


def test_links_from_before_which_repeat_their_key_and_tell_no_number_are_read(catalog: Catalog) -> None:
    pk, sk = use_key(SOURCES[0], VRT, ONE)
    old = {"kind": "use", "vrt": VRT, "added_by": ONE, "added_at": "2026-11-21T12:00:00.123456Z", "source": SOURCES[0]}
    catalog.jobs.table.put_many([{name: {"S": value} for name, value in {"pk": pk, "sk": sk, **old}.items()}])
    assert catalog.lock.uses_of(SOURCES[0]) == [Use(VRT, ONE, NOW, None)]
    assert catalog.lock.missing_links(VRT, ONE, SOURCES[:2]) == [SOURCES[1]]


def test_linking_again_changes_nothing_and_duplicates_are_one(catalog: Catalog) -> None:
    catalog.lock.link_sources(VRT, ONE, [*SOURCES[:3], *SOURCES[:3]], NOW, number=1)
    catalog.lock.link_sources(VRT, ONE, SOURCES[:3], NOW, number=1)
    assert catalog.lock.missing_links(VRT, ONE, SOURCES[:4]) == [SOURCES[3]]


def test_another_generations_link_is_no_link_of_this_one(catalog: Catalog) -> None:
    catalog.lock.link_sources(VRT, OTHER, SOURCES[:2], NOW, number=1)
    assert catalog.lock.missing_links(VRT, ONE, SOURCES[:2]) == SOURCES[:2]


def test_a_refused_generation_takes_only_its_own_links_away(catalog: Catalog) -> None:
    catalog.lock.link_sources(VRT, ONE, SOURCES, NOW, number=1)
    catalog.lock.link_sources(VRT, OTHER, SOURCES, NOW, number=1)
    catalog.lock.unlink_sources(VRT, OTHER, SOURCES)
    assert catalog.lock.missing_links(VRT, ONE, SOURCES) == []
    assert catalog.lock.missing_links(VRT, OTHER, SOURCES) == SOURCES


def test_no_sources_are_no_call(catalog: Catalog) -> None:
    silent = through(catalog, lambda _: None)
    silent.lock.link_sources(VRT, ONE, [], NOW, number=1)
    silent.lock.unlink_sources(VRT, ONE, [])
    assert silent.lock.missing_links(VRT, ONE, []) == []


class Hesitant:
    """Writes at most `most` items of a batch per call."""

    def __init__(self, client: Any, most: int) -> None:
        self.client, self.most = client, most

    def __getattr__(self, name: str) -> Any:
        """Pass reads through."""
        return getattr(self.client, name)

    def batch_write_item(self, **parameters: Any) -> Any:
        """Write some."""
        ((table, requests),) = parameters["RequestItems"].items()
        now, later = requests[: self.most], requests[self.most :]
        if now:
            self.client.batch_write_item(RequestItems={table: now})
        return {"UnprocessedItems": {table: later} if later else {}}


def test_items_that_dynamodb_did_not_process_are_written_again(catalog: Catalog) -> None:
    through(catalog, lambda client: Hesitant(client, 10)).lock.link_sources(VRT, ONE, SOURCES, NOW, number=1)
    assert catalog.lock.missing_links(VRT, ONE, SOURCES) == []


def test_items_that_are_never_processed_are_unavailable(catalog: Catalog) -> None:
    with pytest.raises(UnavailableError, match="unprocessed items"):
        through(catalog, lambda client: Hesitant(client, 0)).lock.link_sources(VRT, ONE, SOURCES, NOW, number=1)
