"""Swagger UI, served by the deployment itself.

The files are those that the wheel of Powertools brings. They travel compressed: the script alone is 1.5 MB, and an
answer stays under 1 MB. Threat: a page on the API's own origin that holds a caller's token. Rule: nothing from another
origin, no inline script, no frame around it; the token stays in the page's memory.
"""

import gzip
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from rasterloom.http.errors import UnknownRouteError
from rasterloom.http.responses import Response, cacheable

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    # Swagger UI sets style attributes; styles cannot send a token anywhere.
    "style-src 'self' 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

ASSET_CACHE: Final = "public, max-age=86400"

_BUNDLED: Final = ("aws_lambda_powertools", "event_handler/openapi/swagger_ui")
_FILES: Final = {
    "swagger-ui.css": ("swagger-ui.min.css", "text/css; charset=utf-8"),
    "swagger-ui.js": ("swagger-ui-bundle.min.js", "text/javascript; charset=utf-8"),
}
_START: Final = """\
window.ui = SwaggerUIBundle({
  url: document.querySelector("meta[name=openapi]").content,
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  tryItOutEnabled: true,
});
"""
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="openapi" content="{root}openapi.json">
<title>Rasterloom API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{here}swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{here}swagger-ui.js"></script>
<script src="{here}start.js"></script>
</body>
</html>
"""


@cache
def document() -> str:
    """The OpenAPI document, made by `python -m rasterloom.http.openapi` and packaged."""
    return files("rasterloom.http").joinpath("openapi.json").read_text("utf-8")


def page(*, has_trailing_slash: bool) -> Response:
    """The page; its references are relative, for a stage prefix may or may not stand before them."""
    root, here = ("../", "") if has_trailing_slash else ("", "docs/")
    headers = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "referrer-policy": "no-referrer",
    }
    return Response(HTTPStatus.OK, headers, _PAGE.format(root=root, here=here))


def asset(name: str, if_none_match: str | None) -> Response:
    """A file that the page needs.

    Raises:
        UnknownRouteError: There is no such file.
    """
    if name == "start.js":
        return cacheable(_START, "text/javascript; charset=utf-8", ASSET_CACHE, if_none_match)
    if name not in _FILES:
        raise UnknownRouteError(f"There is no route /docs/{name[:100]}")
    bundled, content_type = _FILES[name]
    response = cacheable(_compressed(bundled), content_type, ASSET_CACHE, if_none_match)
    return response.with_headers(content_encoding="gzip") if response.body else response


@cache
def _compressed(name: str) -> bytes:
    package, folder = _BUNDLED
    return gzip.compress(files(package).joinpath(folder, name).read_bytes(), compresslevel=6, mtime=0)
