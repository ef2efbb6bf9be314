"""What the person on call is told of builds: how each attempt ended, for counting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class BuildResult(StrEnum):
    """How one delivery of a build message ended."""

    PUBLISHED = "published"
    REFUSED = "refused"
    """The sources are not, or no longer, what can be woven: theirs to mend who own them."""
    FAILED = "failed"
    """The generation has failed, and no source is to blame."""
    RETRIED = "retried"
    """A transient error: the message is given back."""
    LOST = "lost"
    """Another worker, a cancellation or a deletion came first."""
    UNCLAIMED = "unclaimed"
    """There was nothing to claim: the generation has ended, or another worker holds it."""
    BROKEN = "broken"
    """An error that nobody expected, or a message that is not understood: it is given back."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """One delivery of a build message."""

    result: BuildResult
    code: str | None = None
    """Of the error; None where there was none."""
    members: int = 0
    """Of the generation that was published."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long each part of it took."""


type ReportBuild = Callable[[BuildReport], None]


def unreported(_: BuildReport) -> None:
    """Tell nobody."""
