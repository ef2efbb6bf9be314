"""Work off what is due now, because an admin asks for it, and tell what that did."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rasterloom.domain.access import ADMIN, Principal
from rasterloom.domain.errors import ForbiddenError
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.services.reconcile import Action, Reconcile

BATCH: Final = 50
"""Jobs that one request looks at; the next request takes more."""

PERIOD: Final = timedelta(seconds=10)
"""How long one request begins with other jobs: its deadline is 25 s, and services may be slow."""


@dataclass(frozen=True, slots=True)
class CleanedUp:
    """How many jobs met what."""

    pending_failed: int
    """Failed; no worker had begun."""
    running_failed: int
    """Failed; its workers had begun and not ended it."""
    resent: int
    taken_over: int
    left: int
    """Not helped now: somebody else is at it, or a service does not answer."""


@dataclass(frozen=True, slots=True)
class CleanUp:
    """`POST /jobs/cleanup/stale/`: what the reconciler does on its schedule, by hand; the two may run at once."""

    reconcile: Reconcile

    def __call__(self, principal: Principal) -> CleanedUp:
        """Settle the jobs that have been due longest.

        Raises:
            ForbiddenError: The caller is no admin.
        """
        if not principal.is_admin:
            raise ForbiddenError(f"Missing permission: {ADMIN}", permission=ADMIN)
        settled = self.reconcile.work_off(BATCH, self.reconcile.clock() + PERIOD)
        failed = [each.job.status for each in settled if each.action is Action.FAILED]
        actions = [each.action for each in settled]
        return CleanedUp(
            pending_failed=failed.count(JobStatus.PENDING),
            running_failed=failed.count(JobStatus.RUNNING),
            resent=actions.count(Action.RESENT),
            taken_over=actions.count(Action.TAKEN_OVER),
            left=actions.count(Action.LEFT),
        )
