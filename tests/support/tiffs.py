"""Headers of TIFFs, byte for byte as a test wants them: directories, and nothing of the pixels that they tell of."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

ASCII, SHORT, LONG, DOUBLE = 2, 3, 4, 12
FORMS = {SHORT: "H", LONG: "I", DOUBLE: "d"}
CORNER = (4e5, 5e6)

type Numbers = Sequence[float]
type Entry = tuple[int, int, Numbers | bytes]

KINDS = [{"big": big, "order": order} for big in (False, True) for order in "<>"]


def tiff(
    *,
    big: bool = False,
    order: str = "<",
    corner: tuple[float, float] = CORNER,
    first: int = 900,
    gap: int = 0,
    tiles: int = 4,
    texts: Sequence[tuple[int, bytes]] = (),
    overview_texts: Sequence[tuple[int, bytes]] = (),
    has_overview: bool = True,
) -> bytes:
    """A tiled image and perhaps its overview, each directory followed by what it points to.

    Args:
        big: Whether it is a BigTIFF.
        order: Of bytes, as `struct` spells it.
        corner: What its tie point says.
        first: Where the first of the tiles begins; each has 100 bytes, and the next one follows.
        gap: Bytes before the first directory.
        tiles: How many the image has, and its overview.
        texts: Tag and bytes of each text of the image.
        overview_texts: The same of its overview.
        has_overview: Whether it has one.
    """
    kind: list[Entry] = [(256, SHORT, [64]), (257, SHORT, [32]), (322, SHORT, [16])]
    sizes: Entry = (325, LONG, [100] * tiles)
    room = 100 * tiles
    image: list[Entry] = [(254, LONG, [0]), *kind, (324, LONG, [*range(first, first + room, 100)]), sizes]
    image += [(33550, DOUBLE, [1, 1, 0]), (33922, DOUBLE, [0, 0, 0, *corner, 0])]
    image += [(tag, ASCII, text) for tag, text in texts]
    overview = [(254, LONG, [1]), *kind, (324, LONG, [*range(first + room, first + 2 * room, 100)]), sizes]
    overview += [(tag, ASCII, text) for tag, text in overview_texts]
    images = [sorted(each, key=lambda entry: entry[0]) for each in ([image, overview] if has_overview else [image])]
    data = {"<": b"II", ">": b"MM"}[order]
    data += struct.pack(order + "HHHQ", 43, 8, 0, 16 + gap) if big else struct.pack(order + "HI", 42, 8 + gap)
    data += bytes(gap)
    for entries in images:
        data += directory(entries, len(data), big=big, order=order, is_last=entries is images[-1])
    return data


def directory(entries: Sequence[Entry], at: int, *, big: bool, order: str, is_last: bool) -> bytes:
    """A directory that begins at a byte of the file, and what it points to."""
    count, pointer, room = ("Q", "Q", 8) if big else ("H", "I", 4)
    end = at + struct.calcsize(order + count) + len(entries) * (4 + 2 * room) + room
    listed, values = struct.pack(order + count, len(entries)), b""
    for tag, form, given in entries:
        packed = given if isinstance(given, bytes) else struct.pack(f"{order}{len(given)}{FORMS[form]}", *given)
        listed += struct.pack(order + "HH" + pointer, tag, form, len(given))
        if len(packed) > room:
            listed += struct.pack(order + pointer, end + len(values))
            values += packed
        else:
            listed += packed.ljust(room, b"\0")
    after = 0 if is_last else end + len(values)
    return listed + struct.pack(order + pointer, after) + values


def pointers(data: bytes, *, big: bool, order: str) -> Iterator[int]:
    """Where each number stands that may be a pointer: of each entry of the directories of `tiff`, and of their ends."""
    count, pointer, room = ("Q", "Q", 8) if big else ("H", "I", 4)
    (at,) = struct.unpack_from(order + pointer, data, 8 if big else 4)
    while at:
        (entries,) = struct.unpack_from(order + count, data, at)
        at += struct.calcsize(order + count)
        yield from range(at + 4 + room, at + entries * (4 + 2 * room), 4 + 2 * room)
        at += entries * (4 + 2 * room)
        yield at
        (at,) = struct.unpack_from(order + pointer, data, at)
