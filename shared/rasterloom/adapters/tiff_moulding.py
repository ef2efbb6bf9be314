"""Making a mould of a header whose kind is told; see `tiff_mould`."""

import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from rasterloom.adapters.tiff_extent import SIZES, TILE_ARRAYS, Corner, Extent, Layout, first_directory
from rasterloom.adapters.tiff_mould import TIE_STARTS, Mould, Page, Piece, held
from rasterloom.adapters.tiff_texts import Text


@dataclass(frozen=True, slots=True)
class _Outside:
    """Values of an entry that lie outside of its directory."""

    tag: int
    start: int
    """Byte in the file."""
    length: int
    """Bytes."""
    is_text: bool
    """Whether it is one of those that are cut."""


@dataclass(slots=True)
class _Making:
    """What is collected directory by directory."""

    pages: list[Page] = field(default_factory=list)
    outside: list[_Outside] = field(default_factory=list)
    inside: list[int] = field(default_factory=list)
    """Bytes in the file."""


def mould_of(data: bytes, extent: Extent, texts: Mapping[int, Text]) -> Mould:
    """Make a mould of a header.

    Args:
        data: The first bytes of the file, that hold all of it.
        extent: As `header_extent` finds it in them; it has a corner.
        texts: As `tiff_kind.kind` cuts them.

    Raises:
        ValueError: The extent has no corner.
    """
    if extent.corner is None:
        raise ValueError("a header without a corner has no kind")
    layout, first = first_directory(data)
    making = _Making()
    for directory in extent.directories:
        own = texts if directory.offset == first else ()
        making.pages.append(_page(making, layout, data, directory.offset, own))
    outside = making.outside
    begins = [*(each.start for each in outside), *making.inside]
    places = {start: which for which, start in enumerate(begins)}
    pieces = tuple(_pieces(outside, extent.corner))
    corner = (places[extent.corner.start - TIE_STARTS], places[extent.corner.pixel_start], extent.corner.form)
    return Mould(
        preface=data[:first],
        pages=tuple(making.pages),
        pieces=pieces,
        kept=held(data, pieces, begins),
        texts=tuple((which, each.tag, texts[each.tag]) for which, each in enumerate(outside) if each.is_text),
        read=tuple(which for which, each in enumerate(outside) if each.tag not in TILE_ARRAYS),
        lists={start: places[start] for start, _ in extent.lists},
        corner=corner,
        room=layout.size(layout.pointer),
        extent=extent,
    )


def _page(making: _Making, layout: Layout, data: bytes, offset: int, texts: Collection[int]) -> Page:
    """One directory; its values are added to those of the directories before.

    Args:
        making: What is collected.
        layout: How directories are written.
        data: The first bytes of the file.
        offset: Byte where this directory begins.
        texts: Tags of its texts that are cut.
    """
    (entries,) = layout.unpack(layout.count, data, offset)
    step, room, at = layout.size(layout.entry), layout.size(layout.pointer), layout.size(layout.count)
    length = at + entries * step + room
    page = data[offset : offset + length]
    mask, form, sizes, inside = bytearray(b"\xff" * length), [f"{at}x"], list[int](), list[int]()
    for tag, kind, count, pointer in struct.iter_unpack(layout.order + layout.entry, page[at:-room]):
        at += step
        is_outside, is_text = SIZES[kind] * count > room, tag in texts
        if is_outside:
            sizes.append(SIZES[kind])
            making.outside.append(_Outside(tag, pointer, SIZES[kind] * count, is_text))
        elif tag in TILE_ARRAYS:
            inside.append(at - room)
        if is_outside or tag in TILE_ARRAYS:
            mask[at - room : at] = bytes(room)
        if is_text:
            mask[at - 2 * room : at - room] = bytes(room)
        form.append(f"{step - 2 * room}x2{layout.pointer}" if is_outside else f"{step}x")
    making.inside += [offset + each for each in inside]
    if any(page[-room:]):
        mask[-room:] = bytes(room)
    bits = int.from_bytes(mask)
    moving = struct.Struct("".join((layout.order, *form, layout.pointer)))
    return Page(length, bits, int.from_bytes(page) & bits, moving, tuple(sizes), tuple(inside))


def _pieces(outside: list[_Outside], corner: Corner) -> Iterator[Piece]:
    """What all headers of a kind share of values outside: all but lists of tiles, cut texts, and what a corner is."""
    own = corner.spans
    for which, each in enumerate(outside):
        if each.tag in TILE_ARRAYS or each.is_text:
            continue
        taken = next((span for span in own if each.start <= span[0] < each.start + each.length), None)
        first, last = (each.length, each.length) if taken is None else (span - each.start for span in taken)
        yield from (Piece(which, *part) for part in ((0, first), (last, each.length)) if part[0] < part[1])
