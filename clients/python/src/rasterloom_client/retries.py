"""When a request is sent again, and after how long.

Every write carries an idempotency key that stays the same while it is sent again, so that a write whose answer was
lost happens once.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, for tests to set."""

    now: Callable[[], float] = time.monotonic
    """Seconds from any origin."""
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient a client is with an API that is overloaded or cannot be reached.

    Attributes:
        attempts: How often a request is sent at the most.
        seconds: Within how many seconds of the first sending the last one begins.
        base: Seconds within which the second sending comes; the range doubles each time.
        cap: Longest such range in seconds.
    """

    attempts: int = 6
    seconds: float = 60.0
    base: float = 0.5
    cap: float = 8.0

    def __post_init__(self) -> None:
        """Refuse a policy that would never send, or wait backwards."""
        if self.attempts < 1 or min(self.seconds, self.base, self.cap) < 0:
            raise ValueError(f"expected at least one attempt and no negative seconds; found {self}")

    def delay(self, failures: int, asked: float | None, uniform: Callable[[float, float], float]) -> float:
        """Seconds until the next sending.

        Full jitter: anywhere between 0 and a range that doubles with each failure, so that clients that were refused
        together do not come back together. What the server asked for is waited out first.

        Args:
            failures: How often it has failed; at least 1.
            asked: Seconds that `Retry-After` asks for.
            uniform: Draws a number between two.
        """
        jitter = uniform(0.0, min(self.cap, self.base * 2.0 ** min(failures - 1, 32)))
        return jitter if asked is None else asked + jitter


@dataclass(slots=True)
class Patience:
    """What one request has left of its policy."""

    policy: RetryPolicy
    clock: Clock
    seconds: float | None = None
    """A tighter limit than the policy's, where there is one."""
    failures: int = 0
    _deadline: float = field(init=False)

    def __post_init__(self) -> None:
        """The time begins to run."""
        allowed = self.policy.seconds if self.seconds is None else min(self.seconds, self.policy.seconds)
        self._deadline = self.clock.now() + allowed

    def next_delay(self, asked: float | None) -> float | None:
        """Count a failure and give the seconds until the next sending; None if there is to be none."""
        self.failures += 1
        if self.failures >= self.policy.attempts:
            return None
        delay = self.policy.delay(self.failures, asked, self.clock.uniform)
        return delay if self.clock.now() + delay <= self._deadline else None
