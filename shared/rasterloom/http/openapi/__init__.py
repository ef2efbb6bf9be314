"""The OpenAPI 3.1 document, made from the table of routes.

`python -m rasterloom.http.openapi FILE…` writes it; a test holds the committed files against the routes. Nothing of
this runs while a request is answered.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from rasterloom import __version__
from rasterloom.http.openapi.operations import operation
from rasterloom.http.openapi.responses import REQUEST_ID_HEADER, share_refusals
from rasterloom.http.openapi.schemas import schemas
from rasterloom.http.routes import ROUTES

_DESCRIPTION: Final = """\
Every path answers alike with and without a trailing slash, and never redirects to the other.

Every refusal of this API is a problem body (RFC 9457) with a stable `code` and the `request_id`; that of fields \
and of sources that do not fit has everything that is wrong in its `detail`.

The gateway in front of it may refuse by itself, with a body `{"message"}`: 429 or 503 where too much is asked at once \
(try again after a moment), 413 where a body is over 10 MB.
"""
_TAGS: Final = {
    "rasters": "Getting rasters in.",
    "vrts": "Virtual rasters, and what they are woven of.",
    "jobs": "What is under way.",
    "datasets": "Rasters and virtual rasters.",
    "artifacts": "What a virtual raster serves.",
    "about": "The API itself; open to everybody.",
}


def document() -> dict[str, Any]:
    """The document, as JSON values."""
    paths = {path: dict(_operations(path)) for path in dict.fromkeys(route.path for route in ROUTES)}
    shared = share_refusals(paths)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rasterloom",
            "version": __version__,
            "summary": "Cloud-Optimized GeoTIFFs on S3, woven into virtual rasters.",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        # Relative to where this document is, so it holds behind any stage and any host.
        "servers": [{"url": ".", "description": "Where this document is"}],
        "security": [{"bearer": []}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": shared,
            "headers": {"X-Request-Id": REQUEST_ID_HEADER},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token of the deployment's issuer for its audience.",
                }
            },
        },
    }


def text() -> str:
    """The document as the files have it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _operations(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for route in ROUTES:
        if route.path == path:
            yield route.method.lower(), operation(route)
