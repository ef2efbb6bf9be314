"""Texts of a header of which each file has its own: statistics, times, descriptions.

A text is cut into what it has in common with others, its frame, and the values that are put into it. It is cut only
where it is written in the plainest of ways, so that whoever puts other values into the frame changes nothing but these
values: no value has a character that means anything to XML, and nothing but a value stands where one is taken out.
"""

import re
from typing import Final, NamedTuple

DESCRIPTION: Final = 270
MOMENT: Final = 306
"""Image description, and date and time: TIFF 6.0, section 8."""
ITEMS: Final = 42112
"""GDAL's metadata: XML."""


class Value(NamedTuple):
    """What one file says for itself."""

    band: int
    """Counted from 1; 0 for the file as a whole."""
    name: str
    """Of the item of metadata that GDAL makes of it."""
    value: str


class Text(NamedTuple):
    """A text that is cut."""

    frame: bytes
    """The same for all texts that differ in their values alone."""
    values: tuple[Value, ...]


_PLAIN: Final = {
    # GDAL finds several images in what ImageJ describes, by lines with equals signs.
    DESCRIPTION: ("TIFFTAG_IMAGEDESCRIPTION", re.compile(rb"(?!ImageJ)([A-Za-z0-9][A-Za-z0-9 _.,:/()+-]{3,})\0")),
    MOMENT: ("TIFFTAG_DATETIME", re.compile(rb"([0-9][0-9:T -]{17}[0-9])\0")),
}
_ITEM: Final = re.compile(
    rb'  <Item name="(?P<name>[A-Za-z0-9_.:-]++)"(?: sample="(?P<sample>[0-9]{1,5})")?+'
    rb'(?P<more>(?: (?:role|domain)="[A-Za-z0-9_]*+")*+)>(?P<value>[^<>\0]*+)</Item>\n'
)
_BEGIN: Final = b"<GDALMetadata>\n"
_END: Final = re.compile(rb"</GDALMetadata>\n?\0")
_STATISTICS: Final = b"STATISTICS_"
_NUMBER: Final = re.compile(rb"[-+]?[0-9][0-9.]*+(?:[eE][-+]?[0-9]++)?")
_OF_TAGS: Final = b"TIFFTAG_"


def cut(tag: int, raw: bytes) -> Text | None:
    """Cut the text of one tag; None where it is not written plainly.

    Args:
        tag: One of those above.
        raw: Its bytes, the last one included, which is 0.
    """
    return _items(raw) if tag == ITEMS else _plain(*_PLAIN[tag], raw)


def values_alike(tag: int, one: Text, raw: bytes) -> tuple[Value, ...] | None:
    """The values of a text that is cut as another one was; None where it has not the same frame.

    Args:
        tag: Of both texts.
        one: The other text, cut.
        raw: As `cut` takes it.
    """
    if tag != ITEMS:
        text = cut(tag, raw)
        return text and text.values
    first, *others = one.frame.split(b"\0")
    values, at = list[Value](), len(first)
    if not raw.startswith(first):
        return None
    for (band, name, _), rest in zip(one.values, others, strict=True):
        number = _NUMBER.match(raw, at)
        if number is None or not raw.startswith(rest, number.end()):
            return None
        values.append(Value(band, name, number[0].decode()))
        at = number.end() + len(rest)
    return tuple(values) if raw[at:] == b"\0" else None


def _plain(name: str, form: re.Pattern[bytes], raw: bytes) -> Text | None:
    found = form.fullmatch(raw)
    return Text(b"", (Value(0, name, found[1].decode()),)) if found else None


def _items(raw: bytes) -> Text | None:
    """Values of `STATISTICS_*` of bands, where each item has a line and a name of its own, and none that of a tag."""
    if not raw.startswith(_BEGIN):
        return None
    frame, values, names = [_BEGIN], list[Value](), set[tuple[int, bytes]]()
    at = len(_BEGIN)
    while item := _ITEM.match(raw, at):
        name, sample, more, value = item.group("name", "sample", "more", "value")
        band = 0 if sample is None else int(sample) + 1
        if (band, name.upper()) in names or name.upper().startswith(_OF_TAGS):
            return None
        names.add((band, name.upper()))
        if band and not more and name.startswith(_STATISTICS) and _NUMBER.fullmatch(value):
            values.append(Value(band, name.decode(), value.decode()))
            frame += [raw[at : item.start("value")], b"\0", raw[item.end("value") : item.end()]]
        else:
            frame.append(raw[at : item.end()])
        at = item.end()
    if not _END.fullmatch(raw, at):
        return None
    return Text(b"".join((*frame, raw[at:-1])), tuple(values))
