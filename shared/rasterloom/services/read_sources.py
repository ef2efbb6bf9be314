"""What a VRT is made of, and how its sources are today."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Activity, Member, ObjectState, RasterState, VrtDataset
from rasterloom.domain.errors import InvalidInputError, ObjectError, ObjectMissingError
from rasterloom.domain.lifecycle import VrtStatus
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.staleness import Mark, is_as_built
from rasterloom.domain.versions import version_of
from rasterloom.ports import Clock, Datasets, Objects
from rasterloom.services.read_datasets import as_readable_vrt, readable_vrt
from rasterloom.services.staging import read_members, read_some

PAGE: Final = 1000
"""Sources in an answer, unless fewer are asked for."""

MAX_CURSOR_DIGITS: Final = 9
"""No listing has a position with more of them."""

INVALID_CURSOR: Final = "Input should be a cursor that an answer has given out"

FULL_HEALTH: Final = 500
"""Members up to which each one's health is told; beyond, only those that are not well."""


class SourceStatus(StrEnum):
    """How a source's object is today, held against what the published generation was built from."""

    HEALTHY = "healthy"
    MISSING = "missing"
    INACCESSIBLE = "inaccessible"
    STALE = "stale"


_STATUSES: Final = {
    ObjectState.PRESENT: SourceStatus.STALE,
    ObjectState.MISSING: SourceStatus.MISSING,
    ObjectState.UNREADABLE: SourceStatus.INACCESSIBLE,
}


@dataclass(frozen=True, slots=True)
class LinkedSource:
    """One source of the published generation."""

    position: int
    title: str
    member: Member


@dataclass(frozen=True, slots=True)
class SourcePage:
    """Part of a VRT's sources, in order."""

    sources: tuple[LinkedSource, ...]
    next_cursor: str | None
    version: str
    """Of the VRT."""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source's health."""

    source_id: str
    title: str
    status: SourceStatus


type Health = tuple[Sequence[SourceHealth], Mapping[SourceStatus, int]]
"""Those that are told of, and how many there are in each state."""


@dataclass(frozen=True, slots=True)
class VrtState:
    """What `vrt/status` tells."""

    status: VrtStatus
    last_generation_at: datetime | None
    source_count: int
    active: Activity | None
    elapsed_seconds: float | None
    """Since the active generation was claimed, or admitted where no worker has claimed it yet."""
    health: tuple[SourceHealth, ...]
    health_counts: Mapping[SourceStatus, int]
    version: str
    """Of the VRT."""
    stale_since: datetime | None = None
    """When the first source was found not to be what it was built from; None where all are."""


@dataclass(frozen=True, slots=True)
class ReadSources:
    """`GET /datasets/{dataset_id}/vrt-sources/`."""

    datasets: Datasets
    objects: Objects

    def __call__(self, principal: Principal, dataset_id: str, *, limit: int, cursor: str | None) -> SourcePage:
        """Answer the sources of the published generation that the caller may read, by position.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of.
            InvalidInputError: The cursor is none of ours.
        """
        vrt = readable_vrt(self.datasets, principal, dataset_id)
        start = _position(cursor)
        page = read_some(self.objects, vrt.published, range(start, start + limit))
        known = _readable(self.datasets, principal, [member.source_id for _, member in page])
        sources = tuple(
            LinkedSource(position, known[member.source_id].title, member)
            for position, member in page
            if member.source_id in known
        )
        more = start + limit < vrt.member_count
        return SourcePage(sources, str(start + limit) if more else None, version_of(vrt))


@dataclass(frozen=True, slots=True)
class ReadVrtStatus:
    """`GET /datasets/{dataset_id}/vrt/status/`."""

    datasets: Datasets
    objects: Objects
    follows: Callable[[ObjectRef], bool]
    """Whether events keep the catalogue up to an object."""
    clock: Clock
    kept_members: Callable[[str], Sequence[Member]]
    """The members under an attempt's prefix, kept where they were read before: nobody ever writes others there."""

    def __call__(self, principal: Principal, dataset_id: str, *, probe: bool = False) -> VrtState:
        """Answer the state of a VRT and of the sources that the caller may read.

        Args:
            principal: Who asks.
            dataset_id: The VRT.
            probe: Whether to ask S3 for every source, whatever the catalogue says.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of.
        """
        found, marks = self.datasets.get_marked(dataset_id)
        vrt = as_readable_vrt(found, dataset_id, principal)
        if probe or vrt.member_count <= FULL_HEALTH:
            told, counts = self._health(principal, vrt, probe=probe)
        else:
            told, counts = self._marked(principal, vrt, marks)
        return VrtState(
            status=vrt.status,
            last_generation_at=vrt.published.published_at if vrt.published else None,
            source_count=vrt.member_count,
            active=vrt.active,
            elapsed_seconds=self._elapsed(vrt),
            health=tuple(islice(told, PAGE)),
            health_counts=counts,
            stale_since=min((mark.since for mark in marks), default=None),
            version=version_of(vrt),
        )

    def _health(self, principal: Principal, vrt: VrtDataset, *, probe: bool) -> Health:
        """Hold every source against the catalogue where events keep that current, and against S3 where none do."""
        members = self._members(vrt)
        known = _readable(self.datasets, principal, [member.source_id for member in members])
        visible = [member for member in members if member.source_id in known]
        asked = [member for member in visible if probe or not self.follows(member.ref)]
        stats = self.objects.stat_many([member.ref for member in asked])
        found = {member.source_id: stat for member, stat in zip(asked, stats, strict=True)}
        health = [
            SourceHealth(member.source_id, known[member.source_id].title, _status(member, found, known))
            for member in visible
        ]
        counts = Counter(one.status for one in health)
        if len(members) <= FULL_HEALTH:
            return health, counts
        return [one for one in health if one.status != SourceStatus.HEALTHY], counts

    def _members(self, vrt: VrtDataset) -> Sequence[Member]:
        """Of many no process keeps any: they are as large as what it does next."""
        if vrt.published is None or vrt.member_count > FULL_HEALTH:
            return read_members(self.objects, vrt.published)
        return self.kept_members(vrt.published.prefix)

    def _marked(self, principal: Principal, vrt: VrtDataset, marks: Sequence[Mark]) -> Health:
        """Of many sources only those that are marked are looked up, and no more of them than an answer tells of."""
        listed = marks[:PAGE]
        known = _readable(self.datasets, principal, [mark.source_id for mark in listed])
        health = [
            SourceHealth(mark.source_id, known[mark.source_id].title, _of_state(mark.state))
            for mark in listed
            if mark.source_id in known
        ]
        counts = Counter(_of_state(mark.state) for mark in marks)
        counts[SourceStatus.HEALTHY] = max(0, vrt.member_count - len(marks))
        return health, counts

    def _elapsed(self, vrt: VrtDataset) -> float | None:
        if vrt.active is None:
            return None
        return (self.clock() - (vrt.active.started_at or vrt.active.admitted_at)).total_seconds()


def _status(
    member: Member, found: Mapping[str, ObjectStat | ObjectError], known: Mapping[str, RasterState]
) -> SourceStatus:
    raster, stat = known[member.source_id], found.get(member.source_id)
    if isinstance(stat, ObjectMissingError):
        return SourceStatus.MISSING
    if isinstance(stat, ObjectError):
        return SourceStatus.INACCESSIBLE
    if stat is not None and stat.etag == member.etag:
        return SourceStatus.HEALTHY
    if stat is not None:
        # S3 tells of another object and not whether it is a GeoTIFF; whoever read it last told the catalogue.
        is_none = raster.object_state is ObjectState.UNREADABLE
        return SourceStatus.INACCESSIBLE if is_none else SourceStatus.STALE
    if raster.object_state is not ObjectState.PRESENT:
        return _of_state(raster.object_state)
    return SourceStatus.HEALTHY if is_as_built(member.etag, raster) else SourceStatus.STALE


def _of_state(state: ObjectState) -> SourceStatus:
    """How a source is whose object is not the one that was built in."""
    return _STATUSES[state]


def _readable(datasets: Datasets, principal: Principal, source_ids: Sequence[str]) -> Mapping[str, RasterState]:
    known = datasets.states_of(source_ids)
    return {state.id: state for state in known.values() if state.audience.admits(principal)}


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= MAX_CURSOR_DIGITS):
        raise InvalidInputError(
            "invalid_cursor", INVALID_CURSOR, loc=("query", "cursor"), value=cursor[:100], expected="<position>"
        )
    return int(cursor)
