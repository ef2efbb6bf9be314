"""What takes a while, seen from a terminal."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from rasterloom_client.answers import Job
from rasterloom_client.cli.exits import WaitInterruptedError
from rasterloom_client.cli.session import Session
from rasterloom_client.cli.text import plain
from rasterloom_client.client import Client
from rasterloom_client.waiting import Progress as Look

T = TypeVar("T")


def follow(session: Session, client: Client, job_id: str, timeout: float | None) -> Job:
    """Wait for a job; a person at a terminal sees a bar. 0 waits for ever.

    Raises:
        WaitInterruptedError: Ctrl-C.
        JobError: It did not end well, or not in time.
    """
    try:
        session.note(f"waiting for job {job_id}")
        with _bar(session) as look:
            return client.wait(job_id, timeout=timeout or None, on_progress=look)
    except KeyboardInterrupt:
        raise WaitInterruptedError(job_id) from None


def counted(session: Session, what: str, total: int, items: Iterable[T]) -> Iterator[T]:
    """The items as they come; a person at a terminal sees how many there were."""
    if total == 1 or not _is_watched(session):
        yield from items
        return
    columns = (TextColumn(what, markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=session.err, transient=True) as bar:
        task = bar.add_task(what, total=total)
        for item in items:
            bar.advance(task)
            yield item


def _is_watched(session: Session) -> bool:
    return session.is_chatty and session.err.is_terminal


@contextmanager
def _bar(session: Session) -> Iterator[Look | None]:
    if not _is_watched(session):
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), console=session.err, transient=True) as bar:
        task = bar.add_task("queued", total=1.0)
        yield lambda job: bar.update(task, description=plain(job["step"]), completed=job["progress"])
