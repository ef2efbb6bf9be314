"""A hundred clients that change ten VRTs at once, and what each of them was told.

A VRT is a register: how often a change was admitted, which generation is active, which one is served.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from random import Random
from typing import Any, Final

from botocore.exceptions import ReadTimeoutError

from rasterloom.adapters.catalog_dynamodb import open_catalog
from rasterloom.domain.dataset import VrtDataset
from rasterloom.domain.errors import DatasetBusyError, JobEndedError, UnavailableError, VersionChangedError
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.lifecycle import GenerationStatus
from rasterloom.domain.versions import KnownVersions, version_of
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.terms import Terms
from tests.support.dynamo_faults import cancelled, refused
from tests.support.factories import principal
from tests.support.fakes import MemoryObjects
from tests.support.linearizability import Operation
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.table import AT_ONCE, TABLE
from tests.support.turns import Turns
from tests.support.world import World

ALICE: Final = principal()
TRIES: Final = (1, 1, 2, 3)
"""How often a client sends the same request, under the same key, before it gives up."""


@dataclass(frozen=True)
class Register:
    """What a client may see of a VRT."""

    admitted: int
    active: str | None
    served: str | None


type History = dict[str, list[Operation[Register]]]


@dataclass
class Unsteady:
    """A client of the table that gives way before every call, and sometimes conflicts, throttles or loses an answer."""

    client: Any
    turns: Turns
    random: Random
    troubles: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __getattr__(self, name: str) -> Any:
        """Every call, with what may befall it."""
        method = getattr(self.client, name)

        def call(**request: Any) -> Any:
            self.turns.pause()
            fate = self.random.random()
            if fate < 0.02:
                self.troubles["throttled"] += 1
                raise refused("ThrottlingException")
            if name != "transact_write_items":
                return method(**request)
            if fate < 0.10:
                self.troubles["conflict"] += 1
                raise cancelled("TransactionConflict")
            answer = method(**request)
            if fate < 0.20:
                self.troubles["answer lost, sent again"] += 1
                self.turns.pause()
                return method(**request)
            if fate < 0.30:
                self.troubles["answer lost"] += 1
                raise ReadTimeoutError(endpoint_url="memory")
            return answer

        return call


@dataclass
class Recorder:
    """Runs the clients and writes down what each was told, and when."""

    seed: int
    vrts: int = 10
    wrap: Callable[[Any], Any] = lambda client: client
    """What else lies between the catalogue and its table."""
    cancels: float = 0.15
    """How often a client that sees a change under way cancels it."""
    must_end: bool = True
    """Whether every generation has to come to its end."""
    history: History = field(default_factory=lambda: defaultdict(list))
    ends: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    """Generation -> what may have ended it: invoked, and returned if it was over by then."""
    asking: int = 0
    """Clients that are not done."""
    told: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often clients were told what."""

    def __post_init__(self) -> None:
        """Have ten VRTs that are served."""
        self.random = Random(self.seed)  # noqa: S311 - it only has to be drawn again
        self.turns = Turns(self.random)
        self.table = MemoryDynamo()
        objects = MemoryObjects()
        self.calm = World(open_catalog(self.wrap(self.table), TABLE, objects, AT_ONCE), objects)
        self.ids = [self.calm.vrt(self.calm.published(2)[0]).id for _ in range(self.vrts)]
        self.initial = {vrt_id: self._look(self.calm, vrt_id)[0] for vrt_id in self.ids}
        self.client = Unsteady(self.wrap(self.table), self.turns, self.random)
        self.world = World(
            open_catalog(self.client, TABLE, objects, AT_ONCE),  # type: ignore[arg-type]
            objects,
            clock=self.calm.clock,
            first_id=1_000_000,
        )

    def run(self, clients: int = 100, requests: int = 4) -> History:
        """Let the clients loose, then let everything end, and answer each VRT's history."""
        callers = clients - clients // 10
        self.asking = callers
        tasks: list[Callable[[], None]] = [partial(self._client, number, requests) for number in range(callers)]
        tasks += [self._worker] * (clients - callers)
        self.turns.run(tasks)
        self.calm.clock.forward(seconds=3600)
        self.calm.reconcile()
        while self.world.queue.messages or self.calm.queue.messages:
            messages = self.world.queue.messages or self.calm.queue.messages
            self._build(self.calm, messages.pop(0))
            self.calm.clock.forward(seconds=3600)
            self.calm.reconcile()
        self._record_ends()
        for vrt_id in self.ids:
            self._last_read(vrt_id)
        return self.history

    def _client(self, number: int, requests: int) -> None:
        try:
            self._ask(number, requests)
        finally:
            self.asking -= 1  # workers go on until nobody asks any more, whatever became of those who did

    def _ask(self, number: int, requests: int) -> None:
        for request in range(requests):
            vrt_id = self.random.choice(self.ids)
            seen = self._read(self.world, vrt_id)
            if seen is None:
                continue
            if seen.active is not None and self.random.random() < self.cancels:
                self._cancel(vrt_id, seen)
            else:
                known = KnownVersions((version_of(seen),)) if self.random.random() < 0.3 else KnownVersions()
                self._change(vrt_id, seen, Terms(IdempotencyKey(f"{number}-{request}", "body"), known))

    def _read(self, world: World, vrt_id: str) -> VrtDataset | None:
        invoked = self.turns.now
        try:
            state, vrt = self._look(world, vrt_id)
        except UnavailableError:
            return None
        self._write(vrt_id, "read", invoked, lambda register: register if register == state else None)
        return vrt

    def _last_read(self, vrt_id: str) -> None:
        """What stands in the end; take-overs have moved the fence by now, so nothing is said of how often."""
        state, _ = self._look(self.calm, vrt_id)
        wanted = state.active, state.served
        self._write(vrt_id, "read", self.turns.now, lambda at: at if (at.active, at.served) == wanted else None)

    def _look(self, world: World, vrt_id: str) -> tuple[Register, VrtDataset]:
        vrt = world.catalog.datasets.get(vrt_id)
        assert isinstance(vrt, VrtDataset)
        active = vrt.active.generation_id if vrt.active else None
        served = vrt.published.generation_id if vrt.published else None
        return Register(vrt.active.number if vrt.active else vrt.fence, active, served), vrt

    def _change(self, vrt_id: str, seen: VrtDataset, terms: Terms) -> None:
        """Ask for a change, under one key until there is an answer, or for good."""
        invoked, returned, job_id = self.turns.now, inf, None
        for _ in range(self.random.choice(TRIES)):
            try:
                job_id = self.world.change.regenerate(ALICE, vrt_id, terms)
            except DatasetBusyError:
                return self._write(vrt_id, "409", invoked, lambda register: register if register.active else None)
            except VersionChangedError:
                return self._write(vrt_id, "412", invoked, partial(_moved_on, seen))
            except UnavailableError:
                continue
            returned = self.turns.now
            break
        key = terms.idempotency
        assert key is not None
        record = self.calm.catalog.lock.replayed("alice", key.key, self.calm.clock())
        self.told["202" if job_id else "503"] += 1
        if record is None:
            assert job_id is None, "a promise that nothing stands for"
            return None
        self._admitted(vrt_id, record.result, invoked, returned, seen if terms.known.versions else None)
        return None

    def _admitted(self, vrt_id: str, job_id: str, invoked: int, returned: float, seen: VrtDataset | None) -> None:
        generation = self.calm.generation(job_id).id

        def step(register: Register) -> Register | None:
            if register.active is not None or (seen is not None and register.admitted != seen.fence):
                return None
            return Register(register.admitted + 1, generation, register.served)

        self.history[vrt_id].append(Operation(f"admit {generation[-4:]}", invoked, returned, step))

    def _write(self, vrt_id: str, name: str, invoked: int, step: Callable[[Register], Register | None]) -> None:
        self.told[name] += 1
        self.history[vrt_id].append(Operation(name, invoked, self.turns.now, step, only_looks=True))

    def _cancel(self, vrt_id: str, seen: VrtDataset) -> None:
        assert seen.active is not None
        assert vrt_id == seen.id
        invoked, returned = self.turns.now, inf
        try:
            self.world.cancel(ALICE, seen.active.job_id)
            returned = self.turns.now
        except JobEndedError:
            returned = self.turns.now
        except UnavailableError:
            self.told["503 to a cancellation"] += 1
        self.ends[seen.active.generation_id].append((invoked, returned))

    def _worker(self) -> None:
        while self.asking:
            self.turns.pause()
            if self.world.queue.messages:
                queue = self.world.queue.messages
                message = queue[self.random.randrange(len(queue))]
                if self._build(self.world, message) and message in queue:
                    queue.remove(message)

    def _build(self, world: World, message: BuildMessage) -> bool:
        invoked, returned = self.turns.now, inf
        try:
            done = world.run(message) is BuildOutcome.DONE
        except UnavailableError:
            done = False
        standing = self.calm.catalog.jobs.find_generation(message.dataset_id, message.generation_id)
        if standing is not None and standing.ended_at is not None:
            returned = self.turns.now
        self.ends[message.generation_id].append((invoked, returned))
        return done

    def _record_ends(self) -> None:
        """Every generation ended once, within the time of those who may have ended it."""
        for vrt_id in self.ids:
            for generation in self.calm.catalog.jobs.generations_of(vrt_id, skip=0, limit=1000).generations:
                if generation.id == self.initial[vrt_id].served:
                    continue
                if generation.ended_at is None and not self.must_end:
                    continue
                assert generation.ended_at is not None, f"{generation.id} never ended"
                spans = self.ends[generation.id] or [(0, inf)]
                published = generation.status is GenerationStatus.COMPLETED
                step = partial(_ended, generation.id, published)
                first, last = min(span[0] for span in spans), min(span[1] for span in spans)
                self.told["published" if published else "ended unpublished"] += 1
                self.history[vrt_id].append(Operation(f"end {generation.id[-4:]}", first, last, step))


def _moved_on(seen: VrtDataset, register: Register) -> Register | None:
    """Every change of a register changes one of the two."""
    as_seen = (register.admitted, register.active is None) == (seen.fence, seen.active is None)
    return None if as_seen else register


def _ended(generation: str, published: bool, register: Register) -> Register | None:  # noqa: FBT001 - bound by partial
    if register.active != generation:
        return None
    return Register(register.admitted, None, generation if published else register.served)
