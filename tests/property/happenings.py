"""What may happen to a deployment, and one deployment in memory that it happens to."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from rasterloom.adapters.catalog_dynamodb import open_catalog
from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.services.build_generation import BuildOutcome
from tests.property.freshness import built_by_themselves, require_fresh, require_told
from tests.property.ledger import (
    FINAL_JOBS,
    Ledger,
    every_raster,
    every_vrt,
    of_kind,
    require_covered,
    require_swept,
    require_whole,
)
from tests.property.requests import CALLERS, CHANGES, Desk, Request
from tests.support.factories import audience
from tests.support.fakes import ListQueue, MemoryObjects, SteppedClock
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.table import AT_ONCE, TABLE
from tests.support.wires import Armed, Mishap, Wires, outcome, port_over, table_over
from tests.support.world import World

RECEIVES: Final = 4
"""Deliveries of one message, after which the queue takes it for dead."""

ROUNDS: Final = (901,) * 6 + (3601,) * 6
"""Seconds between runs of everything that runs on a schedule, within which all comes to its end, and then is swept."""


@dataclass(frozen=True)
class Delivery:
    """A worker receives a message: any of those in the queue."""

    index: int
    again: bool = False
    """Whether the queue forgets that it was acknowledged."""
    hurried: bool = False
    """Whether the worker has hardly any time left."""
    fails: str = ""
    """Step of GDAL's that fails for now; or `partial`, where it leaves out a member."""


@dataclass(frozen=True)
class Event:
    """Something else."""

    name: str
    number: int = 0


type Happening = Request | Delivery | Event

CALLS: Final = {Request: (5, 24), Delivery: (24, 60), Event: (4, 16)}
"""About how many side effects and how many calls in all each has."""


@dataclass(frozen=True)
class Trouble:
    """What goes wrong on the way, and what others do meanwhile."""

    mishap: Mishap
    at: int
    meanwhile: tuple[Happening, ...] = ()


@dataclass
class Letter:
    """A message in the queue."""

    message: BuildMessage
    receives: int = 0


@dataclass
class Deployment:
    """One deployment in memory: the real use cases and the real catalogue, over wires that can be cut."""

    wires: Wires = field(default_factory=Wires)
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    clock: SteppedClock = field(default_factory=SteppedClock)
    letters: list[Letter] = field(default_factory=list)
    events: list[ObjectRef] = field(default_factory=list)
    """Objects of which something has to be told, in the order in which it happened."""
    dead: list[BuildMessage] = field(default_factory=list)
    last: Request = field(default_factory=lambda: Request("create", 0, 0, 0))
    known: dict[str, RasterDataset] = field(default_factory=dict)
    """Every raster that ever was, by id."""
    tally: Counter[str] = field(default_factory=Counter)
    """How often what happened."""
    promised: dict[object, str] = field(default_factory=dict)
    """Request (its key, where it had one) -> the job that it was promised."""

    def __post_init__(self) -> None:
        """Wire it, and have four rasters in it that everybody may read."""
        self.table = MemoryDynamo()
        self.ledger = Ledger(self.table, self.objects, self.clock)
        self.table.on_commit = self.ledger
        self.queue = ListQueue()
        objects = port_over(self.wires, self.objects)
        catalog = open_catalog(table_over(self.wires, self.table), TABLE, objects, AT_ONCE)
        self.world = World(catalog, objects, port_over(self.wires, self.queue), clock=self.clock)
        orphans = port_over(self.wires, self.world.orphans)
        self.world.sweep_orphans = replace(self.world.sweep_orphans, store=orphans)
        for number in range(4):
            self._register(number)
        for number in range(2):
            self.happen(Request("create", number, number, 0))
            self.happen(Delivery(0))

    @property
    def desk(self) -> Desk:
        """All ids that were handed out, in order."""
        jobs = list(of_kind(self.table, "job"))
        vrts = list(dict.fromkeys(job["dataset"]["S"] for job in jobs))
        return Desk(
            self.world,
            vrts,
            list(self.known),
            [job["id"]["S"] for job in jobs],
        )

    def happen(self, happening: Happening, trouble: Trouble | None = None) -> None:
        """Let something happen, and something else go wrong on the way."""
        self.clock.forward(milliseconds=1)
        call = self._call(happening)
        armed = self._armed(happening, trouble) if trouble else None
        with self.wires.armed(armed):
            self.tally[f"{_name(happening)}: {outcome(call)}"] += 1
        if armed and armed.at < 0:
            self.tally[armed.mishap] += 1
        self._collect()

    def _armed(self, happening: Happening, trouble: Trouble) -> Armed:
        at = trouble.at % CALLS[type(happening)][trouble.mishap.counts_reads]
        return Armed(trouble.mishap, at, lambda: self._all(trouble.meanwhile))

    def _all(self, happenings: Sequence[Happening]) -> None:
        for each in happenings:
            self.happen(each)

    def _call(self, happening: Happening) -> Callable[[], object]:
        match happening:
            case Request():
                self.last = happening
                ask = self.desk.make(happening)
                return lambda: self._promise(happening, ask())
            case Delivery():
                return lambda: self._deliver(happening)
            case Event("ask again"):
                return self._call(self.last)
        return partial(self._events[happening.name], happening.number)

    @property
    def _events(self) -> Mapping[str, Callable[[int], object]]:
        return {
            "reconcile": lambda _: self.world.reconcile(),
            "resume": lambda _: self.world.resume(),
            "sweep": lambda _: self.world.sweep_orphans(),
            "wait": lambda seconds: self.clock.forward(seconds=seconds),
            "lose": lambda index: self.letters and self.letters.pop(index % len(self.letters)),
            "dead letter": self._bury,
            "register": self._register,
            "overwrite": self._overwrite,
            "vanish": self._vanish,
            "appear": self._appear,
            "event": self._tell,
            "mark": lambda _: self.world.mark_users.overdue(),
            "hold": lambda _: self.world.hold_edits.overdue(),
            "refresh": lambda _: self.world.refresh(),
        }

    def _promise(self, request: Request, answer: object) -> None:
        """Remember a promise; the same request under the same key gets the same one."""
        if request.verb not in {"create", *CHANGES}:
            return
        assert isinstance(answer, str)
        promise = replace(request, knows=False) if request.key else object()
        if request.verb != "retry":  # which job is retried is not said by its numbers alone
            assert self.promised.setdefault(promise, answer) == answer, f"{request} got two jobs"
        assert (f"JOB#{answer}", "META") in self.table.items, f"{request} was promised a job that is not there"

    def _deliver(self, delivery: Delivery) -> None:
        self._collect()
        if not self.letters:
            return
        letter = self.letters[delivery.index % len(self.letters)]
        letter.receives += 1
        if letter.receives > RECEIVES:
            self.letters.remove(letter)
            self.dead.append(letter.message)
            return
        self.world.remaining = 2.0 if delivery.hurried else 300.0
        self.world.assembler.drop = delivery.fails == "partial"
        self.world.assembler.errors = {delivery.fails: UnavailableError("S3", "SlowDown")}
        if self.world.run(letter.message) is BuildOutcome.DONE and not delivery.again and letter in self.letters:
            self.letters.remove(letter)

    def _bury(self, index: int) -> None:
        """The reconciler receives a dead letter; it stays one until that is done."""
        if self.dead:
            message = self.dead[index % len(self.dead)]
            self.world.reconcile.dead_letter(message)
            if message in self.dead:  # nobody else did it meanwhile
                self.dead.remove(message)

    def _register(self, number: int) -> None:
        owner = CALLERS[number % len(CALLERS)].subject
        with self.wires.armed(None):
            (raster,) = self.world.registered(1, audience=audience(owner, Visibility.PUBLIC))
        self.known[raster.id] = raster

    def _overwrite(self, index: int) -> None:
        """Somebody overwrites a source's object, or puts the one back that was catalogued, wherever it went."""
        raster = list(self.known.values())[index % len(self.known)]
        stat = ObjectStat(raster.etag, raster.size_bytes)
        self._put(raster.ref, replace(stat, etag='"another"') if self.objects.sources.get(raster.ref) == stat else stat)

    def _vanish(self, index: int) -> None:
        """Somebody deletes a source's object."""
        ref = list(self.known.values())[index % len(self.known)].ref
        self.objects.sources.pop(ref, None)
        self.events.append(ref)

    def _appear(self, number: int) -> None:
        """Somebody puts an object where objects are registered by themselves."""
        self._put(ObjectRef("watched", f"in/{number % 3}.tif"), ObjectStat(f'"{number}"', 1000))

    def _put(self, ref: ObjectRef, stat: ObjectStat) -> None:
        self.objects.sources[ref] = stat
        self.events.append(ref)

    def _tell(self, number: int) -> None:
        """An event is worked off: any of those that are there, for an odd number not for the last time."""
        if self.events:
            ref = self.events[number % len(self.events)]
            self.world.observe(ref)
            if number % 2 == 0 and ref in self.events:
                self.events.remove(ref)

    def _collect(self) -> None:
        self.letters += [Letter(message) for message in self.queue.messages]
        self.queue.messages.clear()
        self.known |= {each.id: each for each in every_raster(self.world, self.table) if each.id not in self.known}

    # --- what has to be true ---

    def require_whole(self) -> None:
        """That nothing is half done."""
        require_whole(self.world, self.table)

    def settle(self) -> None:
        """Let everything come to its end, with nothing going wrong any more, and hold it against what was promised."""
        self._come_by(61)
        self._come_by(1)
        require_told(self.world, self.table, self.objects)
        for ref in [raster.ref for raster in every_raster(self.world, self.table)]:
            self._put(ref, ObjectStat('"the last one"', 1000))
        for seconds in ROUNDS:
            self._come_by(seconds)
        self.require_whole()
        require_told(self.world, self.table, self.objects)
        self.tally["fresh by itself"] += require_fresh(self.world, self.table)
        self.tally["built by itself"] += built_by_themselves(self.table)
        assert [vrt.id for vrt in every_vrt(self.world, self.table) if vrt.active] == []
        ended = {job["id"]["S"] for job in of_kind(self.table, "job") if job["status"]["S"] in FINAL_JOBS}
        assert set(self.promised.values()) <= ended
        assert [raster.id for raster in every_raster(self.world, self.table) if raster.deletion] == []
        assert [key for key, item in self.table.items.items() if "due" in item] == []
        require_swept(self.world, self.table)
        require_covered(self.world, self.table)

    def _come_by(self, seconds: int) -> None:
        """Everybody works off what there is, and time passes."""
        while self.events:
            self.happen(Event("event"))
        for routine in ("hold", "mark", "refresh", "reconcile", "resume", "sweep"):
            self.happen(Event(routine))
        while self.letters:
            self.happen(Delivery(0))
        while self.dead:
            self.happen(Event("dead letter"))
        self.clock.forward(seconds=seconds)


def _name(happening: Happening) -> str:
    match happening:
        case Request(verb):
            return verb
        case Delivery():
            return "deliver"
        case Event(name):
            return name
