"""Headers with texts and pixel sizes of their own are told without GDAL, and as GDAL tells them, to the last bit."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import gdal

from rasterloom.adapters import kindred
from rasterloom.adapters.gdal_environment import open_gtiff
from rasterloom.adapters.headers import parse_head
from rasterloom.adapters.tiff_extent import header_extent
from rasterloom.domain.errors import ObjectUnreadableError
from tests.support.cogs import make_cog
from tests.support.heads import REF, head

pytestmark = pytest.mark.usefixtures("no_kinds")

ROOM = 1200
"""Characters of the metadata of a file whose metadata is written over."""
ITEMS, DESCRIPTION, MOMENT = 42112, 270, 306


def said(data: bytes) -> str:
    """What is said of a file, as text: NaN is not equal to itself, and 0.0 is equal to -0.0."""
    try:
        return repr(parse_head(REF, head(data)))
    except ObjectUnreadableError as error:
        return repr(error)


def told(data: bytes) -> str:
    """What GDAL itself says."""
    kindred.forget()
    return said(data)


def statistics(seed: int) -> dict[str, str]:
    """As GDAL leaves them after it has computed them; longer for some files than for others."""
    names = ("MAXIMUM", "MEAN", "MINIMUM", "STDDEV", "VALID_PERCENT")
    return {f"STATISTICS_{name}": f"{(seed + 1) ** (place + 1) / 7 - 3:.14g}" for place, name in enumerate(names)}


def own(path: Path, seed: int, **properties: Any) -> bytes:
    """A COG with pixels, statistics, a time, a description and a pixel size of its own."""
    plain = make_cog(path.with_suffix(".plain.tif"), fill=lambda _, rows, columns: rows * (seed + 1) + columns)
    if properties:
        plain = make_cog(path.with_suffix(".plain.tif"), **properties)
    dataset = gdal.GetDriverByName("MEM").CreateCopy("", gdal.Open(str(plain)))
    for number in range(1, dataset.RasterCount + 1):
        for name, value in statistics(seed * 13 + number).items():
            dataset.GetRasterBand(number).SetMetadataItem(name, value)
    dataset.SetMetadataItem("TIFFTAG_DATETIME", f"2026:11:{seed % 28 + 1:02} 10:00:00")
    dataset.SetMetadataItem("TIFFTAG_IMAGEDESCRIPTION", f"tile {'x' * (seed % 3)} of strip {seed}")
    dataset.SetMetadataItem("SURVEY", "of all tiles")
    size = 1 + seed / 7
    dataset.SetGeoTransform((4e5 + seed, size, 0, 5e6 - seed, 0, -size * 1.25))
    with gdal.config_options({"GDAL_PAM_ENABLED": "NO", "GDAL_TIFF_INTERNAL_MASK": "YES"}):
        options = ["COMPRESS=DEFLATE", "BLOCKSIZE=128", "OVERVIEW_COUNT=1"]
        gdal.GetDriverByName("COG").CreateCopy(str(path), dataset, options=options)
    return path.read_bytes()


KINDS: dict[str, dict[str, Any]] = {
    "bytes": {},
    "three bands": {"bands": 3, "color_interp": ("Red", "Green", "Blue")},
    "floats": {"dtype": "float32", "nodata": -9999.0, "scale": 0.5, "offset": 3.0},
    "degrees": {"crs": 4326, "descriptions": ["elevation"]},
    "alpha": {"bands": 2, "color_interp": ("Gray", "Alpha"), "metadata": {"unit": "m", "STATISTICS_x": "seen"}},
    "a palette": {"color_table": [(1, 2, 3, 255), (9, 9, 9, 255)]},
    "no CRS": {"crs": None},
    "a mask": {"mask": lambda _, rows, columns: (rows + columns > 9) * 255},
}


@pytest.mark.parametrize("name", KINDS)
def test_files_with_values_of_their_own_are_told_as_gdal_tells_them(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [own(tmp_path / f"{seed}.tif", seed, **KINDS[name]) for seed in range(5)]
    expected = [told(data) for data in files]
    assert len(set(expected)) == len(files)
    kindred.forget()
    opened = counted(monkeypatch)
    assert [said(data) for data in files] == expected
    assert len(opened) == 1


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that GDAL opens from now on."""
    opened: list[str] = []

    def open_one(path: str) -> object:
        opened.append(path)
        return open_gtiff(path)

    monkeypatch.setattr("rasterloom.adapters.headers.open_gtiff", open_one)
    return opened


@pytest.mark.parametrize("size", [0.0, -1.0, 1e-13, 1e10, float("inf"), float("nan"), -0.0])
def test_a_pixel_size_that_is_none_is_left_to_gdal(tmp_path: Path, size: float) -> None:
    data = own(tmp_path / "it.tif", 1)
    corner = header_extent(data).corner
    assert corner is not None
    start, end = corner.spans[1]
    parse_head(REF, head(data))
    for pair in ((size, 1.0), (1.0, size)):
        changed = data[:start] + struct.pack(corner.form, *pair) + data[end:]
        assert kindred.profile(head(changed)) is None


def entry_at(data: bytes, tag: int) -> int:
    """Where the entry of a tag begins in the first directory of a small little-endian file."""
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    entries = range(at + 2, at + 2 + 12 * count, 12)
    return next(each for each in entries if struct.unpack_from("<H", data, each) == (tag,))


def with_text(data: bytes, tag: int, text: bytes) -> bytes:
    """The same file with another text of a tag, no longer than its own."""
    entry = entry_at(data, tag)
    length, pointer = struct.unpack_from("<II", data, entry + 4)
    assert 4 < len(text) <= length
    changed = data[: entry + 4] + struct.pack("<I", len(text)) + data[entry + 8 :]
    return changed[:pointer] + text + changed[pointer + len(text) :]


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file of two bands with room for texts."""
    path = tmp_path_factory.mktemp("roomy") / "it.tif"
    return own(path, 1, bands=2, metadata={"K": "x" * ROOM})


def item(name: str, value: str, *, more: str = ' sample="0"') -> str:
    """An item as GDAL writes it."""
    return f'  <Item name="{name}"{more}>{value}</Item>\n'


WHERE = [
    *("", ' sample="0"', ' sample="1"', ' sample="2"', ' sample="00"', ' sample="-1"', ' sample="0" domain="0"'),
    *(' sample="0" role="scale"', ' sample="0" role="description"', ' role="x"', ' domain="IMAGE_STRUCTURE"'),
]
NAMES = [
    *("STATISTICS_MEAN", "Statistics_Mean", "STATISTICS_STDDEV", "STATISTICS_", "AREA_OR_POINT", "NODATA_VALUES"),
    *("TIFFTAG_DATETIME", "tifftag_imagedescription", "OFFSET", "INTERNAL_MASK_FLAGS_1", "&#84;IFFTAG_DATETIME"),
]
FRAMES = [
    *("{}", "  <!--\n{}  -->\n", "<![CDATA[{}]]>", "  <Item>\n{}  </Item>\n", '  <Item name="N">{}</Item>\n'),
    *("{}\n", " {}", "{}<", "</GDALMetadata>\n{}"),
]
VALUES = st.one_of(
    st.floats().map(repr),
    st.floats(width=16).map("{:.3g}".format),
    st.sampled_from(["", "1", "-0", "+1e5", "1.2.3", " 7 ", "nan", "1&amp;2", "2", "\n3", "Point", "\u0661", "1 2"]),
)
SLOTS = st.tuples(st.sampled_from(FRAMES), st.sampled_from(NAMES), st.sampled_from(WHERE))
ORDINARY = st.tuples(st.just("{}"), st.sampled_from(NAMES[:3]), st.sampled_from(WHERE[:4]))
TEXTS = st.lists(st.one_of(ORDINARY, ORDINARY, SLOTS), max_size=4)
MOMENTS = st.sampled_from(
    [b"2026:11:28 10:00:00\0", b"2026-11-28T10:00:01\0", b"1:1:1 1:1:1\0", b"2026:11:28 10\0:00:00"]
)
WORDS = st.sampled_from(
    [
        b"tile one\0",
        b"tile 2\0",
        b"ImageJ=1\nimages=2\0",
        b"ImageJ 1.5\0",
        b"tile\0one\0",
        b" tile\0",
        b"tile 1",
        b"\0" * 8,
    ]
)


def metadata(slots: Sequence[tuple[str, str, str]], values: Sequence[str]) -> bytes:
    """GDAL's metadata with these values in these slots."""
    pairs = zip(slots, values, strict=True)
    lines = (frame.format(item(name, value, more=where)) for (frame, name, where), value in pairs)
    return f"<GDALMetadata>\n{''.join(lines)}</GDALMetadata>\n\0".encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_texts_say_a_header_like_another_one_is_told_as_gdal_tells_it(
    roomy: bytes, data: st.DataObject
) -> None:
    slots = data.draw(TEXTS)
    several = st.lists(VALUES, min_size=len(slots), max_size=len(slots))
    files = []
    for _ in range(2):
        file = with_text(roomy, ITEMS, metadata(slots, data.draw(several)))
        file = with_text(file, MOMENT, data.draw(MOMENTS))
        files.append(with_text(file, DESCRIPTION, data.draw(WORDS)))
    first, second = files
    expected = told(second)
    told(first)
    said(first)  # a mould is made of the second header of a kind
    assert said(second) == expected
