"""Assembly works from the catalogue: no request where stubs are exact, the catalogued version where they are not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from osgeo import gdal

from rasterloom.adapters.assembler_gdal import source_filenames
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.errors import AssemblyRefusedError, ObjectChangedError, ObjectMissingError
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from tests.integration.gdal.exactness import oracle, ours
from tests.support.corpus import CORPUS, at, row
from tests.support.lab import Lab

FINEST = (VrtType.MOSAIC, WeaveOptions())


def test_no_request_is_made_where_stubs_are_exact(lab: Lab) -> None:
    members = lab.members(*row(3, mask=255, overviews=2, width=600, height=600))
    lab.server.requests.clear()
    assembly = lab.assembler.assemble(members, *FINEST)
    assert assembly.source_filenames == tuple(member.ref.vsi_path for member in members)
    assert lab.server.requests == []


@pytest.mark.parametrize("name", ["masks", "nodata differs", "geographic", "palette and nodata", "mixed resolutions"])
@pytest.mark.parametrize("vrt_type", VrtType)
def test_heads_give_the_bytes_that_stubs_give(lab: Lab, name: str, vrt_type: VrtType) -> None:
    members = lab.members(*CORPUS[name])
    inexact = [replace(member, profile=replace(member.profile, stub_exact=False)) for member in members]
    by_stubs = lab.assembler.assemble(members, vrt_type, WeaveOptions(ResolutionStrategy.AVERAGE))
    lab.server.requests.clear()
    assert lab.assembler.assemble(inexact, vrt_type, WeaveOptions(ResolutionStrategy.AVERAGE)) == by_stubs
    assert sorted(request.path for request in lab.server.requests) == sorted(
        f"/{member.ref.bucket}/{member.ref.key}" for member in members
    )


def test_a_head_of_another_version_or_of_nothing_is_not_used(lab: Lab) -> None:
    changed, gone = (replace(m, profile=replace(m.profile, stub_exact=False)) for m in lab.members(*row(2)))
    lab.put(b"another", changed.ref.key)
    lab.client.delete_object(Bucket=gone.ref.bucket, Key=gone.ref.key)
    with pytest.raises(ObjectChangedError) as change:
        lab.assembler.assemble([changed], *FINEST)
    with pytest.raises(ObjectMissingError) as missing:
        lab.assembler.assemble([gone], *FINEST)
    assert (change.value.uri, change.value.expected) == (changed.ref.uri, changed.etag)
    assert missing.value.uri == gone.ref.uri


def test_a_refusal_is_in_the_words_of_gdal(lab: Lab) -> None:
    members = lab.members(at(0), at(640, crs=32633))
    with pytest.raises(AssemblyRefusedError, match="heterogeneous projection: expected WGS 84 / UTM zone 32N"):
        lab.assembler.assemble(members, *FINEST)


def test_hostile_keys_come_back_as_the_same_filenames(lab: Lab) -> None:
    keys = ["a&b<c>\"'.tif", "%2F%41.tif", " lead.tif", "trail.tif ", "日本 é\u0301.tif", "q?x=1#y*+.tif", "x" * 1000]
    members = [lab.member(lab.cog(key=key, **at(640.0 * n))) for n, key in enumerate(keys)]
    assembly = lab.assembler.assemble(members, *FINEST)
    assert assembly.source_filenames == tuple(member.ref.vsi_path for member in members)
    for member in members:
        document = lab.assembler.assemble([member], *FINEST).document
        lab.server.requests.clear()
        lab.assembler.verify(document)
        assert lab.server.requests, member.ref


def test_duplicates_are_told_once_and_in_order() -> None:
    names = "".join(f"<SourceFilename>{name}</SourceFilename>" for name in ("b", "a", "b", "a&amp;b"))
    assert source_filenames(f"<VRTDataset>{names}</VRTDataset>".encode()) == ("b", "a", "a&b")


def test_nothing_stays_in_memory_files(lab: Lab) -> None:
    inexact = [replace(m, profile=replace(m.profile, stub_exact=False)) for m in lab.members(*row(2))]
    document = lab.assembler.assemble(inexact, *FINEST).document
    lab.assembler.verify(document)
    lab.assembler.quicklooks(document, (64,))
    assert gdal.ReadDirRecursive("/vsimem/") is None


def test_a_nan_is_woven_with_the_sign_that_it_has(lab: Lab) -> None:
    """Heights that an infinite scale is said of have an offset of -nan: 0 - 0 * inf (GeoTIFF 1.1, ModelPixelScale)."""
    members = lab.members(*row(2, crs="EPSG:32632+5773", scale=float("inf")))
    made = ours(lab, members, VrtType.BAND_STACK, WeaveOptions())
    assert made == oracle(members, VrtType.BAND_STACK, WeaveOptions())
    assert isinstance(made, bytes)
    assert made.count(b"<Offset>-nan</Offset>") == 2
