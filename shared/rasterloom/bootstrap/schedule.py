"""One run of the schedule: everything that is due, part by part, and counted."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from aws_lambda_powertools.metrics import MetricUnit

from rasterloom.bootstrap.adapters import now
from rasterloom.bootstrap.use_cases import Container
from rasterloom.observability import count, measure
from rasterloom.ports import Clock, Remaining

KEPT_SECONDS: Final = 10.0
"""What is left of the invocation when the last part begins with nothing else: what it began has to come to its end."""
TURN: Final = timedelta(minutes=1)
"""How long one part comes first; then it is the next one's turn."""

type Part = Callable[[Container, datetime], dict[str, int]]
"""Works off what is due until a moment, and counts what was done, by action."""

logger = logging.getLogger(__name__)


def work_off(container: Container, remaining: Remaining, clock: Clock = now) -> dict[str, int]:
    """Do every part, and answer what was done, by action.

    What one part cannot do keeps no other from its own, and neither does what it has no time for: each has an equal
    share of the time that is left, and the parts after it have what it does not need. Where something takes longer
    than all of the time, the function is stopped; so it is always another part that comes first.

    Args:
        container: The use cases.
        remaining: Seconds that are left of the invocation.
        clock: Tells the moment, as the use cases know it.

    Raises:
        Exception: What the first part that failed raised, after all had their turn.
    """
    done, errors = dict[str, int](), list[Exception]()
    parts = (_ages, *_by_turns(clock()))
    for number, part in enumerate(parts):
        share = (remaining() - KEPT_SECONDS) / (len(parts) - number)
        try:
            done |= part(container, clock() + timedelta(seconds=share))
        except Exception as error:
            logger.exception("this part of the schedule is left for the next run")
            errors.append(error)
    if errors:
        raise errors[0]
    return done


def _by_turns(moment: datetime) -> Sequence[Part]:
    """All parts in their order, beginning with the one whose turn it is."""
    first = int(moment.timestamp() // TURN.total_seconds()) % len(PARTS)
    return (*PARTS[first:], *PARTS[:first])


def _ages(container: Container, _: datetime) -> dict[str, int]:
    """Tell how long the one job that is worst off has waited: for its end, or in bulk for any part of it to end."""
    oldest = max(container.reconcile.oldest_pending_seconds(), container.resume_bulk.idle_seconds())
    measure("OldestPendingJobSeconds", oldest, MetricUnit.Seconds)
    return {}


def _orphans(container: Container, until: datetime) -> dict[str, int]:
    report = container.sweep_orphans(until)
    count("SweptObjects", report.objects)
    count("SweptLinks", report.links)
    return _counted("Swept", report.looks, "swept_")


def _counted[Action: StrEnum](name: str, counts: Mapping[Action, int], prefix: str = "") -> dict[str, int]:
    for action, number in counts.items():
        count(name, number, action=action.value)
    return {f"{prefix}{action.value}": number for action, number in counts.items()}


PARTS: Final[tuple[Part, ...]] = (
    lambda container, until: _counted("Reconciled", container.reconcile(until)),
    lambda container, until: _counted("Reconciled", container.resume_bulk(until), "bulk_"),
    lambda container, until: _counted("Deletions", container.resume_deletions(until), "deletions_"),
    lambda container, until: _counted("HeldEdits", container.hold_edits.overdue(until), "edits_"),
    lambda container, until: _counted("SweptUploads", container.sweep_uploads(until), "uploads_"),
    _orphans,
    lambda container, until: _counted("ChangedRasters", container.mark_users.overdue(until), "changed_"),
    lambda container, until: _counted("MarkedVrts", container.refresh_vrts(until), "marked_"),
)
"""What has something due; all of them share the function's minute."""
