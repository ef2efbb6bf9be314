"""The functions' environment, read once.

Read with the standard library: pydantic takes longer to import than everything that a GET does (docs/performance.md).
"""

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import timedelta
from functools import partial
from typing import Any, Final, Self

from rasterloom.domain.access import Principal, Visibility
from rasterloom.domain.objects import ObjectPrefix, ObjectRef
from rasterloom.domain.uploads import UPLOADS


class SettingsError(ValueError):
    """Variables that are missing or malformed: each is named, with what was expected and what was found."""


@dataclass(frozen=True, kw_only=True)
class AllowedPrefix:
    """Objects that may be registered: a bucket and a key prefix, for everyone or for some."""

    bucket: str
    prefix: str = ""
    region: str | None = None
    owners: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def holds(self, ref: ObjectRef) -> bool:
        """Whether the object lies under this prefix."""
        return ref.bucket == self.bucket and ref.key.startswith(self.prefix)

    def holds_all(self, prefix: ObjectPrefix) -> bool:
        """Whether every object below a prefix lies under this one."""
        return prefix.bucket == self.bucket and prefix.prefix.startswith(self.prefix)

    def admits(self, principal: Principal) -> bool:
        """Whether the caller may register what lies here; without owners and groups, everybody may."""
        if principal.is_admin or not (self.owners or self.groups):
            return True
        return principal.subject in self.owners or not principal.groups.isdisjoint(self.groups)


@dataclass(frozen=True, kw_only=True)
class WatchedPrefix:
    """A place whose events say what happens to its objects: new ones are registered for its owner."""

    bucket: str
    prefix: str = ""
    region: str | None = None
    owner: str
    """Subject of the token of whoever shall own what is registered here."""
    visibility: Visibility = Visibility.PRIVATE
    groups: tuple[str, ...] = ()

    def holds(self, ref: ObjectRef) -> bool:
        """Whether the object lies under this prefix."""
        return ref.bucket == self.bucket and ref.key.startswith(self.prefix)


Seconds = timedelta
"""What the environment gives as a number of seconds."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of every function, each named after its environment variable."""

    table_name: str
    bucket_name: str
    builds_queue_url: str
    registrations_queue_url: str
    source_allow_list: tuple[AllowedPrefix, ...] = ()
    watch_list: tuple[WatchedPrefix, ...] = ()
    token_issuer: str = ""
    token_audience: str = ""
    stage_name: str = "api"
    build_timeout_seconds: Seconds
    """The builder's time-out."""
    lease_margin_seconds: Seconds
    """How much longer than the builder's time-out a lease lasts."""
    due_unsent_seconds: Seconds
    """When a job that may not have been sent is looked at."""
    due_sent_seconds: Seconds
    """When a job that was sent is looked at."""
    due_margin_seconds: Seconds
    """How long after the end of its lease a running job is looked at."""
    quiet_period_seconds: Seconds
    """How long the sources of a VRT that rebuilds itself have to be left alone before it does."""
    registration_rate: float = 5000.0
    """Headers that all registrars together read in a second."""
    registrar_maximum_concurrency: int = 1
    """How many registrars there are at most."""
    max_attempts: int
    """How often a generation is claimed before it is failed."""
    debug_signal_at: str = ""
    """The moment of a build at which the builder signals itself, for tests of recovery; the template never sets it."""
    debug_signal: str = "SIGKILL"
    """The signal."""
    require_cog: bool = False
    """Whether sources that are no Cloud-Optimized GeoTIFFs are refused, not only warned of."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read and check the environment.

        Raises:
            SettingsError: Variables are missing or malformed; the message names each.
        """
        read, wrong = dict[str, Any](), list[str]()
        for field in fields(cls):
            try:
                read |= _setting(field, environment)
            except ValueError as error:
                wrong.append(f"{field.name.upper()}: {error}")
        if wrong:
            raise SettingsError("; ".join(wrong))
        return cls(**read)

    def allows(self, ref: ObjectRef) -> bool:
        """Whether an object may be read as a source, whoever asks: the allow list names it, or a caller uploaded it."""
        if ref.bucket == self.bucket_name:
            return ref.key.startswith(UPLOADS)
        return any(entry.holds(ref) for entry in self.source_allow_list)

    def watched(self, ref: ObjectRef) -> WatchedPrefix | None:
        """The place that an object lies in, the narrowest of several; None where no events tell of it."""
        holding = [entry for entry in self.watch_list if entry.holds(ref)]
        return max(holding, key=lambda entry: len(entry.prefix), default=None)

    def follows(self, ref: ObjectRef) -> bool:
        """Whether events tell what happens to an object: it lies in a watched place, or a caller uploaded it."""
        if ref.bucket == self.bucket_name:
            return ref.key.startswith(UPLOADS)
        return self.watched(ref) is not None

    def heeds(self, ref: ObjectRef) -> bool:
        """Whether an event of an object is looked at: a bucket sends those of all of its objects, watched or not."""
        return self.allows(ref) and self.follows(ref)

    @property
    def own_registration_rate(self) -> float:
        """Headers that this process may read in a second, so that all of them together keep to the rate."""
        return self.registration_rate / self.registrar_maximum_concurrency

    @property
    def quicklook_seconds(self) -> float:
        """How long a build may draw its pictures: a fifth of its time, and a minute at most."""
        return min(60.0, self.build_timeout_seconds.total_seconds() / 5)

    @property
    def lease(self) -> timedelta:
        """How long a claim holds: the builder's time-out and a margin for clocks that differ."""
        return self.build_timeout_seconds + self.lease_margin_seconds


def _setting(field: "Field[Any]", environment: Mapping[str, str]) -> dict[str, Any]:
    """The setting of a field by its name; none where its variable is not set and need not be."""
    text = environment.get(field.name.upper())
    if text is not None:
        return {field.name: _READERS[field.type](text)}
    if field.default is MISSING:
        raise _unexpected("a value", "none")
    return {}


def _unexpected(expected: str, found: object) -> ValueError:
    return ValueError(f"expected {expected}; found {found}")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise _unexpected("a whole number from 1 up", repr(text))
    return int(text)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value <= 0:
        raise _unexpected("a number above 0", repr(text))
    return value


def _switch(text: str) -> bool:
    if text not in {"true", "false"}:
        raise _unexpected("true or false", repr(text))
    return text == "true"


def _prefixes[Prefix](kind: type[Prefix], text: str) -> tuple[Prefix, ...]:
    """A JSON list of places; an empty text is an empty list."""
    try:
        entries = json.loads(text or "[]")
    except ValueError:
        entries = None
    if not isinstance(entries, list):
        raise _unexpected("a JSON list", repr(text))
    return tuple(_prefix(kind, f"entry {number}", entry) for number, entry in enumerate(entries))


def _each_place_once(watched: tuple[WatchedPrefix, ...]) -> tuple[WatchedPrefix, ...]:
    """What is registered has one owner: of two entries about one place, one would be without effect."""
    first = dict[tuple[str, str], int]()
    for number, entry in enumerate(watched):
        place = (entry.bucket, entry.prefix)
        if first.setdefault(place, number) != number:
            raise _unexpected(
                "each place once", f"s3://{entry.bucket}/{entry.prefix} as entries {first[place]} and {number}"
            )
    return watched


def _prefix[Prefix](kind: type[Prefix], where: str, entry: object) -> Prefix:
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    required = {name for name, field in known.items() if field.default is MISSING}
    if not isinstance(entry, dict) or not required <= entry.keys() <= known.keys():
        words = f"an object with {', '.join(sorted(required))} and of {', '.join(sorted(known))} at most"
        raise _unexpected(words, f"{entry!r} as {where}")
    return kind(**{name: _PARTS[known[name].type](f"{name} of {where}", value) for name, value in entry.items()})


def _text(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise _unexpected("a text", f"{value!r} as {where}")
    return value


def _optional(where: str, value: object) -> str | None:
    return None if value is None else _text(where, value)


def _texts(where: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _unexpected("a list of texts", f"{value!r} as {where}")
    return tuple(_text(where, each) for each in value)


def _visibility(where: str, value: object) -> Visibility:
    if value not in list(Visibility):
        raise _unexpected(f"one of {', '.join(Visibility)}", f"{value!r} as {where}")
    return Visibility(_text(where, value))


_READERS: Final[Mapping[Any, Callable[[str], Any]]] = {
    str: str,
    int: _count,
    float: _number,
    bool: _switch,
    Seconds: lambda text: timedelta(seconds=_number(text)),
    tuple[AllowedPrefix, ...]: partial(_prefixes, AllowedPrefix),
    tuple[WatchedPrefix, ...]: lambda text: _each_place_once(_prefixes(WatchedPrefix, text)),
}
"""What reads a variable, by the type of its field."""

_PARTS: Final[Mapping[Any, Callable[[str, object], Any]]] = {
    str: _text,
    str | None: _optional,
    frozenset[str]: lambda where, value: frozenset(_texts(where, value)),
    tuple[str, ...]: _texts,
    Visibility: _visibility,
}
"""What reads a part of a place, by the type of its field."""
