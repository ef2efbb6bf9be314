"""Two people change one VRT at once: what was accepted is exactly what its generations show."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from local.samples import Group
from local.state import StackState
from tests.e2e.stack import Caller, Sources, caller

CHANGES = 50
"""Changes that each of the two makes."""

SECONDS = 480.0
"""Most for all of them: a hundred builds in a row, which take 45 s where nothing else runs."""

RETRIED = {"dataset_busy", "base_changed"}
"""Refusals that only mean that the other one was first."""


@dataclass(frozen=True)
class Change:
    """A change that was accepted."""

    job: Any
    """As it ended."""
    is_added: bool
    source_id: str


@dataclass
class Person:
    """Somebody who adds and removes their own sources, and asks again whenever the other one was first."""

    who: Caller
    vrt: str
    source_ids: list[str]

    def changes(self, deadline: float) -> Iterator[tuple[str, bool, str]]:
        """Make the changes: the job, whether a source was added, and which."""
        self.refused: Counter[str] = Counter()
        linked = set[str]()
        for _, source_id in zip(range(CHANGES), cycle(self.source_ids), strict=False):
            is_added = source_id not in linked
            yield self._accepted(source_id, deadline, is_added=is_added), is_added, source_id
            linked ^= {source_id}

    def _accepted(self, source_id: str, deadline: float, *, is_added: bool) -> str:
        path = f"/ingest/vrt/{self.vrt}/sources/"
        while time.monotonic() < deadline:
            if is_added:
                answer = self.who.post(path, {"source_dataset_id": source_id})
            else:
                answer = self.who.request("DELETE", f"{path}{source_id}/")
            if answer.status == 202:
                return str(answer.json["job_id"])
            assert answer.status == 409, (answer.status, answer.body)
            assert answer.json["code"] in RETRIED, answer.body
            assert answer.json["code"] != "dataset_busy" or int(answer.headers["retry-after"]) >= 1
            self.refused[answer.json["code"]] += 1
            # Sooner than `Retry-After` says, which is what makes it a race.
            time.sleep(random.uniform(0.05, 0.5))  # noqa: S311 - spreads load
        raise AssertionError(f"not accepted within {SECONDS} s; refused so far: {self.refused}")


@pytest.fixture
def people(
    stack: StackState, alice: Caller, sources: Sources, paths: Callable[[Group], list[Path]]
) -> tuple[Person, Person]:
    """The owner of a VRT of two sources, and an admin; three more sources each."""
    content = paths(Group.DEM)[0]
    ids = [alice.register(sources.put(content, f"race-{number}.tif")) for number in range(8)]
    vrt = alice.built(ids[:2])
    return Person(alice, vrt, ids[2:5]), Person(caller(stack, permissions=("admin",)), vrt, ids[5:])


def test_two_people_make_50_changes_each_of_one_vrt_and_none_is_lost(people: tuple[Person, Person]) -> None:
    owner = people[0].who
    vrt, deadline = people[0].vrt, time.monotonic() + SECONDS
    members = [each["dataset_id"] for each in owner.get(f"/datasets/{vrt}/vrt-sources/").json["sources"]]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda person: list(person.changes(deadline)), people))
    assert [len(changes) for changes in made] == [CHANGES, CHANGES]
    accepted = [
        Change(person.who.wait(job_id), is_added, source_id)
        for person, changes in zip(people, made, strict=True)
        for job_id, is_added, source_id in changes
    ]
    assert Counter(change.job["status"] for change in accepted) == {"complete": 2 * CHANGES}

    counts = [len(members)]
    for change in sorted(accepted, key=lambda change: str(change.job["created_at"])):
        if change.is_added:
            members.append(change.source_id)
        else:
            members.remove(change.source_id)
        counts.append(len(members))
    listed = owner.get(f"/datasets/{vrt}/vrt/generations/?limit=100").json
    listed["generations"] += owner.get(f"/datasets/{vrt}/vrt/generations/?limit=100&skip=100").json["generations"]
    assert listed["total"] == len(counts) == len(listed["generations"])
    assert {each["status"] for each in listed["generations"]} == {"completed"}
    assert [each["source_count"] for each in reversed(listed["generations"])] == counts
    shown = [each["dataset_id"] for each in owner.get(f"/datasets/{vrt}/vrt-sources/").json["sources"]]
    assert shown == members
    assert owner.get(f"/datasets/{vrt}/vrt/status/").json["status"] == "ready"
    assert people[0].refused.total() + people[1].refused.total() > CHANGES, "they met each other"
