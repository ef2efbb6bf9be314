"""Bodies about datasets of either kind."""

from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from rasterloom.domain.access import Visibility
from rasterloom.http.bodies.base import Body, Groups, Summary, Title
from rasterloom.services.edit_dataset import EditRequest


class UpdateDatasetBody(Body):
    """What shall change of a dataset: at least one field. What is left out, or null, stays as it is."""

    title: Title | None = None
    """What people call it: one line."""
    summary: Summary | None = None
    """Null takes it away."""
    visibility: Visibility | None = None
    """Of a VRT, not wider than its least visible source's; of a raster, not narrower than that of VRTs that use it."""
    groups: Groups | None = None
    """Groups that may read the dataset while it is `restricted`."""

    @model_validator(mode="after")
    def _require_something(self) -> Self:
        if "summary" not in self.model_fields_set and not any((self.title, self.visibility, self.groups is not None)):
            raise PydanticCustomError("nothing_to_change", "Input should change at least one field")
        return self

    def request(self) -> EditRequest:
        """What the use case takes."""
        return EditRequest(
            title=self.title,
            summary=self.summary,
            clears_summary=self.summary is None and "summary" in self.model_fields_set,
            visibility=self.visibility,
            groups=None if self.groups is None else tuple(self.groups),
        )


class DeleteDatasetBody(Body):
    """The confirmation of a deletion."""

    confirm_title: str | None = None
    """The dataset's title; with another one nothing is deleted."""
