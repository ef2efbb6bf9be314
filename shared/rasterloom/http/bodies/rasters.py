"""Bodies about getting rasters in."""

from typing import Annotated

from pydantic import Field

from rasterloom.domain.access import Visibility
from rasterloom.http.bodies.base import Body, Groups, Summary, Title
from rasterloom.services.register_raster import RegisterRequest


class RegisterRasterBody(Body):
    """One COG on S3 to be registered."""

    uri: Annotated[str, Field(min_length=1, max_length=2048)]
    """`s3://bucket/key`; nothing in the key is decoded."""
    title: Title | None = None
    """The last part of the key if none is given."""
    summary: Summary | None = None
    """What people say of it."""
    visibility: Visibility | None = None
    """`private` if none is given."""
    groups: Groups | None = None
    """Groups that may read the dataset while it is `restricted`."""

    def request(self) -> RegisterRequest:
        """What the use case takes."""
        groups = None if self.groups is None else tuple(self.groups)
        return RegisterRequest(self.uri, self.title, self.summary, self.visibility, groups)
