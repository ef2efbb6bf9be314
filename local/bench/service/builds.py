"""What the builder tells of a job once it has ended."""

import time
from typing import Final

from local.bench.service.deployed import BUILD_SECONDS, Deployed
from local.bench.service.lines import durations, flush, told
from local.bench.service.waterfall import Milliseconds
from local.terminal import StepError

LOOK_SECONDS: Final = 0.25
"""Between two looks at the builder's log."""


def built(deployed: Deployed, job_id: str, since: float) -> tuple[Milliseconds, int]:
    """What the builder tells of a job when its invocation ends, for it goes on drawing after publishing.

    Returns:
        That, and how many invocations the job took.

    Raises:
        StepError: It tells nothing for as long as an invocation may last.
    """
    deadline, flushes = time.monotonic() + BUILD_SECONDS, 0
    while time.monotonic() < deadline:
        ended = len(durations(deployed, "builder", since))
        for line in told(deployed, "builder", since, job_id):
            if "milliseconds" in line:
                return dict(line["milliseconds"]), invocations(deployed, since) - flushes
        if ended > flushes:
            flush(deployed, "builder")
            flushes += 1
        time.sleep(LOOK_SECONDS)
    raise StepError(
        f"function builder: expected a line that tells of job {job_id} within {BUILD_SECONDS} s; found none"
    )


def invocations(deployed: Deployed, since: float) -> int:
    """Of the builder since a moment, without those that found the generation to be another's, or at its end."""
    return len(durations(deployed, "builder", since)) - len(told(deployed, "builder", since, "no claim on"))
