"""How the members of a generation follow from those of its base."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final, NamedTuple, Protocol

from rasterloom.domain.dataset import Member, RasterDataset
from rasterloom.domain.errors import BeingDeletedError, MembersDifferError, SourceNotLinkedError, SourcesUnusableError
from rasterloom.domain.findings import Finding
from rasterloom.domain.generation import Change, ChangeKind
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.tile_index import Tile

_NAME_ANOTHER: Final = "Register the object again and name that dataset, or leave this source out."
_ASK_AGAIN: Final = "Ask for the change again, or retry the job: the header of now is held against the rules then."


@dataclass(frozen=True, slots=True)
class StagedSource:
    """One source as a request was validated with it."""

    id: str
    etag: str | None
    """None for whatever is catalogued when the generation is built."""


class Linked(Protocol):
    """What holds a raster: a member, or no more of it than its use link tells."""

    @property
    def source_id(self) -> str:
        """Id of the raster."""
        ...

    @property
    def linked_by(self) -> str:
        """The generation that wrote the link."""
        ...


class Link(NamedTuple):
    """A member of which nothing but its use link is needed any more: its header is what takes memory."""

    source_id: str
    linked_by: str


@dataclass(frozen=True, slots=True)
class Base:
    """The members of what is published, in order."""

    links: Sequence[Linked] = ()
    members: Sequence[Member] = ()
    """The same ones with their headers, where the change leaves them as they are; none where it takes new headers."""


class Standing(Protocol):
    """A raster as the catalogue has it: all of it, or what may have become of it."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def etag(self) -> str:
        """Of the object that was catalogued."""
        ...

    @property
    def ref(self) -> ObjectRef:
        """The object."""
        ...

    @property
    def deletion(self) -> str | None:
        """The deletion that is under way."""
        ...


def brought_by(change: Change, staged: Sequence[StagedSource], base: Sequence[Linked]) -> tuple[StagedSource, ...]:
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


def members_after(change: Change, base: Base, brought: Sequence[Member]) -> tuple[Member, ...]:
    """The ordered members of the new generation: a source that is added comes last, and so on top.

    Args:
        change: What the generation does to its base.
        base: What it is done to.
        brought: What the change takes from the catalogue, in order, as members that the new generation links;
            what a rebuild takes stays as it was linked.

    Raises:
        SourceNotLinkedError: The source to be removed is not there.
    """
    match change.kind:
        case ChangeKind.REPLACE:
            return tuple(brought)
        case ChangeKind.REBUILD:
            return tuple(replace(new, linked_by=kept.linked_by) for kept, new in zip(base.links, brought, strict=True))
        case ChangeKind.ADD:
            return (*base.members, *brought)
        case ChangeKind.REMOVE:
            kept = tuple(member for member in base.members if member.source_id != change.source_id)
            if len(kept) == len(base.members):
                raise SourceNotLinkedError(str(change.source_id))
            return kept


def keeps_members(change: Change) -> bool:
    """Whether a change leaves most members as they are, headers and all."""
    return change.kind in {ChangeKind.ADD, ChangeKind.REMOVE}


def link_of(member: Linked) -> Link:
    """What holds the raster of a member."""
    return Link(member.source_id, member.linked_by)


def released_by(base: Sequence[Linked], members: Sequence[Linked]) -> tuple[Link, ...]:
    """Links of the base that hold nothing any more once the new members are published."""
    held = set(map(link_of, members))
    return tuple(link for link in map(link_of, base) if link not in held)


def as_member(raster: RasterDataset, generation_id: str) -> Member:
    """A member made from the catalogued raster, linked by a generation."""
    return Member(raster.id, raster.ref, raster.etag, raster.size_bytes, raster.profile, generation_id)


def require_as_validated[T: Standing](staged: Sequence[StagedSource], rasters: Sequence[T | None]) -> tuple[T, ...]:
    """Hold the catalogue against what the request was validated with.

    Raises:
        SourcesUnusableError: A raster is gone from the catalogue, or another header stands there now.
        BeingDeletedError: A raster may soon be gone, or ready again.
    """
    found: list[T] = []
    findings: list[Finding] = []
    for index, (source, raster) in enumerate(zip(staged, rasters, strict=True)):
        if raster is None:
            message = f"Dataset {source.id} has been deleted since the request was accepted"
            actual = "no such dataset"
            findings.append(
                Finding("object_missing", source.id, index, "id", message, source.etag, actual, hint=_NAME_ANOTHER)
            )
        elif source.etag not in {None, raster.etag}:
            message = f"{raster.ref.uri} has changed since the request was accepted"
            findings.append(
                Finding("object_changed", source.id, index, "etag", message, source.etag, raster.etag, hint=_ASK_AGAIN)
            )
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


def require_tiles(expected: Sequence[Tile], written: Iterable[Tile]) -> None:
    """Member accounting: a tile index holds exactly the tiles that were asked for, in their order and place.

    Args:
        expected: The tiles that were asked for.
        written: Those of the index, in the order in which they are drawn.

    Raises:
        MembersDifferError: Something is missing, or there that was not asked for, or in another place.
    """
    pairs = enumerate(zip_longest(expected, written))
    differing = [(number, asked, found) for number, (asked, found) in pairs if asked != found]
    if differing:
        number, asked, found = differing[0]
        raise MembersDifferError(
            f"The tile index differs from its {len(expected)} members in {len(differing)} places: "
            f"at position {number}, expected {asked}, found {found}",
            missing=[str(asked.location) for _, asked, _ in differing[:20] if asked],
            unexpected=[str(found.location) for _, _, found in differing[:20] if found],
        )
