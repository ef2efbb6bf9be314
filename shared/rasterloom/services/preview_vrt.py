"""Tell what would become of a VRT, without making it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.access import Audience, Principal, Visibility
from rasterloom.domain.dataset import MosaicSummary, RasterDataset, VrtType
from rasterloom.domain.errors import AssemblyRefusedError, ObjectError, VerificationFailedError
from rasterloom.domain.findings import Finding, Severity, on_lines
from rasterloom.domain.members import as_member
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.weaving import require_consistent, require_representable
from rasterloom.ports import Assembler, Footprints, Polygons
from rasterloom.services.read_manifest import Manifest
from rasterloom.services.validation import Surveyed, ValidateSources

MOST_FOOTPRINTS: Final = 500
"""Footprints in an answer, so that it stays small."""


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """A VRT that might be made of these sources, in this order."""

    source_ids: tuple[str, ...]
    vrt_type: VrtType
    options: WeaveOptions
    visibility: Visibility = Visibility.PRIVATE
    groups: tuple[str, ...] = ()
    manifest_uri: str | None = None
    """Where the list lies, in the place of `source_ids`."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Where one source lies."""

    raster: RasterDataset
    position: int
    """In the request, from 0."""
    polygons: Polygons | None
    """None where it cannot be told."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of it."""

    findings: tuple[Finding, ...]
    """All of them, by position."""
    grid: MosaicSummary | None
    """Of the sources that were found; None where GDAL would not assemble them."""
    footprints: tuple[Footprint, ...]
    """Of the first sources that were found."""
    found: int
    """How many were found."""

    @property
    def is_valid(self) -> bool:
        """Whether the VRT could be created."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class PreviewVrt:
    """`POST /ingest/vrt/validate`."""

    validate: ValidateSources
    read_manifest: Callable[[Principal, str], Manifest]
    assembler: Assembler
    footprints: Footprints

    def __call__(self, principal: Principal, request: PreviewRequest) -> Preview:
        """Hold sources against all that creating would; nothing is written, and no source refuses the others.

        Raises:
            ForbiddenError: The caller may not have this manifest read.
            InvalidInputError: The manifest cannot be read, or lists too few or too many; or no band can have the
                nodata value.
            InvalidInputsError: Lines of the manifest name no source, or one that is named before; or the options do
                not go together.
        """
        require_consistent(request.options, request.vrt_type)
        manifest = None if request.manifest_uri is None else self.read_manifest(principal, request.manifest_uri)
        source_ids = request.source_ids if manifest is None else manifest.source_ids
        wanted = Audience(principal.subject, request.visibility, request.groups)
        surveyed = self.validate.survey(principal, source_ids, request.vrt_type, request.options, wanted)
        require_representable(request.options, [raster.profile for raster in surveyed.rasters], request.vrt_type)
        listed = list(zip(surveyed.rasters, surveyed.positions, strict=True))[:MOST_FOOTPRINTS]
        outlines = self.footprints([raster.profile for raster, _ in listed])
        return Preview(
            findings=surveyed.findings if manifest is None else on_lines(surveyed.findings, manifest.lines),
            grid=self._grid(request, surveyed),
            footprints=tuple(
                Footprint(raster, position, outline)
                for (raster, position), outline in zip(listed, outlines, strict=True)
            ),
            found=len(surveyed.rasters),
        )

    def _grid(self, request: PreviewRequest, surveyed: Surveyed) -> MosaicSummary | None:
        """Ask GDAL; it needs no pixel for this."""
        if not surveyed.rasters:
            return None
        members = [as_member(raster, generation_id="") for raster in surveyed.rasters]
        try:
            return self.assembler.describe(self.assembler.assemble(members, request.vrt_type, request.options).document)
        except (AssemblyRefusedError, VerificationFailedError, ObjectError):
            return None
