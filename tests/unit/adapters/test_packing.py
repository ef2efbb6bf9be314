"""Documents come back as they were packed, short, and whatever was packed before the vocabulary is read."""

import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.adapters.catalog_dynamodb.items_dataset import raster_item
from rasterloom.adapters.catalog_dynamodb.packing import VOCABULARY, pack, pack_apart, unpack
from rasterloom.adapters.catalog_dynamodb.values import Attribute
from rasterloom.domain.objects import ObjectRef
from rasterloom.vrt.profile_codec import encode_profile
from tests.support.factories import an_id, audience, profile, raster
from tests.support.fakes import MemoryObjects

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
SENTINEL = ObjectRef("sentinel-cogs", "sentinel-s2-l2a-cogs/36/Q/WD/2020/7/S2A_36QWD_20200701_0_L2A/B04.tif")
WRITE_UNIT = 1024


@given(DOCUMENTS)
def test_a_document_comes_back_as_it_was_packed(document: object) -> None:
    assert unpack(pack(document)) == document
    assert unpack(pack_apart(document)) == document


def test_what_lies_on_s3_is_read_by_any_zlib() -> None:
    document = encode_profile(profile()).document
    assert json.loads(zlib.decompress(pack_apart(document))) == unpack(pack(document))


def test_the_vocabulary_is_the_one_that_items_in_tables_were_packed_with() -> None:
    assert zlib.adler32(VOCABULARY) == 3_616_778_154
    assert int.from_bytes(pack({})[2:6]) == zlib.adler32(VOCABULARY)


def test_a_header_takes_less_than_half_of_what_it_takes_without_the_vocabulary() -> None:
    document = encode_profile(profile()).document
    assert 2 * len(pack(document)) < len(pack_apart(document))


def test_an_item_of_a_satellite_s_band_with_a_user_s_id_is_one_write_unit() -> None:
    owner = audience(an_id("somebody"))
    band = replace(raster(audience=owner), ref=SENTINEL, title="S2A_36QWD_20200701_0_L2A B04")
    item = raster_item(band, MemoryObjects())
    assert sum(len(name) + _bytes(value) for name, value in item.items()) < 0.9 * WRITE_UNIT


@pytest.mark.parametrize("packed", [pack({"a": 1})[:-1], pack_apart([1, 2])[:-1], b"", b"{}"])
def test_what_is_not_whole_is_no_document(packed: bytes) -> None:
    with pytest.raises(zlib.error):
        unpack(packed)


def test_what_was_packed_with_another_vocabulary_is_no_document() -> None:
    packer = zlib.compressobj(zdict=b'"another vocabulary"')
    packed = packer.compress(b'{"another vocabulary":1}') + packer.flush()
    with pytest.raises(zlib.error):
        unpack(packed)


def _bytes(value: Attribute) -> int:
    """As DynamoDB counts strings and bytes; numbers and empty lists take no more than what they are written as."""
    ((kind, content),) = value.items()
    return len(content) if kind == "B" else len(str(content).encode())
