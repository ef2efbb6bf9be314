"""Names of objects on S3: what is refused is told as it was written."""

import pytest

from rasterloom.domain.errors import InvalidUriError
from rasterloom.domain.objects import ObjectRef


@pytest.mark.parametrize(
    "uri", ["s3://bucket", "s3://bucket/", "s3://", "s3:///key", "S3://bucket/key", "", "bucket/key"]
)
def test_a_uri_that_names_no_object_is_told_as_it_was_sent(uri: str) -> None:
    with pytest.raises(InvalidUriError) as refused:
        ObjectRef.parse(uri)
    assert refused.value.data["uri"] == uri


def test_nothing_in_a_key_is_decoded() -> None:
    assert ObjectRef.parse("s3://bucket/a%20b?c#d") == ObjectRef("bucket", "a%20b?c#d")
