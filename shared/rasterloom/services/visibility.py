"""A VRT is never more visible than its least visible source."""

from collections.abc import Sequence
from typing import Protocol

from rasterloom.domain.access import Audience, Visibility
from rasterloom.domain.errors import IncompatibleSourcesError
from rasterloom.domain.findings import Finding


class Guarded(Protocol):
    """A raster, as far as it tells who may see it."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def audience(self) -> Audience:
        """Who may see it."""
        ...


def refuse_wider_than_sources(wanted: Audience, rasters: Sequence[Guarded]) -> None:
    """VAL-14: a VRT must not show pixels to people who may not see the sources.

    Raises:
        IncompatibleSourcesError: At least one source is less visible than the VRT would be.
    """
    findings = wider_than_sources(wanted, rasters)
    if findings:
        raise IncompatibleSourcesError(findings)


def wider_than_sources(wanted: Audience, rasters: Sequence[Guarded]) -> tuple[Finding, ...]:
    """One finding per source that is less visible than a VRT for this audience would be."""
    return tuple(
        Finding(
            "visibility_exceeds_source",
            raster.id,
            index,
            "visibility",
            f"The VRT would be {_words(wanted)}, but this source is {_words(raster.audience)}",
            expected=_words(raster.audience),
            actual=_words(wanted),
            hint="Make the VRT less visible, or the source more.",
        )
        for index, raster in enumerate(rasters)
        if not covers(raster.audience, wanted)
    )


def covers(source: Audience, wanted: Audience) -> bool:
    """Whether everybody who could see the VRT could see the source."""
    if wanted.visibility is source.visibility is Visibility.RESTRICTED:
        return set(wanted.groups) <= set(source.groups)
    return wanted.visibility.width <= source.visibility.width


def _words(audience: Audience) -> str:
    groups = f" to {', '.join(audience.groups)}" if audience.visibility is Visibility.RESTRICTED else ""
    return f"{audience.visibility}{groups}"
