"""Replace all sources of a VRT at once: by a list that the caller gives, or by those of an earlier generation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import VrtDataset
from rasterloom.domain.errors import (
    IncompatibleSourcesError,
    NotFoundError,
)
from rasterloom.domain.generation import ChangeKind, Generation, attempt_prefix
from rasterloom.domain.lifecycle import GenerationStatus
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.refusals import GenerationNotCompletedError, MembersGoneError
from rasterloom.ports import Jobs, Objects
from rasterloom.services.admit_change import Plan
from rasterloom.services.changing import REGENERATE, Changing, served
from rasterloom.services.read_manifest import MOST_WAITED_FOR
from rasterloom.services.staging import read_members_at
from rasterloom.services.terms import NO_TERMS, Terms
from rasterloom.services.validation import ValidateSources
from rasterloom.services.visibility import refuse_wider_than_sources

_GONE: Final = frozenset({"source_not_found", "object_missing"})
"""Findings about what exists no more, or not for the caller."""


@dataclass(frozen=True, slots=True)
class ReplaceSources:
    """One generation in which sources come, go and change places."""

    jobs: Jobs
    objects: Objects
    validate: ValidateSources
    changing: Changing
    most_waited_for: int = MOST_WAITED_FOR

    def __call__(self, principal: Principal, vrt_id: str, source_ids: Sequence[str], terms: Terms = NO_TERMS) -> str:
        """Build the VRT of these sources, in this order, and answer the id of the job.

        Raises:
            IncompatibleSourcesError: At least one finding refuses the sources.
            RasterloomError: As `Changing` has it.
        """
        return self.changing(principal, vrt_id, terms, lambda vrt: self._plan(principal, vrt, source_ids))

    def roll_back(self, principal: Principal, vrt_id: str, generation_id: str, terms: Terms = NO_TERMS) -> str:
        """Build the members of an earlier generation again, with its options, and answer the id of the job.

        The members are taken as the catalogue has them today: what a source's object is now is what is woven. Of very
        many, it is the build that finds out whether they still can be.

        Raises:
            NotFoundError: The VRT has no such generation.
            GenerationNotCompletedError: It never was published.
            MembersGoneError: At least one of its members is gone; it names them.
            IncompatibleSourcesError: All are there, and do not fit together any more.
            RasterloomError: As `Changing` has it.
        """

        def plan(vrt: VrtDataset) -> Plan:
            served(vrt)
            generation = self._completed(vrt, generation_id)
            try:
                return self._plan(principal, vrt, self._members(generation), generation.options)
            except IncompatibleSourcesError as error:
                gone = [finding for finding in error.findings if finding.code in _GONE]
                if gone:
                    raise MembersGoneError(generation_id, gone) from error
                raise

        return self.changing(principal, vrt_id, terms, plan)

    def _plan(
        self, principal: Principal, vrt: VrtDataset, source_ids: Sequence[str], options: WeaveOptions | None = None
    ) -> Plan:
        served(vrt)
        plan = Plan(vrt, ChangeKind.REPLACE, (), len(source_ids), REGENERATE, options=options)
        if len(source_ids) > self.most_waited_for:
            return replace(plan, listed=tuple(source_ids))
        validated = self.validate(principal, source_ids, vrt.vrt_type, options or vrt.options)
        refuse_wider_than_sources(vrt.audience, validated.rasters)
        return replace(plan, brought=validated.rasters, warnings=validated.warnings)

    def _completed(self, vrt: VrtDataset, generation_id: str) -> Generation:
        generation = self.jobs.find_generation(vrt.id, generation_id)
        if generation is None:
            raise NotFoundError("generation", generation_id)
        if generation.status is not GenerationStatus.COMPLETED:
            raise GenerationNotCompletedError(generation.id, generation.status)
        return generation

    def _members(self, generation: Generation) -> list[str]:
        """Ids of what the attempt that was published had woven."""
        prefix = attempt_prefix(generation.dataset_id, generation.id, str(generation.attempt))
        return [member.source_id for member in read_members_at(self.objects, prefix)]
