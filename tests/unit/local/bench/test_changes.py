"""Where the time of a change goes."""

import pytest

from local.bench.service.waterfall import Waterfall, typical, waterfall


def test_what_the_functions_tell_and_what_is_else_make_up_the_whole() -> None:
    found = waterfall({"load": 150, "send": 50}, {"assemble": 900}, accepted=0.25, started=0.3, complete=2.0)
    assert found.request == pytest.approx({"load": 0.15, "send": 0.05, "else": 0.05})
    assert found.queued == pytest.approx(0.05)
    assert found.build == pytest.approx({"assemble": 0.9, "else": 0.8})
    assert sum(found.request.values()) + found.queued + sum(found.build.values()) == pytest.approx(2.0)


def test_a_job_that_is_taken_before_the_answer_has_come_was_never_queued() -> None:
    found = waterfall({}, {}, accepted=0.25, started=0.2, complete=1.0)
    assert (found.queued, found.build) == (0.0, {"else": 0.75})


def test_of_several_the_medians_are_told_and_a_part_that_was_not_there_took_nothing() -> None:
    changes = [
        Waterfall({"else": 0.1}, 0.3, {"index": 4.0, "else": 1.0}),
        Waterfall({"else": 0.3}, 0.1, {"else": 2.0}),
        Waterfall({"else": 0.2}, 0.2, {"else": 3.0}),
    ]
    assert typical(changes) == {"request": {"else": 0.2}, "queued": 0.2, "build": {"index": 0.0, "else": 2.0}}
