"""Bodies that routes take. Only routes with a body load this package, and pydantic with it."""

from rasterloom.http.bodies.bulk import RegisterBulkBody
from rasterloom.http.bodies.changes import ReplaceSourcesBody, WeaveOptionsBody
from rasterloom.http.bodies.datasets import DeleteDatasetBody, UpdateDatasetBody
from rasterloom.http.bodies.jobs import JobStatusBody
from rasterloom.http.bodies.rasters import RegisterRasterBody
from rasterloom.http.bodies.uploads import CompleteUploadBody, RequestUploadBody
from rasterloom.http.bodies.validated import validated
from rasterloom.http.bodies.vrts import AddSourceBody, CreateVrtBody, ValidateVrtBody

__all__ = [
    "AddSourceBody",
    "CompleteUploadBody",
    "CreateVrtBody",
    "DeleteDatasetBody",
    "JobStatusBody",
    "RegisterBulkBody",
    "RegisterRasterBody",
    "ReplaceSourcesBody",
    "RequestUploadBody",
    "UpdateDatasetBody",
    "ValidateVrtBody",
    "WeaveOptionsBody",
    "validated",
]
