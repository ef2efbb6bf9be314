"""A lock whose holder signals itself at a named moment of a build: tests see what a worker leaves that dies there.

Nothing in `template.yaml` asks for it. With SIGKILL no handler runs, nothing is flushed, no lock is given back, as when
a machine is gone; with SIGSTOP the worker sleeps, and whoever wakes it later has a zombie.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from signal import SIGKILL, Signals
from typing import Final

from rasterloom.adapters.catalog_dynamodb.lock import DynamoLock
from rasterloom.domain.dataset import Published
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.lifecycle import JobStep
from rasterloom.ports import Claim, ClaimOutcome

CLAIMED: Final = "claimed"
"""The lease stands; nothing has been read."""
PUBLISHED: Final = "published"
"""The pointer has moved; the message is not acknowledged, what was removed still linked."""


@dataclass(frozen=True)
class MortalLock(DynamoLock):
    """The lock, and what happens when: `claimed`, `published`, or the name of a `JobStep`, once the step is shown."""

    moment: str = ""
    signal: Signals = SIGKILL

    def claim(
        self, message: BuildMessage, attempt: str, now: datetime, lease_expires_at: datetime, due: datetime
    ) -> Claim | ClaimOutcome:
        """Claim; see `Lock`."""
        claim = super().claim(message, attempt, now, lease_expires_at, due)
        if isinstance(claim, Claim):
            self._reached(CLAIMED)
        return claim

    def advance(
        self,
        claim: Claim,
        step: JobStep,
        progress: float,
        warnings: Sequence[Finding] = (),
        findings_key: str | None = None,
    ) -> None:
        """Show a step; see `Lock`."""
        super().advance(claim, step, progress, warnings, findings_key)
        self._reached(step.value)

    def publish(self, claim: Claim, published: Published, member_count: int, now: datetime) -> None:
        """Publish; see `Lock`."""
        super().publish(claim, published, member_count, now)
        self._reached(PUBLISHED)

    def _reached(self, moment: str) -> None:
        if moment == self.moment:
            os.kill(os.getpid(), self.signal)
