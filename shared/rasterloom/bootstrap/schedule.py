"""One run of the schedule: everything that is due, part by part, and counted."""

import logging
from collections.abc import Callable, Mapping
from enum import StrEnum

from aws_lambda_powertools.metrics import MetricUnit

from rasterloom.bootstrap.use_cases import Container
from rasterloom.observability import count, measure

logger = logging.getLogger(__name__)


def work_off(container: Container) -> dict[str, int]:
    """Do every part, and answer what was done, by action.

    What one part cannot do keeps no other from its own.

    Raises:
        Exception: What the first part that failed raised, after all had their turn.
    """
    done, errors = dict[str, int](), list[Exception]()
    parts: tuple[Callable[[], dict[str, int]], ...] = (
        lambda: _ages(container),
        lambda: _counted("Reconciled", container.reconcile()),
        lambda: _counted("Reconciled", container.resume_bulk(), "bulk_"),
        lambda: _counted("Deletions", container.resume_deletions(), "deletions_"),
        lambda: _counted("HeldEdits", container.hold_edits.overdue(), "edits_"),
        lambda: _counted("SweptUploads", container.sweep_uploads(), "uploads_"),
        lambda: _orphans(container),
        lambda: _counted("ChangedRasters", container.mark_users.overdue(), "changed_"),
        lambda: _counted("MarkedVrts", container.refresh_vrts(), "marked_"),
    )
    for part in parts:
        try:
            done |= part()
        except Exception as error:
            logger.exception("this part of the schedule is left for the next run")
            errors.append(error)
    if errors:
        raise errors[0]
    return done


def _ages(container: Container) -> dict[str, int]:
    """Tell how long the one job that is worst off has waited: for its end, or in bulk for any part of it to end."""
    oldest = max(container.reconcile.oldest_pending_seconds(), container.resume_bulk.idle_seconds())
    measure("OldestPendingJobSeconds", oldest, MetricUnit.Seconds)
    return {}


def _orphans(container: Container) -> dict[str, int]:
    report = container.sweep_orphans()
    count("SweptObjects", report.objects)
    count("SweptLinks", report.links)
    return _counted("Swept", report.looks, "swept_")


def _counted[Action: StrEnum](name: str, counts: Mapping[Action, int], prefix: str = "") -> dict[str, int]:
    for action, number in counts.items():
        count(name, number, action=action.value)
    return {f"{prefix}{action.value}": number for action, number in counts.items()}
