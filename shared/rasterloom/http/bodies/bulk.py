"""Bodies about getting many rasters in at once."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from rasterloom.domain.access import Visibility
from rasterloom.http.bodies.base import Body, Groups
from rasterloom.services.request_bulk import MOST_LISTED, BulkRequest

type Uri = Annotated[str, Field(min_length=1, max_length=2048)]


class RegisterBulkBody(Body):
    """COGs on S3 to be registered: either `uris` or `prefix`."""

    uris: Annotated[list[Uri], Field(min_length=1, max_length=MOST_LISTED)] | None = None
    """`s3://bucket/key` of each, as many as the body holds; each object once."""
    prefix: Annotated[Uri, Field(examples=["s3://bucket/scenes/2026/"])] | None = None
    """`s3://bucket/prefix`: every object whose key begins so and ends in `.tif` or `.tiff`, in any case."""
    visibility: Visibility | None = None
    """Of what is new, `private` if none is given; what the caller has registered before keeps its own."""
    groups: Groups | None = None
    """Groups that may read what is new while it is `restricted`."""

    @model_validator(mode="after")
    def _require_one_place(self) -> Self:
        if (self.uris is None) == (self.prefix is None):
            found = "neither" if self.prefix is None else "both"
            message = "Input should have either uris or prefix, and has {found}"
            raise PydanticCustomError("one_place", message, {"found": found})
        return self

    def request(self) -> BulkRequest:
        """What the use case takes."""
        return BulkRequest(
            tuple(self.uris or ()), self.prefix, self.visibility or Visibility.PRIVATE, tuple(self.groups or ())
        )
