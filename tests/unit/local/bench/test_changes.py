"""Where the time of a change goes."""

import pytest

from local.bench.service.changes import Change


def test_each_step_lasts_until_the_next_one_is_seen_and_all_make_up_the_whole() -> None:
    seen = [("queued", 0.3), ("building", 0.5), ("complete", 2.0)]
    change = Change("vrt", "job", accepted=0.25, complete=2.0, seen=seen)
    assert change.steps == pytest.approx({"accept": 0.3, "queued": 0.2, "building": 1.5})
    assert sum(change.steps.values()) == pytest.approx(change.complete)
