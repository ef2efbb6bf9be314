"""What `docs/performance.md` consists of, in order: prose that is kept, and figures that each run writes anew."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the document.

    Attributes:
        title: Its heading.
        prose: A file in `docs/performance/`, put first.
        part: The part whose figures follow; the module of this name in `local.bench.report` has `render(figures)`.
        about: The part that the prose is about, or has pictures of, where no figures follow.
        kept: Whether the prose tells of the very runs whose figures are kept in `docs/`.
    """

    title: str
    prose: str | None = None
    part: str | None = None
    about: str | None = None
    kept: bool = False


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
    Section("How each figure grows", prose="growth.md", about="service"),
    Section("A million sources, on paper", prose="million.md", kept=True),
    Section("What was missed, and why", prose="missed.md", kept=True),
)


def of_a_trial(measured: Container[str]) -> Iterator[Section]:
    """What the report of a trial consists of: nothing of runs that are kept, or of parts that were not measured."""
    for section in SECTIONS:
        needed = section.part or section.about
        if not section.kept and (needed is None or needed in measured):
            yield section
