"""For how long a use link counts."""

from datetime import timedelta

import pytest

from rasterloom.domain.lifecycle import GenerationStatus
from rasterloom.domain.sweeping import GRACE
from rasterloom.domain.uses import PROMISE, Use, is_forgotten, is_live
from tests.support.factories import NOW, an_id

USE = Use(an_id("vrt"), an_id("generation"), NOW)


@pytest.mark.parametrize("status", GenerationStatus)
@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=365)])
def test_a_known_generation_holds_its_sources_until_it_fails_or_its_vrt_is_gone(
    status: GenerationStatus, age: timedelta
) -> None:
    assert is_live(USE, status, has_vrt=True, now=NOW + age) is (status is not GenerationStatus.FAILED)
    assert not is_live(USE, status, has_vrt=False, now=NOW + age)


@pytest.mark.parametrize("has_vrt", [True, False])
def test_an_unknown_generation_holds_its_sources_while_it_may_still_be_admitted(*, has_vrt: bool) -> None:
    last = NOW + PROMISE - timedelta(microseconds=1)
    assert is_live(USE, None, has_vrt=has_vrt, now=last)
    assert not is_live(USE, None, has_vrt=has_vrt, now=NOW + PROMISE)


def test_a_link_is_forgotten_long_after_its_admission_could_have_come_and_never_once_it_came() -> None:
    assert not is_forgotten(USE, None, now=NOW + GRACE - timedelta(microseconds=1))
    assert is_forgotten(USE, None, now=NOW + GRACE)
    assert not any(is_forgotten(USE, status, now=NOW + timedelta(days=365)) for status in GenerationStatus)
