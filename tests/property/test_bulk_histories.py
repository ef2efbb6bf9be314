"""Bulk registrations, whatever dies and whatever comes twice: every object has one result, every job comes to its end.

The real use cases over the real catalogue on a linearizable table in memory, as in `test_nothing_half_done.py`; headers
and listings are stand-ins.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from rasterloom.adapters.catalog_dynamodb import open_catalog
from rasterloom.adapters.catalog_dynamodb.items_bulk import bulk_of, part_of
from rasterloom.domain.bulk import BulkCounts, BulkJob, ObjectResult, Outcome
from rasterloom.domain.errors import RasterloomError
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.registration import BulkPart
from rasterloom.services.register_raster import RegisterRequest
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.request_bulk import BulkRequest
from tests.support.bulk import SOURCES, Message, hold
from tests.support.factories import principal
from tests.support.fakes import MemoryObjects
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.table import AT_ONCE, TABLE
from tests.support.wires import Armed, Crash, Mishap, Wires, port_over, table_over
from tests.support.world import DUE_SENT, World

EXAMPLES: Final = 15
ALICE: Final = principal()
KEYS: Final = tuple(f"in/{number}.tif" for number in range(7))
CALLS: Final = 14
"""More than a happening has of calls of one kind, so that some come through."""
ROUNDS: Final = 9
"""Sends that a job may have in vain, and some."""

TALLY: Final = Counter[str]()

SMALL = st.integers(0, 7)
TROUBLES = st.none() | st.builds(
    Armed, st.sampled_from([each for each in Mishap if each is not Mishap.MEANWHILE]), st.integers(0, CALLS)
)


class BulkHistories(RuleBasedStateMachine):
    """What may happen to bulk registrations, in any order; each may be cut short at any of its side effects."""

    def __init__(self) -> None:
        super().__init__()
        logging.disable()
        self.wires, self.table, self.objects = Wires(), MemoryDynamo(), MemoryObjects()
        objects = port_over(self.wires, self.objects)
        catalog = open_catalog(table_over(self.wires, self.table), TABLE, objects, AT_ONCE)
        world = self.world = World(catalog, objects)
        queue = port_over(self.wires, world.messages)
        for name in ("request_bulk", "register_part", "list_prefix", "resume_bulk"):
            setattr(world, name, replace(getattr(world, name), queue=queue))
        self.uris = hold(self.objects, *KEYS)

    def _happen(self, call: Callable[[], object], trouble: Armed | None = None) -> str:
        """Let something happen; tell how it ended."""
        self.world.clock.forward(milliseconds=1)
        armed = trouble and Armed(trouble.mishap, trouble.at)
        ended = "done"
        with self.wires.armed(armed):
            try:
                call()
            except Crash:
                ended = "died"
            except RasterloomError as refusal:
                if refusal.code == "internal_error":
                    raise
                ended = refusal.code
        if armed and armed.at < 0:
            TALLY[armed.mishap] += 1
        return ended

    @rule(first=SMALL, count=SMALL, by_prefix=st.booleans(), key=st.sampled_from((0, 0, 1)), trouble=TROUBLES)
    def ask(self, first: int, count: int, by_prefix: bool, key: int, trouble: Armed | None) -> None:  # noqa: FBT001
        uris = tuple(self.uris[first % 7 : first % 7 + 1 + count])
        request = BulkRequest((), f"s3://{SOURCES}/in/") if by_prefix else BulkRequest(uris)
        known = IdempotencyKey(str(key), repr(request)) if key else None
        self._happen(partial(self.world.request_bulk, ALICE, request, known), trouble)

    @rule(index=SMALL, again=st.booleans(), seconds=st.sampled_from((100.0, 100.0, 1.0)), trouble=TROUBLES)
    def deliver(self, index: int, again: bool, seconds: float, trouble: Armed | None) -> None:  # noqa: FBT001
        waiting = self.world.messages.messages
        if waiting:
            message = waiting[index % len(waiting)]
            if self._happen(partial(self._work_off, message, seconds), trouble) == "done" and not again:
                waiting.remove(message)

    def _work_off(self, message: Message, seconds: float) -> None:
        if isinstance(message, BulkPart):
            self.world.register_part(message, lambda: seconds)
        else:
            self.world.list_prefix(message, lambda: seconds)

    @rule(trouble=TROUBLES, seconds=st.sampled_from((1, 61, 901)))
    def reconcile(self, trouble: Armed | None, seconds: int) -> None:
        self.world.clock.forward(seconds=seconds)
        self._happen(self.world.resume_bulk, trouble)

    @rule(index=SMALL)
    def lose(self, index: int) -> None:
        """The queue loses a message, or holds it for ever."""
        waiting = self.world.messages.messages
        if waiting:
            waiting.pop(index % len(waiting))

    @rule(index=SMALL, etag=st.sampled_from(('"1"', '"2"', '"3"')))
    def overwrite(self, index: int, etag: str) -> None:
        hold(self.objects, KEYS[index % 7], etag=etag)

    @rule(index=SMALL, trouble=TROUBLES)
    def register_one(self, index: int, trouble: Armed | None) -> None:
        self._happen(partial(self.world.register, ALICE, RegisterRequest(self.uris[index % 7])), trouble)

    @rule(index=SMALL, trouble=TROUBLES)
    def cancel(self, index: int, trouble: Armed | None) -> None:
        jobs = self._jobs()
        if jobs and index == 0:
            self._happen(partial(self.world.cancel, ALICE, jobs[-1].id), trouble)

    def _jobs(self) -> list[BulkJob]:
        return [bulk_of(item) for item in self._of_kind("bulk")]

    def _of_kind(self, kind: str) -> list[Mapping[str, Any]]:
        return [item for item in self.table.items.values() if item.get("kind", {}).get("S") == kind]

    @invariant()
    def counts_are_those_of_the_parts_that_are_done(self) -> None:
        for job in self._jobs():
            parts = [
                part_of(item)
                for key, item in self.table.items.items()
                if key[0] == f"JOB#{job.id}" and key[1] != "META"
            ]
            done = [part for part in parts if part.is_done]
            assert (job.parts, job.parts_done, job.objects) == (
                len(parts),
                len(done),
                sum(part.objects for part in parts),
            )
            assert job.counts == sum_of([part.counts for part in done])
            assert all(part.counts.total == part.objects for part in done)
            assert job.status is not JobStatus.COMPLETE or job.is_worked_off

    @invariant()
    def an_object_is_one_dataset(self) -> None:
        rows = [item["dataset"]["S"] for key, item in self.table.items.items() if key[0].startswith("OBJECT#")]
        assert sorted(rows) == sorted(item["id"]["S"] for item in self._of_kind("raster_dataset"))

    def teardown(self) -> None:
        """Whatever happened, every job ends, and every object of it has one result."""
        try:
            self._settle()
        finally:
            logging.disable(logging.NOTSET)

    def _settle(self) -> None:
        for _ in range(ROUNDS):
            waiting = self.world.messages.messages
            while waiting:
                assert self._happen(partial(self._work_off, waiting.pop(0), 100.0)) == "done"
            self.world.clock.now += DUE_SENT
            self.world.resume_bulk()
        self.counts_are_those_of_the_parts_that_are_done()
        self.an_object_is_one_dataset()
        for job in self._jobs():
            assert (job.is_ended, job.due) == (True, None)
            results = self._results(job)
            TALLY.update(result.outcome for result in results)
            TALLY[job.status] += 1
            assert len({result.uri for result in results}) == len(results) == job.objects
            assert Outcome.PENDING not in {result.outcome for result in results}
            assert job.status is not JobStatus.COMPLETE or job.prefix is None or len(results) == len(KEYS)

    def _results(self, job: BulkJob) -> list[ObjectResult]:
        found: list[ObjectResult] = []
        cursor: str | None = None
        while True:
            page = self.world.read_registrations(ALICE, job.id, limit=2, cursor=cursor)
            found += page.results
            cursor = page.next_cursor
            if cursor is None:
                return found


def sum_of(counts: list[BulkCounts]) -> BulkCounts:
    """All of them together."""
    return BulkCounts(
        sum(each.created for each in counts),
        sum(each.unchanged for each in counts),
        sum(each.refreshed for each in counts),
        sum(each.failed for each in counts),
    )


def test_whatever_happens_every_object_has_one_result_and_every_job_ends() -> None:
    TALLY.clear()
    run_state_machine_as_test(
        BulkHistories,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    assert TALLY[Outcome.CREATED] > 0
    assert TALLY[JobStatus.COMPLETE] > 0
    assert sum(TALLY[mishap] for mishap in Mishap) > 0
