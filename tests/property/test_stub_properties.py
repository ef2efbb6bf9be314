"""Whatever a header said, its stub opens, and GDAL reports back the same values."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import osr

from rasterloom.adapters.gdal_environment import configure, open_vrt, quiet
from rasterloom.adapters.gdal_profile import read_profile
from rasterloom.domain.raster import Band, Crs, GeoTransform, MaskKind, RasterProfile
from rasterloom.vrt.stub import stub_document
from tests.support.corpus import TOWGS84, USER_WKT

configure()

TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
KEYS = TEXT.filter(lambda key: key and "=" not in key and ":" not in key and key == key.strip())
METADATA = st.lists(st.tuples(KEYS, TEXT.filter(bool)), max_size=4, unique_by=lambda item: item[0].upper()).map(tuple)
BYTES = st.integers(0, 255)
INTEGERS = {"Int64": st.integers(-(2**63), 2**63 - 1), "UInt64": st.integers(0, 2**64 - 1)}
SMALL = {
    "Byte": (0, 255),
    "Int8": (-128, 127),
    "UInt16": (0, 65535),
    "Int16": (-32768, 32767),
    "UInt32": (0, 2**32 - 1),
    "Int32": (-(2**31), 2**31 - 1),
}
SIZES = st.integers(1, 5000)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def nodata_of(dtype: str) -> st.SearchStrategy[float | int | None]:
    """Nodata values that a GeoTIFF of this type can report."""
    if dtype in INTEGERS:
        return st.none() | INTEGERS[dtype]
    if dtype in SMALL:
        return st.none() | st.integers(*SMALL[dtype]).map(float)
    if dtype in {"Float32", "CFloat32"}:
        return st.none() | st.floats(width=32)
    return st.none() | st.floats()


@st.composite
def bands(draw: st.DrawFn) -> Band:
    """A band as `read_band` would give it."""
    dtype = draw(st.sampled_from([*INTEGERS, *SMALL, "Float32", "Float64", "CFloat32"]))
    table = draw(st.none() | st.lists(st.tuples(BYTES, BYTES, BYTES, BYTES), min_size=1, max_size=5).map(tuple))
    return Band(
        dtype=dtype,
        block_width=draw(st.sampled_from([32, 128, 512])),
        block_height=draw(st.sampled_from([32, 128, 512])),
        nodata=draw(nodata_of(dtype)),
        color_interpretation="Palette" if table else draw(st.sampled_from(["Gray", "Red", "NIR", "Undefined"])),
        color_table=table,
        scale=draw(st.none() | FINITE.filter(lambda value: value != 1)),
        offset=draw(st.none() | FINITE.filter(bool)),
        unit=draw(TEXT),
        description=draw(TEXT),
        metadata=draw(METADATA),
    )


TRANSFORMS = st.tuples(*[FINITE] * 6).map(lambda numbers: GeoTransform(*numbers))


def crs(text: str) -> Crs:
    """A CRS as a file would give it."""
    reference = osr.SpatialReference()
    reference.SetFromUserInput(text)
    return Crs(reference.ExportToWkt(["FORMAT=WKT1_GDAL"]), reference.GetName())


TEXTS = [
    TOWGS84,
    USER_WKT,
    *(f"EPSG:{code}" for code in (4326, 4258, 3857, 32632, 31467, 2193, 27700, 3035, 5070, 3413)),
]
CRSS = st.none() | st.sampled_from([crs(text) for text in TEXTS])


def masked(band: Band, *, per_dataset: bool) -> Band:
    """The kind of mask that follows from a band and its dataset."""
    kind = MaskKind.ALL_VALID if band.nodata is None else MaskKind.NODATA
    return replace(band, mask=MaskKind.PER_DATASET if per_dataset else kind)


@st.composite
def profiles(draw: st.DrawFn) -> RasterProfile:
    """A profile as `read_profile` would give it."""
    width, height = draw(SIZES), draw(SIZES)
    per_dataset = draw(st.booleans())
    metadata = draw(METADATA.filter(lambda items: all(key.upper() != "AREA_OR_POINT" for key, _value in items)))
    return RasterProfile(
        width=width,
        height=height,
        bands=tuple(masked(band, per_dataset=per_dataset) for band in draw(st.lists(bands(), min_size=1, max_size=3))),
        crs=draw(CRSS),
        geotransform=draw(st.none() | TRANSFORMS),
        metadata=metadata,
        overviews=tuple(draw(st.lists(st.tuples(SIZES, SIZES), max_size=4))),
    )


def comparable(profile: RasterProfile) -> str:
    """Text of what a stub holds: NaN is itself, a nodata of 32 bits is what 32 bits can hold, GDAL sorts metadata."""
    items = tuple(sorted(profile.metadata))
    return repr(replace(profile, crs=None, lonlat_bounds=None, metadata=items, bands=())) + "".join(
        repr(replace(band, nodata=as_stored(band), metadata=tuple(sorted(band.metadata)))) for band in profile.bands
    )


def as_stored(band: Band) -> Any:
    """A band's nodata in its own type."""
    if band.dtype in {"Float32", "CFloat32"} and band.nodata is not None:
        return struct.unpack("f", struct.pack("f", band.nodata))[0]
    return band.nodata


@given(profiles())
@settings(max_examples=200, deadline=None)
def test_gdal_reads_from_a_stub_what_the_profile_says(profile: RasterProfile) -> None:
    with quiet():
        read = read_profile(open_vrt(stub_document(profile)), tiled=profile.tiled)
    assert comparable(read) == comparable(profile)
    assert (read.crs is None) == (profile.crs is None)
    if read.crs is not None and profile.crs is not None:
        assert read.crs.wkt == profile.crs.wkt
