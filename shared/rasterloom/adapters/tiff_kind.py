"""What a header says, wherever its parts lie: the same for headers that differ in what each file has of its own.

That is where its corner lies and how large a pixel is, the lists of tiles, and the values of some texts. A text that is
longer in one file than in another moves all that comes after it, so pointers are not compared: each part stands in the
order in which the directories name it. Only headers have a kind whose tags say the same wherever their values lie.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rasterloom.adapters.tiff_extent import SIZES, TILE_ARRAYS, Extent, Layout, first_directory
from rasterloom.adapters.tiff_texts import DESCRIPTION, ITEMS, MOMENT, Text, Value, cut

MAX_PREFACE: Final = 300
"""Bytes before the first directory; of GDAL's files they hold its note about the layout."""
_MOVABLE: Final = frozenset(
    {
        *(*range(254, 260), 262, 266, *range(269, 275), *range(277, 285), 296, 305, 306, *range(315, 318), 320),
        *(*range(322, 326), 338, 339, 340, 341, 347),
        *(33550, 33922, 34735, 34736, 34737),
        *(42112, 42113, 50674, 50844),
    }
)
"""Tags whose values are numbers, texts and tables, and never places in the file, such as that of EXIF's directory: of
TIFF 6.0; of GeoTIFF; GDAL's metadata and nodata, parameters of LERC, coefficients of a sensor's model."""
_COMPRESSION: Final = 259
_COMPRESSIONS: Final = frozenset({1, 5, 7, 8, 32773, 32946, 34887, 34925, 50000, 50001})
"""Those that need nothing but tags to be opened."""
_PHOTOMETRIC: Final = 262
_YCBCR: Final = 6
"""libtiff looks at the first tile of such an image if its directory does not say how it is subsampled."""
_SHORT: Final = 3
_ASCII: Final = 2
_OPENING: Final = frozenset({_COMPRESSION, _PHOTOMETRIC})
_OWN: Final = frozenset({DESCRIPTION, MOMENT, ITEMS})
_POINTER: Final = b"\1"
"""Stands in the place of each byte of a pointer that points to something."""


class Kind(NamedTuple):
    """What a header has in common with others, and what it has of its own."""

    digest: bytes
    """The same for all headers of this kind."""
    values: tuple[Value, ...]
    """Of texts; names and bands are the same for all headers of this kind, in this order."""
    texts: Mapping[int, Text]
    """Those that are cut, by tag."""


class _Told(NamedTuple):
    """A text of the first directory: where its length stands and where it lies."""

    tag: int
    length: tuple[int, int]
    part: tuple[int, int]


@dataclass(slots=True)
class _Form:
    """A header in the making: what is a file's own is blanked, and parts stand in the order of their directories."""

    data: bytes
    read: bytearray
    first: int
    """Byte where the first directory begins."""
    parts: list[tuple[int, int]] = field(default_factory=list)
    told: list[_Told] = field(default_factory=list)

    def blank(self, start: int, end: int, by: bytes = b"\0") -> None:
        self.read[start:end] = by * (end - start)


def kind(data: bytes, extent: Extent) -> Kind | None:
    """The kind of a header that lies in these bytes; None where it has none.

    Args:
        data: A file's first bytes.
        extent: As `header_extent` finds it in them.
    """
    layout, first = first_directory(data)
    if extent.corner is None or extent.end > len(data) or first > MAX_PREFACE:
        return None
    form = _Form(data, bytearray(data[: extent.end]), first, [(0, first)])
    for start, end in extent.corner.spans:
        form.blank(start, end)
    if not all(_walked(form, layout, directory.offset) for directory in extent.directories):
        return None
    if len({each.tag for each in form.told}) < len(form.told):
        return None
    return _finished(form)


def _finished(form: _Form) -> Kind:
    """Digest all parts; texts that can be cut are represented by their frames."""
    texts = _cut(form)
    for each in form.told:
        if each.tag in texts:
            form.blank(*each.length)
            form.parts.remove(each.part)
    frames = [(tag, text.frame) for tag, text in texts.items()]
    common = hashlib.sha256(repr(frames).encode())
    for start, end in form.parts:
        common.update(form.read[start:end])
    return Kind(common.digest(), tuple(value for text in texts.values() for value in text.values), texts)


def _walked(form: _Form, layout: Layout, offset: int) -> bool:
    """Blank a directory's pointers and lists, and add its parts to those before; whether it may belong to a kind."""
    (entries,) = layout.unpack(layout.count, form.data, offset)
    step, inline = layout.size(layout.entry), layout.size(layout.pointer)
    start = offset + layout.size(layout.count)
    end = start + entries * step
    if offset < form.first:
        return False
    form.parts.append((offset, end + inline))
    at = start + step - inline
    for tag, type_, count, pointer in struct.iter_unpack(layout.order + layout.entry, form.data[start:end]):
        if tag not in _MOVABLE or type_ not in SIZES:
            return False
        length = SIZES[type_] * count
        is_outside = length > inline
        if is_outside or tag in TILE_ARRAYS:
            form.blank(at, at + inline, _POINTER)
        if is_outside and tag not in TILE_ARRAYS:
            if pointer < form.first:
                return False
            form.parts.append((pointer, pointer + length))
        if tag in _OWN and offset == form.first:
            is_text = is_outside and type_ == _ASCII
            form.told.append(_Told(tag, (at - inline, at), form.parts[-1] if is_text else (at, at)))
        if tag in _OPENING and not _is_opened_by_tags(layout, form.data, tag, type_, at):
            return False
        at += step
    if any(form.data[end : end + inline]):
        form.blank(end, end + inline, _POINTER)
    return True


def _is_opened_by_tags(layout: Layout, data: bytes, tag: int, type_: int, at: int) -> bool:
    if type_ != _SHORT:
        return False
    (number,) = layout.unpack("H", data, at)
    return number in _COMPRESSIONS if tag == _COMPRESSION else number != _YCBCR


def _cut(form: _Form) -> dict[int, Text]:
    """Texts that can be cut, by tag. Where GDAL's metadata cannot, it might have items that are named as tags."""
    found = {each.tag: cut(each.tag, form.data[slice(*each.part)]) for each in form.told}
    texts = {tag: text for tag, text in found.items() if text is not None}
    return texts if ITEMS in texts or ITEMS not in found else {}
