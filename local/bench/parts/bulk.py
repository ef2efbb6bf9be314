"""Registration of a whole prefix by one job, on a stack of its own: its S3 is the emulator's, and does not wait."""

from local.bench.bulk import measured
from local.bench.parts.run import Figures, Plan
from local.bench.service.deployed import FUNCTIONS, started
from local.terminal import StepError, step


def measure(plan: Plan) -> Figures:
    """As many objects as the largest N of the plan's, all of them new, then all of them known.

    Raises:
        StepError: Not every object was registered.
    """
    count = max(plan.sizes)
    with step(f"stack {plan.stack}, whose S3 does not wait"):
        stack = started(plan.stack, {"CONCURRENCY": FUNCTIONS})
    figures = measured(stack, count)
    created = figures["registrations"]["created"]
    if created != count:
        raise StepError(f"registration in bulk: expected {count:,} new datasets; found {created:,}")
    return figures
