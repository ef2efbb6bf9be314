"""The formats of a VRT: who may have them, when they are made, and that they are made once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from rasterloom.domain.dataset import VrtDataset, VrtType
from rasterloom.domain.errors import (
    NotFoundError,
    NotPublishedError,
    ObjectMissingError,
    ObjectUnreadableError,
    UnavailableError,
)
from rasterloom.domain.geojson import Polygons
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.outputs import (
    INDEX_FILE,
    NotForBandStacksError,
    NotInThisFormatError,
    OutputFormat,
    TooLargeForOutputError,
)
from rasterloom.domain.raster import Bounds, RasterProfile
from rasterloom.domain.tile_index import TileIndex
from rasterloom.services import derive_output, weave_product
from rasterloom.services.derive_output import MOST_MEMBERS, ReadOutput, kept_as
from tests.support.factories import an_id, principal, published, summary, vrt
from tests.support.fakes import MemoryObjects
from tests.support.world import ListedTiles, World

ALICE = principal(permissions=frozenset())
SQUARE: Polygons = ((((9.0, 45.0), (9.2, 45.0), (9.2, 45.2), (9.0, 45.2), (9.0, 45.0)),),)


@dataclass
class KeptObjects(MemoryObjects):
    """S3 that also answers for what was put."""

    put: list[str] = field(default_factory=list)
    error: Exception | None = None

    def stat_many(self, refs: Sequence[ObjectRef]) -> list[Any]:
        if self.error is not None:
            return [self.error]
        return [
            ObjectStat('"1"', len(self.bodies[ref.key])) if ref.key in self.bodies else ObjectMissingError(ref.uri)
            for ref in refs
        ]

    def put_new(self, key: str, body: bytes, content_type: str) -> None:
        super().put_new(key, body, content_type)
        self.put.append(key)


@dataclass
class Catalogue:
    """One dataset."""

    vrt: VrtDataset

    def get(self, dataset_id: str) -> VrtDataset | None:
        return self.vrt if dataset_id == self.vrt.id else None


@dataclass
class Setting:
    """A VRT of two sources that was built, and the use case over it."""

    catalogue: Any
    objects: KeptObjects
    outlines: list[int] = field(default_factory=list)

    @property
    def read(self) -> ReadOutput:
        return ReadOutput(self.catalogue, self.objects, self.outline, ListedTiles(), lambda _: {}, "artifacts")

    def outline(self, profiles: Sequence[RasterProfile]) -> list[Polygons | None]:
        self.outlines.append(len(profiles))
        return [SQUARE] * len(profiles)


@pytest.fixture
def setting(world: World) -> Setting:
    job_id, _ = world.published()
    built = world.vrt(job_id)
    assert built.published is not None
    placed = replace(built.published, summary=summary(lonlat_bounds=Bounds(9.0, 45.0, 9.2, 45.2)))
    return Setting(Catalogue(replace(built, published=placed)), KeptObjects(bodies=world.objects.bodies))


def test_a_build_leaves_the_relative_vrt_beside_the_vrt(setting: Setting) -> None:
    uri = setting.read.relative_uri(ALICE, setting.catalogue.vrt.id)
    assert uri == f"s3://artifacts/{setting.catalogue.vrt.published.prefix}source.relative.vrt"
    assert uri.removeprefix("s3://artifacts/") in setting.objects.bodies


@pytest.mark.parametrize("output", OutputFormat)
def test_an_output_is_made_once_and_kept_beside_the_vrt(setting: Setting, output: OutputFormat) -> None:
    dataset_id = setting.catalogue.vrt.id
    first = setting.read.url(ALICE, dataset_id, output)
    assert setting.read.url(ALICE, dataset_id, output) == first
    kept = kept_as(setting.catalogue.vrt, setting.catalogue.vrt.published, output)
    assert setting.objects.put == [kept.key]
    assert first == f"https://signed.invalid/{kept.key}?as={kept.filename}&for=900"


@pytest.mark.parametrize("output", OutputFormat)
def test_two_that_make_it_at_once_make_the_same(setting: Setting, output: OutputFormat) -> None:
    setting.read.url(ALICE, setting.catalogue.vrt.id, output)
    late = Setting(setting.catalogue, setting.objects)
    late.objects.stat_many = lambda refs: [ObjectMissingError(ref.uri) for ref in refs]  # type: ignore[method-assign]
    late.read.url(ALICE, setting.catalogue.vrt.id, output)


def test_what_another_version_of_the_code_made_first_is_what_everybody_gets(setting: Setting) -> None:
    kept = kept_as(setting.catalogue.vrt, setting.catalogue.vrt.published, OutputFormat.FOOTPRINTS)
    setting.objects.bodies[kept.key] = b"{}"
    setting.objects.stat_many = lambda refs: [ObjectMissingError(ref.uri) for ref in refs]  # type: ignore[method-assign]
    assert setting.read.footprints_here(ALICE, setting.catalogue.vrt.id) == b"{}"


def test_an_item_follows_what_the_vrt_is_called(setting: Setting) -> None:
    read, dataset_id = setting.read, setting.catalogue.vrt.id
    before = read.url(ALICE, dataset_id, OutputFormat.STAC)
    setting.catalogue.vrt = replace(setting.catalogue.vrt, title="Another title")
    after = read.url(ALICE, dataset_id, OutputFormat.STAC)
    assert before != after
    assert b"Another title" in setting.objects.bodies[setting.objects.put[-1]]


def test_footprints_come_whole_or_where_they_read(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    read, dataset_id = setting.read, setting.catalogue.vrt.id
    whole = read.footprints_here(ALICE, dataset_id)
    assert isinstance(whole, bytes)
    assert read.footprints_here(ALICE, dataset_id) == whole
    assert setting.outlines == [2], "the second time they are read"
    monkeypatch.setattr(derive_output, "MOST_INLINE", len(whole) - 1)
    assert str(read.footprints_here(ALICE, dataset_id)).startswith("https://signed.invalid/")


@pytest.mark.parametrize("output", OutputFormat)
def test_nobody_is_told_of_what_they_may_not_read(setting: Setting, output: OutputFormat) -> None:
    with pytest.raises(NotFoundError):
        setting.read.url(principal("mallory"), setting.catalogue.vrt.id, output)
    with pytest.raises(NotFoundError):
        setting.read.relative_uri(principal("mallory"), setting.catalogue.vrt.id)
    assert setting.objects.put == []


def test_before_anything_is_published_there_is_nothing_to_make(setting: Setting) -> None:
    setting.catalogue.vrt = vrt(id=an_id("new"))
    with pytest.raises(NotPublishedError):
        setting.read.url(ALICE, an_id("new"), OutputFormat.GTI)
    with pytest.raises(NotPublishedError):
        setting.read.relative_uri(ALICE, an_id("new"))
    with pytest.raises(NotPublishedError):
        setting.read.footprints_here(ALICE, an_id("new"))


@pytest.mark.parametrize("output", [OutputFormat.GTI, OutputFormat.MOSAICJSON])
def test_a_band_stack_has_no_formats_of_mosaics(setting: Setting, output: OutputFormat) -> None:
    setting.catalogue.vrt = replace(setting.catalogue.vrt, vrt_type=VrtType.BAND_STACK)
    with pytest.raises(NotForBandStacksError, match=output.value):
        setting.read.url(ALICE, setting.catalogue.vrt.id, output)
    assert setting.objects.put == []


@pytest.mark.parametrize("output", OutputFormat)
def test_what_has_too_many_sources_is_refused_before_they_are_read(output: OutputFormat) -> None:
    large = vrt(id=an_id("large"), member_count=MOST_MEMBERS + 1, published=published(an_id("large"), an_id("g")))
    setting = Setting(Catalogue(large), KeptObjects())
    with pytest.raises(TooLargeForOutputError, match=f"{MOST_MEMBERS + 1} sources"):
        setting.read.url(ALICE, large.id, output)


def test_an_s3_that_does_not_answer_is_no_reason_to_make_it_again(setting: Setting) -> None:
    setting.objects.error = ObjectUnreadableError("s3://artifacts/x", "forbidden")
    with pytest.raises(UnavailableError):
        setting.read.url(ALICE, setting.catalogue.vrt.id, OutputFormat.STAC)


def test_a_build_of_many_sources_makes_the_tile_index_itself(world: World) -> None:
    world.build = replace(world.build, weave=replace(world.weave, index_from=3))
    short, _ = world.published(2)
    long, rasters = world.published(3)
    assert f"{prefix_of(world, short)}{INDEX_FILE}" not in world.objects.bodies
    index = world.objects.bodies[f"{prefix_of(world, long)}{INDEX_FILE}"]
    assert index.decode().split("\n") == [each.ref.vsi_path for each in rasters]


def test_a_mosaic_that_no_index_can_describe_is_built_without_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.build = replace(world.build, weave=replace(world.weave, index_from=2))

    def refuse(*_: object) -> TileIndex:
        raise NotInThisFormatError("gti", "its sources have no CRS")

    monkeypatch.setattr(weave_product, "tile_index", refuse)
    job_id, _ = world.published(2)
    assert world.job(job_id).status is JobStatus.COMPLETE
    assert f"{prefix_of(world, job_id)}{INDEX_FILE}" not in world.objects.bodies


def prefix_of(world: World, job_id: str) -> str:
    """Where the artifacts of a job's VRT lie."""
    served = world.vrt(job_id).published
    assert served is not None
    return served.prefix
