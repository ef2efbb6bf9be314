"""`ETag` and `If-Match`: a dataset's version on the wire (RFC 9110, sections 8.8.3 and 13.1.1)."""

import re
from typing import Final

from rasterloom.domain.versions import ANY_VERSION, KnownVersions
from rasterloom.http.errors import FieldsError, field_error
from rasterloom.http.requests import Request
from rasterloom.http.responses import Response

VERSION: Final = {
    "ETag": "The version of the dataset, for `If-Match`; not of this answer, which may tell of other things"
}
"""The header as documentation has it."""

_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_ONE: Final = re.compile(_TAG)
_TAGS: Final = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")


def with_version(response: Response, version: str) -> Response:
    """The answer with the version of what it tells of."""
    return response.with_headers(etag=f'"{version}"')


def known_versions(request: Request) -> KnownVersions:
    """What `If-Match` says; any version where there is none, or `*`.

    A weak tag names no version: they are compared strongly, as the RFC asks of `If-Match`.

    Raises:
        FieldsError: It is no list of entity tags.
    """
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return ANY_VERSION
    if not _TAGS.fullmatch(header):
        message = 'Input should be * or entity tags as ETag gives them, such as "1a-5f0c"'
        raise FieldsError([field_error(("header", "If-Match"), message, "invalid_if_match", header[:300])])
    return KnownVersions(tuple(tag.strip('"') for tag in _ONE.findall(header) if not tag.startswith("W/")))
