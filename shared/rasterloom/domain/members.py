"""How the members of a generation follow from those of its base."""

from collections.abc import Sequence
from dataclasses import dataclass

from rasterloom.domain.dataset import Member, RasterDataset
from rasterloom.domain.errors import BeingDeletedError, MembersDifferError, SourceNotLinkedError, SourcesUnusableError
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import Change, ChangeKind


@dataclass(frozen=True, slots=True)
class StagedSource:
    """One source as a request was validated with it."""

    id: str
    etag: str | None
    """None for whatever is catalogued when the generation is built."""


def brought_by(change: Change, staged: Sequence[StagedSource], base: Sequence[Member]) -> tuple[StagedSource, ...]:
    """The sources whose headers a change takes from the catalogue: only these are looked up and checked on S3."""
    match change.kind:
        case ChangeKind.REPLACE:
            return tuple(staged)
        case ChangeKind.ADD if change.source_id is not None:
            return (StagedSource(change.source_id, change.source_etag),)
        case ChangeKind.REBUILD:
            return tuple(StagedSource(member.source_id, None) for member in base)
        case _:
            return ()


def members_after(
    change: Change, base: Sequence[Member], rasters: Sequence[RasterDataset], generation_id: str
) -> tuple[Member, ...]:
    """The ordered members of the new generation: a source that is added comes last, and so on top.

    Args:
        change: What the generation does to its base.
        base: Members of the base, in order.
        rasters: What the change takes from the catalogue, in order.
        generation_id: The new generation; it links what it brings, and leaves what it keeps as it was linked.

    Raises:
        SourceNotLinkedError: The source to be removed is not there.
    """
    match change.kind:
        case ChangeKind.REPLACE:
            return tuple(as_member(raster, generation_id) for raster in rasters)
        case ChangeKind.REBUILD:
            return tuple(as_member(raster, kept.linked_by) for kept, raster in zip(base, rasters, strict=True))
        case ChangeKind.ADD:
            return (*base, *(as_member(raster, generation_id) for raster in rasters))
        case ChangeKind.REMOVE:
            kept = tuple(member for member in base if member.source_id != change.source_id)
            if len(kept) == len(base):
                raise SourceNotLinkedError(str(change.source_id))
            return kept


def released_by(base: Sequence[Member], members: Sequence[Member]) -> tuple[Member, ...]:
    """Members of the base whose links hold nothing any more once the new members are published."""
    held = {(member.source_id, member.linked_by) for member in members}
    return tuple(member for member in base if (member.source_id, member.linked_by) not in held)


def as_member(raster: RasterDataset, generation_id: str) -> Member:
    """A member made from the catalogued raster, linked by a generation."""
    return Member(raster.id, raster.ref, raster.etag, raster.size_bytes, raster.profile, generation_id)


def require_as_validated(
    staged: Sequence[StagedSource], rasters: Sequence[RasterDataset | None]
) -> tuple[RasterDataset, ...]:
    """Hold the catalogue against what the request was validated with.

    Raises:
        SourcesUnusableError: A raster is gone from the catalogue, or another header stands there now.
        BeingDeletedError: A raster may soon be gone, or ready again.
    """
    found: list[RasterDataset] = []
    findings: list[Finding] = []
    for index, (source, raster) in enumerate(zip(staged, rasters, strict=True)):
        if raster is None:
            message = f"Dataset {source.id} has been deleted since the request was accepted"
            findings.append(Finding("object_missing", source.id, index, "id", message, source.etag))
        elif source.etag not in {None, raster.etag}:
            message = f"{raster.ref.uri} has changed since the request was accepted"
            findings.append(Finding("object_changed", source.id, index, "etag", message, source.etag, raster.etag))
        else:
            found.append(raster)
    if findings:
        raise SourcesUnusableError(findings)
    for raster in found:
        if raster.deletion is not None:
            raise BeingDeletedError(raster.id)
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
