"""Try a failed job's change again: a new admission with a new generation, held against what stands today."""

from dataclasses import dataclass, replace

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import VrtDataset
from rasterloom.domain.errors import (
    BaseChangedError,
    DatasetBusyError,
    IncompatibleSourcesError,
    JobNotRetryableError,
    NotFoundError,
    ObjectMissingError,
)
from rasterloom.domain.findings import on_lines
from rasterloom.domain.generation import ChangeKind, Generation, Job
from rasterloom.domain.refusals import StagedSourcesGoneError
from rasterloom.ports import Datasets, Jobs, Objects
from rasterloom.services.admit_change import AdmitChange, Plan
from rasterloom.services.change_vrt import ChangeVrt
from rasterloom.services.changing import changeable_vrt
from rasterloom.services.permissions import require_upload
from rasterloom.services.read_jobs import ReadJob
from rasterloom.services.read_manifest import MOST_WAITED_FOR
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.staged_sources import Staged, read_staged
from rasterloom.services.terms import Terms
from rasterloom.services.validation import Validated, ValidateSources
from rasterloom.services.visibility import refuse_wider_than_sources


@dataclass(frozen=True, slots=True)
class RetryJob:
    """`POST /jobs/{job_id}/retry`."""

    read_job: ReadJob
    jobs: Jobs
    datasets: Datasets
    objects: Objects
    validate: ValidateSources
    admit: AdmitChange
    change: ChangeVrt
    most_waited_for: int = MOST_WAITED_FOR

    def __call__(self, principal: Principal, job_id: str, idempotency: IdempotencyKey | None = None) -> str:
        """Repeat the change that a failed job was for, as if it were asked for today; answer the id of the new job.

        Raises:
            ForbiddenError: The caller may not write, or not change the VRT.
            NotFoundError: There is no such job or VRT that the caller may know of, or the source to be removed is
                linked no more.
            JobNotRetryableError: The job has not failed, or is none of a VRT.
            DatasetBusyError: Another generation is active.
            BaseChangedError: The whole list of sources was to be replaced, and another one is published by now.
            StagedSourcesGoneError: That list is kept no longer.
            SourceAlreadyLinkedError: The source to be added is a member by now.
            TooFewSourcesError: Too few sources would be left.
            IncompatibleSourcesError: A source does not fit, or not any more.
            IdempotencyKeyReusedError: The key came before with another request.
        """
        require_upload(principal)
        replayed = self.admit.replayed(principal, idempotency)
        if replayed is not None:
            return replayed
        job = self.read_job(principal, job_id)
        if not isinstance(job, Job) or not job.is_retryable:
            raise JobNotRetryableError(job.id, job.status, job.retry_reason)
        generation = self.jobs.get_generation(job.dataset_id, job.generation_number)
        if generation is None:
            raise NotFoundError("VRT dataset", job.dataset_id)
        return self._again(principal, job, generation, idempotency)

    def _again(self, principal: Principal, job: Job, generation: Generation, idempotency: IdempotencyKey | None) -> str:
        source_id, terms = str(generation.change.source_id), Terms(idempotency)
        options = generation.options if generation.change.sets_options else None
        match generation.change.kind:
            case ChangeKind.REPLACE:
                return self.admit(principal, self._replacement(principal, job, generation), idempotency)
            case ChangeKind.ADD:
                return self.change.add(principal, job.dataset_id, source_id, terms)
            case ChangeKind.REMOVE:
                return self.change.remove(principal, job.dataset_id, source_id, terms)
            case ChangeKind.REBUILD:
                return self.change.regenerate(principal, job.dataset_id, terms, options)

    def _replacement(self, principal: Principal, job: Job, generation: Generation) -> Plan:
        """The list of sources that the job was accepted with, validated again."""
        vrt = changeable_vrt(self.datasets, principal, job.dataset_id)
        _require_base(vrt, generation)
        staged = self._staged(job, generation)
        source_ids = tuple(source.id for source in staged.sources)
        options = generation.options if generation.change.sets_options else None
        plan = Plan(
            vrt, ChangeKind.REPLACE, (), len(source_ids), job.source_filename, options=options, lines=staged.lines
        )
        if len(source_ids) > self.most_waited_for:
            return replace(plan, listed=source_ids)
        validated = self._validated(principal, vrt, generation, staged)
        return replace(plan, brought=validated.rasters, warnings=validated.warnings)

    def _validated(self, principal: Principal, vrt: VrtDataset, generation: Generation, staged: Staged) -> Validated:
        source_ids = tuple(source.id for source in staged.sources)
        try:
            validated = self.validate(principal, source_ids, vrt.vrt_type, generation.options)
            refuse_wider_than_sources(vrt.audience, validated.rasters)
        except IncompatibleSourcesError as error:
            raise IncompatibleSourcesError(on_lines(error.findings, staged.lines)) from error
        return validated

    def _staged(self, job: Job, generation: Generation) -> Staged:
        try:
            return read_staged(self.objects, str(generation.change.staged_key))
        except ObjectMissingError as error:
            raise StagedSourcesGoneError(job.id) from error


def _require_base(vrt: VrtDataset, generation: Generation) -> None:
    """That nothing is under way, and nothing was published since the change was accepted."""
    if vrt.active is not None:
        raise DatasetBusyError(vrt.id, vrt.active.job_id)
    published = vrt.published and vrt.published.generation_id
    if published != generation.base_id:
        raise BaseChangedError(
            f"The change was accepted against generation {generation.base_id} of dataset {vrt.id}, "
            f"but {published} is published",
            dataset_id=vrt.id,
            expected=generation.base_id,
            actual=published,
        )
