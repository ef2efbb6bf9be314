"""Bodies about jobs."""

from typing import Annotated, Final

from pydantic import Field

from rasterloom.http.bodies.base import Body, Id

MAX_JOBS: Final = 100


class JobStatusBody(Body):
    """Jobs to be told of."""

    job_ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_JOBS)]
    """Ids that are repeated are answered once."""
