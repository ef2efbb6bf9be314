"""Texts of a header that are no UTF-8, or that no XML can hold: shown with U+FFFD, and woven as GDAL weaves them."""

from __future__ import annotations

import pytest

from rasterloom.adapters.crs_gdal import GdalCrsEquality
from rasterloom.domain.dataset import Member, VrtType
from rasterloom.domain.errors import AssemblyRefusedError
from rasterloom.domain.options import WeaveOptions
from rasterloom.vrt.profile_codec import encode_profile, to_bytes
from tests.integration.gdal.exactness import OPTIONS, oracle, ours
from tests.support.corpus import USER_WKT, at
from tests.support.lab import Lab

PLACE = "QQQQQQ"
"""What a text has where other bytes shall stand, as many of them."""
TEXTS = {
    "Latin-1": (b"H\xf6he\xfcM", "H\N{REPLACEMENT CHARACTER}he\N{REPLACEMENT CHARACTER}M"),
    "half of a character": (b"Hoehe\xc3", "Hoehe\N{REPLACEMENT CHARACTER}"),
    "a surrogate": (b"Hoe\xed\xa0\x80", "Hoe" + 3 * "\N{REPLACEMENT CHARACTER}"),
    "no character": ("Hoe\uffff".encode(), "Hoe\uffff"),
}


def members(lab: Lab, raw: bytes, crs: str = "EPSG:32632") -> list[Member]:
    """Two sources whose every text is this one."""
    found = []
    for x in (0, 640):
        ref = lab.cog(**at(x, crs=crs, descriptions=[PLACE], metadata={PLACE: PLACE, "A": "1"}))
        body = lab.paths[ref.key].read_bytes()
        assert PLACE.encode() in body
        found.append(lab.member(lab.put(body.replace(PLACE.encode(), raw))))
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_is_no_utf8_is_shown_with_replacement_characters(lab: Lab, name: str) -> None:
    raw, shown = TEXTS[name]
    profile = members(lab, raw)[0].profile
    assert profile.bands[0].description == shown
    assert set(profile.bands[0].metadata) == {(shown, shown), ("A", "1")}
    assert to_bytes(encode_profile(profile).document).isascii()
    assert shown.encode().decode() == shown


@pytest.mark.parametrize("vrt_type", VrtType)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_is_no_utf8_is_woven_with_the_bytes_of_the_file(lab: Lab, name: str, vrt_type: VrtType) -> None:
    sources = members(lab, TEXTS[name][0])
    for options in OPTIONS:
        made = ours(lab, sources, vrt_type, options)
        assert made == oracle(sources, vrt_type, options)
        assert isinstance(made, bytes)
        assert TEXTS[name][0] in made


@pytest.mark.parametrize("name", TEXTS)
def test_members_of_a_vrt_that_is_no_xml_are_counted_and_it_is_verified(lab: Lab, name: str) -> None:
    sources = members(lab, TEXTS[name][0])
    assembly = lab.assembler.assemble(sources, VrtType.MOSAIC, WeaveOptions())
    assert assembly.source_filenames == tuple(member.ref.vsi_path for member in sources)
    assert lab.assembler.verify(assembly.document).bands[0].description == TEXTS[name][1]


def test_a_crs_whose_name_is_latin_1_is_the_same_as_itself(lab: Lab) -> None:
    one, other = members(lab, b"Gau\xdf-K", USER_WKT.replace("of our own", PLACE, 1))
    assert one.profile.crs is not None
    assert other.profile.crs is not None
    assert one.profile.crs.name == "Gau\N{REPLACEMENT CHARACTER}-K"
    assert GdalCrsEquality()(one.profile.crs, other.profile.crs)
    made = ours(lab, [one, other], VrtType.MOSAIC, WeaveOptions())
    assert made == oracle([one, other], VrtType.MOSAIC, WeaveOptions())
    assert isinstance(made, bytes)
    assert b'PROJCS["Gau\xdf-K"' in made


def test_a_refusal_that_repeats_latin_1_is_told(lab: Lab) -> None:
    one, _ = members(lab, b"Gau\xdf-1", USER_WKT.replace("of our own", PLACE, 1))
    other = lab.member(lab.cog(**at(640, crs=32633)))
    with pytest.raises(AssemblyRefusedError, match="expected Gau\N{REPLACEMENT CHARACTER}-1, got WGS 84"):
        lab.assembler.assemble([one, other], VrtType.MOSAIC, WeaveOptions())
