"""Validation while the caller waits: the catalogue, all rules, and S3, each over all sources."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Member, RasterDataset, VrtType
from rasterloom.domain.errors import IncompatibleSourcesError, ObjectError
from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.objects import ObjectStat
from rasterloom.domain.rules import SameCrs, Source, check_sources
from rasterloom.ports import Datasets, Objects


@dataclass(frozen=True, slots=True)
class Validated:
    """Sources that may be woven, in request order, and what is worth knowing about them."""

    rasters: tuple[RasterDataset, ...]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ValidateSources:
    """Holds sources against the catalogue, the rules and S3."""

    datasets: Datasets
    objects: Objects
    same_crs: SameCrs

    def __call__(self, principal: Principal, source_ids: Sequence[str], vrt_type: VrtType) -> Validated:
        """Hold every source against every rule and against its object on S3.

        Raises:
            IncompatibleSourcesError: At least one finding is an error; it carries all of them.
        """
        _refuse(_duplicates(source_ids))
        rasters = _load(principal, source_ids, self.datasets)
        sources = [Source(raster.id, index, raster.profile) for index, raster in enumerate(rasters)]
        return self._held(rasters, check_sources(sources, vrt_type, self.same_crs))

    def one(self, raster: RasterDataset, vrt_type: VrtType, reference: Member) -> Validated:
        """Hold a source against the reference of the VRT that it shall be added to, whatever else that has.

        Raises:
            IncompatibleSourcesError: At least one finding is an error; it carries all of them.
        """
        standard = Source(reference.source_id, -1, reference.profile)
        source = Source(raster.id, 0, raster.profile)
        return self._held((raster,), check_sources([source], vrt_type, self.same_crs, reference=standard))

    def _held(self, rasters: tuple[RasterDataset, ...], findings: Sequence[Finding]) -> Validated:
        """Add what S3 says, and refuse the whole if anything refuses a part."""
        gone = check_objects(rasters, self.objects.stat_many([raster.ref for raster in rasters]))
        both = sorted([*findings, *gone], key=lambda finding: finding.index)
        _refuse(both)
        return Validated(rasters, tuple(both))


def source_not_found(source_id: str, index: int) -> Finding:
    """The finding about a source that is unknown, unreadable or no raster: the three look alike."""
    message = f"No raster dataset {source_id} that you may read"
    return Finding("source_not_found", source_id, index, "id", message, "a raster dataset that you may read")


def check_objects(rasters: Sequence[RasterDataset], stats: Sequence[ObjectStat | ObjectError]) -> tuple[Finding, ...]:
    """VAL-12: every object exists and has the ETag that was catalogued."""
    return tuple(
        finding
        for index, (raster, stat) in enumerate(zip(rasters, stats, strict=True))
        if (finding := _check_object(index, raster, stat)) is not None
    )


def _check_object(index: int, raster: RasterDataset, stat: ObjectStat | ObjectError) -> Finding | None:
    if isinstance(stat, ObjectError):
        hint = "Put the object back and register it again, or leave this source out."
        return Finding(stat.code, raster.id, index, "object", stat.message, raster.etag, None, None, hint)
    if stat.etag == raster.etag:
        return None
    message = f"{raster.ref.uri} is no longer the object that was registered"
    hint = "Register it again, so that its header is read again."
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
            actual=counts[source_id],
        )
        for index, source_id in enumerate(source_ids)
        if source_id in first and index != first[source_id]
    ]


def _load(principal: Principal, source_ids: Sequence[str], datasets: Datasets) -> tuple[RasterDataset, ...]:
    """Read all sources; one that is unknown, unreadable, no raster or being deleted looks the same in all cases."""
    known = datasets.get_many(source_ids)
    rasters: list[RasterDataset] = []
    findings: list[Finding] = []
    for index, source_id in enumerate(source_ids):
        dataset = known.get(source_id)
        if isinstance(dataset, RasterDataset) and dataset.deletion is None and dataset.audience.admits(principal):
            rasters.append(dataset)
        else:
            findings.append(source_not_found(source_id, index))
    _refuse(findings)
    return tuple(rasters)


def _refuse(findings: Sequence[Finding]) -> None:
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise IncompatibleSourcesError(findings)
