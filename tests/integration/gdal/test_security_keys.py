"""Keys from registration to the pixels of the built VRT: that object is read, and no other that looks like it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from urllib.parse import quote, unquote

import pytest
from osgeo import gdal

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.errors import ObjectUnreadableError
from rasterloom.domain.objects import MAX_KEY_BYTES, ObjectRef
from rasterloom.domain.options import WeaveOptions
from rasterloom.vrt.relative import relative_document
from tests.integration.gdal.test_objects import FAITHFUL_KEYS, REFUSED_KEYS
from tests.support.lab import Lab

OWN, DECOY = 200, 50
KEYS = [
    *FAITHFUL_KEYS,
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e/a.tif",
    "a&amp;b&lt;c.tif",
    "]]></SourceFilename><SourceFilename>x.tif",
    '"><SourceFilename relativeToVRT="0">x',
    "<!--.tif",
    "&#10;.tif",
    "&x;.tif",
    "a.tif.aux.xml",
    "vsicurl/http:/127.0.0.1/a.tif",
    "\u202e.tif",
    "😀" * (MAX_KEY_BYTES // 4),
]


def looks_like(key: str) -> set[str]:
    """Keys that a reader would open which decodes, normalizes, trims or cuts."""
    others = {
        unquote(key),
        quote(key),
        quote(unquote(key)),
        unicodedata.normalize("NFC", key),
        unicodedata.normalize("NFD", key),
        key.strip(),
        key.strip("\u00a0\u2028"),
        key.partition("?")[0],
        key.partition("#")[0],
        key.replace("\\", "/"),
        key.replace("+", " "),
        key.replace("&amp;", "&").replace("&lt;", "<"),
    }
    refused = set(REFUSED_KEYS)
    return {
        each
        for each in others - {key, ""} - refused
        if len(each.encode()) <= MAX_KEY_BYTES and "//" not in each and ".." not in each.split("/") and each[0] != "/"
    }


@pytest.fixture
def bodies(lab: Lab) -> dict[int, bytes]:
    """A COG of each value."""
    return {value: lab.paths[lab.cog(fill=value).key].read_bytes() for value in (OWN, DECOY)}


def test_every_key_is_registered_woven_verified_and_read_as_that_object(lab: Lab, bodies: dict[int, bytes]) -> None:
    for decoy in {each for key in KEYS for each in looks_like(key)} - set(KEYS):
        lab.put(bodies[DECOY], decoy)
    members = [lab.member(lab.put(bodies[OWN], key)) for key in KEYS]
    assembly = lab.assembler.assemble(members, VrtType.BAND_STACK, WeaveOptions())
    assert list(assembly.source_filenames) == [member.ref.vsi_path for member in members]
    lab.assembler.verify(assembly.document)
    gdal.VSICurlClearCache()
    lab.server.requests.clear()
    stack = gdal.OpenEx(assembly.document.decode(), allowed_drivers=["VRT"])
    for number, key in enumerate(KEYS, start=1):
        assert set(stack.GetRasterBand(number).ReadRaster(0, 0, 8, 8)) == {OWN}, key
    read = {unquote(request.path.split("/", 2)[2]) for request in lab.server.requests}
    assert read == set(KEYS)


def test_every_key_of_the_relative_vrt_names_that_object(lab: Lab, bodies: dict[int, bytes]) -> None:
    members = [lab.member(lab.put(bodies[OWN], key)) for key in KEYS]
    document = lab.assembler.assemble(members, VrtType.BAND_STACK, WeaveOptions()).document
    key = "vrts/d/g/a/source.relative.vrt"
    lab.put(relative_document(document, lab.bucket, key), key)
    stack = gdal.OpenEx(f"/vsis3/{lab.bucket}/{key}", allowed_drivers=["VRT"])
    for number, each in enumerate(KEYS, start=1):
        assert set(stack.GetRasterBand(number).ReadRaster(0, 0, 8, 8)) == {OWN}, each


@pytest.mark.parametrize("key", REFUSED_KEYS)
def test_a_key_that_cannot_be_named_is_refused_by_the_worker_too(lab: Lab, bodies: dict[int, bytes], key: str) -> None:
    member = replace(lab.member(lab.put(bodies[OWN])), ref=ObjectRef(lab.bucket, key))
    lab.server.requests.clear()
    with pytest.raises(ObjectUnreadableError):
        lab.assembler.assemble([member], VrtType.MOSAIC, WeaveOptions())
    assert lab.server.requests == []
