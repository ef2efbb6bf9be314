"""What travels in the registrations queue: names of what is to be looked at, never what was seen of it."""

from dataclasses import dataclass

from rasterloom.domain.objects import ObjectRef


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    """Something happened to an object. What it was is not told: events come late, twice and out of order."""

    ref: ObjectRef


@dataclass(frozen=True, slots=True)
class BulkPart:
    """A part of a bulk registration is to be worked off."""

    job_id: str
    number: int
    """From 0."""


@dataclass(frozen=True, slots=True)
class BulkListing:
    """A stretch of the prefix of a bulk registration is to be listed."""

    job_id: str
    number: int
    """From 0: how many stretches were listed before."""


type Registration = ObjectEvent | BulkPart | BulkListing
