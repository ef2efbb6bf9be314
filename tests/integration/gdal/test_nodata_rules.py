"""What the rules say of nodata values that a VRT cannot say, or that no pixel can have, is what GDAL makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from osgeo import gdal

from rasterloom.adapters.crs_gdal import GdalCrsEquality
from rasterloom.domain.dataset import Member, VrtType
from rasterloom.domain.findings import Finding
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.rules import Source, Weave, check_sources
from tests.integration.gdal.exactness import oracle, ours
from tests.support.corpus import row
from tests.support.lab import Lab

OF_64_BITS = [
    ("uint64", 2**64 - 1),
    ("uint64", 2**59),
    ("int64", -(2**63)),
    ("int64", 2**53 + 1),
    ("int64", 10**18),
    ("int64", -(10**18) + 64),
    ("int64", -9999),
]
UNUSED = [("uint8", -9999.0), ("uint8", 0.5), ("int16", float("nan")), ("uint8", 255.0), ("float32", float("nan"))]


def found(members: list[Member], options: WeaveOptions) -> list[Finding]:
    sources = [Source(member.source_id, index, member.profile) for index, member in enumerate(members)]
    return list(check_sources(sources, Weave(VrtType.MOSAIC, GdalCrsEquality(), options)))


def read_back(lab: Lab, members: list[Member], options: WeaveOptions) -> int:
    document = ours(lab, members, VrtType.MOSAIC, options)
    assert document == oracle(members, VrtType.MOSAIC, options)
    assert isinstance(document, bytes)
    mosaic = gdal.OpenEx(document.decode(), allowed_drivers=["VRT"])
    return int(mosaic.GetRasterBand(1).GetNoDataValue())


@pytest.mark.parametrize("overridden", [False, True])
@pytest.mark.parametrize(("dtype", "value"), OF_64_BITS)
def test_a_nodata_value_is_warned_of_exactly_where_gdal_reads_another_back(
    lab: Lab, dtype: str, value: int, *, overridden: bool
) -> None:
    members = lab.members(*row(2, dtype=dtype, nodata=0 if overridden else value))
    options = WeaveOptions(nodata_override=value if overridden else None)
    told = read_back(lab, members, options)
    warnings = [each for each in found(members, options) if each.code == "nodata_collision"]
    assert [each.index for each in warnings] == ([] if told == value else [0, 1])
    assert all(f"they say {told}, and" in each.message for each in warnings)


@pytest.mark.parametrize(("dtype", "value"), UNUSED)
def test_a_nodata_value_is_warned_of_exactly_where_gdal_warns_that_no_pixel_can_have_it(
    lab: Lab, dtype: str, value: float
) -> None:
    members = lab.members(*row(2, dtype=dtype, nodata=value))
    with heard() as said:
        gdal.BuildVRT("", [member.ref.vsi_path for member in members])
    codes = {each.code for each in found(members, WeaveOptions())}
    assert ("nodata_not_representable" in codes) is any("cannot represent" in words for words in said)


@contextmanager
def heard() -> Iterator[list[str]]:
    """What GDAL says meanwhile."""
    said: list[str] = []
    gdal.PushErrorHandler(lambda _kind, _number, words: said.append(words))
    try:
        yield said
    finally:
        gdal.PopErrorHandler()
