"""States and the only ways between them."""

from collections.abc import Mapping
from enum import StrEnum

import pytest

from rasterloom.domain.lifecycle import (
    GENERATION_TRANSITIONS,
    JOB_TRANSITIONS,
    VRT_TRANSITIONS,
    GenerationStatus,
    JobStatus,
    JobStep,
    VrtStatus,
    is_final,
    sources_of,
)


@pytest.mark.parametrize("table", [VRT_TRANSITIONS, GENERATION_TRANSITIONS, JOB_TRANSITIONS])
def test_every_state_has_a_row_and_can_be_left_or_is_final(table: Mapping[StrEnum, frozenset[StrEnum]]) -> None:
    states = set(type(next(iter(table))))
    assert set(table) == states
    assert all(targets <= states for targets in table.values())


def test_final_states_are_left_by_nothing() -> None:
    assert {state for state in GenerationStatus if is_final(GENERATION_TRANSITIONS, state)} == {"completed", "failed"}
    assert {state for state in JobStatus if is_final(JOB_TRANSITIONS, state)} == {"complete", "failed", "cancelled"}
    assert not any(is_final(VRT_TRANSITIONS, state) for state in VrtStatus)


def test_a_change_is_admitted_from_ready_and_from_failed_only() -> None:
    assert sources_of(VRT_TRANSITIONS, VrtStatus.REGENERATING) == (VrtStatus.READY, VrtStatus.FAILED)


def test_only_a_running_generation_completes() -> None:
    assert sources_of(GENERATION_TRANSITIONS, GenerationStatus.COMPLETED) == (GenerationStatus.RUNNING,)


def test_progress_rises_from_0_to_1_with_the_steps() -> None:
    progress = [step.progress for step in JobStep]
    assert progress == sorted(set(progress))
    assert (progress[0], progress[-1]) == (0.0, 1.0)
