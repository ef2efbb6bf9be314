"""Editing and deleting items: the listings follow at once, and nobody's write is lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.names import dataset_key, group_key, object_key, use_key
from rasterloom.domain.access import Audience, Principal, Visibility
from rasterloom.domain.dataset import Dataset, ObjectState, RasterDataset
from rasterloom.domain.errors import (
    BeingDeletedError,
    DatasetBusyError,
    NotFoundError,
    RasterloomError,
    UnavailableError,
)
from rasterloom.domain.uses import Use
from rasterloom.ports import EditTerms
from tests.support.dynamo_faults import SentTwice, Troubled, cancelled, through
from tests.support.factories import NOW, admission, an_id, audience, pending_edit, principal, raster
from tests.support.lock_steps import claimed, mark, published_vrt, read_vrt

SURVEYOR = principal("bob", groups=frozenset({"survey"}))
OPERATOR = principal("carol", groups=frozenset({"ops"}))
STRANGER = principal("dave")


def stored(catalog: Catalog, *groups: str) -> RasterDataset:
    made = raster(audience=audience("alice", Visibility.RESTRICTED if groups else Visibility.PRIVATE, *groups))
    catalog.datasets.add_raster(made)
    return made


def standing(catalog: Catalog, dataset: Dataset) -> Dataset:
    found = catalog.datasets.get(dataset.id)
    assert found is not None
    return found


def lists(catalog: Catalog, who: Principal) -> list[str]:
    return [each.id for each in catalog.datasets.list_readable(who, record_type=None, skip=0, limit=10).datasets]


def total(catalog: Catalog, who: Principal) -> int:
    return catalog.datasets.list_readable(who, record_type=None, skip=0, limit=10).total


def for_(seen: RasterDataset, visibility: Visibility, *groups: str) -> RasterDataset:
    return replace(seen, audience=Audience("alice", visibility, groups))


def test_the_listings_follow_the_audience(catalog: Catalog) -> None:
    seen = stored(catalog)
    for visibility, groups, readers in [
        (Visibility.RESTRICTED, ("survey",), (1, 0, 0)),
        (Visibility.RESTRICTED, ("ops", "survey"), (1, 1, 0)),
        (Visibility.RESTRICTED, ("ops",), (0, 1, 0)),
        (Visibility.INTERNAL, ("ops",), (1, 1, 1)),
        (Visibility.PRIVATE, (), (0, 0, 0)),
        (Visibility.PUBLIC, (), (1, 1, 1)),
    ]:
        wanted = for_(seen, visibility, *groups)
        assert catalog.datasets.edit(seen, wanted)
        assert standing(catalog, seen) == wanted
        counts = tuple(total(catalog, who) for who in (SURVEYOR, OPERATOR, STRANGER))
        assert counts == readers, "the total counts entries of listings, not what may be read of them"
        assert lists(catalog, principal("alice")) == [seen.id]
        seen = wanted


def test_only_what_differs_is_written(catalog: Catalog) -> None:
    seen = stored(catalog)
    assert catalog.datasets.edit(seen, replace(seen, title="One"))
    assert catalog.datasets.edit(seen, replace(seen, summary="Two"))
    assert standing(catalog, seen) == replace(seen, title="One", summary="Two")
    assert catalog.datasets.edit(replace(seen, summary="Two"), seen)
    assert standing(catalog, seen) == replace(seen, title="One")


def test_a_build_that_publishes_meanwhile_loses_nothing_to_an_edit(catalog: Catalog) -> None:
    seen = published_vrt(catalog)
    published_vrt(catalog, admission(seen))
    newer = read_vrt(catalog, seen.id)
    assert catalog.datasets.edit(seen, replace(seen, title="Renamed"))
    assert read_vrt(catalog, seen.id) == replace(newer, title="Renamed", updated_at=seen.updated_at)


def test_an_audience_that_moved_on_is_not_written_over(catalog: Catalog) -> None:
    seen = stored(catalog)
    first = for_(seen, Visibility.RESTRICTED, "survey")
    assert catalog.datasets.edit(seen, first)
    assert not catalog.datasets.edit(seen, for_(seen, Visibility.PUBLIC))
    assert not catalog.datasets.edit(for_(seen, Visibility.RESTRICTED, "ops"), for_(seen, Visibility.PUBLIC))
    assert standing(catalog, seen) == first
    assert catalog.jobs.table.get(group_key(seen.id, "survey")) is not None


def test_an_edit_whose_answer_was_lost_is_seen_to_stand(catalog: Catalog) -> None:
    seen = stored(catalog)
    wanted = for_(seen, Visibility.RESTRICTED, "survey")
    through(catalog, SentTwice).datasets.edit(seen, wanted)
    assert standing(catalog, seen) == wanted
    assert catalog.datasets.edit(standing(catalog, seen), wanted)


def test_an_edit_in_conflict_is_tried_again_and_never_refused(catalog: Catalog) -> None:
    seen = stored(catalog)
    wanted = for_(seen, Visibility.RESTRICTED, "survey")
    busy = cancelled("TransactionConflict", "None")
    tried = Troubled(catalog.jobs.table.client, "transact_write_items", [busy, busy])
    assert through(catalog, lambda _: tried).datasets.edit(seen, wanted)
    assert tried.calls == 3
    with pytest.raises(UnavailableError):
        through(catalog, lambda client: Troubled(client, "transact_write_items", [busy] * 50)).datasets.edit(
            wanted, seen
        )


def test_a_vrt_that_is_being_built_is_not_made_more_visible(catalog: Catalog) -> None:
    seen = published_vrt(catalog)
    wanted = replace(seen, audience=Audience("alice", Visibility.PUBLIC))
    claim = claimed(catalog, admission(seen))
    with pytest.raises(DatasetBusyError) as caught:
        catalog.datasets.edit(seen, wanted, EditTerms(while_idle=True))
    assert caught.value.job_id == claim.job.id
    assert catalog.datasets.edit(seen, replace(seen, title="Renamed"))
    first = published_vrt(catalog)
    published_vrt(catalog, admission(first))
    assert not catalog.datasets.edit(first, replace(first, audience=wanted.audience), EditTerms(while_idle=True))


def test_what_is_gone_or_being_deleted_is_not_edited_into_being(catalog: Catalog) -> None:
    absent = raster()
    with pytest.raises(NotFoundError):
        catalog.datasets.edit(absent, replace(absent, title="Back"))
    assert catalog.jobs.table.get(dataset_key(absent.id)) is None
    seen = stored(catalog)
    mark(catalog, seen.id, "one")
    with pytest.raises(BeingDeletedError):
        catalog.datasets.edit(seen, replace(seen, title="Late"))


# --- deleting ---


def test_a_raster_goes_with_all_that_names_it(catalog: Catalog) -> None:
    seen = stored(catalog, "survey", "ops")
    marked = mark(catalog, seen.id, "one")
    assert marked == replace(seen, deletion="one")
    assert marked is not None
    catalog.datasets.delete_raster(marked, NOW)
    for key in (
        dataset_key(seen.id),
        group_key(seen.id, "survey"),
        group_key(seen.id, "ops"),
    ):
        assert catalog.jobs.table.get(key) is None
    assert catalog.datasets.find_object(seen.ref, "alice") is None
    assert catalog.datasets.owners_of(seen.ref) == {}
    assert catalog.raster_batches.registered([seen.ref], "alice") == {}
    assert total(catalog, SURVEYOR) == 0
    assert catalog.datasets.add_raster(raster(ref=seen.ref)) != seen.id


def test_a_mark_never_brings_back_what_is_gone(catalog: Catalog) -> None:
    assert mark(catalog, an_id("nothing"), "one") is None
    assert catalog.jobs.table.get(dataset_key(an_id("nothing"))) is None
    vrt = published_vrt(catalog)
    assert mark(catalog, vrt.id, "one") is None


def test_a_deletion_that_was_taken_over_neither_deletes_nor_unmarks(catalog: Catalog) -> None:
    seen = stored(catalog)
    slow = mark(catalog, seen.id, "slow")
    assert slow is not None
    mark(catalog, seen.id, "next")
    catalog.datasets.unmark_deletion(seen.id, "slow")
    with pytest.raises(BeingDeletedError):
        catalog.datasets.delete_raster(slow, NOW)
    assert standing(catalog, seen) == replace(seen, deletion="next")
    catalog.datasets.unmark_deletion(seen.id, "next")
    with pytest.raises(BeingDeletedError):
        catalog.datasets.delete_raster(slow, NOW)
    assert standing(catalog, seen) == seen


def test_a_deletion_whose_answer_was_lost_has_deleted(catalog: Catalog) -> None:
    seen = stored(catalog, "survey")
    twice = through(catalog, SentTwice)
    marked = mark(twice, seen.id, "one")
    assert marked is not None
    twice.datasets.delete_raster(marked, NOW)
    assert catalog.datasets.get(seen.id) is None
    vrt = published_vrt(catalog)
    assert twice.datasets.delete_vrt(vrt, NOW)
    assert catalog.datasets.get(vrt.id) is None


@pytest.mark.parametrize("state", [ObjectState.PRESENT, ObjectState.MISSING])
def test_an_object_that_is_registered_as_another_dataset_is_left_alone(catalog: Catalog, state: ObjectState) -> None:
    seen = raster(object_state=state)
    catalog.datasets.add_raster(seen)
    catalog.jobs.table.delete_many([object_key(seen.ref, "alice")])
    other = raster(ref=seen.ref)
    catalog.datasets.add_raster(other)
    marked = mark(catalog, seen.id, "one")
    assert marked is not None
    with pytest.raises(RasterloomError, match="another dataset"):
        catalog.datasets.delete_raster(marked, NOW)
    assert catalog.datasets.find_object(seen.ref, "alice") == other.id


def test_a_vrt_goes_only_as_it_was_read_and_while_nothing_is_built(catalog: Catalog) -> None:
    seen = published_vrt(catalog)
    claim = claimed(catalog, admission(seen))
    with pytest.raises(DatasetBusyError) as caught:
        catalog.datasets.delete_vrt(seen, NOW)
    assert caught.value.job_id == claim.job.id
    first = published_vrt(catalog)
    second = published_vrt(catalog, admission(first))
    assert not catalog.datasets.delete_vrt(first, NOW), "another generation is published"
    restricted = replace(second, audience=Audience("alice", Visibility.RESTRICTED, ("survey",)))
    assert catalog.datasets.edit(second, restricted)
    assert not catalog.datasets.delete_vrt(second, NOW), "another audience has other entries in listings"
    assert total(catalog, SURVEYOR) == 1
    assert catalog.datasets.delete_vrt(read_vrt(catalog, first.id), NOW)
    assert catalog.datasets.get(first.id) is None
    assert total(catalog, SURVEYOR) == 0
    assert catalog.jobs.generations_of(first.id, skip=0, limit=5).total == 2, "what happened stays known"


# --- links ---


def test_every_link_of_a_raster_is_told_with_who_brought_it_and_when(catalog: Catalog) -> None:
    source, one, other = an_id("source"), an_id("vrt one"), an_id("vrt other")
    catalog.lock.link_sources(one, an_id("g1"), [source, an_id("another source")], NOW, number=1)
    catalog.lock.link_sources(one, an_id("g2"), [source], NOW, number=1)
    catalog.lock.link_sources(other, an_id("g3"), [source], NOW, number=1)
    found = catalog.lock.uses_of(source)
    assert {(use.vrt_id, use.generation_id) for use in found} == {
        (one, an_id("g1")),
        (one, an_id("g2")),
        (other, an_id("g3")),
    }
    assert {(use.added_at, use.number) for use in found} == {(NOW, 1)}
    assert catalog.lock.uses_of(an_id("nobody uses it")) == []


def test_generations_that_links_name_are_told_by_their_ids(catalog: Catalog) -> None:
    first = published_vrt(catalog)
    again = claimed(catalog, admission(first)).generation
    other = published_vrt(catalog)
    assert first.published is not None
    assert other.published is not None
    built = {first.published.generation_id: "completed", other.published.generation_id: "completed"}
    uses = [
        Use(first.id, first.published.generation_id, NOW, number=1),
        Use(other.id, other.published.generation_id, NOW, number=1),
        Use(first.id, again.id, NOW, number=again.number),
        Use(an_id("nothing"), an_id("never"), NOW, number=1),
    ]
    assert catalog.jobs.statuses_of(uses) == {**built, again.id: "running"}
    assert catalog.jobs.statuses_of(uses[:2]) == built, "what no link names is not read"
    assert catalog.jobs.statuses_of([]) == {}


def test_a_number_that_another_generation_got_tells_nothing_of_a_refused_one(catalog: Catalog) -> None:
    vrt = published_vrt(catalog)
    refused = Use(vrt.id, an_id("refused"), NOW, number=1)
    assert refused.generation_id not in catalog.jobs.statuses_of([refused])


def test_links_that_tell_no_number_have_all_generations_of_their_vrt_read(catalog: Catalog) -> None:
    first = published_vrt(catalog)
    again = claimed(catalog, admission(first)).generation
    other = published_vrt(catalog)
    assert first.published is not None
    source, link = an_id("source"), catalog.lock.link_sources
    link(first.id, again.id, [source], NOW, number=again.number)
    item = catalog.jobs.table.get(use_key(source, first.id, again.id))
    assert item is not None
    catalog.jobs.table.put_many([{name: value for name, value in item.items() if name != "number"}])
    (use,) = catalog.lock.uses_of(source)
    assert use == Use(first.id, again.id, NOW)
    assert catalog.jobs.statuses_of([use, Use(other.id, an_id("old, too"), NOW)])[again.id] == "running"


# --- edits that have still to be held against others ---


def test_an_edit_is_pending_until_it_holds_and_read_as_it_was_written(catalog: Catalog) -> None:
    seen = stored(catalog, "survey")
    wanted = for_(seen, Visibility.PRIVATE)
    edit = pending_edit(seen, wanted, summary="Before")
    assert catalog.datasets.edit(seen, wanted, EditTerms(pending=edit))
    assert catalog.datasets.pending_edit(seen.id) == edit
    assert catalog.datasets.due_edits(edit.due - timedelta(seconds=1), 10) == []
    assert catalog.datasets.due_edits(edit.due, 10) == [edit]
    assert catalog.datasets.edit_holds(edit)
    assert not catalog.datasets.edit_holds(edit)
    assert (catalog.datasets.pending_edit(seen.id), catalog.datasets.due_edits(edit.due, 10)) == (None, [])


def test_while_an_edit_is_pending_no_other_one_is_and_only_that_one_is_decided_on(catalog: Catalog) -> None:
    seen = stored(catalog)
    wanted, other = for_(seen, Visibility.PUBLIC), for_(seen, Visibility.INTERNAL)
    edit, later = pending_edit(seen, wanted), pending_edit(wanted, other)
    assert catalog.datasets.edit(seen, wanted, EditTerms(pending=edit))
    assert not catalog.datasets.edit(wanted, other, EditTerms(pending=later))
    assert not catalog.datasets.edit(wanted, seen, EditTerms(takes_back=later))
    assert not catalog.datasets.edit_holds(later)
    assert (standing(catalog, seen), catalog.datasets.pending_edit(seen.id)) == (wanted, edit)
    assert catalog.datasets.edit(wanted, seen, EditTerms(takes_back=edit))
    assert (standing(catalog, seen), catalog.datasets.pending_edit(seen.id)) == (seen, None)
