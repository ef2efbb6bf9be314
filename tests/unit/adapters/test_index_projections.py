"""The template's indexes hold what the catalogue's queries filter by or read of them, and nothing beside."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rasterloom.adapters.catalog_dynamodb import open_catalog
from rasterloom.domain.lifecycle import JobStatus
from tests.support.factories import NOW, an_id, principal
from tests.support.fakes import MemoryObjects
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.table import AT_ONCE, table_properties


@dataclass
class Asked(MemoryDynamo):
    """A table that keeps what is asked of its indexes."""

    of_indexes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def query(self, **request: Any) -> dict[str, Any]:
        if "IndexName" in request:
            index = request["IndexName"]
            assert "ProjectionExpression" in request, f"{index} is asked for all that it holds: {request}"
            self.of_indexes[index] |= {*request["ExpressionAttributeNames"].values()}
        return super().query(**request)


def test_an_index_projects_what_is_asked_of_it_and_no_more() -> None:
    asked = Asked()
    catalog = open_catalog(asked, "catalog", MemoryObjects(), AT_ONCE)  # type: ignore[arg-type]
    for caller in (principal("alice"), principal("root", permissions=frozenset({"admin"}))):
        catalog.datasets.list_readable(caller, record_type="vrt_dataset", skip=0, limit=1)
    catalog.jobs.latest_of(an_id("vrt"), created_by="alice")
    catalog.jobs.list_of("alice", status=JobStatus.COMPLETE, dataset_id=an_id("vrt"), skip=0, limit=1)
    catalog.lock.oldest_unfinished()
    catalog.lock.due_jobs(NOW + timedelta(days=1), 1)
    catalog.bulk_jobs.unfinished()
    defined = table_properties()["GlobalSecondaryIndexes"]
    keys = {each["IndexName"]: {key["AttributeName"] for key in each["KeySchema"]} for each in defined}
    beside = {name: names - keys[name] - {"pk", "sk"} for name, names in asked.of_indexes.items()}
    assert beside == {each["IndexName"]: {*each["Projection"]["NonKeyAttributes"]} for each in defined}
