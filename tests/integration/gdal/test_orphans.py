"""Listings and deletions of our bucket on a real server: what lies beside a prefix stays."""

from __future__ import annotations

import pytest
from botocore.stub import Stubber

from rasterloom.adapters.orphans_s3 import S3Orphans
from rasterloom.adapters.s3_client import s3_client
from rasterloom.domain.errors import UnavailableError
from tests.support.lab import Lab

KEYS = [
    "vrts/d/g/a1/source.vrt",
    "vrts/d/g/a1/members-00000.json.gz",
    "vrts/d/g/a2/source.vrt",
    "vrts/d/g2/a3/source.vrt",
    'vrts/d/gg/a4/it\'s & "ürgs" +%2F.vrt',
    "vrts/dd/g/a5/source.vrt",
]


@pytest.fixture
def store(lab: Lab) -> S3Orphans:
    for key in KEYS:
        lab.put(b"x", key)
    return S3Orphans(lab.bucket)


def test_the_folders_of_a_generation_are_its_attempts(store: S3Orphans) -> None:
    assert store.folders("vrts/d/g/") == ["vrts/d/g/a1/", "vrts/d/g/a2/"]
    assert store.folders("vrts/d/nothing/") == []


def test_what_is_deleted_is_gone_and_its_neighbours_stay(store: S3Orphans) -> None:
    attempt = store.keys("vrts/d/g/a1/")
    assert sorted(attempt) == sorted(KEYS[:2])
    store.delete(attempt)
    store.delete(attempt)  # what another sweep deleted
    assert store.keys("vrts/d/g/a1/") == []
    odd = store.keys("vrts/d/gg/")
    assert odd == [KEYS[4]]
    store.delete(odd)
    assert sorted(store.keys("vrts/")) == sorted([KEYS[2], KEYS[3], KEYS[5]])


def test_an_object_that_s3_does_not_delete_is_not_taken_for_gone(store: S3Orphans) -> None:
    answer = {"Errors": [{"Key": KEYS[0], "Code": "InternalError"}]}
    with Stubber(s3_client()) as stubbed:
        stubbed.add_response("delete_objects", answer)
        with pytest.raises(UnavailableError, match="1 of 2 objects stay: InternalError"):
            store.delete(KEYS[:2])
