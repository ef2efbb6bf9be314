"""Objects change while registrars, a builder and the reconciler are at it, each stopped before every call it makes.

A seed decides who goes on; the few ETags that there are come again and again, so that objects are often put back as
they were. No event is lost, but they come late, twice and out of order. `RASTERLOOM_SEEDS` sets how many are tried.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

import pytest

from rasterloom.adapters.catalog_dynamodb import open_catalog
from rasterloom.domain.errors import DatasetBusyError, IncompatibleSourcesError, UnavailableError
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

SEEDS: Final = int(os.environ.get("RASTERLOOM_SEEDS", "120"))
ALICE: Final = principal()
NEW: Final = ObjectRef("watched", "in/new.tif")
ETAGS: Final = ('"1"', '"2"')
CHANGES: Final = 8
"""Of objects, in each history."""


@dataclass
class Stopping:
    """A client or port before each of whose calls anybody may go on."""

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
    changes: int = CHANGES

    def __post_init__(self) -> None:
        """Have two mosaics of two rasters, one of which looks after itself."""
        self.random = Random(self.seed)  # noqa: S311 - a history can be played again
        self.turns = Turns(self.random)
        self.table, self.objects = MemoryDynamo(), MemoryObjects()
        client: Any = Stopping(self.table, self.turns.pause)
        self.world = World(open_catalog(client, TABLE, self.objects, AT_ONCE), self.objects)
        stopping: Any = Stopping(self.world.headers, self.turns.pause)
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
        for _ in range(self.changes):
            ref = self.random.choice(self.refs)
            self._put(ref, self.random.choice(ETAGS))
            if self.random.random() < 0.2:
                del self.objects.sources[ref]
            for _ in range(self.random.randrange(12)):
                self.turns.pause()

    def _registrar(self) -> None:
        for _ in range(3 * self.changes):
            self.turns.pause()
            if self.events:
                ref = self.events.pop(self.random.randrange(len(self.events)))
                try:
                    self.world.observe(ref)
                except UnavailableError:
                    self.events.append(ref)

    def _person(self) -> None:
        """Registers objects by hand, new ones and their own, and has the mosaic built again."""
        for _ in range(3):
            self.turns.pause()
            uri = self.random.choice(self.refs).uri
            with suppress(IncompatibleSourcesError, UnavailableError):
                self.world.register(ALICE, RegisterRequest(uri))
            with suppress(DatasetBusyError):
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
def test_whatever_overtakes_what_the_last_look_stands_and_every_stale_vrt_is_known(part: int) -> None:
    rebuilt = 0
    for seed in range(part, SEEDS, 4):
        history = History(seed)
        history.play()
        rebuilt += built_by_themselves(history.table)
    assert rebuilt > 0
