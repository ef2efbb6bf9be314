"""The lock protocol under any order of events: messages twice and late, workers that die, leases that run out.

One VRT and its real catalogue on moto, one event after the other; races are tried on a real server elsewhere.
"""

from contextlib import ExitStack

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from rasterloom.domain.errors import (
    BaseChangedError,
    DatasetBusyError,
    JobNotRetryableError,
    NotPublishedError,
    UnavailableError,
)
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.lifecycle import JOB_TRANSITIONS, GenerationStatus, VrtStatus, is_final
from rasterloom.ports import Claim
from rasterloom.services.staging import read_members
from tests.support.factories import principal
from tests.support.fakes import MemoryObjects
from tests.support.table import catalog_on_moto
from tests.support.world import DUE_MARGIN, LEASE, World

ALICE = principal()


class LockMachine(RuleBasedStateMachine):
    """What may happen to a VRT, in any order."""

    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        objects = MemoryObjects()
        self.world = World(self.stack.enter_context(catalog_on_moto(objects)), objects)
        self.jobs: list[str] = []
        self.sent: list[BuildMessage] = []
        self.newest = 0
        self.highest_fence = 0

    def teardown(self) -> None:
        """Whatever happened, what was promised comes to an end."""
        if self.jobs:
            self._settle()
        self.stack.close()

    @initialize()
    def create(self) -> None:
        self.jobs.append(self.world.created(self.world.registered(3)))
        self.vrt_id = self.world.job(self.jobs[0]).dataset_id

    @rule()
    def change(self) -> None:
        try:
            self.jobs.append(self.world.change.regenerate(ALICE, self.vrt_id))
        except (DatasetBusyError, NotPublishedError):
            self.world.queue.messages = list(self.world.queue.messages)

    @rule(index=st.integers(0, 9), keep=st.booleans())
    def deliver(self, index: int, *, keep: bool) -> None:
        """Deliver some message; keep it, and it comes again."""
        self._receive()
        if self.sent:
            message = self.sent[index % len(self.sent)]
            self.world.run(message)
            if not keep:
                self.sent.remove(message)

    @rule(target=claims, index=st.integers(0, 9))
    def claim_and_stall(self, index: int) -> Claim | None:
        """A worker claims and says no more, for now."""
        self._receive()
        if not self.sent:
            return None
        expires = self.world.clock() + LEASE
        claim = self.world.catalog.lock.claim(
            self.sent[index % len(self.sent)],
            self.world.new_id(),
            self.world.clock(),
            expires,
            expires + DUE_MARGIN,
        )
        return claim if isinstance(claim, Claim) else None

    @rule(claim=claims)
    def release(self, claim: Claim | None) -> None:
        if claim is not None:
            self.world.catalog.lock.release(claim)

    @rule(step=st.sampled_from(["assemble", "verify", "quicklooks"]))
    def fail_transiently(self, step: str) -> None:
        self._receive()
        self.world.assembler.errors[step] = UnavailableError("S3", "SlowDown")
        for message in self.sent[:1]:
            self.world.run(message)
        self.world.assembler.errors.clear()

    @rule()
    def cancel(self) -> None:
        vrt = self.world.vrt(self.jobs[0])
        if vrt.active is not None:
            assert self.world.cancel(ALICE, vrt.active.job_id).already is False

    @rule(index=st.integers(0, 9))
    def retry(self, index: int) -> None:
        job = self.world.job(self.jobs[index % len(self.jobs)])
        try:
            self.jobs.append(self.world.retry(ALICE, job.id))
        except JobNotRetryableError:
            assert not job.is_retryable
        except (DatasetBusyError, BaseChangedError, NotPublishedError):
            assert job.is_retryable

    @rule()
    def lose_messages(self) -> None:
        self.world.queue.messages.clear()
        self.sent.clear()

    @precondition(lambda self: self.sent)
    @rule(index=st.integers(0, 9))
    def dead_letter(self, index: int) -> None:
        self.world.reconcile.dead_letter(self.sent[index % len(self.sent)])

    @rule(seconds=st.sampled_from([1, 61, 131, 901]))
    def wait(self, seconds: int) -> None:
        self.world.clock.forward(seconds=seconds)

    @rule()
    def reconcile(self) -> None:
        self.world.reconcile()

    @invariant()
    def every_unfinished_job_is_due_and_no_finished_one(self) -> None:
        for job_id in self.jobs:
            job = self.world.job(job_id)
            assert is_final(JOB_TRANSITIONS, job.status) is (job.due is None)

    @invariant()
    def a_vrt_is_regenerating_exactly_while_one_job_is_unfinished(self) -> None:
        if not self.jobs:
            return
        vrt = self.world.vrt(self.jobs[0])
        unfinished = [each for each in self.jobs if not is_final(JOB_TRANSITIONS, self.world.job(each).status)]
        assert [vrt.active.job_id] == unfinished if vrt.active else unfinished == []
        assert (vrt.status is VrtStatus.REGENERATING) is (vrt.active is not None)

    @invariant()
    def the_pointer_and_the_fence_only_move_forward(self) -> None:
        if not self.jobs:
            return
        vrt = self.world.vrt(self.jobs[0])
        assert vrt.fence >= self.highest_fence
        self.highest_fence = vrt.fence
        if vrt.published is not None:
            number = self._number_of(vrt.published.generation_id)
            assert number >= self.newest
            self.newest = number

    @invariant()
    def what_is_published_exists_and_has_all_members(self) -> None:
        if self.jobs and (vrt := self.world.vrt(self.jobs[0])).published is not None:
            members = read_members(self.world.objects, vrt.published)
            document = self.world.objects.get(f"{vrt.published.prefix}source.vrt").decode()
            assert document.split("\n") == [member.ref.vsi_path for member in members]
            assert len(members) == vrt.member_count == 3

    def _receive(self) -> None:
        self.sent += self.world.queue.messages
        self.world.queue.messages.clear()

    def _number_of(self, generation_id: str) -> int:
        generations = [self.world.generation(job_id) for job_id in self.jobs]
        (found,) = [each for each in generations if each.id == generation_id]
        assert found.status is GenerationStatus.COMPLETED
        return found.number

    def _settle(self) -> None:
        for _ in range(12):
            self.world.reconcile()
            while self.world.queue.messages:
                self.world.run()
            if self.world.vrt(self.jobs[0]).active is None:
                break
            self.world.clock.forward(seconds=901)
        assert all(is_final(JOB_TRANSITIONS, self.world.job(job_id).status) for job_id in self.jobs)


TestLockMachine = LockMachine.TestCase
TestLockMachine.settings = settings(
    max_examples=12,
    stateful_step_count=20,
    suppress_health_check=[HealthCheck.too_slow],
)
