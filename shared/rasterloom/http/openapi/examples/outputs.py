"""Examples about what a VRT serves in other formats."""

from http import HTTPStatus
from typing import Any, Final

from rasterloom.http.answers import FootprintDocument, RelativeVrt
from rasterloom.http.openapi.examples.ids import EAST_URI, GENERATION, VRT, WEST_URI

_ATTEMPT: Final = "d8e2f3a4-9b5c-4d6e-8f70-8b9c0d1e2f3a"
_RELATIVE: Final[RelativeVrt] = {
    "s3_uri": f"s3://rasterloom-artifacts/vrts/{VRT}/{GENERATION}/{_ATTEMPT}/source.relative.vrt"
}
_FOOTPRINTS: Final[FootprintDocument] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": 0,
            "geometry": {
                "type": "MultiPolygon",
                "coordinates": [
                    [[[-84.41, 36.3], [-84.205, 36.3], [-84.205, 36.588], [-84.41, 36.588], [-84.41, 36.3]]]
                ],
            },
            "properties": {"position": 0, "uri": WEST_URI},
        },
        {
            "type": "Feature",
            "id": 1,
            "geometry": None,
            "properties": {"position": 1, "uri": EAST_URI},
        },
    ],
}

ANSWERS: Final[dict[str, dict[HTTPStatus, dict[str, Any]]]] = {
    "locate_relative_vrt": {HTTPStatus.OK: {"Where it lies": _RELATIVE}},
    "read_footprints": {HTTPStatus.OK: {"Two sources, one of them nowhere on Earth": _FOOTPRINTS}},
}
