"""What stands under a job's key, of whatever kind."""

from collections.abc import Mapping

from rasterloom.adapters.catalog_dynamodb.items_bulk import bulk_of, is_bulk
from rasterloom.adapters.catalog_dynamodb.items_job import job_of
from rasterloom.adapters.catalog_dynamodb.items_upload import is_upload, upload_of
from rasterloom.adapters.catalog_dynamodb.values import Attribute
from rasterloom.domain.jobs import AnyJob


def any_job_of(item: Mapping[str, Attribute]) -> AnyJob:
    """Read what stands under a job's key."""
    if is_bulk(item):
        return bulk_of(item)
    return upload_of(item) if is_upload(item) else job_of(item)


def has_generation(item: Mapping[str, Attribute]) -> bool:
    """Whether what stands under a job's key is the job of a generation."""
    return not (is_bulk(item) or is_upload(item))
