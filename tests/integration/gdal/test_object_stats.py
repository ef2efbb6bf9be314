"""Many objects are looked at by listing, and told of as if each one had been asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from rasterloom.adapters.object_stats import Looks
from rasterloom.adapters.objects_s3 import S3Objects
from rasterloom.domain.errors import ObjectMissingError, ObjectUnreadableError
from rasterloom.domain.objects import ObjectRef, ObjectStat
from tests.support.lab import Lab

KEYS = [
    "a b.tif",
    "deep/er.tif",
    "e\u0301.tif",
    "plain.tif",
    "q?versionId=1",
    "ünï%2F.tif",
    "日本.tif",
    "\U0001f600.tif",
]


def looks(objects: S3Objects, *, list_from: int = 2, worth: int = 1) -> Looks:
    """As `S3Objects` looks, with low thresholds."""
    threads = ThreadPoolExecutor(4)
    return Looks(objects._stores_of, objects._stat, threads, list_from, worth)


def asked(lab: Lab, refs: list[ObjectRef], **thresholds: int) -> tuple[list[object], dict[str, int]]:
    """What is answered, and how many requests of each kind it took."""
    lab.server.requests.clear()
    outcomes: list[object] = list(looks(lab.objects, **thresholds)(refs))
    kinds = ["LIST" if "list-type" in request.path else request.method for request in lab.server.requests]
    return outcomes, {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def test_one_listing_and_one_head_tell_of_a_whole_folder(lab: Lab) -> None:
    refs = [lab.put(b"x" * (number + 1), f"tiles/{key}") for number, key in enumerate(KEYS)]
    shuffled = [refs[0], *reversed(refs)]
    outcomes, requests = asked(lab, shuffled)
    alone = [lab.objects.stat_many([ref])[0] for ref in shuffled]
    assert outcomes == alone
    assert all(isinstance(outcome, ObjectStat) for outcome in outcomes)
    assert requests == {"HEAD": 1, "LIST": 1}


def test_what_a_listing_does_not_show_is_asked_for(lab: Lab) -> None:
    refs = [lab.put(b"x", f"tiles/{key}") for key in KEYS]
    gone = ObjectRef(lab.bucket, "tiles/gone.tif")
    outcomes, requests = asked(lab, [*refs, gone])
    assert isinstance(outcomes[-1], ObjectMissingError)
    assert requests == {"HEAD": 2, "LIST": 1}


def test_a_changed_object_has_its_new_etag(lab: Lab) -> None:
    refs = [lab.put(b"x", f"tiles/{key}") for key in KEYS]
    before, _ = asked(lab, refs)
    lab.put(b"another", refs[3].key)
    after, _ = asked(lab, refs)
    assert [index for index, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]] == [3]


def test_a_folder_marker_with_the_name_of_a_missing_object_is_not_taken_for_it(lab: Lab) -> None:
    refs = [lab.put(b"x", f"tiles/{key}") for key in ("a.tif", "c.tif")]
    lab.client.put_object(Bucket=lab.bucket, Key="tiles/b.tif/", Body=b"")
    outcomes, _ = asked(lab, [*refs, ObjectRef(lab.bucket, "tiles/b.tif")])
    assert isinstance(outcomes[-1], ObjectMissingError)


def test_a_sparse_folder_is_given_up_and_each_object_asked_for(lab: Lab) -> None:
    refs = [lab.put(b"x", f"tiles/{key}") for key in KEYS]
    outcomes, requests = asked(lab, refs, worth=100)
    assert all(isinstance(outcome, ObjectStat) for outcome in outcomes)
    assert requests["LIST"] == 1


@pytest.mark.parametrize("key", ["a.tif", "b.tif"])
def test_objects_outside_of_a_common_folder_are_each_asked_for(lab: Lab, key: str) -> None:
    refs = [lab.put(b"x", key), lab.put(b"x", "tiles/c.tif")]
    outcomes, requests = asked(lab, refs)
    assert all(isinstance(outcome, ObjectStat) for outcome in outcomes)
    assert requests == {"HEAD": 2}


def test_a_bucket_that_may_not_be_listed_is_asked_for_each_object(lab: Lab) -> None:
    missing = [ObjectRef(f"{lab.bucket}-not", f"tiles/{key}") for key in KEYS]
    outcomes, _ = asked(lab, missing)
    assert all(isinstance(outcome, ObjectMissingError) for outcome in outcomes)


def test_a_listing_shows_nothing_that_the_allow_list_does_not_name(lab: Lab) -> None:
    refs = [lab.put(b"x", f"tiles/{key}") for key in KEYS]
    narrowed = replace(lab.stores, allows=lambda ref: ref != refs[3])
    objects = S3Objects("own", own=narrowed, sources=narrowed)
    outcomes = looks(objects)(refs)
    refused = [index for index, outcome in enumerate(outcomes) if isinstance(outcome, ObjectUnreadableError)]
    assert refused == [3]
