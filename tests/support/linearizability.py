"""Whether a recorded history can be told as if each operation had happened at one instant of its own.

The search is Wing and Gong's, with Lowe's memory of what was tried: an operation may come next if no operation that is
left had returned before it was invoked. Operations that only look are taken as soon as they are true, which loses no
telling: they change nothing. Histories of different objects are judged one by one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Operation[S]:
    """One operation on one object, as whoever asked for it saw it."""

    name: str
    invoked: float
    returned: float
    """`inf` where no answer came: it may take effect at any time, or never be seen to."""
    step: Callable[[S], S | None]
    """The state after it; None where what was answered cannot be answered in this state."""
    only_looks: bool = False


def is_linearizable[S](history: Sequence[Operation[S]], initial: S) -> bool:
    """Whether some order of all operations that keeps to real time explains every answer."""
    tried: set[tuple[int, S]] = set()
    stack = [((1 << len(history)) - 1, initial)]
    while stack:
        left, state = _looked(history, *stack.pop())
        if not left:
            return True
        if (left, state) in tried:
            continue
        tried.add((left, state))
        for number in _next(history, left):
            after = history[number].step(state)
            if after is not None and not history[number].only_looks:
                stack.append((left & ~(1 << number), after))
    return False


def _next[S](history: Sequence[Operation[S]], left: int) -> list[int]:
    """Those that may come next."""
    numbers = [number for number in range(len(history)) if left >> number & 1]
    first_return = min((history[number].returned for number in numbers), default=inf)
    return [number for number in numbers if history[number].invoked <= first_return]


def _looked[S](history: Sequence[Operation[S]], left: int, state: S) -> tuple[int, S]:
    """What is left once everything that only looks, and is true now, has been told."""
    while True:
        true = [n for n in _next(history, left) if history[n].only_looks and history[n].step(state) is not None]
        if not true:
            return left, state
        for number in true:
            left &= ~(1 << number)
