"""People who register, weave, change and delete, at random, and keep books of what they were promised."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Literal

from rasterloom_client import ApiError, Client, JobCancelledError, JobFailedError, UnreachableError, WaitTimeoutError

EXPECTED: Final = frozenset(
    {
        "already_done",
        "base_changed",
        "being_deleted",
        "dataset_busy",
        "job_ended",
        "not_found",
        "not_published",
        "source_already_linked",
        "source_not_linked",
        "too_few_sources",
    }
)
"""Refusals that two people who change one mosaic at once must expect of each other."""

PATIENCE: Final = 300.0
"""Seconds in which every job ends."""

RESAMPLING: Final[tuple[Literal["nearest"], Literal["bilinear"], Literal["average"]]] = (
    "nearest",
    "bilinear",
    "average",
)


@dataclass
class Books:
    """What was accepted, refused and ended; several threads write them."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    jobs: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def note(self, counter: Counter[str], what: str) -> None:
        """Count one more."""
        with self.lock:
            counter[what] += 1

    def surprise(self, what: str) -> None:
        """Note what should not have happened."""
        with self.lock:
            self.surprises.append(what)


@dataclass
class Household:
    """Rasters and VRTs that several people share."""

    rasters: Sequence[str]
    vrts: list[str] = field(default_factory=list)
    most: int = 4


@dataclass
class Person:
    """One of a household: one operation after the other, each job waited for."""

    name: str
    client: Client
    household: Household
    books: Books
    chance: random.Random

    def live(self, until: float, pause: float) -> None:
        """Do something at random until then (of `time.monotonic`), with a pause in seconds after each."""
        while time.monotonic() < until:
            doing = self.chance.choices(*zip(*self._wishes(), strict=True))[0]
            self._do(doing)
            time.sleep(self.chance.uniform(0.5, 1.5) * pause)

    def _wishes(self) -> list[tuple[Callable[[], str | None], int]]:
        if not self.household.vrts:
            return [(self.create, 1)]
        full = len(self.household.vrts) >= self.household.most
        return [
            (self.create, 0 if full else 4),
            (self.add, 8),
            (self.remove, 6),
            (self.replace, 3),
            (self.regenerate, 3),
            (self.change_options, 2),
            (self.roll_back, 2),
            (self.cancel, 1),
            (self.read, 6),
            (self.delete, 1),
        ]

    def _do(self, doing: Callable[[], str | None]) -> None:
        name = doing.__name__
        try:
            job_id = doing()
        except ApiError as error:
            self.books.note(self.books.refused, f"{error.status} {error.code}")
            if error.code not in EXPECTED:
                self.books.surprise(f"{name}: {error.status} {error.code}: {error}")
            return None
        except UnreachableError as error:
            return self.books.surprise(f"{name}: {error}")
        self.books.note(self.books.accepted, name)
        if job_id is not None:
            self._wait(name, job_id)
        return None

    def _wait(self, name: str, job_id: str) -> None:
        with self.books.lock:
            self.books.jobs.add(job_id)
        try:
            job = self.client.wait(job_id, timeout=PATIENCE)
        except (JobFailedError, JobCancelledError) as error:
            job = error.job
        except WaitTimeoutError as error:
            return self.books.surprise(f"{name}: {error}")
        self.books.note(self.books.ended, job["status"])
        if job["status"] == "failed":
            self.books.surprise(f"{name}: job {job_id} failed: {job['error_code']} {job['error_message']}")
        return None

    def create(self) -> str | None:
        """Weave some of the rasters."""
        sources = self.chance.sample(self.household.rasters, self.chance.randint(2, len(self.household.rasters)))
        made = self.client.create(sources, f"Soak {self.name}")
        self.household.vrts.append(str(self.client.job(made["job_id"])["dataset_id"]))
        return made["job_id"]

    def add(self) -> str | None:
        """Add a raster, which may be a member already."""
        return self.client.add_source(self._some_vrt(), self.chance.choice(self.household.rasters))["job_id"]

    def remove(self) -> str | None:
        """Remove a raster, which may be no member."""
        return self.client.remove_source(self._some_vrt(), self.chance.choice(self.household.rasters))["job_id"]

    def replace(self) -> str | None:
        """Replace the whole list."""
        sources = self.chance.sample(self.household.rasters, self.chance.randint(2, len(self.household.rasters)))
        return self.client.replace_sources(self._some_vrt(), sources)["job_id"]

    def regenerate(self) -> str | None:
        """Build it again."""
        return self.client.regenerate(self._some_vrt())["job_id"]

    def change_options(self) -> str | None:
        """Build it with another resampling."""
        chosen = self.chance.choice(RESAMPLING)
        return self.client.change_options(self._some_vrt(), resampling=chosen)["job_id"]

    def roll_back(self) -> str | None:
        """Build the members of some earlier generation."""
        vrt = self._some_vrt()
        ended = [each["id"] for each in self.client.generations(vrt)["generations"] if each["status"] == "completed"]
        return self.client.rollback(vrt, self.chance.choice(ended))["job_id"] if ended else None

    def cancel(self) -> str | None:
        """Begin a build and think better of it; whichever is first wins."""
        made = self.client.regenerate(self._some_vrt())
        self.client.cancel(made["job_id"])
        return made["job_id"]

    def read(self) -> None:
        """Look at what there is."""
        vrt = self._some_vrt()
        self.client.status(vrt)
        list(self.client.sources(vrt))

    def delete(self) -> None:
        """Delete a mosaic, which may be building."""
        vrt = self._some_vrt()
        self.client.delete(vrt)
        if vrt in self.household.vrts:
            self.household.vrts.remove(vrt)

    def _some_vrt(self) -> str:
        return self.chance.choice(list(self.household.vrts))
