"""What a function knows of the invocation that it is in."""

from typing import Any

from rasterloom.ports import Remaining


def remaining_of(context: Any) -> Remaining:
    """How many seconds are left of an invocation, told by Lambda's context of it."""
    return lambda: context.get_remaining_time_in_millis() / 1000
