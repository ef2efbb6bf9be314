"""Objects change while registrars, a builder and the reconciler are at it, each stopped now and then before a call.

A seed decides who goes on; the few ETags that there are come again and again, so that objects are often put back as
they were. No event is lost, but they come late, twice and out of order. `RASTERLOOM_SEEDS` sets how many are tried.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

import pytest

from rasterloom.adapters.catalog_dynamodb import open_catalog
from rasterloom.adapters.catalog_dynamodb.items_dataset import RASTER
from rasterloom.adapters.catalog_dynamodb.values import of
from rasterloom.domain.errors import BaseChangedError, DatasetBusyError, IncompatibleSourcesError, UnavailableError
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.services.places import Places
from rasterloom.services.register_raster import RegisterRequest
from rasterloom.settings import AllowedPrefix
from tests.property.freshness import built_by_themselves, require_fresh, require_told
from tests.support.factories import principal
from tests.support.fakes import MemoryObjects
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.table import AT_ONCE, TABLE
from tests.support.turns import Turns
from tests.support.world import QUIET, World

SEEDS: Final = int(os.environ.get("RASTERLOOM_SEEDS", "200"))
ALICE: Final = principal()
NEW: Final = ObjectRef("watched", "in/new.tif")
ETAGS: Final = ('"1"', '"2"')
HOW_OFTEN: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Calls before which anybody may go on, as a share of all."""
CHANGES: Final = 16
"""Of objects, in each history."""


@dataclass
class Stopping:
    """A client or port before whose calls anybody may go on."""

    target: Any
    pause: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        """Stop at methods, and let everything else through."""
        found = getattr(self.target, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **parameters: Any) -> Any:
            self.pause()
            return found(*arguments, **parameters)

        return call


@dataclass
class History:
    """One history: who does what is drawn as it goes on."""

    seed: int
    events: list[ObjectRef] = field(default_factory=list)
    looking: int = 0
    """How many are looking at an object now."""
    settled: int = 0
    """How often everything was told of, and nobody was looking."""

    def __post_init__(self) -> None:
        """Have two mosaics of two rasters, one of which looks after itself."""
        self.random = Random(self.seed)  # noqa: S311 - a history can be played again
        self.turns, self.often = Turns(self.random), self.random.choice(HOW_OFTEN)
        self.table, self.objects = MemoryDynamo(), MemoryObjects()
        client: Any = Stopping(self.table, self._stop)
        self.world = World(open_catalog(client, TABLE, self.objects, AT_ONCE), self.objects)
        stopping: Any = Stopping(self.world.headers, self._stop)
        self.world.observe = replace(self.world.observe, headers=stopping)
        places = Places([AllowedPrefix(bucket=bucket) for bucket in ("sources", NEW.bucket)], "artifacts")
        self.world.register = replace(
            self.world.register, headers=stopping, places=places, look_again=self.world.observe
        )
        _, rasters = self.world.published(2, etag=ETAGS[0])
        self.vrt = self.world.vrt(self.world.created(rasters)).id
        self.world.run()
        self.world.switch(ALICE, self.vrt, wanted=True)
        self.refs = [NEW, *(raster.ref for raster in rasters)]

    def play(self) -> None:
        """Let everybody loose, then let them finish, and look; then put every object there, and look again."""
        self.turns.run([self._s3, self._registrar, self._registrar, self._person, self._builder, self._reconciler])
        self._finish()
        require_told(self.world, self.table, self.objects)
        for ref in self.refs:
            self._put(ref, self.random.choice(ETAGS))
        self._finish()
        require_told(self.world, self.table, self.objects)
        assert require_fresh(self.world, self.table) == 1

    def _stop(self) -> None:
        """Stop before a call, or go on: a few stops let others do much meanwhile, many let everybody do a little."""
        if self.random.random() < self.often:
            self.turns.pause()

    def tell(self) -> None:
        """Let three registrars loose on one object that changes all the time."""
        self.refs = self.random.choices(self.refs[:2], (1, 3))
        self.turns.run([self._s3, self._registrar, self._registrar, self._registrar])
        while self.events:
            self.world.observe(self.events.pop())
        self._require_told_if_all_was()

    def _finish(self) -> None:
        for _ in range(4):
            while self.events:
                self.world.observe(self.events.pop())
            self.world.clock.now += QUIET
            self.world.mark_users.overdue()
            self.world.refresh()
            while self.world.queue.messages:
                self.world.run()

    def _put(self, ref: ObjectRef, etag: str) -> None:
        self.objects.sources[ref] = ObjectStat(etag, 1000)
        self.events += [ref] * self.random.choice((1, 1, 2))

    def _s3(self) -> None:
        for _ in range(CHANGES):
            ref = self.random.choice(self.refs)
            self._put(ref, self.random.choice(ETAGS))
            if self.random.random() < 0.2:
                del self.objects.sources[ref]
            for _ in range(self.random.randrange(12)):
                self.turns.pause()

    def _registrar(self) -> None:
        for _ in range(4 * CHANGES):
            self.turns.pause()
            if self.events:
                ref = self.events.pop(self.random.randrange(len(self.events)))
                try:
                    with self._at_it():
                        self.world.observe(ref)
                except UnavailableError:
                    self.events.append(ref)
                self._require_told_if_all_was()

    @contextmanager
    def _at_it(self) -> Iterator[None]:
        """While somebody looks at an object, what is catalogued of it may not be what it is."""
        self.looking += 1
        try:
            yield
        finally:
            self.looking -= 1

    def _require_told_if_all_was(self) -> None:
        """Hold the catalogue against the bucket whenever every event was worked off, and let nobody go on meanwhile."""
        if self.events or self.looking:
            return
        self.settled += 1
        for (_, sort), item in self.table.items.items():
            if sort == "META" and of(item, "kind") == RASTER:
                stat = self.objects.sources.get(ObjectRef(item["bucket"]["S"], item["key"]["S"]))
                told = None if "object_state" in item else item["etag"]["S"]
                assert told == getattr(stat, "etag", None), f"seed {self.seed}: {item['key']}, S3 has {stat}"

    def _person(self) -> None:
        """Registers objects by hand, new ones and their own, and has the mosaic built again."""
        for _ in range(3):
            self.turns.pause()
            uri = self.random.choice(self.refs).uri
            with suppress(IncompatibleSourcesError, UnavailableError), self._at_it():
                self.world.register(ALICE, RegisterRequest(uri))
            with suppress(DatasetBusyError, BaseChangedError):
                self.world.change.regenerate(ALICE, self.vrt)

    def _builder(self) -> None:
        for _ in range(6):
            self.turns.pause()
            if self.world.queue.messages:
                self.world.run()

    def _reconciler(self) -> None:
        for _ in range(4):
            self.turns.pause()
            self.world.clock.now += QUIET / 2
            self.world.mark_users.overdue()
            self.world.refresh()


@pytest.mark.parametrize("part", range(4))
def test_however_often_an_object_changes_the_last_look_stands(part: int) -> None:
    settled = 0
    for seed in range(part, SEEDS, 4):
        history = History(seed)
        history.tell()
        settled += history.settled
    assert settled > SEEDS / 4


@pytest.mark.parametrize("part", range(4))
def test_whatever_overtakes_what_the_last_look_stands_and_every_stale_vrt_is_known(part: int) -> None:
    rebuilt = settled = 0
    for seed in range(part, SEEDS // 4, 4):
        history = History(seed)
        history.play()
        rebuilt += built_by_themselves(history.table)
        settled += history.settled
    assert rebuilt > 0
    assert settled > 0
