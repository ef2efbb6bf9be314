"""What people and routines do, each on a deployment of its own, so that each of its calls can fail in every way."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from rasterloom.adapters.catalog_dynamodb import open_catalog
from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import RasterDataset, VrtType
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.options import Resampling, WeaveOptions
from rasterloom.domain.registration import BulkPart
from rasterloom.domain.uploads import MIB, UPLOAD_PERIOD, Upload
from rasterloom.services.change_vrt import OptionsRequest
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.register_raster import RegisterRequest
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.request_bulk import BulkRequest
from rasterloom.services.request_upload import UploadRequest
from rasterloom.services.terms import Terms
from tests.property.freshness import require_fresh, require_told
from tests.property.ledger import FINAL_JOBS, every_raster, require_covered, require_swept, require_whole
from tests.support.factories import audience, principal
from tests.support.fakes import MemoryObjects, SteppedClock
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.table import AT_ONCE, TABLE
from tests.support.uploads import BUCKET
from tests.support.wires import Wires, port_over, table_over
from tests.support.world import QUIET, World

ALICE: Final = principal()
KEY: Final = Terms(IdempotencyKey("key", "digest"))
ROUNDS: Final = (61, 301, 901, 3601, 3601, 90_000, 3601)
"""Seconds between runs of everything that runs on a schedule, within which all comes to its end, and then is swept."""
WATCHED: Final = ObjectRef("watched", "in/new.tif")


class Estate:
    """One deployment in memory, of which every service is reached over wires."""

    def __init__(self) -> None:
        self.wires, self.objects, self.table = Wires(), MemoryObjects(), MemoryDynamo()
        self.clock = SteppedClock()
        self.events: list[ObjectRef] = []
        objects = port_over(self.wires, self.objects)
        catalog = open_catalog(table_over(self.wires, self.table), TABLE, objects, AT_ONCE)
        world = self.world = World(catalog, objects, clock=self.clock)
        over = partial(port_over, self.wires)
        world.admit = replace(world.admit, queue=over(world.queue))
        world.reconcile = replace(world.reconcile, queue=over(world.queue))
        world.sweep_orphans = replace(world.sweep_orphans, store=over(world.orphans))
        for name in ("request_upload", "complete_upload", "sweep", "cancel"):
            setattr(world, name, replace(getattr(world, name), store=over(world.store)))
        for name in ("request_bulk", "register_part", "list_prefix", "resume_bulk"):
            setattr(world, name, replace(getattr(world, name), queue=over(world.messages)))

    def mosaic(self, *, auto: bool = False) -> tuple[str, list[RasterDataset]]:
        """A private mosaic of two public rasters, and a third one."""
        rasters = self.world.registered(3, audience=audience("alice", Visibility.PUBLIC))
        asked = CreateRequest(tuple(each.id for each in rasters[:2]), VrtType.MOSAIC, WeaveOptions(), "Ours")
        job_id = self.world.create(ALICE, replace(asked, auto_regenerate=auto))
        self.world.run()
        return self.world.vrt(job_id).id, rasters

    def overwrite(self, ref: ObjectRef) -> None:
        """Somebody overwrites an object, and the event of that is under way."""
        self.objects.sources[ref] = ObjectStat('"another"', 1000)
        self.events.append(ref)

    def stale(self) -> str:
        """A mosaic that does not look after itself, and whose marks have been looked at."""
        vrt_id, rasters = self.mosaic()
        self.overwrite(rasters[0].ref)
        self._work_off()
        self.clock.now += QUIET
        self.world.refresh()
        return vrt_id

    def upload(self, size: int = 1000) -> Upload:
        """A file that was sent."""
        upload = self.world.request_upload(ALICE, UploadRequest("a.tif", size, "image/tiff")).upload
        self.world.store.send_all(upload)
        return upload

    def settle(self) -> None:
        """Let everything come to its end, with nothing going wrong any more, and see that nothing is half done."""
        for seconds in ROUNDS:
            self._work_off()
            self._by_schedule()
            self._work_off()
            self.clock.forward(seconds=seconds)
        world, table = self.world, self.table
        for require in (require_whole, require_fresh, require_swept, require_covered):
            require(world, table)
        require_told(world, table, self.objects)
        assert [key for key, item in table.items.items() if "due" in item] == []
        statuses = {
            item["status"]["S"] for key, item in table.items.items() if key[0].startswith("JOB#") and key[1] == "META"
        }
        assert statuses <= FINAL_JOBS
        ours = {raster.ref for raster in every_raster(world, table) if raster.ref.bucket == BUCKET}
        assert ours == {ref for ref in self.objects.sources if ref.bucket == BUCKET}

    def _work_off(self) -> None:
        world = self.world
        while self.events:
            world.observe(self.events.pop(0))
        while world.queue.messages:
            world.run()
        while world.messages.messages:
            message = world.messages.messages.pop(0)
            (world.register_part if isinstance(message, BulkPart) else world.list_prefix)(message, lambda: 100.0)  # type: ignore[arg-type]

    def _by_schedule(self) -> None:
        world = self.world
        routines: tuple[Callable[[], object], ...] = (
            world.reconcile,
            world.resume_bulk,
            world.resume,
            world.hold_edits.overdue,
            world.sweep,
            world.sweep_orphans,
            world.mark_users.overdue,
            world.refresh,
        )
        for routine in routines:
            routine()


type Case = Callable[[Estate], Callable[[], object]]
"""Prepares a deployment, and gives what is done on it."""


def _create(estate: Estate) -> Callable[[], object]:
    ids = tuple(each.id for each in estate.world.registered(3))
    request = CreateRequest(ids, VrtType.MOSAIC, WeaveOptions(), "Ours")
    return lambda: estate.world.create(ALICE, request, KEY.idempotency)


def _add(estate: Estate) -> Callable[[], object]:
    vrt_id, rasters = estate.mosaic()
    return lambda: estate.world.change.add(ALICE, vrt_id, rasters[2].id, KEY)


def _widen(estate: Estate) -> Callable[[], object]:
    vrt_id, _ = estate.mosaic()
    return lambda: estate.world.edit(ALICE, vrt_id, EditRequest(visibility=Visibility.PUBLIC), KEY)


def _narrow(estate: Estate) -> Callable[[], object]:
    _, rasters = estate.mosaic()
    return lambda: estate.world.edit(ALICE, rasters[0].id, EditRequest(visibility=Visibility.PRIVATE), KEY)


def _switch(estate: Estate) -> Callable[[], object]:
    vrt_id = estate.stale()
    return lambda: estate.world.switch(ALICE, vrt_id, wanted=True, terms=KEY)


def _weave(estate: Estate) -> Callable[[], object]:
    vrt_id = estate.stale()
    options = OptionsRequest(resampling=Resampling.MODE, auto_regenerate=True)
    return lambda: estate.world.change.weave_otherwise(ALICE, vrt_id, options, KEY)


def _delete_vrt(estate: Estate) -> Callable[[], object]:
    vrt_id = estate.stale()
    return lambda: estate.world.delete(ALICE, vrt_id, (), KEY)


def _delete_raster(estate: Estate) -> Callable[[], object]:
    _, rasters = estate.mosaic()
    return lambda: estate.world.delete(ALICE, rasters[2].id, (), KEY)


def _delete_uploaded(estate: Estate) -> Callable[[], object]:
    dataset_id = str(estate.world.complete_upload(ALICE, estate.upload().id, ()).dataset_id)
    return lambda: estate.world.delete(ALICE, dataset_id, (), KEY)


def _register(estate: Estate) -> Callable[[], object]:
    estate.overwrite(WATCHED)
    return lambda: estate.world.register(ALICE, RegisterRequest(WATCHED.uri), KEY.idempotency)


def _request_upload(estate: Estate) -> Callable[[], object]:
    return lambda: estate.world.request_upload(ALICE, UploadRequest("a.tif", 20 * MIB, "image/tiff"))


def _complete_upload(estate: Estate) -> Callable[[], object]:
    upload = estate.world.request_upload(ALICE, UploadRequest("a.tif", 20 * MIB, "image/tiff")).upload
    parts = estate.world.store.send_all(upload)
    return lambda: estate.world.complete_upload(ALICE, upload.id, parts)


def _cancel_upload(estate: Estate) -> Callable[[], object]:
    upload = estate.upload(20 * MIB)
    return lambda: estate.world.cancel(ALICE, upload.id)


def _sweep_upload(estate: Estate) -> Callable[[], object]:
    estate.upload()
    estate.clock.now += UPLOAD_PERIOD
    return estate.world.sweep


def _sweep_deleted_upload(estate: Estate) -> Callable[[], object]:
    _delete_uploaded(estate)()
    estate.clock.forward(minutes=6)
    return estate.world.sweep


def _register_in_bulk(estate: Estate) -> Callable[[], object]:
    estate.objects.sources[WATCHED] = ObjectStat('"1"', 1000)
    return lambda: estate.world.request_bulk(ALICE, BulkRequest((WATCHED.uri,)), KEY.idempotency)


def _register_part(estate: Estate) -> Callable[[], object]:
    _register_in_bulk(estate)()
    (message,) = estate.world.messages.messages
    assert isinstance(message, BulkPart)
    return lambda: estate.world.register_part(message, lambda: 100.0)


def _observe(estate: Estate) -> Callable[[], object]:
    _, rasters = estate.mosaic(auto=True)
    estate.overwrite(rasters[0].ref)
    return lambda: estate.world.observe(rasters[0].ref)


def _refresh(estate: Estate) -> Callable[[], object]:
    _observe(estate)()
    estate.clock.now += QUIET
    return estate.world.refresh


BY_PEOPLE: Final[Mapping[str, Case]] = {
    "create": _create,
    "add": _add,
    "widen a VRT": _widen,
    "narrow a raster": _narrow,
    "have a stale VRT look after itself": _switch,
    "weave a stale VRT otherwise": _weave,
    "delete a VRT": _delete_vrt,
    "delete a raster": _delete_raster,
    "delete an uploaded raster": _delete_uploaded,
    "register": _register,
    "ask for an upload": _request_upload,
    "complete an upload": _complete_upload,
    "cancel an upload": _cancel_upload,
    "register in bulk": _register_in_bulk,
}
"""Each is asked for again under its key, or without one where once more does no harm."""
ASKED_ONCE: Final = (
    "widen a VRT",
    "narrow a raster",
    "have a stale VRT look after itself",
    "weave a stale VRT otherwise",
    "delete an uploaded raster",
    "ask for an upload",
    "complete an upload",
    "cancel an upload",
)
"""What `test_nothing_half_done.py` does not do, or ends with a change of every object that makes up for a lost look."""
BY_ROUTINE: Final[Mapping[str, Case]] = {
    "sweep an upload": _sweep_upload,
    "sweep a deleted upload": _sweep_deleted_upload,
    "register a part": _register_part,
    "observe": _observe,
    "refresh": _refresh,
}
