"""What must be true of every single commit, and of the world after every step."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from rasterloom.adapters.catalog_dynamodb.items_dataset import RASTER, VRT
from rasterloom.adapters.catalog_dynamodb.names import linked_by
from rasterloom.adapters.catalog_dynamodb.values import micros, of
from rasterloom.domain.dataset import Dataset, RasterDataset, VrtDataset
from rasterloom.domain.generation import attempt_prefix
from rasterloom.domain.lifecycle import (
    GENERATION_TRANSITIONS,
    JOB_TRANSITIONS,
    GenerationStatus,
    JobStatus,
    VrtStatus,
    is_final,
)
from rasterloom.services.staging import read_members_at
from rasterloom.services.visibility import wider_than_sources
from tests.support.expressions import Item
from tests.support.fakes import MemoryObjects, SteppedClock
from tests.support.memory_dynamo import Change, MemoryDynamo
from tests.support.world import World

FINAL_JOBS: Final = {status.value for status in JobStatus if is_final(JOB_TRANSITIONS, status)}
FINAL: Final = {
    "job": FINAL_JOBS,
    "generation": {status.value for status in GenerationStatus if is_final(GENERATION_TRANSITIONS, status)},
}
"""Kind of item -> statuses that nothing leaves."""


@dataclass
class Ledger:
    """Sees every commit in order, as no caller can, and refuses one that breaks the protocol."""

    table: MemoryDynamo
    objects: MemoryObjects
    clock: SteppedClock
    serves: dict[str, int] = field(default_factory=dict)
    """VRT -> number of the generation that it serves."""
    published: int = 0
    taken_over: int = 0

    def __call__(self, changes: list[Change]) -> None:
        """Judge one commit."""
        for (partition, sort), before, after in changes:
            kind = of(after or before or {}, "kind")
            if before is None or (after is None and kind != RASTER):
                continue
            if kind == RASTER and after is None and sort == "META":
                self._unused(before["id"]["S"])
            elif kind == VRT and after is not None and sort == "META":
                self._lease(partition, before, after)
                self._pointer(partition, before, after)
            elif kind in FINAL and after is not None:
                left, entered = of(before, "status"), of(after, "status")
                assert left not in FINAL[kind] or left == entered, f"{kind} {before['id']} was {left}, became {entered}"

    def _lease(self, vrt: str, before: Item, after: Item) -> None:
        fences = int(before["fence"]["N"]), int(after["fence"]["N"])
        assert fences[0] <= fences[1], f"the fence of {vrt} went back: {fences}"
        now = int(micros(self.clock())["N"])
        alive = "lease_expires_at" in before and int(before["lease_expires_at"]["N"]) > now
        same = of(before, "active_attempt") == of(after, "active_attempt")
        assert not alive or same or "lease_expires_at" not in after, f"a live lease of {vrt} was claimed by another"
        assert not alive or fences[0] == fences[1], f"a live lease of {vrt} was taken over"
        self.taken_over += fences[0] < fences[1] and "active_generation" in before

    def _pointer(self, vrt: str, before: Item, after: Item) -> None:
        if of(before, "published_prefix") == of(after, "published_prefix"):
            return
        number = int(before["active_number"]["N"])
        assert of(after, "published_generation") == of(before, "active_generation"), f"{vrt} serves what was not active"
        assert of(after, "published_attempt") == of(before, "active_attempt"), f"{vrt} serves what a zombie built"
        assert self.serves.get(vrt, 0) < number, f"{vrt} went back from {self.serves[vrt]} to {number}"
        self.serves[vrt] = number
        self.published += 1
        gone = [source for source in self._members(after) if (f"DATASET#{source}", "META") not in self.table.items]
        assert not gone, f"{vrt} was published with {gone}, which are gone"

    def _unused(self, raster: str) -> None:
        for item in of_kind(self.table, VRT):
            if "published_prefix" in item:
                assert raster not in self._members(item), f"{raster} was deleted, but {item['id']['S']} serves it"

    def _members(self, vrt: Item) -> list[str]:
        return [member.source_id for member in read_members_at(self.objects, vrt["published_prefix"]["S"])]


def of_kind(table: MemoryDynamo, kind: str) -> Iterator[Item]:
    """The items of one kind, without their rows in listings."""
    yield from (item for (_, sort), item in list(table.items.items()) if sort == "META" and of(item, "kind") == kind)


def every[D: Dataset](world: World, table: MemoryDynamo, kind: str, as_type: type[D]) -> list[D]:
    """Every dataset of one kind, as the adapters read it."""
    found = world.catalog.datasets.get_many([item["id"]["S"] for item in of_kind(table, kind)])
    return [dataset for dataset in found.values() if isinstance(dataset, as_type)]


def every_vrt(world: World, table: MemoryDynamo) -> list[VrtDataset]:
    """Every VRT, in the order in which they were made."""
    return every(world, table, VRT, VrtDataset)


def every_raster(world: World, table: MemoryDynamo) -> list[RasterDataset]:
    """Every raster, in the order in which they were made."""
    return every(world, table, RASTER, RasterDataset)


def require_whole(world: World, table: MemoryDynamo) -> None:
    """That nothing is half done: each VRT with its one job, each job with its due time, each pointer with its objects.

    Raises:
        AssertionError: Something is.
    """
    unfinished: dict[str, list[str]] = {}
    for item in of_kind(table, "job"):
        ended = item["status"]["S"] in FINAL_JOBS
        assert ended is ("due" not in item), f"job {item['id']['S']} is {item['status']['S']}, due {item.get('due')}"
        if not ended:
            unfinished.setdefault(item["dataset"]["S"], []).append(item["id"]["S"])
    for vrt in every_vrt(world, table):
        jobs = unfinished.pop(vrt.id, [])
        assert jobs == ([vrt.active.job_id] if vrt.active else []), f"{vrt.id}: {vrt.active}, unfinished: {jobs}"
        assert (vrt.status is VrtStatus.REGENERATING) is (vrt.active is not None), vrt
        _require_served(world, vrt)
    assert not unfinished, f"unfinished jobs of VRTs that are gone: {unfinished}"


def _require_served(world: World, vrt: VrtDataset) -> None:
    if vrt.published is None:
        return
    members = read_members_at(world.objects, vrt.published.prefix)
    document = world.objects.get(f"{vrt.published.prefix}source.vrt").decode()
    assert document.split("\n") == [member.ref.vsi_path for member in members]
    assert len(members) == vrt.member_count


def require_covered(world: World, table: MemoryDynamo) -> None:
    """That no VRT is more visible than a source of what it serves.

    Raises:
        AssertionError: One is.
    """
    rasters = {raster.id: raster for raster in every_raster(world, table)}
    for vrt in every_vrt(world, table):
        members = read_members_at(world.objects, vrt.published.prefix) if vrt.published else ()
        wider = wider_than_sources(vrt.audience, [rasters[member.source_id] for member in members])
        assert wider == (), f"{vrt.id} is {vrt.audience.visibility}: {wider}"


def require_swept(world: World, table: MemoryDynamo) -> None:
    """That nothing is left of what was given up: no artifact of a dead attempt, no link that holds what nobody uses.

    Raises:
        AssertionError: Something is.
    """
    standing = {vrt.id: vrt for vrt in every_vrt(world, table)}
    pages = {vrt_id: world.catalog.jobs.generations_of(vrt_id, skip=0, limit=1000) for vrt_id in standing}
    generations = [generation for page in pages.values() for generation in page.generations]
    completed = [each for each in generations if each.status is GenerationStatus.COMPLETED]
    kept = tuple(attempt_prefix(each.dataset_id, each.id, str(each.attempt)) for each in completed)
    artifacts = [key for key in world.objects.bodies if key.startswith("vrts/") and not key.startswith(kept)]
    assert artifacts == [], "artifacts that no pointer will ever name"
    known = {generation.id for generation in generations}
    held = {
        (member.source_id, member.linked_by)
        for vrt in standing.values()
        if vrt.published
        for member in read_members_at(world.objects, vrt.published.prefix)
    }
    keys = [key for key, item in table.items.items() if of(item, "kind") == "use"]
    links = [(pk.removeprefix("DATASET#"), linked_by(sk)[1]) for pk, sk in keys]
    assert held <= set(links), "a member without a link could be deleted"
    assert [link for link in links if link[1] in known and link not in held] == [], "links that hold what nobody uses"
