"""Create a VRT from sources that are validated while the caller waits."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from rasterloom.domain.access import Audience, Principal, Visibility
from rasterloom.domain.dataset import VrtDataset, VrtType, type_name
from rasterloom.domain.errors import IncompatibleSourcesError
from rasterloom.domain.findings import on_lines
from rasterloom.domain.generation import ChangeKind
from rasterloom.domain.lifecycle import VrtStatus
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.weaving import require_consistent, require_representable
from rasterloom.ports import Clock, NewId
from rasterloom.services.admit_change import AdmitChange, Plan
from rasterloom.services.permissions import require_upload
from rasterloom.services.phases import phase, told
from rasterloom.services.read_manifest import MOST_WAITED_FOR, Manifest, manifest_refusal
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.validation import Validated, ValidateSources
from rasterloom.services.visibility import refuse_wider_than_sources


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """A VRT to be made of these sources, in this order; or of those that a manifest lists."""

    source_ids: tuple[str, ...]
    vrt_type: VrtType
    options: WeaveOptions
    """How it shall be woven."""
    title: str
    summary: str | None = None
    visibility: Visibility = Visibility.PRIVATE
    groups: tuple[str, ...] = ()
    manifest_uri: str | None = None
    """Where the list lies, in the place of `source_ids`."""
    auto_regenerate: bool = False


@dataclass(frozen=True, slots=True)
class CreateVrt:
    """The use case."""

    validate: ValidateSources
    read_manifest: Callable[[Principal, str], Manifest]
    admit: AdmitChange
    clock: Clock
    new_id: NewId
    most_waited_for: int = MOST_WAITED_FOR

    def __call__(self, principal: Principal, request: CreateRequest, idempotency: IdempotencyKey | None = None) -> str:
        """Accept a VRT and answer the id of its job; nothing is promised unless all of it is.

        Raises:
            ForbiddenError: The caller may not write, or not have this manifest read.
            InvalidInputError: The manifest cannot be read, or lists too few or too many.
            InvalidInputsError: Lines of the manifest name no source, or one that is named before; or the options do
                not go together.
            IncompatibleSourcesError: At least one finding refuses the sources.
            IdempotencyKeyReusedError: The key came before with another request.
        """
        require_upload(principal)
        replayed = self.admit.replayed(principal, idempotency)
        if replayed is not None:
            return replayed
        with told("a VRT was asked for"):
            require_consistent(request.options, request.vrt_type)
            return self.admit(principal, self._plan(principal, request), idempotency)

    def _plan(self, principal: Principal, request: CreateRequest) -> Plan:
        """Sources that a manifest lists, and that are too many for their caller to wait, are validated by the build."""
        audience = Audience(principal.subject, request.visibility, tuple(sorted(set(request.groups))))
        manifest = None
        if request.manifest_uri is not None:
            with phase("manifest"):
                manifest = self.read_manifest(principal, request.manifest_uri)
        plan = Plan(
            vrt=self._new_vrt(principal, request, audience),
            kind=ChangeKind.REPLACE,
            brought=(),
            source_count=len(manifest.source_ids if manifest else request.source_ids),
            source_filename=type_name(request.vrt_type),
            lines=manifest.lines if manifest else (),
        )
        if manifest is not None and len(manifest.source_ids) > self.most_waited_for:
            _require_mosaic(request, manifest, self.most_waited_for)
            return replace(plan, listed=manifest.source_ids)
        validated = self._validated(principal, request, audience, manifest)
        return replace(plan, brought=validated.rasters, warnings=validated.warnings)

    def _validated(
        self, principal: Principal, request: CreateRequest, audience: Audience, manifest: Manifest | None
    ) -> Validated:
        if manifest is None:
            return self._held(principal, request, request.source_ids, audience)
        try:
            return self._held(principal, request, manifest.source_ids, audience)
        except IncompatibleSourcesError as error:
            raise IncompatibleSourcesError(on_lines(error.findings, manifest.lines)) from error

    def _held(
        self, principal: Principal, request: CreateRequest, source_ids: tuple[str, ...], audience: Audience
    ) -> Validated:
        validated = self.validate(principal, source_ids, request.vrt_type, request.options)
        require_representable(request.options, [raster.profile for raster in validated.rasters], request.vrt_type)
        refuse_wider_than_sources(audience, validated.rasters)
        return validated

    def _new_vrt(self, principal: Principal, request: CreateRequest, audience: Audience) -> VrtDataset:
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
            options=request.options,
            status=VrtStatus.REGENERATING,
            fence=0,
            member_count=0,
            auto_regenerate=request.auto_regenerate,
        )


def _require_mosaic(request: CreateRequest, manifest: Manifest, most: int) -> None:
    """GDAL holds the bands of a raster in 16 bits, and nothing but a VRT has one band per source."""
    if request.vrt_type is VrtType.MOSAIC:
        return
    count = len(manifest.source_ids)
    message = f"{request.manifest_uri} lists {count} sources, expected at most {most} of a band stack"
    raise manifest_refusal("source_count", message, str(request.manifest_uri), f"at most {most}", count)
