"""What a rule is, and what it looks at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.findings import Severity
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Band, Bounds, Crs, RasterProfile
from rasterloom.domain.rules.grid import TargetGrid

type SameCrs = Callable[[Crs, Crs], bool]
"""Whether two CRSs are the same, however they are spelled."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source of a request."""

    id: str
    index: int
    """Position in the request, from 0."""
    profile: RasterProfile


@dataclass(frozen=True, slots=True)
class Weave:
    """What the sources shall become, and under which terms."""

    vrt_type: VrtType
    same_crs: SameCrs
    options: WeaveOptions = field(default_factory=WeaveOptions)
    requires_cog: bool = False
    """Whether the deployment takes nothing but Cloud-Optimized GeoTIFFs."""

    @property
    def severity_of_layout(self) -> Severity:
        """How much it matters that a source can be read, but not as a COG can."""
        return Severity.ERROR if self.requires_cog else Severity.WARNING

    def shared_bands(self, profile: RasterProfile) -> tuple[Band, ...]:
        """The bands that sources have to agree about: all, but for an alpha band that goes into the one of the VRT."""
        return profile.bands[:-1] if self.options.add_alpha and profile.has_alpha else profile.bands


@dataclass(frozen=True, slots=True)
class Pair:
    """What a rule looks at: a source, and the reference that it is held against."""

    source: RasterProfile
    reference: RasterProfile
    weave: Weave
    grid: TargetGrid | None = None
    """What the VRT will have; where a source is added whose pixels change none, what it has. None where no source has a
    place."""
    place: Bounds | None = None
    """Where the source lies beside the others, in the CRS units of the grid; None where that is not known."""

    def bands(self) -> Iterator[tuple[int, Band, Band]]:
        """Bands of source and reference side by side, numbered from 1; a missing one is the band count's matter."""
        sides = zip(self.weave.shared_bands(self.source), self.weave.shared_bands(self.reference), strict=False)
        for number, (ours, theirs) in enumerate(sides, 1):
            yield number, ours, theirs


@dataclass(frozen=True, slots=True)
class Whole:
    """What a rule looks at that no source breaks alone."""

    sources: Sequence[Source]
    """Those of the request: not those of a VRT that one is added to."""
    places: Sequence[Bounds | None]
    """As in `Pair`, of each source."""
    grid: TargetGrid
    """What the VRT will have, with all that it has already."""
    weave: Weave
    standing: Sequence[RasterProfile] = ()
    """Sources of the VRT that these are added to, where its rules ask about all of them."""
    published: TargetGrid | None = None
    """What the VRT has that these are added to."""


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
    option: str | None = None
    """Name of the option that is to blame in the place of the source; None where the source is."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    name: str
    """As the HTTP contract numbers it."""
    types: frozenset[VrtType]
    check: Callable[[Pair], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class WholeRule:
    """One row of the table of rules about all sources together."""

    name: str
    """As in `Rule`."""
    types: frozenset[VrtType]
    check: Callable[[Whole], Iterator[tuple[Source, Violation]]]
    """Gives the source to blame, or the first of several, with what is wrong."""


def same_number(expected: float | None, actual: float | None, tolerance: float = 0.0) -> bool:
    """Whether two numbers are equal, NaN being equal to NaN and the unknown to nothing."""
    if expected is None or actual is None:
        return False
    both_nan = expected != expected and actual != actual  # noqa: PLR0124 - only NaN differs from itself
    return both_nan or expected == actual or abs(expected - actual) <= tolerance
