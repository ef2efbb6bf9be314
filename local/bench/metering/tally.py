"""What was used of AWS: requests, units and bytes by name."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Tally:
    """Counts by name, such as `dynamodb write units` or `s3 GET requests`; threads may share it."""

    counts: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def add(self, **counts: float) -> None:
        """Add to counts, named with `_` for a space."""
        with self._lock:
            for name, count in counts.items():
                # Counter's own type is int; units of reads come in halves.
                self.counts[name.replace("_", " ")] += count  # type: ignore[assignment]

    def take(self) -> Mapping[str, float]:
        """All counts by name; they begin at nothing again."""
        with self._lock:
            taken = dict(sorted(self.counts.items()))
            self.counts.clear()
            return taken
