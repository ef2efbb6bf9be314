"""How the members of a generation follow from those of its base."""

from collections.abc import Sequence
from dataclasses import dataclass

from rasterloom.domain.dataset import Member, RasterDataset
from rasterloom.domain.errors import MembersDifferError, SourcesUnusableError
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import Change, ChangeKind


@dataclass(frozen=True, slots=True)
class StagedSource:
    """One source as a request was validated with it."""

    id: str
    etag: str


def brought_by(change: Change, staged: Sequence[StagedSource]) -> tuple[StagedSource, ...]:
    """The sources that a change brings: only these are looked up, linked and checked on S3."""
    if change.kind is ChangeKind.REPLACE:
        return tuple(staged)
    if change.kind is ChangeKind.ADD and change.source_id and change.source_etag:
        return (StagedSource(change.source_id, change.source_etag),)
    return ()


def members_after(change: Change, base: Sequence[Member], brought: Sequence[Member]) -> tuple[Member, ...]:
    """The ordered members of the new generation: a source that is added comes last, and so on top."""
    if change.kind is ChangeKind.REPLACE:
        return tuple(brought)
    if change.kind is ChangeKind.REMOVE:
        return tuple(member for member in base if member.source_id != change.source_id)
    return (*base, *brought)


def as_member(raster: RasterDataset) -> Member:
    """A member made from the catalogued raster."""
    return Member(raster.id, raster.ref, raster.etag, raster.size_bytes, raster.profile)


def require_as_validated(
    staged: Sequence[StagedSource], rasters: Sequence[RasterDataset | None]
) -> tuple[RasterDataset, ...]:
    """Hold the catalogue against what the request was validated with.

    Raises:
        SourcesUnusableError: A raster is gone from the catalogue, or another header stands there now.
    """
    found: list[RasterDataset] = []
    findings: list[Finding] = []
    for index, (source, raster) in enumerate(zip(staged, rasters, strict=True)):
        if raster is None:
            message = f"Dataset {source.id} has been deleted since the request was accepted"
            findings.append(Finding("object_missing", source.id, index, "id", message, source.etag))
        elif raster.etag != source.etag:
            message = f"{raster.ref.uri} has changed since the request was accepted"
            findings.append(Finding("object_changed", source.id, index, "etag", message, source.etag, raster.etag))
        else:
            found.append(raster)
    if findings:
        raise SourcesUnusableError(findings)
    return tuple(found)


def require_members(expected: Sequence[Member], written: Sequence[str]) -> None:
    """Member accounting: a VRT holds exactly the sources that were asked for, in their order.

    Args:
        expected: The members that were asked for.
        written: The distinct `SourceFilename`s of the VRT, in order of first appearance.

    Raises:
        MembersDifferError: Something is missing, or there that was not asked for, or in another place.
    """
    paths = [member.ref.vsi_path for member in expected]
    if list(written) == paths:
        return
    missing = sorted(set(paths) - set(written))
    unexpected = sorted(set(written) - set(paths))
    raise MembersDifferError(
        f"The VRT holds {len(written)} of {len(paths)} members: {len(missing)} missing, {len(unexpected)} unexpected",
        missing=missing[:20],
        unexpected=unexpected[:20],
    )
