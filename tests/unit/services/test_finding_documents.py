"""All findings of a job: one document of as many as the job counts, whatever became of its build."""

import gzip
import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import RasterDataset, VrtType
from rasterloom.domain.errors import NotFoundError, ObjectMissingError, UnavailableError, VerificationFailedError
from rasterloom.domain.findings import EXAMPLES_PER_CODE
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.options import WeaveOptions
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.terms import Terms
from tests.support.factories import principal, profile
from tests.support.world import LEASE, World

ALICE = principal()
LIST = ObjectRef("lists", "survey.jsonl")
MANY = EXAMPLES_PER_CODE + 5
DOUBTFUL = profile(layout=None, tiled=True)
"""A raster of which every source is warned."""


def listed(world: World, rasters: list[RasterDataset]) -> str:
    """Have a mosaic accepted of a manifest that only the build holds against the rules."""
    world.objects.texts[LIST] = "\n".join(f'"{raster.id}"' for raster in rasters).encode()
    create = replace(world.create, most_waited_for=3)
    request = CreateRequest((), VrtType.MOSAIC, WeaveOptions(), "Big", manifest_uri=LIST.uri)
    return create(ALICE, request)


def document(world: World, job_id: str) -> list[dict[str, Any]]:
    """What is told in full."""
    key = world.job(job_id).findings_key
    assert key is not None
    return [json.loads(line) for line in gzip.decompress(world.objects.bodies[key]).splitlines()]


def kept(world: World) -> list[str]:
    return [key for key in world.objects.bodies if ".findings/" in key]


def require_exact(world: World, job_id: str) -> None:
    """That the document has what the job counts."""
    assert Counter(entry["code"] for entry in document(world, job_id)) == dict(world.job(job_id).finding_counts)


def lose(world: World, raster: RasterDataset) -> None:
    world.objects.sources[raster.ref] = ObjectMissingError(raster.ref.uri)


def test_more_warnings_than_a_job_keeps_are_a_document_of_all_of_them(world: World) -> None:
    rasters = world.registered(MANY, profile=DOUBTFUL)
    job_id = world.created(rasters)
    job = world.job(job_id)
    assert len(job.findings) < sum(count for _, count in job.finding_counts)
    require_exact(world, job_id)
    assert [entry["source_id"] for entry in document(world, job_id)][-1] == rasters[-1].id
    assert document(world, job_id)[-1]["loc"] == ["body", "source_dataset_ids", MANY - 1]
    world.run()
    require_exact(world, job_id)


def test_what_a_job_keeps_itself_needs_no_document(world: World) -> None:
    job_id = world.created(world.registered(3, profile=DOUBTFUL))
    world.run()
    assert world.job(job_id).findings
    assert (world.job(job_id).findings_key, kept(world)) == (None, [])


def test_what_a_build_finds_is_a_document_with_the_lines_of_the_manifest(world: World) -> None:
    rasters = world.registered(MANY)
    job_id = listed(world, rasters)
    for raster in rasters:
        lose(world, raster)
    world.run()
    assert world.job(job_id).error_code == "object_missing"
    require_exact(world, job_id)
    assert [entry["loc"] for entry in document(world, job_id)] == [
        ["body", "manifest_uri", line] for line in range(1, MANY + 1)
    ]


def test_what_ends_a_build_comes_behind_what_its_admission_found(world: World) -> None:
    rasters = world.registered(MANY, profile=DOUBTFUL)
    job_id = world.created(rasters)
    (admitted,) = kept(world)
    before = world.objects.bodies[admitted]
    lose(world, rasters[1])
    world.run()
    require_exact(world, job_id)
    codes = [entry["code"] for entry in document(world, job_id)]
    assert (codes[-1], codes.count("object_missing")) == ("object_missing", 1)
    assert (world.objects.bodies[admitted], len(kept(world))) == (before, 2)


def test_few_warnings_and_many_failures_are_one_document(world: World) -> None:
    doubtful, fine = world.registered(3, profile=DOUBTFUL), world.registered(MANY)
    job_id = world.created([*doubtful, *fine])
    assert kept(world) == []
    for raster in fine:
        lose(world, raster)
    world.run()
    require_exact(world, job_id)


def test_what_an_earlier_attempt_found_is_not_told_twice(world: World) -> None:
    rasters = world.registered(MANY, profile=DOUBTFUL)
    job_id = listed(world, rasters)
    world.assembler.errors["assemble"] = UnavailableError("S3", "SlowDown")
    message = world.queue.messages[0]
    assert world.run() is BuildOutcome.GIVE_BACK
    require_exact(world, job_id)
    warned = dict(world.job(job_id).finding_counts)
    lose(world, rasters[2])
    world.clock.forward(seconds=LEASE / timedelta(seconds=1))
    world.run(message)
    assert dict(world.job(job_id).finding_counts) == {**warned, "object_missing": 1}
    require_exact(world, job_id)


def test_a_build_that_fails_of_something_else_leaves_what_it_found(world: World) -> None:
    job_id = listed(world, world.registered(MANY, profile=DOUBTFUL))
    world.assembler.errors["verify"] = VerificationFailedError("cannot read the window")
    world.run()
    assert world.job(job_id).status is JobStatus.FAILED
    require_exact(world, job_id)


def test_a_source_that_changes_before_publishing_is_told_beside_the_warnings(world: World) -> None:
    rasters = world.registered(MANY, profile=DOUBTFUL)
    job_id = listed(world, rasters)

    def vanish() -> None:
        if len(world.objects.stat_calls) == 3:
            lose(world, rasters[2])

    world.objects.on_stat = vanish
    world.run()
    assert world.job(job_id).error_code == "object_missing"
    assert len(world.job(job_id).finding_counts) > 1
    require_exact(world, job_id)


def test_a_job_ends_even_if_nobody_takes_its_findings(world: World) -> None:
    rasters = world.registered(MANY)
    job_id = listed(world, rasters)
    for raster in rasters:
        lose(world, raster)
    world.objects.fail_puts = 1
    assert world.run() is BuildOutcome.DONE
    job = world.job(job_id)
    assert (job.status, job.findings_key, len(job.findings)) == (JobStatus.FAILED, None, EXAMPLES_PER_CODE)


def test_whoever_may_know_of_a_job_may_read_all_that_was_found(world: World) -> None:
    job_id = world.created(world.registered(MANY, profile=DOUBTFUL))
    key = world.job(job_id).findings_key
    admin = principal("root", permissions=frozenset({"admin"}))
    for who in (ALICE, admin):
        assert world.read_findings(who, job_id) == f"https://signed.invalid/{key}?as={job_id}.jsonl.gz&for=900"


@pytest.mark.parametrize(("who", "count"), [(ALICE, 2), (principal("bob"), MANY)])
def test_there_is_no_document_of_few_findings_and_none_for_others(world: World, who: Principal, count: int) -> None:
    job_id = world.created(world.registered(count, profile=DOUBTFUL))
    with pytest.raises(NotFoundError):
        world.read_findings(who, job_id)


def test_a_document_that_has_expired_is_not_found(world: World) -> None:
    job_id = world.created(world.registered(MANY, profile=DOUBTFUL))
    del world.objects.bodies[str(world.job(job_id).findings_key)]
    with pytest.raises(NotFoundError):
        world.read_findings(ALICE, job_id)


def test_findings_go_with_their_vrt(world: World) -> None:
    job_id = world.created(world.registered(MANY, profile=DOUBTFUL))
    world.run()
    assert kept(world)
    world.delete(ALICE, world.vrt(job_id).id, (), Terms())
    for _ in range(4):
        world.clock.forward(hours=2)
        world.sweep_orphans()
    assert kept(world) == []
