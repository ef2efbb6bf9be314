"""Which S3 keys every reader of ours, and every reader of a VRT, takes for the same object."""

import re

from rasterloom.domain.errors import ObjectUnreadableError
from rasterloom.domain.objects import ObjectRef

_BUCKET = re.compile(r"[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]")
_NOT_IN_XML = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters, lone surrogates and what is no character; XML allows a few of them, its readers change them."""


def check_nameable(ref: ObjectRef) -> None:
    """Refuse a key that some client would rewrite, and with it read another object.

    S3 keeps keys such as `a//b`, `/a`, `a/../b` and `a/` apart. GDAL and curl resolve dot segments, GDAL joins
    slashes, obstore strips those at the ends, and a VRT, being XML, cannot hold control characters.

    Raises:
        ObjectUnreadableError: The key cannot be named safely; the message says why.
    """
    problem = _problem(ref)
    if problem is not None:
        raise ObjectUnreadableError(
            ascii(ref.uri)[1:-1], f"{ref.uri!a} cannot be a source: {problem}; copy it to another key"
        )


def _problem(ref: ObjectRef) -> str | None:
    if not _BUCKET.fullmatch(ref.bucket):
        return "its bucket's name is not one that S3 allows"
    segments = ref.key.split("/")
    if "" in segments:
        return "its key begins or ends with a slash, or has two in a row"
    if "." in segments or ".." in segments:
        return "its key has a segment that is '.' or '..'"
    found = _NOT_IN_XML.search(ref.key)
    return found and f"its key has the character U+{ord(found.group()):04X}, which a VRT cannot hold"
