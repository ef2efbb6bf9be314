"""What a VRT is made of, and how its sources are today."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Activity, Dataset, Member, VrtDataset
from rasterloom.domain.errors import InvalidInputError, ObjectError, ObjectMissingError
from rasterloom.domain.lifecycle import VrtStatus
from rasterloom.domain.objects import ObjectStat
from rasterloom.domain.versions import version_of
from rasterloom.ports import Clock, Datasets, Objects
from rasterloom.services.read_datasets import readable_vrt
from rasterloom.services.staging import read_members

PAGE: Final = 1000
"""Sources in an answer, unless fewer are asked for."""

MAX_CURSOR_DIGITS: Final = 9
"""No listing has a position with more of them."""

FULL_HEALTH: Final = 500
"""Members up to which each one's health is told; beyond, only those that are not well."""


class SourceStatus(StrEnum):
    """How a source's object is today, held against what the published generation was built from."""

    HEALTHY = "healthy"
    MISSING = "missing"
    INACCESSIBLE = "inaccessible"
    STALE = "stale"


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
        members = read_members(self.objects, vrt.published)
        page = list(enumerate(members))[start : start + limit]
        known = _readable(self.datasets, principal, [member for _, member in page])
        sources = tuple(
            LinkedSource(position, known[member.source_id].title, member)
            for position, member in page
            if member.source_id in known
        )
        more = start + limit < len(members)
        return SourcePage(sources, str(start + limit) if more else None, version_of(vrt))


@dataclass(frozen=True, slots=True)
class ReadVrtStatus:
    """`GET /datasets/{dataset_id}/vrt/status/`."""

    datasets: Datasets
    objects: Objects
    clock: Clock

    def __call__(self, principal: Principal, dataset_id: str) -> VrtState:
        """Answer the state of a VRT; each source that the caller may read is held against S3 as it is now.

        Raises:
            NotFoundError: There is no such VRT that the caller may know of.
        """
        vrt = readable_vrt(self.datasets, principal, dataset_id)
        members = read_members(self.objects, vrt.published)
        health = self._health(principal, members)
        told = health if len(members) <= FULL_HEALTH else [one for one in health if one.status != SourceStatus.HEALTHY]
        return VrtState(
            status=vrt.status,
            last_generation_at=vrt.published.published_at if vrt.published else None,
            source_count=vrt.member_count,
            active=vrt.active,
            elapsed_seconds=self._elapsed(vrt),
            health=tuple(islice(told, PAGE)),
            health_counts=Counter(one.status for one in health),
            version=version_of(vrt),
        )

    def _health(self, principal: Principal, members: Sequence[Member]) -> list[SourceHealth]:
        known = _readable(self.datasets, principal, members)
        visible = [member for member in members if member.source_id in known]
        stats = self.objects.stat_many([member.ref for member in visible])
        return [
            SourceHealth(member.source_id, known[member.source_id].title, _status(member, stat))
            for member, stat in zip(visible, stats, strict=True)
        ]

    def _elapsed(self, vrt: VrtDataset) -> float | None:
        if vrt.active is None:
            return None
        return (self.clock() - (vrt.active.started_at or vrt.active.admitted_at)).total_seconds()


def _status(member: Member, stat: ObjectStat | ObjectError) -> SourceStatus:
    if isinstance(stat, ObjectMissingError):
        return SourceStatus.MISSING
    if isinstance(stat, ObjectError):
        return SourceStatus.INACCESSIBLE
    return SourceStatus.HEALTHY if stat.etag == member.etag else SourceStatus.STALE


def _readable(datasets: Datasets, principal: Principal, members: Sequence[Member]) -> dict[str, Dataset]:
    known = datasets.get_many([member.source_id for member in members])
    return {dataset.id: dataset for dataset in known.values() if dataset.audience.admits(principal)}


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= MAX_CURSOR_DIGITS):
        raise InvalidInputError(
            "invalid_cursor", "This cursor did not come from this listing", loc=("query", "cursor"), value=cursor
        )
    return int(cursor)
