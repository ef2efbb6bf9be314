"""Profiles survive the catalogue exactly."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.domain.raster import Band, Crs, RasterProfile
from rasterloom.vrt.profile_codec import crs_digest, decode_crs, decode_profile, encode_crs, encode_profile, to_bytes
from tests.support.factories import UTM_32N, band, profile

LARGEST = 1.7976931348623157e308


def through_json(value: Any) -> Any:
    return json.loads(to_bytes(value))


def round_trip(original: RasterProfile) -> RasterProfile:
    encoded = encode_profile(original)
    stored = {encoded.crs_sha256: encoded.crs} if encoded.crs and encoded.crs_sha256 else {}
    return decode_profile(through_json(encoded.document), lambda digest: stored[digest])


@given(st.from_type(RasterProfile))
def test_every_profile_comes_back_as_it_went_in(original: RasterProfile) -> None:
    # repr tells nan from None, -0.0 from 0.0 and 1 from 1.0, which == does not.
    assert repr(round_trip(original)) == repr(original)


@pytest.mark.parametrize(
    "nodata",
    [math.nan, math.inf, -math.inf, -0.0, 0, 0.0, LARGEST, -LARGEST, 5e-324, 2**63 - 1, -(2**63), 2**64 - 1, 10**400],
)
def test_nodata_keeps_its_value_and_its_kind(nodata: float) -> None:
    original = profile(bands=(band(nodata=nodata),))
    assert repr(round_trip(original)) == repr(original)


def test_a_lone_surrogate_in_a_description_survives() -> None:
    original = profile(bands=(band(description="caf\udce9"),))
    assert round_trip(original) == original


@given(st.from_type(Crs))
def test_every_crs_comes_back_as_it_went_in(original: Crs) -> None:
    assert decode_crs(through_json(encode_crs(original))) == original


def test_crss_that_differ_in_anything_have_different_digests() -> None:
    variants = [
        UTM_32N,
        Crs(UTM_32N.wkt, UTM_32N.name, None),
        Crs(UTM_32N.wkt, UTM_32N.name, UTM_32N.epsg, (2, 1)),
        Crs(UTM_32N.wkt + " ", UTM_32N.name, UTM_32N.epsg),
    ]
    assert len({crs_digest(crs) for crs in variants}) == len(variants)


def test_a_profile_holds_the_digest_of_its_crs_and_not_its_text() -> None:
    encoded = encode_profile(profile())
    assert encoded.crs == UTM_32N
    assert encoded.document["crs"] == crs_digest(UTM_32N)
    assert b"PROJCS" not in to_bytes(encoded.document)


def test_the_document_is_json_that_any_reader_takes() -> None:
    body = to_bytes(encode_profile(profile(bands=(Band("Float32", 512, 512, nodata=math.nan),))).document)

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    json.loads(body, parse_constant=refuse)


def test_a_document_from_before_layouts_were_looked_at_says_that_nobody_did() -> None:
    document = through_json(encode_profile(profile()).document)
    old = {name: value for name, value in document.items() if name not in {"layout", "side_files"}}
    decoded = decode_profile(old, lambda _digest: UTM_32N)
    assert decoded == profile(layout=None, side_files=())
