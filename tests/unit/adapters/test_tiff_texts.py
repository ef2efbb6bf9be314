"""Which texts are cut into a frame and values, and which are left whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.adapters.tiff_texts import DESCRIPTION, ITEMS, MOMENT, Text, Value, cut


def metadata(*lines: str) -> bytes:
    """As GDAL writes it."""
    return "".join(("<GDALMetadata>\n", *(f"  {line}\n" for line in lines), "</GDALMetadata>\n\0")).encode()


def mean(value: str, more: str = ' sample="0"') -> str:
    """One statistic."""
    return f'<Item name="STATISTICS_MEAN"{more}>{value}</Item>'


SURVEY = '<Item name="SURVEY">of all</Item>'


def test_statistics_are_values_and_the_rest_is_the_frame() -> None:
    one, other = (cut(ITEMS, metadata(SURVEY, mean(value), mean("3", ' sample="1"'))) for value in ("1.5", "-2e+30"))
    assert one is not None
    assert other is not None
    assert one.frame == other.frame
    assert one.values == (Value(1, "STATISTICS_MEAN", "1.5"), Value(2, "STATISTICS_MEAN", "3"))
    assert other.values[0].value == "-2e+30"


@pytest.mark.parametrize(
    "line",
    [
        mean("1", ""),
        mean("1", ' sample="0" role="scale"'),
        mean("1", ' sample="0" domain="0"'),
        mean("nan"),
        mean("1&amp;"),
        mean(" 1"),
        mean(""),
        SURVEY,
    ],
)
def test_what_is_no_plain_statistic_of_a_band_belongs_to_the_frame(line: str) -> None:
    text = cut(ITEMS, metadata(line))
    assert text == Text(metadata(line)[:-1], ())


@pytest.mark.parametrize(
    "raw",
    [
        metadata(mean("1"), mean("2")),
        metadata(mean("1"), mean("2").replace("STATISTICS", "Statistics")),
        metadata(mean("1"), mean("2", ' sample="00"')),
        metadata(f"<!-- {mean('1')} -->"),
        metadata("<Item>", mean("1"), "</Item>"),
        metadata(f"<![CDATA[{mean('1')}]]>"),
        metadata(mean("1"), '<Item name="TIFFTAG_DATETIME">x</Item>'),
        metadata(mean("1"), '<Item name="&#84;IFFTAG_DATETIME">x</Item>'),
        metadata(mean("1"))[:-1],
        metadata(mean("1")) + b"\0",
        metadata(mean("1")).replace(b"\n</", b"\0\n</"),
        metadata(mean("1")).replace(b"</GDAL", b"</OTHER"),
        b"\0",
        b"",
    ],
)
def test_metadata_that_is_written_in_another_way_is_left_whole(raw: bytes) -> None:
    assert cut(ITEMS, raw) is None


@pytest.mark.parametrize(
    ("tag", "raw", "value"),
    [
        (MOMENT, b"2026:11:28 10:00:00\0", "2026:11:28 10:00:00"),
        (MOMENT, b"2026-11-28T10:00:00\0", "2026-11-28T10:00:00"),
        (MOMENT, b"2026:11:28 10:00:00", None),
        (MOMENT, b"2026:11:28\0        \0", None),
        (DESCRIPTION, b"tile 7 of strip (9)\0", "tile 7 of strip (9)"),
        (DESCRIPTION, b"ImageJ 1.5\0", None),
        (DESCRIPTION, b"images=2\0", None),
        (DESCRIPTION, b"tile\0seven\0", None),
        (DESCRIPTION, b" tile\0", None),
    ],
)
def test_times_and_plain_descriptions_are_values(tag: int, raw: bytes, value: str | None) -> None:
    name = {MOMENT: "TIFFTAG_DATETIME", DESCRIPTION: "TIFFTAG_IMAGEDESCRIPTION"}[tag]
    assert cut(tag, raw) == (None if value is None else Text(b"", (Value(0, name, value),)))


@given(st.lists(st.from_regex(r"[-+]?[0-9][0-9.]{0,8}(e-?[0-9]{1,2})?", fullmatch=True), min_size=1, max_size=4))
def test_a_frame_with_its_values_is_the_text(values: list[str]) -> None:
    lines = [mean(value, f' sample="{number}"') for number, value in enumerate(values)]
    text = cut(ITEMS, metadata(*lines))
    assert text is not None
    parts = text.frame.split(b"\0")
    told = [value.value.encode() for value in text.values]
    assert b"".join(part + value for part, value in zip(parts, [*told, b"\0"], strict=True)) == metadata(*lines)
