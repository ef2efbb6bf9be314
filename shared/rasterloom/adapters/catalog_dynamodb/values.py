"""Python values as DynamoDB attributes and back.

Moments that DynamoDB compares (`lease_expires_at`, `due`) are integer microseconds since the epoch; `expires_at`, which
its TTL reads, is in seconds; moments that are only shown are ISO 8601 in UTC with microseconds, which sort as text.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from rasterloom.adapters.catalog_dynamodb.packing import pack, pack_apart, unpack
from rasterloom.vrt.profile_codec import Json

type Attribute = Mapping[str, Any]
"""An attribute value in DynamoDB's own notation, such as `{"S": "text"}`."""
type Item = dict[str, Attribute]

INLINE_BYTES: Final = 64 * 1024
"""Longest compressed document that an item holds itself; an item may have 400 KB in all."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Blobs(Protocol):
    """The part of `Objects` that holds what is too long for an item."""

    def get(self, key: str) -> bytes:
        """Read an object of our bucket."""
        ...

    def put_new(self, key: str, body: bytes, content_type: str) -> None:
        """Create an object of our bucket, unless it stands there already."""
        ...


def text(value: str) -> Attribute:
    """A string."""
    return {"S": value}


def number(value: float) -> Attribute:
    """A finite number of at most 38 digits, exactly, spelled as DynamoDB gives it back: without trailing zeros."""
    return {"N": repr(int(value) if value == int(value) else value)}


def micros(moment: datetime) -> Attribute:
    """A moment that DynamoDB compares."""
    return {"N": str((moment - _EPOCH) // _MICROSECOND)}


def read_micros(attribute: Attribute) -> datetime:
    """Read what `micros` made."""
    return _EPOCH + int(attribute["N"]) * _MICROSECOND


def seconds(moment: datetime) -> Attribute:
    """A moment for the TTL, rounded up: nothing expires before its time."""
    return {"N": str(-((_EPOCH - moment) // timedelta(seconds=1)))}


def read_seconds(attribute: Attribute) -> datetime:
    """Read what `seconds` made."""
    return _EPOCH + timedelta(seconds=int(attribute["N"]))


def iso(moment: datetime) -> str:
    """A moment that is shown, or sorts as text: always microseconds, always UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def shown(moment: datetime | None) -> str | None:
    """A moment that is shown, if there is one."""
    return None if moment is None else iso(moment)


def read_iso(value: str) -> datetime:
    """Read what `iso` made."""
    return datetime.fromisoformat(value)


def of(item: Mapping[str, Attribute], name: str) -> str | None:
    """A string attribute, None where there is none."""
    attribute = item.get(name)
    return None if attribute is None else attribute["S"]


def moment_of(item: Mapping[str, Attribute], name: str) -> datetime | None:
    """An attribute that is shown as a moment, None where there is none."""
    value = of(item, name)
    return None if value is None else read_iso(value)


def micros_of(item: Mapping[str, Attribute], name: str) -> datetime | None:
    """An attribute that DynamoDB compares as a moment, None where there is none."""
    attribute = item.get(name)
    return None if attribute is None else read_micros(attribute)


def texts(values: Mapping[str, str | None]) -> Item:
    """String attributes; what is None is left out."""
    return {name: text(value) for name, value in values.items() if value is not None}


def stored(name: str, document: Json, blobs: Blobs, key_of: Callable[[str], str]) -> Item:
    """A document as an attribute, or as the key of the object that holds it where it is too long for an item.

    Args:
        name: The attribute; `<name>_key` is its other form.
        document: What to keep.
        blobs: Where long documents go.
        key_of: Gives the object's key from the SHA-256 of its bytes, so that equal keys hold equal bytes.
    """
    packed = pack(document)
    if len(packed) <= INLINE_BYTES:
        return {name: {"B": packed}}
    packed = pack_apart(document)
    key = key_of(hashlib.sha256(packed).hexdigest())
    blobs.put_new(key, packed, "application/zlib")
    return {f"{name}_key": text(key)}


def loaded(item: Mapping[str, Attribute], name: str, blobs: Blobs) -> Json:
    """Read what `stored` made; None where the item has neither form."""
    key = of(item, f"{name}_key")
    if key is not None:
        return unpack(blobs.get(key))
    attribute = item.get(name)
    return None if attribute is None else unpack(attribute["B"])
