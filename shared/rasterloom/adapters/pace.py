"""How fast this process may ask: a bucket of tokens that fills at a steady rate."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """Lets through so many a second; threads share it, and come through in the order in which they asked."""

    rate: float
    """A second."""
    burst: float = 1.0
    """How many may come at once after a rest."""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _full_at: float = field(default=0.0, init=False)
    """When the bucket will be full again."""

    def __call__(self) -> None:
        """Wait for a token, and take it."""
        pause = self._taken()
        if pause > 0:
            self.sleep(pause)

    def _taken(self) -> float:
        """Take a token, if need be one that is yet to come, and tell how long to wait for it."""
        with self._lock:
            now = self.clock()
            self._full_at = max(self._full_at, now) + 1 / self.rate
            return self._full_at - now - self.burst / self.rate
