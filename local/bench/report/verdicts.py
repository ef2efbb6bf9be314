"""One row of the table of goals."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal, and what was measured of it.

    Attributes:
        what: What was measured, with its N.
        goal: What was asked for.
        measured: The figure, with its unit.
        met: Whether it is as asked.
    """

    what: str
    goal: str
    measured: str
    met: bool

    def cells(self) -> tuple[str, str, str, str]:
        """The row as text."""
        return self.what, self.goal, self.measured, "met" if self.met else "**missed**"
