"""A header is one request; what is no GeoTIFF, or could hurt, is refused in words that help."""

from __future__ import annotations

import struct
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from rasterloom.adapters.heads import MAX_HEAD_BYTES
from rasterloom.domain.errors import ObjectMissingError, ObjectUnreadableError, UnavailableError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.raster import GeoTransform, MaskKind
from tests.support.cogs import make_cog
from tests.support.corpus import RAINBOW, hole
from tests.support.lab import Lab


def tiff(*entries: tuple[int, int, int, int], next_directory: int = 0, at: int = 8) -> bytes:
    """A little-endian TIFF of one directory with these entries: tag, type, count, value or offset."""
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<2sHI", b"II", 42, at) + directory + struct.pack("<I", next_directory)


def image(width: int, height: int, tile: int = 256, bands: int = 1, **more: int) -> bytes:
    """A TIFF that claims an image of this size and has none of its pixels."""
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (277, 3, 1, bands),
        (284, 3, 1, more.get("planar", 1)),
        (322, 4, 1, tile),
        (323, 4, 1, tile),
        (324, 4, 1, 16),
        (325, 4, 1, 16),
    ]
    return tiff(*entries, next_directory=more.get("next_directory", 0)) + bytes(64)


def described(xml: bytes) -> bytes:
    """A TIFF of a single pixel with this GDAL_METADATA."""
    entries = [(256, 4, 1, 1), (257, 4, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, 1), (279, 4, 1, 1)]
    place = 8 + 2 + 12 * (len(entries) + 1) + 4
    return tiff(*entries, (42112, 2, len(xml) + 1, place)) + xml + b"\0"


def test_a_whole_header_comes_with_one_request_and_its_etag(lab: Lab) -> None:
    ref = lab.cog(width=3000, height=2000, bands=3, mask=255, nodata=None)
    stat = lab.client.head_object(Bucket=ref.bucket, Key=ref.key)
    lab.server.requests.clear()
    header = lab.headers.read(ref)
    asked = [(request.method, request.range) for request in lab.server.requests]
    assert sorted(asked) == [("GET", "bytes=0-16383"), ("HEAD", None), ("HEAD", None)], "and one for each side file"
    assert (header.stat.etag, header.stat.size_bytes) == (stat["ETag"], stat["ContentLength"])
    assert header.profile.overviews[:2] == ((1500, 1000), (750, 500))


def test_a_long_header_is_read_on_once_of_the_same_version(lab: Lab) -> None:
    entries = [(n % 256, n // 256, 0, 255) for n in range(65536)]
    ref = lab.cog(dtype="uint16", color_table=entries, metadata={"K": "x" * 50_000})
    lab.server.requests.clear()
    profile = lab.headers.read(ref).profile
    assert [request.method for request in lab.server.requests].count("GET") == 2
    assert profile.bands[0].color_table is not None
    assert profile.bands[0].color_table[-1] == (255, 255, 0, 255)
    assert profile.bands[0].metadata == (("K", "x" * 50_000),)
    assert profile.stub_exact


def test_every_property_is_read(lab: Lab) -> None:
    header = lab.headers.read(
        lab.cog(
            bands=2,
            dtype="int16",
            nodata=-5,
            scale=(0.5, 1.0),
            offset=(0.0, 2.0),
            color_interp=("Red", "NIR"),
            descriptions=("red", "near infrared"),
            metadata={"B": "2", "A": "1"},
            width=300,
            overviews=1,
        )
    ).profile
    first, second = header.bands
    assert (header.width, header.height, header.overviews) == (300, 48, ((150, 24),))
    assert header.geotransform == GeoTransform(500_000, 10, 0, 5_200_000, 0, -10)
    assert header.crs is not None
    assert (header.crs.name, header.crs.epsg) == ("WGS 84 / UTM zone 32N", 32632)
    assert (header.tiled, header.compression, header.area_or_point) == (True, "DEFLATE", "Area")
    assert (first.dtype, first.block_width, first.nodata, first.mask) == ("Int16", 128, -5, MaskKind.NODATA)
    assert (first.scale, second.scale, first.offset, second.offset) == (0.5, None, None, 2.0)
    assert (second.color_interpretation, second.description) == ("NIR", "near infrared")
    assert first.metadata == (("A", "1"), ("B", "2"))
    west, south, east, north = header.lonlat_bounds or (0, 0, 0, 0)
    assert (west, south, east, north) == pytest.approx((9.0, 46.9492, 9.0394, 46.9535), abs=1e-3)


def test_overviews_that_were_rounded_up_keep_a_stub_exact(lab: Lab, tmp_path: Path) -> None:
    plain, path = make_cog(tmp_path / "a.tif", width=601, height=499, cog=False), tmp_path / "b.tif"
    gdal.Translate(str(path), str(plain), creationOptions=["TILED=YES"])
    dataset = gdal.OpenEx(str(path), gdal.OF_UPDATE)
    dataset.BuildOverviews("NEAREST", [2, 4])
    dataset.Close()
    profile = lab.headers.read(lab.put(path.read_bytes())).profile
    assert profile.overviews == ((301, 250), (151, 125))
    assert profile.stub_exact


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ({}, MaskKind.ALL_VALID),
        ({"nodata": 1}, MaskKind.NODATA),
        ({"mask": hole}, MaskKind.PER_DATASET),
        ({"bands": 2, "color_interp": ("Gray", "Alpha")}, MaskKind.ALPHA),
    ],
)
def test_the_kind_of_mask_is_told(lab: Lab, properties: dict[str, Any], kind: MaskKind) -> None:
    assert lab.headers.read(lab.cog(**properties)).profile.bands[0].mask is kind


def test_what_a_file_lacks_is_none(lab: Lab) -> None:
    profile = lab.headers.read(lab.cog(crs=None, origin=None, cog=False)).profile
    assert (profile.crs, profile.geotransform, profile.lonlat_bounds, profile.tiled) == (None, None, None, False)


@pytest.mark.parametrize(
    ("origin", "width", "crs", "expected"),
    [
        ((170.0, 10.0), 200, 4326, (170.0, 9.52, 172.0, 10.0)),
        ((179.0, 10.0), 200, 4326, (179.0, 9.52, -179.0, 10.0)),
        ((190.0, 10.0), 200, 4326, (-170.0, 9.52, -168.0, 10.0)),
        ((-180.0, 0.24), 36000, 4326, (-180.0, -0.24, 180.0, 0.24)),
    ],
)
def test_extents_in_degrees_know_the_antimeridian(
    lab: Lab, origin: tuple[float, float], width: int, crs: int, expected: tuple[float, ...]
) -> None:
    ref = lab.cog(crs=crs, origin=origin, resolution=(0.01, 0.01), width=width, fill=1)
    assert lab.headers.read(ref).profile.lonlat_bounds == pytest.approx(expected)


@pytest.mark.parametrize("place", [1e10, 1e17, 1e300, float("inf"), float("nan")])
def test_an_extent_that_is_not_on_earth_has_none_in_degrees_and_costs_no_time(lab: Lab, place: float) -> None:
    profile = lab.headers.read(lab.cog(crs=3857, origin=(place, 0.0), resolution=(1e9, 1e9))).profile
    assert profile.lonlat_bounds is None


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "text": (
        b"hello, world, this is no raster at all",
        "begins with the bytes 68 65 6c 6c \\(hell\\), which is no TIFF",
    ),
    "a VRT renamed .tif": (
        b'<VRTDataset rasterXSize="1" rasterYSize="1">',
        r"the bytes 3c 56 52 54 \(<VRT\), which is no TIFF",
    ),
    "a few bytes of a TIFF": (image(10, 10)[:5], "it ends after 5 bytes"),
    "cut inside its directory": (image(10, 10)[:60], "is truncated: its header reaches to byte 146"),
    "cut before its directory": (tiff(at=9_000) + bytes(9), "is truncated"),
    "another magic number": (b"II\x2b\x01" + bytes(40), "magic number is 299"),
    "2^31 columns": (image(2**31, 10), "cannot be read as a GeoTIFF: .*"),
    "2^31 pixels in one tile": (image(65536, 65536, tile=65536), "has tiles of 4294967296 bytes"),
    "a loop of directories": (image(10, 10, next_directory=8), "loop back to byte 8"),
    "60,000 bands": (image(16, 16, tile=16, bands=60_000, planar=2), "cannot be read|has 60000 bands"),
    "a header at the end of a large file": (
        tiff(at=2 * MAX_HEAD_BYTES) + bytes(2 * MAX_HEAD_BYTES + 99),
        "is not a Cloud-Optimized GeoTIFF: its header reaches to byte 2097154",
    ),
    "a value beyond the end": (tiff((256, 4, 1, 9), (42112, 2, 5_000_000, 100)), "is truncated"),
    "30,000 items of metadata": (
        described(b"<GDALMetadata>" + b'<Item name="K">x</Item>' * 30_000 + b"</GDALMetadata>"),
        "has 30000 items of metadata: expected at most 10000",
    ),
    "60,000 entries": (struct.pack("<2sHIH", b"II", 42, 8, 60_000) + bytes(20_000), "claims 60000 entries"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_objects_are_refused_with_clear_words(lab: Lab, name: str) -> None:
    body, words = HOSTILE[name]
    ref = lab.put(body)
    with pytest.raises(ObjectUnreadableError, match=words) as error:
        lab.headers.read(ref)
    assert ref.uri in error.value.message
    assert "/vsimem/" not in error.value.message
    assert gdal.ReadDirRecursive("/vsimem/") is None


def test_many_directories_are_refused(lab: Lab) -> None:
    step, count = 18, 200
    directories = b"".join(struct.pack("<HHHIII", 1, 256, 4, 1, 10, 8 + (number + 1) * step) for number in range(count))
    with pytest.raises(ObjectUnreadableError, match="more than 128 directories"):
        lab.headers.read(lab.put(struct.pack("<2sHI", b"II", 42, 8) + directories + bytes(step)))


def test_a_missing_object_is_missing(lab: Lab) -> None:
    with pytest.raises(ObjectMissingError):
        lab.headers.read(ObjectRef(lab.bucket, "nothing.tif"))


def test_an_object_that_changes_between_two_requests_is_asked_for_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = lab.cog(metadata={"K": "x" * 50_000})
    read = type(lab.heads).part

    def change_after(*arguments: Any) -> Any:
        answer = read(*arguments)
        lab.put(b"another", ref.key)
        return answer

    monkeypatch.setattr(type(lab.heads), "part", change_after)
    with pytest.raises(UnavailableError, match="changed while it was read"):
        lab.headers.read(ref)


def test_a_side_car_file_changes_nothing(lab: Lab) -> None:
    ref = lab.cog(crs=None, origin=None)
    lab.put(b"10\n0\n0\n-10\n500000\n5200000\n", ref.key.removesuffix(".tif") + ".tfw")
    assert lab.headers.read(ref).profile.geotransform is None


def test_colours_survive(lab: Lab) -> None:
    band = lab.headers.read(lab.cog(color_table=RAINBOW)).profile.bands[0]
    assert band.color_interpretation == "Palette"
    assert band.color_table is not None
    assert band.color_table[:4] == tuple(RAINBOW)


def test_big_tiffs_and_other_byte_orders_are_read(lab: Lab, tmp_path: Path) -> None:
    plain = make_cog(tmp_path / "a.tif", fill=np.ones((1, 48, 64)))
    expected = lab.headers.read(lab.put(plain.read_bytes())).profile
    for option in ("BIGTIFF=YES", "ENDIANNESS=BIG"):
        path = tmp_path / f"{option}.tif"
        options = [option, "TILED=YES", "COMPRESS=DEFLATE", "BLOCKXSIZE=128", "BLOCKYSIZE=128"]
        gdal.Translate(str(path), str(plain), creationOptions=options)
        assert lab.headers.read(lab.put(path.read_bytes())).profile == expected


def test_files_beside_the_object_are_found_and_not_read(lab: Lab) -> None:
    ref = lab.cog()
    for suffix in (".ovr", ".msk", ".aux.xml"):
        lab.put(b"anything", ref.key + suffix)
    lab.server.requests.clear()
    profile = lab.headers.read(ref).profile
    assert profile.side_files == (".ovr", ".msk")
    assert profile.bands[0].mask is MaskKind.ALL_VALID
    asked = {(request.method, request.path.rpartition("/")[2].removeprefix(ref.key)) for request in lab.server.requests}
    assert asked == {("GET", ""), ("HEAD", ".ovr"), ("HEAD", ".msk")}


def test_a_long_list_of_tiles_is_read_where_it_begins_and_of_the_same_version(lab: Lab) -> None:
    ref = lab.cog(width=3000, height=3000, block_size=16, fill=1)
    lab.server.requests.clear()
    profile = lab.headers.read(ref).profile
    assert profile.layout == ()
    first, *others = [request.range for request in lab.server.requests if request.method == "GET"]
    assert first == "bytes=0-16383"
    lengths = [int(end) - int(start) + 1 for start, end in (each[6:].split("-") for each in others if each)]
    assert 1 <= len(lengths) <= 1 + len(profile.overviews)
    assert max(lengths) <= 16 * 1024


@pytest.mark.parametrize("xml", [b"<a>" * 300_000, b"<a>" * 99_000 + b"</a>" * 99_000, b"&amp;" * 150_000])
def test_metadata_that_is_built_to_hurt_costs_nothing(lab: Lab, xml: bytes) -> None:
    start = process_time()
    assert lab.headers.read(lab.put(described(xml))).profile.bands[0].metadata == ()
    assert process_time() - start < 5.0


def test_metadata_below_the_limit_is_read_in_time(lab: Lab) -> None:
    items = b"".join(b'<Item name="K%05d">x</Item>' % number for number in range(9_999))
    start = process_time()
    profile = lab.headers.read(lab.put(described(b"<GDALMetadata>" + items + b"</GDALMetadata>"))).profile
    assert len(profile.metadata) >= 9_999
    assert process_time() - start < 10.0


def test_a_pixel_that_is_a_point_is_told_and_placed_as_gdal_places_it(lab: Lab, tmp_path: Path) -> None:
    area, path = make_cog(tmp_path / "a.tif"), tmp_path / "b.tif"
    gdal.Translate(str(path), str(area), format="COG", metadataOptions=["AREA_OR_POINT=Point"])
    one, other = (lab.headers.read(lab.put(each.read_bytes())).profile for each in (area, path))
    assert (one.area_or_point, other.area_or_point) == ("Area", "Point")
    assert one.geotransform == other.geotransform


def test_a_file_without_any_pixel_is_read(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    options = ["SPARSE_OK=YES", "TILED=YES", "BIGTIFF=YES"]
    gdal.GetDriverByName("GTiff").Create(str(path), 100_000, 100_000, 1, gdal.GDT_Byte, options).Close()
    body = path.read_bytes()
    profile = lab.headers.read(lab.put(body)).profile
    assert (profile.width, profile.height, profile.layout) == (100_000, 100_000, ())
