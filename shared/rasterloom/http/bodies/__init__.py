"""Bodies that routes take. Only routes with a body load this package, and pydantic with it.

pydantic makes a validator of every model when its class is made, so each module is loaded when one of its names is
first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rasterloom.http.bodies.bulk import RegisterBulkBody
    from rasterloom.http.bodies.changes import ReplaceSourcesBody, WeaveOptionsBody
    from rasterloom.http.bodies.datasets import DeleteDatasetBody, UpdateDatasetBody
    from rasterloom.http.bodies.jobs import JobStatusBody
    from rasterloom.http.bodies.rasters import RegisterRasterBody
    from rasterloom.http.bodies.uploads import CompleteUploadBody, RequestUploadBody
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
]

_HOMES: Final = {
    "bulk": ("RegisterBulkBody",),
    "changes": ("ReplaceSourcesBody", "WeaveOptionsBody"),
    "datasets": ("DeleteDatasetBody", "UpdateDatasetBody"),
    "jobs": ("JobStatusBody",),
    "rasters": ("RegisterRasterBody",),
    "uploads": ("CompleteUploadBody", "RequestUploadBody"),
    "vrts": ("AddSourceBody", "CreateVrtBody", "ValidateVrtBody"),
}
"""Module -> what is asked for by name."""


def __getattr__(name: str) -> Any:
    """Load the module that has a name (PEP 562)."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
