"""Waiting for a job to end."""

from collections.abc import Callable
from typing import Final

from rasterloom_client.answers import Job
from rasterloom_client.errors import JobCancelledError, JobFailedError, WaitTimeoutError
from rasterloom_client.retries import Clock
from rasterloom_client.transport import Answer

POLL_SECONDS: Final = 1.0
"""Between two looks at a job whose answer names no `Retry-After`."""

TIMEOUT_SECONDS: Final = 900.0
"""How long a job is waited for unless told otherwise: the longest that a build may take."""

ENDED: Final = frozenset({"complete", "failed", "cancelled"})

Progress = Callable[[Job], None]
"""Called with each look at a job."""


def wait_for(
    read: Callable[[float], Answer], clock: Clock, timeout: float | None, on_progress: Progress | None = None
) -> Job:
    """Look at a job until it has ended well.

    Args:
        read: Asks for the job; it gets the seconds that are left.
        clock: Tells the time and sleeps.
        timeout: Seconds; None waits for ever. The job is looked at once, however few they are.
        on_progress: Called with each look at the job.

    Raises:
        JobFailedError: It failed.
        JobCancelledError: It was cancelled.
        WaitTimeoutError: It has not ended in time.
    """
    deadline = float("inf") if timeout is None else clock.now() + timeout
    while True:
        answer = read(max(0.0, deadline - clock.now()))
        job: Job = answer.json
        if on_progress is not None:
            on_progress(job)
        if job["status"] in ENDED:
            return _completed(job)
        left = deadline - clock.now()
        if left <= 0:
            raise WaitTimeoutError(f"job {job['id']} has not ended within {timeout:g} s; it goes on", job)
        asked = answer.retry_after
        clock.sleep(min(left, POLL_SECONDS if asked is None else asked))


def _completed(job: Job) -> Job:
    match job["status"]:
        case "failed":
            reason = job["error_message"] or job["error_code"] or "no reason was given"
            raise JobFailedError(f"job {job['id']} failed: {reason}", job)
        case "cancelled":
            raise JobCancelledError(f"job {job['id']} was cancelled", job)
    return job
