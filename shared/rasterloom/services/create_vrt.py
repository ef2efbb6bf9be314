"""Create a VRT from sources that are validated while the caller waits."""

from dataclasses import dataclass

from rasterloom.domain.access import Audience, Principal, Visibility
from rasterloom.domain.dataset import ResolutionStrategy, VrtDataset, VrtType, type_name
from rasterloom.domain.generation import ChangeKind
from rasterloom.domain.lifecycle import VrtStatus
from rasterloom.ports import Clock, NewId
from rasterloom.services.admit_change import AdmitChange, IdempotencyKey, Plan
from rasterloom.services.permissions import require_upload
from rasterloom.services.validation import Validated, ValidateSources
from rasterloom.services.visibility import refuse_wider_than_sources


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """A VRT to be made of these sources, in this order."""

    source_ids: tuple[str, ...]
    vrt_type: VrtType
    strategy: ResolutionStrategy
    title: str
    summary: str | None = None
    visibility: Visibility = Visibility.PRIVATE
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateVrt:
    """The use case."""

    validate: ValidateSources
    admit: AdmitChange
    clock: Clock
    new_id: NewId

    def __call__(self, principal: Principal, request: CreateRequest, idempotency: IdempotencyKey | None = None) -> str:
        """Accept a VRT and answer the id of its job; nothing is promised unless all of it is.

        Raises:
            ForbiddenError: The caller may not write.
            IncompatibleSourcesError: At least one finding refuses the sources.
            IdempotencyKeyReusedError: The key came before with another body.
        """
        require_upload(principal)
        replayed = self.admit.replayed(principal, idempotency)
        if replayed is not None:
            return replayed
        validated = self.validate(principal, request.source_ids, request.vrt_type)
        audience = Audience(principal.subject, request.visibility, tuple(sorted(set(request.groups))))
        refuse_wider_than_sources(audience, validated.rasters)
        plan = Plan(
            vrt=self._new_vrt(principal, request, validated, audience),
            kind=ChangeKind.REPLACE,
            brought=validated.rasters,
            source_count=len(validated.rasters),
            source_filename=type_name(request.vrt_type),
            warnings=validated.warnings,
        )
        return self.admit(principal, plan, idempotency)

    def _new_vrt(
        self, principal: Principal, request: CreateRequest, validated: Validated, audience: Audience
    ) -> VrtDataset:
        now = self.clock()
        return VrtDataset(
            id=self.new_id(),
            title=request.title,
            summary=request.summary,
            audience=audience,
            created_by_display=principal.name,
            created_at=now,
            updated_at=now,
            vrt_type=request.vrt_type,
            resolution_strategy=request.strategy,
            status=VrtStatus.REGENERATING,
            fence=0,
            ceiling=min((raster.audience.visibility for raster in validated.rasters), key=lambda one: one.width),
            member_count=0,
        )
