"""What must be true of sources, marks and VRTs once every event was worked off."""

from rasterloom.adapters.catalog_dynamodb.values import of
from rasterloom.domain.dataset import ObjectState, RasterDataset, VrtDataset
from rasterloom.domain.lifecycle import VrtStatus
from rasterloom.domain.staleness import AUTOMATIC, is_as_built
from rasterloom.services.staging import read_members
from rasterloom.services.visibility import wider_than_sources
from tests.property.ledger import every_raster, every_vrt
from tests.support.fakes import MemoryObjects
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.world import World


def require_told(world: World, table: MemoryDynamo, objects: MemoryObjects) -> None:
    """That the catalogue says what the bucket says, and no VRT that is not what it was built from goes unmarked.

    Raises:
        AssertionError: It does not, or one does.
    """
    for raster in every_raster(world, table):
        stat = objects.sources.get(raster.ref)
        told = raster.etag if raster.object_state is ObjectState.PRESENT else None
        assert told == getattr(stat, "etag", None), f"{raster.id}: {raster.etag}, {raster.object_state}; S3: {stat}"
    for vrt in every_vrt(world, table):
        assert _changed(world, vrt) <= _marked(world, vrt), f"{vrt.id} serves what is not there any more, unmarked"


def require_fresh(world: World, table: MemoryDynamo) -> int:
    """That no mark is without a cause, and every VRT that looks after itself is what its sources are; how many do.

    One stays as it is whose rebuild is refused: a source was hidden from those who may see the VRT.

    Raises:
        AssertionError: A mark is, or a VRT is not.
    """
    vrts = every_vrt(world, table)
    for vrt in vrts:
        assert _marked(world, vrt) == _changed(world, vrt), f"marks of {vrt.id}"
    standing = {vrt.id for vrt in vrts}
    marks = [item["vrt"]["S"] for (_, sort), item in table.items.items() if sort.startswith("STALE#")]
    assert set(marks) <= standing, "marks of VRTs that are gone"
    able = [vrt for vrt in vrts if vrt.auto_regenerate and vrt.published and not _is_refused(world, vrt)]
    for vrt in able:
        assert _changed(world, vrt) == set(), f"{vrt.id} did not build itself again"
        assert vrt.status is VrtStatus.READY, f"{vrt.id} is {vrt.status}"
    return len(able)


def built_by_themselves(table: MemoryDynamo) -> int:
    """How many generations nobody asked for."""
    return sum(of(item, "triggered_by") == AUTOMATIC for item in table.items.values())


def _marked(world: World, vrt: VrtDataset) -> set[str]:
    return {mark.source_id for mark in world.catalog.marks.of(vrt.id)}


def _changed(world: World, vrt: VrtDataset) -> set[str]:
    members = read_members(world.objects, vrt.published)
    known = world.catalog.datasets.states_of([member.source_id for member in members])
    return {member.source_id for member in members if not is_as_built(member.etag, known.get(member.source_id))}


def _is_refused(world: World, vrt: VrtDataset) -> bool:
    members = read_members(world.objects, vrt.published)
    known = world.catalog.datasets.get_many([member.source_id for member in members]).values()
    rasters = [each for each in known if isinstance(each, RasterDataset)]
    return wider_than_sources(vrt.audience, rasters) != ()
