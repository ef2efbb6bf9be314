"""What `docs/performance.md` consists of, in order: prose that is kept, and figures that each run writes anew."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the document.

    Attributes:
        title: Its heading.
        prose: A file in `docs/performance/`, put first.
        part: The part whose figures follow; the module of this name in `local.bench.report` has `render(figures)`.
    """

    title: str
    prose: str | None = None
    part: str | None = None


SECTIONS: Final = (
    Section("How it is measured", prose="method.md"),
    Section("Headers of many COGs", part="heads"),
    Section("Assembly alone", part="assembly"),
    Section("The others", part="peers"),
    Section("From request to published mosaic", part="service"),
    Section("Registration in bulk", part="bulk"),
    Section("Cold start", prose="coldstart.md", part="coldstart"),
    Section("Memory", prose="memory.md", part="memory"),
    Section("Cost", prose="cost.md", part="cost"),
    Section("How each figure grows", prose="growth.md"),
    Section("A million sources, on paper", prose="million.md"),
    Section("What was missed, and why", prose="missed.md"),
)
