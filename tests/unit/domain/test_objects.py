"""Names of objects on S3: what is refused is told as it was written."""

import pytest

from rasterloom.domain.errors import InvalidUriError
from rasterloom.domain.objects import ObjectPrefix, ObjectRef

NO_BUCKETS = ["s3://", "s3:///key", "S3://bucket/key", "", "bucket/key", "https://bucket/key"]
NOT_ON_S3 = ["s3://[a/k", "s3://bu\u2100ket/k", "s3://bucket?x/k", "s3://b#f/k", "s3://buc\nket/k", "s3://u:p@bucket/k"]
"""What only a reader of URLs would take for a bucket's name, or fail at."""


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/", *NO_BUCKETS, *NOT_ON_S3])
def test_a_uri_that_names_no_object_is_told_as_it_was_sent(uri: str) -> None:
    with pytest.raises(InvalidUriError) as refused:
        ObjectRef.parse(uri)
    assert refused.value.data["uri"] == uri
    assert "does not name an S3 object: expected " in refused.value.message


@pytest.mark.parametrize("uri", [*NO_BUCKETS, *NOT_ON_S3])
def test_a_uri_that_names_no_place_is_told_as_it_was_sent(uri: str) -> None:
    with pytest.raises(InvalidUriError) as refused:
        ObjectPrefix.parse(uri)
    assert refused.value.data["uri"] == uri
    assert refused.value.message.endswith(" does not name a place on S3: expected s3://bucket/prefix/")


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/", "s3://bucket/a", "s3://bucket//a\n?#"])
def test_a_place_may_be_a_whole_bucket_and_its_prefix_is_as_it_was_sent(uri: str) -> None:
    assert ObjectPrefix.parse(uri) == ObjectPrefix("bucket", uri.removeprefix("s3://bucket").removeprefix("/"))


def test_nothing_in_a_key_is_decoded() -> None:
    assert ObjectRef.parse("s3://bucket/a%20b?c#d") == ObjectRef("bucket", "a%20b?c#d")
