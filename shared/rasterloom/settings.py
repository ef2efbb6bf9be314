"""The functions' environment, read once."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rasterloom.domain.access import Principal, Visibility
from rasterloom.domain.objects import ObjectPrefix, ObjectRef
from rasterloom.domain.uploads import UPLOADS


class AllowedPrefix(BaseModel):
    """Objects that may be registered: a bucket and a key prefix, for everyone or for some."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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


class WatchedPrefix(BaseModel):
    """A place whose events say what happens to its objects: new ones are registered for its owner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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


def _seconds(value: object) -> object:
    """Read a duration that the environment gives as a number of seconds."""
    return timedelta(seconds=float(value)) if isinstance(value, str) else value


type Seconds = Annotated[timedelta, BeforeValidator(_seconds)]
type AllowList = Annotated[tuple[AllowedPrefix, ...], BeforeValidator(lambda value: json.loads(value or "[]"))]
type WatchList = Annotated[tuple[WatchedPrefix, ...], BeforeValidator(lambda value: json.loads(value or "[]"))]


class Settings(BaseModel):
    """Settings of every function, each named after its environment variable."""

    model_config = ConfigDict(frozen=True, alias_generator=str.upper)

    table_name: str
    bucket_name: str
    builds_queue_url: str
    registrations_queue_url: str
    source_allow_list: AllowList = ()
    watch_list: WatchList = ()
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
    registration_rate: float = Field(default=5000.0, gt=0)
    """Headers that all registrars together read in a second."""
    registrar_maximum_concurrency: int = Field(default=1, ge=1)
    """How many registrars there are at most."""
    max_attempts: int = Field(ge=1)
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
            pydantic.ValidationError: A variable is missing or malformed; the message names it.
        """
        return cls.model_validate(dict(environment))

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

    @property
    def own_registration_rate(self) -> float:
        """Headers that this process may read in a second, so that all of them together keep to the rate."""
        return self.registration_rate / self.registrar_maximum_concurrency

    @property
    def quicklook_seconds(self) -> float:
        """How long a build may read for its pictures: a fifth of its time, and a minute at most."""
        return min(60.0, self.build_timeout_seconds.total_seconds() / 5)

    @property
    def lease(self) -> timedelta:
        """How long a claim holds: the builder's time-out and a margin for clocks that differ."""
        return self.build_timeout_seconds + self.lease_margin_seconds
