"""Which sources a generation has, as a file of which one question needs a few kilobytes, whatever their number.

Ids are UUIDs, of 16 bytes each, sorted. Before them stands a table: for each first byte, how many ids begin with that
byte or a lower one. UUIDs are random, so an id's neighbours are a 256th of all.
"""

import struct
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from typing import Final
from uuid import UUID

_MAGIC: Final = b"RLM1"
_TABLE: Final = struct.Struct(f"<4s{256}I")
_ID_BYTES: Final = 16

HEAD_BYTES: Final = 16 * 1024
"""What is read first: the table, and all ids of up to 959 sources."""


def encode_membership(source_ids: Iterable[str]) -> bytes:
    """Write the file."""
    ids = sorted(UUID(source_id).bytes for source_id in source_ids)
    counts = Counter(each[0] for each in ids)
    return _TABLE.pack(_MAGIC, *accumulate(counts[first] for first in range(256))) + b"".join(ids)


def place_of(head: bytes, source_id: str) -> range:
    """Which bytes of the file hold the ids that this one would stand among.

    Args:
        head: The first `HEAD_BYTES` of the file, or all of it if it has fewer.
        source_id: The id that is looked for.

    Raises:
        ValueError: This is no such file.
    """
    magic, *ends = _TABLE.unpack_from(head)
    if magic != _MAGIC:
        raise ValueError(f"a file of members begins with {_MAGIC!r}, and this one with {magic!r}")
    first = UUID(source_id).bytes[0]
    start = ends[first - 1] if first else 0
    return range(_TABLE.size + start * _ID_BYTES, _TABLE.size + ends[first] * _ID_BYTES)


def holds(ids: bytes, source_id: str) -> bool:
    """Whether an id stands among these, the bytes that `place_of` named."""
    wanted = UUID(source_id).bytes
    places = range(len(ids) // _ID_BYTES)
    at = bisect_left(places, wanted, key=lambda place: ids[place * _ID_BYTES : (place + 1) * _ID_BYTES])
    return ids[at * _ID_BYTES : (at + 1) * _ID_BYTES] == wanted
