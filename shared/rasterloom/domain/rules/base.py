"""What a rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.findings import Severity
from rasterloom.domain.raster import Band, Crs, RasterProfile

type SameCrs = Callable[[Crs, Crs], bool]
"""Whether two CRSs are the same, however they are spelled."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What a rule looks at: a source, and the reference that it is held against."""

    source: RasterProfile
    reference: RasterProfile
    same_crs: SameCrs

    def bands(self) -> Iterator[tuple[int, Band, Band]]:
        """Bands of source and reference side by side, numbered from 1; a missing one is the band count's matter."""
        sides = zip(self.source.bands, self.reference.bands, strict=False)
        for number, (ours, theirs) in enumerate(sides, 1):
            yield number, ours, theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What a rule says of a source, before it is known which source that is."""

    code: str
    field: str
    message: str
    expected: object
    actual: object
    hint: str
    own: bool = False
    """Whether the source breaks the rule by itself, whatever the reference is."""
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    name: str
    """As the HTTP contract numbers it."""
    types: frozenset[VrtType]
    check: Callable[[Pair], Iterator[Violation]]


def same_number(expected: float | None, actual: float | None, tolerance: float = 0.0) -> bool:
    """Whether two numbers are equal, NaN being equal to NaN and the unknown to nothing."""
    if expected is None or actual is None:
        return False
    both_nan = expected != expected and actual != actual  # noqa: PLR0124 - only NaN differs from itself
    return both_nan or expected == actual or abs(expected - actual) <= tolerance
