"""Members of a generation: what follows from what, and the accounting of them."""

from dataclasses import replace

import pytest

from rasterloom.domain.errors import MembersDifferError, SourceNotLinkedError, SourcesUnusableError
from rasterloom.domain.generation import Change, ChangeKind
from rasterloom.domain.members import (
    Base,
    StagedSource,
    as_member,
    brought_by,
    link_of,
    members_after,
    released_by,
    require_as_validated,
    require_members,
)
from tests.support.factories import raster

RASTERS = [raster() for _ in range(4)]
MEMBERS = [as_member(each, "base") for each in RASTERS]
LINKS = tuple(map(link_of, MEMBERS))


def test_a_replace_has_exactly_the_staged_sources_in_their_order_and_links_them_all() -> None:
    change = Change(ChangeKind.REPLACE, staged_key="staging/x")
    staged = [StagedSource("b", '"2"'), StagedSource("a", '"1"')]
    assert brought_by(change, staged, MEMBERS) == tuple(staged)
    assert members_after(change, Base(MEMBERS[:2]), MEMBERS[2:]) == tuple(MEMBERS[2:])


def test_an_added_source_comes_last_and_is_all_that_the_change_brings() -> None:
    change = Change(ChangeKind.ADD, source_id="new", source_etag='"9"')
    assert brought_by(change, (), MEMBERS) == (StagedSource("new", '"9"'),)
    added = as_member(RASTERS[3], "new")
    assert members_after(change, Base(MEMBERS[:3], MEMBERS[:3]), [added]) == (*MEMBERS[:3], added)


def test_a_removal_keeps_the_order_of_the_others_and_brings_nothing() -> None:
    change = Change(ChangeKind.REMOVE, source_id=RASTERS[1].id)
    assert brought_by(change, (), MEMBERS) == ()
    assert members_after(change, Base(MEMBERS, MEMBERS), ()) == (MEMBERS[0], MEMBERS[2], MEMBERS[3])


def test_removing_what_is_not_there_is_refused() -> None:
    with pytest.raises(SourceNotLinkedError, match=RASTERS[3].id):
        members_after(Change(ChangeKind.REMOVE, source_id=RASTERS[3].id), Base(MEMBERS[:3], MEMBERS[:3]), ())


def test_a_rebuild_takes_every_header_from_the_catalogue_and_keeps_order_and_links() -> None:
    change = Change(ChangeKind.REBUILD)
    fresh = [replace(each, etag='"fresh"') for each in RASTERS]
    assert brought_by(change, (), LINKS) == tuple(StagedSource(each.id, None) for each in RASTERS)
    assert members_after(change, Base(LINKS), [as_member(each, "new") for each in fresh]) == tuple(
        as_member(each, "base") for each in fresh
    )
    assert require_as_validated([StagedSource(each.id, None) for each in fresh], fresh) == tuple(fresh)


def test_what_is_let_go_of_is_what_no_new_member_holds() -> None:
    kept = MEMBERS[:2]
    relinked = [as_member(each, "new") for each in RASTERS]
    assert released_by(MEMBERS, kept) == LINKS[2:]
    assert released_by(MEMBERS, relinked) == LINKS
    assert released_by(MEMBERS, MEMBERS) == ()


def test_a_raster_that_left_the_catalogue_is_missing_and_one_with_another_etag_has_changed() -> None:
    staged = [
        StagedSource(RASTERS[0].id, RASTERS[0].etag),
        StagedSource(RASTERS[1].id, '"old"'),
        StagedSource("x", '"1"'),
    ]
    with pytest.raises(SourcesUnusableError) as caught:
        require_as_validated(staged, [RASTERS[0], RASTERS[1], None])
    assert [(finding.code, finding.source_id, finding.index) for finding in caught.value.findings] == [
        ("object_changed", RASTERS[1].id, 1),
        ("object_missing", "x", 2),
    ]
    assert all(finding.expected and finding.actual and finding.hint for finding in caught.value.findings)


def test_rasters_as_they_were_validated_pass() -> None:
    staged = [StagedSource(each.id, each.etag) for each in RASTERS]
    assert require_as_validated(staged, RASTERS) == tuple(RASTERS)


PATHS = [member.ref.vsi_path for member in MEMBERS]


def test_a_vrt_with_exactly_its_members_is_accounted_for() -> None:
    require_members(MEMBERS, PATHS)


@pytest.mark.parametrize(
    "written",
    [PATHS[:3], [*PATHS, "/vsis3/other/x.tif"], [PATHS[1], PATHS[0], *PATHS[2:]], []],
    ids=["one missing", "one too many", "another order", "none"],
)
def test_a_partial_mosaic_is_refused(written: list[str]) -> None:
    with pytest.raises(MembersDifferError) as caught:
        require_members(MEMBERS, written)
    missing = sorted(set(PATHS) - set(written))
    assert caught.value.data == {"missing": missing, "unexpected": sorted(set(written) - set(PATHS))}
