"""Which sources a generation has, asked for without reading all of them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.vrt.membership import HEAD_BYTES, encode_membership, holds, place_of


def asked(body: bytes, source_id: str) -> bool:
    place = place_of(body[:HEAD_BYTES], source_id)
    return holds(body[place.start : place.stop], source_id)


@given(st.sets(st.uuids()), st.uuids())
def test_a_file_knows_its_ids_and_no_other(ids: set[UUID], other: UUID) -> None:
    body = encode_membership(map(str, ids))
    assert all(asked(body, str(each)) for each in ids)
    assert asked(body, str(other)) is (other in ids)


@given(st.integers(0, 255), st.lists(st.integers(0, 2**32), unique=True))
def test_ids_that_begin_alike_are_told_apart(first: int, rest: list[int]) -> None:
    ids = [UUID(int=(first << 120) + each) for each in rest]
    body = encode_membership(map(str, ids))
    assert all(asked(body, str(each)) for each in ids)
    assert not asked(body, str(UUID(int=(first << 120) + 2**32 + 1)))


def test_the_order_of_the_sources_makes_no_other_file() -> None:
    ids = [str(UUID(int=number * 2**118 + 1)) for number in range(900)]
    assert encode_membership(ids) == encode_membership(reversed(ids))


def test_all_of_a_small_generation_lies_in_the_first_read() -> None:
    assert len(encode_membership(str(UUID(int=number)) for number in range(959))) <= HEAD_BYTES


def test_what_is_no_such_file_is_refused() -> None:
    with pytest.raises(ValueError, match="a file of members begins with"):
        place_of(bytes(HEAD_BYTES), str(UUID(int=1)))
