"""Jobs as they are found: by id, by who made them, by dataset."""

from datetime import timedelta

import pytest

from rasterloom.adapters.catalog_dynamodb import Catalog
from rasterloom.adapters.catalog_dynamodb.items_job import job_item
from rasterloom.adapters.catalog_dynamodb.names import job_key
from rasterloom.domain.generation import Job
from rasterloom.domain.lifecycle import JobStatus
from tests.support.dynamo_faults import through
from tests.support.factories import NOW, an_id, generation, job

ONE, OTHER = an_id("one dataset"), an_id("another dataset")


class Stale:
    """A client whose indexes still hold some items that the table does not."""

    def __init__(self, client: object, left: list[str]) -> None:
        self.client = client
        self.left = left

    def __getattr__(self, name: str) -> object:
        """Pass other operations through."""
        return getattr(self.client, name)

    def query(self, **parameters: object) -> object:
        answer = self.client.query(**parameters)  # type: ignore[attr-defined]
        keys = [dict(zip(("pk", "sk"), ({"S": part} for part in job_key(each)), strict=True)) for each in self.left]
        return {**answer, "Items": [*keys, *answer["Items"]]}


@pytest.fixture
def jobs(catalog: Catalog) -> list[Job]:
    """Six jobs of alice and three of bob, one a second; odd ones failed; every third is of the other dataset."""
    made = [
        job(
            generation(OTHER if number % 3 == 2 else ONE, triggered_by="bob" if number >= 6 else "alice"),
            status=JobStatus.FAILED if number % 2 else JobStatus.COMPLETE,
            created_at=NOW + timedelta(seconds=number),
        )
        for number in range(9)
    ]
    catalog.jobs.table.put_many([job_item(each) for each in made])
    return made


def listed(catalog: Catalog, who: str = "alice", **changes: object) -> tuple[list[str], int]:
    wanted: dict[str, object] = {"status": None, "dataset_id": None, "skip": 0, "limit": 100, **changes}
    page = catalog.jobs.list_of(who, **wanted)  # type: ignore[arg-type]
    return [each.id for each in page.jobs], page.total


def test_somebodys_jobs_are_listed_newest_first(catalog: Catalog, jobs: list[Job]) -> None:
    own = [each.id for each in reversed(jobs[:6])]
    assert listed(catalog) == (own, 6)
    assert listed(catalog, skip=1, limit=2) == (own[1:3], 6)
    assert listed(catalog, skip=9) == ([], 6)
    assert listed(catalog, "nobody") == ([], 0)


def test_a_list_is_narrowed_to_a_status_and_to_a_dataset(catalog: Catalog, jobs: list[Job]) -> None:
    assert listed(catalog, status=JobStatus.FAILED) == ([jobs[5].id, jobs[3].id, jobs[1].id], 3)
    assert listed(catalog, dataset_id=OTHER) == ([jobs[5].id, jobs[2].id], 2)
    assert listed(catalog, status=JobStatus.FAILED, dataset_id=OTHER) == ([jobs[5].id], 1)
    assert listed(catalog, status=JobStatus.CANCELLED) == ([], 0)


def test_a_list_shows_what_the_table_has_where_the_index_lags_behind(catalog: Catalog, jobs: list[Job]) -> None:
    lagging = through(catalog, lambda client: Stale(client, [jobs[0].id, an_id("deleted")]))
    shown, _ = listed(lagging, status=JobStatus.FAILED)
    assert shown == [jobs[5].id, jobs[3].id, jobs[1].id]


def test_the_newest_job_of_a_dataset_may_be_asked_of_one_caller(catalog: Catalog, jobs: list[Job]) -> None:
    assert catalog.jobs.latest_of(ONE) == jobs[7]
    assert catalog.jobs.latest_of(ONE, created_by="alice") == jobs[4]
    assert catalog.jobs.latest_of(OTHER, created_by="bob") == jobs[8]
    assert catalog.jobs.latest_of(ONE, created_by="carol") is None
    assert catalog.jobs.latest_of(an_id("third"), created_by="alice") is None


def test_the_newest_job_of_one_caller_is_found_behind_many_of_others(catalog: Catalog, jobs: list[Job]) -> None:
    busy = [
        job(generation(OTHER, triggered_by="bob"), created_at=NOW + timedelta(minutes=1, seconds=n)) for n in range(230)
    ]
    catalog.jobs.table.put_many([job_item(each) for each in busy])
    assert catalog.jobs.latest_of(OTHER, created_by="alice") == jobs[5]


def test_many_jobs_are_read_by_id_and_unknown_ones_left_out(catalog: Catalog, jobs: list[Job]) -> None:
    wanted = [jobs[8].id, an_id("unknown"), jobs[0].id]
    assert catalog.jobs.get_many(wanted) == {jobs[8].id: jobs[8], jobs[0].id: jobs[0]}
