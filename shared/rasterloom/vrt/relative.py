"""The VRT for readers that reach the bucket itself: every path relative to where the VRT lies.

`/vsis3/` and every mount of S3 have the buckets as their first folders, so a path that goes up to them and down into
another bucket is as good as one within the bucket. It resolves wherever buckets lie side by side.
"""

import re
from typing import Final

_SOURCE: Final = re.compile(rb'<SourceFilename relativeToVRT="0"([^>]*)>/vsis3/([^/<]+)/([^<]*)</SourceFilename>')


def relative_document(document: bytes, bucket: str, key: str) -> bytes:
    """The same VRT with relative paths to its sources.

    Args:
        document: A VRT that names its sources by `/vsis3/` paths.
        bucket: Where it will lie.
        key: Its key there.
    """
    to_bucket = b"../" * key.count("/")
    own = bucket.encode()

    def relative(found: re.Match[bytes]) -> bytes:
        attributes, source_bucket, source_key = found.groups()
        folder = to_bucket if source_bucket == own else to_bucket + b"../" + source_bucket + b"/"
        path = folder + source_key
        return b'<SourceFilename relativeToVRT="1"%b>%b</SourceFilename>' % (attributes, path)

    return _SOURCE.sub(relative, document)
