"""Where events tell what happens to objects, and how fast headers may be read."""

import json

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.objects import ObjectRef
from rasterloom.settings import Settings
from tests.unit.test_bootstrap import ENVIRONMENT

WIDE = {"bucket": "sources", "prefix": "survey/", "owner": "alice"}
NARROW = {"bucket": "sources", "prefix": "survey/2026/", "owner": "bob", "visibility": "internal"}


def settings(*watched: dict[str, str], **changed: str) -> Settings:
    return Settings.from_environment(ENVIRONMENT | {"WATCH_LIST": json.dumps(watched)} | changed)


@pytest.mark.parametrize("order", [(WIDE, NARROW), (NARROW, WIDE)])
def test_the_narrowest_place_that_holds_an_object_counts(order: tuple[dict[str, str], ...]) -> None:
    watch = settings(*order)
    inner, outer = (
        watch.watched(ObjectRef("sources", "survey/2026/a.tif")),
        watch.watched(ObjectRef("sources", "survey/a.tif")),
    )
    assert inner is not None
    assert outer is not None
    assert (inner.owner, inner.visibility) == ("bob", Visibility.INTERNAL)
    assert (outer.owner, outer.visibility) == ("alice", Visibility.PRIVATE)


@pytest.mark.parametrize("ref", [ObjectRef("sources", "other/a.tif"), ObjectRef("others", "survey/a.tif")])
def test_an_object_outside_of_every_place_is_not_watched(ref: ObjectRef) -> None:
    assert settings(WIDE, NARROW).watched(ref) is None
    assert settings().watched(ref) is None


def test_registrars_share_their_rate() -> None:
    share = settings(REGISTRATION_RATE="5000", REGISTRAR_MAXIMUM_CONCURRENCY="5").own_registration_rate
    assert share == pytest.approx(1000)


def test_events_are_heeded_of_watched_places_that_may_be_read_and_of_uploads() -> None:
    elsewhere = {"bucket": "others", "prefix": "", "owner": "alice"}
    watch = settings(WIDE, elsewhere)
    assert watch.heeds(ObjectRef("sources", "survey/a.tif"))
    assert watch.heeds(ObjectRef(watch.bucket_name, "uploads/a/b.tif"))
    assert not watch.heeds(ObjectRef("sources", "other/a.tif")), "not watched"
    assert not watch.heeds(ObjectRef("others", "a.tif")), "not in the allow list"
    assert not watch.heeds(ObjectRef(watch.bucket_name, "vrts/a/source.vrt")), "what we write ourselves"
