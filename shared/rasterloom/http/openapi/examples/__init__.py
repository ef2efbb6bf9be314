"""What requests and answers look like, for people. Tests hold each against its schema."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from rasterloom.http.openapi.examples import about, datasets, jobs, outputs, rasters, vrts

type Examples = Mapping[str, Any]
"""Bodies by what they show."""

REQUESTS: Final[Mapping[str, Examples]] = {
    **rasters.REQUESTS,
    **vrts.REQUESTS,
    **jobs.REQUESTS,
    **datasets.REQUESTS,
}
"""By operation."""

ANSWERS: Final[Mapping[str, Mapping[HTTPStatus, Examples]]] = {
    **rasters.ANSWERS,
    **vrts.ANSWERS,
    **jobs.ANSWERS,
    **datasets.ANSWERS,
    **outputs.ANSWERS,
    **about.ANSWERS,
}
"""Of answers that are no refusals, by operation and status; `problems` has the refusals."""


def named(examples: Examples) -> dict[str, Any]:
    """OpenAPI's example objects."""
    return {
        re.sub(r"\W+", "-", summary.lower()).strip("-"): {"summary": summary, "value": value}
        for summary, value in examples.items()
    }
