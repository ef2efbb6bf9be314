"""Members in parts: what is unchanged is copied, and what was published before is read as it was."""

import gzip
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import batched, chain
from typing import Any

import pytest

from rasterloom.domain.dataset import Member
from rasterloom.domain.errors import UnknownMessageError
from rasterloom.domain.members import as_member
from rasterloom.services import staging
from rasterloom.services.staging import is_member, parted, put_members, read_members_at, read_parts, read_some
from rasterloom.vrt.members import Part, encode_members, pack_part, unpack_part
from rasterloom.vrt.profile_codec import encode_crs, encode_profile
from tests.support.factories import an_id, published, raster
from tests.support.fakes import MemoryObjects

PART = 4
PUBLISHED = published(an_id("vrt"), an_id("generation"), "attempt")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of `PART` members."""
    monkeypatch.setattr(staging, "PART_SIZE", PART)


def members(count: int) -> list[Member]:
    return [as_member(raster(), an_id("generation")) for _ in range(count)]


def base_of(found: list[Member]) -> list[Part]:
    return list(parted(found, ()))


def lengths(parts: list[Part]) -> list[int]:
    return [len(part.members) for part in parts]


def checked(found: list[Member], base: list[Part]) -> tuple[list[int], int]:
    """Lengths of the parts of these members, and how many of the base's were copied."""
    parts = list(parted(found, base))
    assert list(chain.from_iterable(part.members for part in parts)) == found
    assert all(part.packed == pack_part(part.members).packed for part in parts)
    return lengths(parts), sum(any(part is each for each in base) for part in parts)


def test_an_added_member_goes_into_the_last_part_while_that_has_room() -> None:
    found = members(7)
    assert checked([*found[:6], found[6]], base_of(found[:6])) == ([4, 3], 1)
    assert checked([*found[:4], found[6]], base_of(found[:4])) == ([4, 1], 1)


@pytest.mark.parametrize("gone", range(10))
def test_of_a_removal_only_the_part_that_it_was_in_is_written_again(gone: int) -> None:
    found = members(10)
    left = [*found[:gone], *found[gone + 1 :]]
    expected = [4, 4, 2]
    expected[gone // PART] -= 1
    assert checked(left, base_of(found)) == (expected, 2)


def test_a_part_that_loses_its_only_member_is_gone() -> None:
    found = members(5)
    assert checked(found[:4], base_of(found)) == ([4], 1)
    first_of_one = [pack_part(found[:1]), pack_part(found[1:5])]
    assert checked(found[1:], first_of_one) == ([4], 1)


def test_other_members_share_no_part() -> None:
    found = members(6)
    assert checked(members(6), base_of(found)) == ([4, 2], 0)


def test_parts_come_back_in_order_and_as_they_were_kept() -> None:
    objects, found = MemoryObjects(), members(9)
    put_members(objects, PUBLISHED.prefix, found)
    assert read_members_at(objects, PUBLISHED.prefix) == tuple(found)
    kept = [objects.bodies[f"{PUBLISHED.prefix}members-{number:05d}.json.gz"] for number in range(3)]
    assert [part.packed for part in read_parts(objects, PUBLISHED.prefix)] == kept


def published_before(objects: MemoryObjects, found: list[Member]) -> None:
    """Write members as they were written when every part told how many there are, and nothing stood beside them."""
    for number, part in enumerate(batched(found, PART, strict=False)):
        body = json.dumps(whole_headers(part) | {"schema_version": 1, "total": len(found)}).encode()
        objects.put_new(f"{PUBLISHED.prefix}members-{number:05d}.json.gz", gzip.compress(body), "x/y")


def whole_headers(found: Sequence[Member]) -> dict[str, Any]:
    """A part as it was when each row held a whole header, and only CRSs stood once."""
    encoded = [encode_profile(member.profile) for member in found]
    rows = [
        {
            "id": member.source_id,
            "bucket": member.ref.bucket,
            "key": member.ref.key,
            "etag": member.etag,
            "size": member.size_bytes,
            "linked_by": member.linked_by,
            "header": header.document,
        }
        for member, header in zip(found, encoded, strict=True)
    ]
    crss = {each.crs_sha256: encode_crs(each.crs) for each in encoded if each.crs}
    return {"schema_version": 2, "crs": crss, "members": rows}


def test_a_part_whose_rows_hold_whole_headers_is_read() -> None:
    found = members(3)
    packed = gzip.compress(json.dumps(whole_headers(found)).encode())
    assert unpack_part(packed) == Part(tuple(found), packed)


def test_a_part_of_a_version_to_come_is_refused() -> None:
    with pytest.raises(UnknownMessageError, match="schema version 4"):
        unpack_part(gzip.compress(b'{"schema_version": 4, "crs": {}}'))


def test_a_kind_stands_once_however_its_values_came_to_be_equal() -> None:
    found = members(3)
    apart = [
        replace(each, profile=replace(each.profile, bands=tuple(map(replace, each.profile.bands)))) for each in found
    ]
    document = json.loads(encode_members([*found, *apart]))
    assert (len(document["kinds"]), len(document["members"])) == (1, 6)
    assert unpack_part(pack_part([*found, *apart]).packed).members == (*found, *apart)


@pytest.mark.parametrize("nodata", [0, 0.0, -0.0, math.nan, 2**53 + 1])
def test_members_whose_nodata_differ_in_spelling_keep_theirs(nodata: float) -> None:
    one = members(1)[0]
    bands = [tuple(replace(band, nodata=each) for band in one.profile.bands) for each in (0, nodata)]
    found = [replace(one, profile=replace(one.profile, bands=each)) for each in bands]
    read = [member.profile.bands[0].nodata for member in unpack_part(pack_part(found).packed).members]
    assert list(map(repr, read)) == ["0", repr(nodata)]


def test_a_generation_that_was_published_before_is_read_and_its_parts_are_copied() -> None:
    objects, found = MemoryObjects(), members(10)
    published_before(objects, found)
    parts = list(read_parts(objects, PUBLISHED.prefix))
    assert list(chain.from_iterable(part.members for part in parts)) == found
    (added,) = members(1)
    kept = [*chain.from_iterable(part.members for part in parts), added]
    put_members(objects, "later/", kept, parts)
    assert read_members_at(objects, "later/") == tuple(kept)
    assert objects.bodies["later/members-00000.json.gz"] == parts[0].packed


@pytest.mark.parametrize("places", [range(2), range(3, 5), range(4, 8), range(8, 20), range(10, 12), range(99)])
def test_of_a_page_of_members_only_the_parts_that_it_is_in_are_read(places: range) -> None:
    objects, found = MemoryObjects(), members(10)
    put_members(objects, PUBLISHED.prefix, found)
    needed = {place // PART for place in places if place < len(found)}
    for number in {0, 1, 2} - needed:
        del objects.bodies[f"{PUBLISHED.prefix}members-{number:05d}.json.gz"]
    assert read_some(objects, PUBLISHED, places) == list(enumerate(found))[places.start : places.stop]


def test_a_page_of_what_was_published_before_is_read_as_well() -> None:
    objects, found = MemoryObjects(), members(10)
    published_before(objects, found)
    assert read_some(objects, PUBLISHED, range(3, 6)) == list(enumerate(found))[3:6]
    assert read_some(objects, None, range(3, 6)) == ()


def test_membership_of_what_was_published_before_is_told_by_its_members() -> None:
    objects, found = MemoryObjects(), members(5)
    published_before(objects, found)
    assert is_member(objects, PUBLISHED, found[4].source_id)
    assert not is_member(objects, PUBLISHED, raster().id)


@pytest.mark.parametrize(("count", "reads"), [(10, 1), (959, 1), (5000, 2)])
def test_membership_takes_two_small_reads_however_many_members_there_are(count: int, reads: int) -> None:
    objects, template = MemoryObjects(), members(1)[0]
    ids = [an_id(str(number)) for number in range(count)]
    put_members(objects, PUBLISHED.prefix, [Member(each, *_rest(template)) for each in ids])
    assert is_member(objects, PUBLISHED, ids[count // 2])
    assert len(objects.part_reads) == reads
    assert sum(objects.part_reads) < 17_500
    assert not is_member(objects, PUBLISHED, raster().id)


def _rest(template: Member) -> tuple:  # type: ignore[type-arg]
    return template.ref, template.etag, template.size_bytes, template.profile, template.linked_by
