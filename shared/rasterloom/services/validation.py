"""Validation while the caller waits: the catalogue, all rules, and S3, each over all sources."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeIs

from rasterloom.domain.access import Audience, Principal
from rasterloom.domain.dataset import Dataset, Member, MosaicSummary, RasterDataset, VrtDataset, VrtType
from rasterloom.domain.errors import IncompatibleSourcesError, ObjectError, ObjectMissingError
from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.rules import SameCrs, Source, TargetGrid, Weave, check_added, check_sources
from rasterloom.ports import Datasets, Objects
from rasterloom.services.phases import phase
from rasterloom.services.visibility import wider_than_sources

_LEAVE_OUT: Final = "Have it made readable for this deployment again, or leave this source out."
_PUT_BACK: Final = "Put the object back and register it again, or leave this source out."


@dataclass(frozen=True, slots=True)
class Validated:
    """Sources that may be woven, in request order, and what is worth knowing about them."""

    rasters: tuple[RasterDataset, ...]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Surveyed:
    """Sources as they were found, whatever is wrong with them."""

    rasters: tuple[RasterDataset, ...]
    """Those that the caller may use, in request order."""
    positions: tuple[int, ...]
    """Where in the request each of them stands."""
    findings: tuple[Finding, ...]
    """All of them, by position."""


@dataclass(frozen=True, slots=True)
class ValidateSources:
    """Holds sources against the catalogue, the rules and S3."""

    datasets: Datasets
    objects: Objects
    same_crs: SameCrs
    requires_cog: bool = False
    """Whether a source that is no Cloud-Optimized GeoTIFF is refused, not only warned of."""

    def __call__(
        self, principal: Principal, source_ids: Sequence[str], vrt_type: VrtType, options: WeaveOptions
    ) -> Validated:
        """Hold every source against every rule and against its object on S3.

        Args:
            principal: Who asks.
            source_ids: The sources, in request order.
            vrt_type: Mosaic or band stack.
            options: How they shall be woven.

        Raises:
            IncompatibleSourcesError: At least one finding is an error; it carries all of them.
        """
        _refuse(_duplicates(source_ids))
        with phase("load"):
            rasters = _load(principal, source_ids, self.datasets)
        with phase("rules"):
            sources = [Source(raster.id, index, raster.profile) for index, raster in enumerate(rasters)]
            findings = check_sources(sources, self._weave(vrt_type, options))
        return self._held(rasters, findings)

    def survey(
        self,
        principal: Principal,
        source_ids: Sequence[str],
        vrt_type: VrtType,
        options: WeaveOptions,
        wanted: Audience,
    ) -> Surveyed:
        """Hold every source against everything that could refuse it, and refuse nothing.

        Args:
            principal: Who asks.
            source_ids: The sources, in request order.
            vrt_type: Mosaic or band stack.
            options: How they would be woven.
            wanted: Who the VRT would be for.
        """
        with phase("load"):
            found, missing = _found(principal, source_ids, self.datasets)
        positions, rasters = tuple(found), tuple(found.values())
        sources = [Source(raster.id, index, raster.profile) for index, raster in found.items()]
        with phase("freshness"):
            stats = self.objects.stat_many([raster.ref for raster in rasters])
        placed = [*check_objects(rasters, stats), *wider_than_sources(wanted, rasters)]
        with phase("rules"):
            ruled = check_sources(sources, self._weave(vrt_type, options))
        findings = [
            *_duplicates(source_ids),
            *missing,
            *ruled,
            *(replace(finding, index=positions[finding.index]) for finding in placed),
        ]
        return Surveyed(rasters, positions, tuple(sorted(findings, key=lambda finding: finding.index)))

    def members(self, members: Sequence[Member], vrt_type: VrtType, options: WeaveOptions) -> tuple[Finding, ...]:
        """Hold what a VRT has against every rule, with other options; answer what is worth knowing.

        Nobody asks S3: a member that is not what it was is the build's to refuse.

        Raises:
            IncompatibleSourcesError: At least one finding is an error; it carries all of them.
        """
        sources = [Source(member.source_id, index, member.profile) for index, member in enumerate(members)]
        findings = sorted(check_sources(sources, self._weave(vrt_type, options)), key=lambda finding: finding.index)
        _refuse(findings)
        return tuple(findings)

    def one(
        self,
        raster: RasterDataset,
        vrt: VrtDataset,
        reference: Member,
        summary: MosaicSummary,
        standing: Sequence[Member] = (),
    ) -> Validated:
        """Hold a source against the reference and the grid of the VRT that it shall be added to, whatever else it has.

        Args:
            raster: What shall be added.
            vrt: The VRT.
            reference: The first member of its published generation.
            summary: What that generation is.
            standing: All members, where the VRT has an alpha band of its own.

        Raises:
            IncompatibleSourcesError: At least one finding is an error; it carries all of them.
        """
        standard = Source(reference.source_id, -1, reference.profile)
        grid = TargetGrid.published(summary, vrt.member_count)
        weave, profiles = self._weave(vrt.vrt_type, vrt.options), [member.profile for member in standing]
        findings = check_added(Source(raster.id, 0, raster.profile), weave, standard, grid, profiles)
        return self._held((raster,), findings)

    def _weave(self, vrt_type: VrtType, options: WeaveOptions) -> Weave:
        return Weave(vrt_type, self.same_crs, options, self.requires_cog)

    def _held(self, rasters: tuple[RasterDataset, ...], findings: Sequence[Finding]) -> Validated:
        """Add what S3 says, and refuse the whole if anything refuses a part."""
        with phase("freshness"):
            gone = check_objects(rasters, self.objects.stat_many([raster.ref for raster in rasters]))
        both = sorted([*findings, *gone], key=lambda finding: finding.index)
        _refuse(both)
        return Validated(rasters, tuple(both))


def is_usable(found: Dataset | None, principal: Principal) -> TypeIs[RasterDataset]:
    """Whether a VRT may be woven of what was read of an id."""
    return isinstance(found, RasterDataset) and found.deletion is None and found.audience.admits(principal)


def refuse_source(source_id: str, index: int, found: Dataset | None, principal: Principal) -> Finding:
    """The finding about what is not usable: what the caller may not read looks as if it did not exist."""
    return source_not_found(source_id, index, found if found and found.audience.admits(principal) else None)


def source_not_found(source_id: str, index: int, told: Dataset | None = None) -> Finding:
    """The finding about an id that is no source.

    Args:
        source_id: The id that was asked for.
        index: Its position in the request.
        told: What it is, where the caller may know; None where there is none, or none that they may know of.
    """
    expected, actual = "a raster dataset that you may read", None
    if told is None:
        message = f"No raster dataset {source_id} that you may read"
        hint = "Look the id up in GET /datasets, or register the object first; its owner can make it visible to you."
    elif isinstance(told, VrtDataset):
        message, actual = f"{source_id} is a VRT; only rasters can be sources", "a VRT"
        hint = f"Name the rasters that it is woven of: GET /datasets/{source_id}/vrt-sources lists them."
    else:
        message, actual = f"{source_id} is being deleted", "a raster that is being deleted"
        hint = "Leave it out, or ask again in a minute: a raster that turns out to be in use stays."
    return Finding("source_not_found", source_id, index, "id", message, expected, actual, hint=hint)


class Catalogued(Protocol):
    """What was catalogued of an object."""

    @property
    def id(self) -> str:
        """Id of the raster."""
        ...

    @property
    def ref(self) -> ObjectRef:
        """Where the object lies."""
        ...

    @property
    def etag(self) -> str:
        """Its ETag at that time."""
        ...


def check_objects(rasters: Sequence[Catalogued], stats: Sequence[ObjectStat | ObjectError]) -> tuple[Finding, ...]:
    """VAL-12: every object exists and has the ETag that was catalogued."""
    return tuple(
        finding
        for index, (raster, stat) in enumerate(zip(rasters, stats, strict=True))
        if (finding := _check_object(index, raster, stat)) is not None
    )


def _check_object(index: int, raster: Catalogued, stat: ObjectStat | ObjectError) -> Finding | None:
    if isinstance(stat, ObjectError):
        mend = _PUT_BACK if isinstance(stat, ObjectMissingError) else _LEAVE_OUT
        found, hint = stat.data.get("actual"), stat.data.get("hint", mend)
        return Finding(stat.code, raster.id, index, "object", stat.message, raster.etag, found, None, str(hint))
    if stat.etag == raster.etag:
        return None
    message = f"{raster.ref.uri} is no longer the object that was registered"
    hint = "Register it again, so that its header is read again; where that is refused, put a GeoTIFF there first."
    return Finding("object_changed", raster.id, index, "object", message, raster.etag, stat.etag, None, hint)


def _duplicates(source_ids: Sequence[str]) -> list[Finding]:
    """One finding per repetition of an id, at the place where it is repeated."""
    counts = Counter(source_ids)
    first = {source_id: source_ids.index(source_id) for source_id, count in counts.items() if count > 1}
    return [
        Finding(
            "duplicate_source",
            source_id,
            index,
            "id",
            f"Source {source_id} is listed before, at position {first[source_id]}",
            expected="each source once",
            actual=f"{counts[source_id]} times",
            hint="List it once; where sources overlap, the last one listed lies on top.",
        )
        for index, source_id in enumerate(source_ids)
        if source_id in first and index != first[source_id]
    ]


def _load(principal: Principal, source_ids: Sequence[str], datasets: Datasets) -> tuple[RasterDataset, ...]:
    """Read all sources, or refuse those that are not there."""
    found, missing = _found(principal, source_ids, datasets)
    _refuse(missing)
    return tuple(found.values())


def _found(
    principal: Principal, source_ids: Sequence[str], datasets: Datasets
) -> tuple[dict[int, RasterDataset], list[Finding]]:
    """Sources by position, and findings about those that are unknown, unreadable, no rasters or being deleted."""
    known = datasets.get_many(source_ids)
    found: dict[int, RasterDataset] = {}
    missing: list[Finding] = []
    for index, source_id in enumerate(source_ids):
        dataset = known.get(source_id)
        if is_usable(dataset, principal):
            found[index] = dataset
        else:
            missing.append(refuse_source(source_id, index, dataset, principal))
    return found, missing


def _refuse(findings: Sequence[Finding]) -> None:
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise IncompatibleSourcesError(findings)
