"""Who sees what in a listing, in which order, and how much of it there is."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import audience_partitions, dataset_key
from rasterloom.adapters.catalog_dynamodb.transactions import write
from rasterloom.adapters.catalog_dynamodb.values import text
from rasterloom.adapters.catalog_dynamodb.writes import Update
from rasterloom.domain.access import Principal, Visibility
from rasterloom.ports import DatasetPage
from tests.support.factories import NOW, admission, audience, principal, raster, vrt

AUDIENCES = {
    "private": audience("alice"),
    "restricted": audience("alice", Visibility.RESTRICTED, "survey"),
    "two groups": audience("alice", Visibility.RESTRICTED, "survey", "ops"),
    "internal": audience("alice", Visibility.INTERNAL),
    "public": audience("alice", Visibility.PUBLIC),
}
EVERYTHING = ["vrt", "public", "internal", "two groups", "restricted", "private"]


def page(
    catalog: Catalog, caller: Principal, record_type: str | None = None, skip: int = 0, limit: int = 100
) -> DatasetPage:
    return catalog.datasets.list_readable(caller, record_type=record_type, skip=skip, limit=limit)


@pytest.fixture
def names(catalog: Catalog) -> Mapping[str, str]:
    """A raster of alice's per audience, an hour apart, then a VRT of hers that is restricted to `ops`: id to name."""
    made = {}
    for hours, (name, who) in enumerate(AUDIENCES.items()):
        made[catalog.datasets.add_raster(raster(audience=who, created_at=NOW + timedelta(hours=hours)))] = name
    woven = vrt(audience=audience("alice", Visibility.RESTRICTED, "ops"), created_at=NOW + timedelta(hours=9))
    catalog.lock.admit(admission(woven, is_new=True))
    return made | {woven.id: "vrt"}


@pytest.mark.parametrize(
    ("caller", "sees"),
    [
        (principal("alice"), EVERYTHING),
        (principal("bob", groups=frozenset({"survey"})), ["public", "internal", "two groups", "restricted"]),
        (principal("carol", groups=frozenset({"survey", "ops"})), EVERYTHING[:-1]),
        (principal("dave", permissions=frozenset()), ["public", "internal"]),
        (principal("root", permissions=frozenset({"admin"})), EVERYTHING),
    ],
    ids=["owner", "one group", "both groups", "stranger", "admin"],
)
def test_a_caller_sees_what_it_may_read_newest_first_and_once(
    catalog: Catalog, names: Mapping[str, str], caller: Principal, sees: list[str]
) -> None:
    shown = page(catalog, caller)
    assert [names[dataset.id] for dataset in shown.datasets] == sees
    assert shown.total == len(sees)


@pytest.mark.parametrize(("record_type", "sees"), [("vrt_dataset", EVERYTHING[:1]), ("raster_dataset", EVERYTHING[1:])])
@pytest.mark.parametrize("caller", [principal("alice"), principal("root", permissions=frozenset({"admin"}))])
def test_one_record_type_can_be_asked_for(
    catalog: Catalog, names: Mapping[str, str], caller: Principal, record_type: str, sees: list[str]
) -> None:
    shown = page(catalog, caller, record_type)
    assert [names[dataset.id] for dataset in shown.datasets] == sees
    assert shown.total == len(sees)


@pytest.mark.parametrize(("skip", "limit", "part"), [(0, 2, slice(0, 2)), (2, 3, slice(2, 5)), (5, 9, slice(5, 6))])
def test_pages_join_without_gap_or_overlap_and_tell_the_whole(
    catalog: Catalog, names: Mapping[str, str], skip: int, limit: int, part: slice
) -> None:
    shown = page(catalog, principal("alice"), skip=skip, limit=limit)
    assert [names[dataset.id] for dataset in shown.datasets] == EVERYTHING[part]
    assert shown.total == len(EVERYTHING)


@pytest.mark.usefixtures("names")
def test_beyond_the_end_there_is_nothing_but_the_total(catalog: Catalog) -> None:
    shown = page(catalog, principal("alice"), skip=50)
    assert shown == DatasetPage((), len(EVERYTHING))


def test_datasets_of_the_same_microsecond_have_one_order(catalog: Catalog) -> None:
    made = [catalog.datasets.add_raster(raster()) for _ in range(9)]
    shown = page(catalog, principal("alice"))
    assert [dataset.id for dataset in shown.datasets] == sorted(made, reverse=True)


def test_public_datasets_spread_over_shards_and_are_all_found(catalog: Catalog) -> None:
    public = audience("alice", Visibility.PUBLIC)
    made = {catalog.datasets.add_raster(raster(audience=public)) for _ in range(30)}
    items = catalog.jobs.table.get_many([dataset_key(each) for each in made]).values()
    used = {item["audience_pk"]["S"] for item in items}
    assert len(used) > 4
    assert used <= set(audience_partitions(Visibility.PUBLIC))
    assert {dataset.id for dataset in page(catalog, principal("bob")).datasets} == made


def test_a_group_named_like_a_shard_opens_nothing(catalog: Catalog, names: Mapping[str, str]) -> None:
    nosy = principal("eve", groups=frozenset({"private#0", "AUDIENCE#private#0", "", "#"}))
    assert [names[dataset.id] for dataset in page(catalog, nosy).datasets] == ["public", "internal"]


def test_an_index_that_lags_behind_shows_nothing_that_has_become_private(catalog: Catalog) -> None:
    public = raster(audience=audience("alice", Visibility.PUBLIC))
    catalog.datasets.add_raster(public)
    narrowed = Update(  # the item says private already, its index entry still says public
        dataset_key(public.id), "attribute_exists(#pk)", {}, sets={"visibility": text(Visibility.PRIVATE.value)}
    )
    write(catalog.jobs.table, narrowed)
    assert page(catalog, principal("bob")).datasets == ()
    assert [dataset.id for dataset in page(catalog, principal("alice")).datasets] == [public.id]
