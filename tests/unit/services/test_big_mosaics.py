"""Mosaics of more sources than a caller waits for, and of more than a VRT holds, with low limits."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rasterloom.domain.access import Audience, Visibility
from rasterloom.domain.dataset import Product, RasterDataset, VrtType
from rasterloom.domain.errors import InvalidInputError, ObjectMissingError, UnavailableError, VerificationFailedError
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.options import Resampling, WeaveOptions
from rasterloom.domain.outputs import INDEX_FILE, TooLargeForOutputError
from rasterloom.domain.tile_index import Tile
from rasterloom.services.build_generation import BuildOutcome
from rasterloom.services.change_vrt import OptionsRequest
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.derive_output import ReadOutput
from rasterloom.services.read_datasets import ReadArtifact
from rasterloom.services.staging import read_members
from tests.support.factories import band, principal, profile
from tests.support.world import ListedTiles, World, no_outlines

ALICE = principal()
LIST = ObjectRef("lists", "survey.jsonl")
WAITED_FOR = 3
LONG = 5
"""Source elements from which on there is no VRT."""


@pytest.fixture
def big(world: World) -> World:
    """A deployment in which nearly everything is big."""
    world.create = replace(world.create, most_waited_for=WAITED_FOR)
    world.replace = replace(world.replace, most_waited_for=WAITED_FOR)
    world.change = replace(world.change, most_waited_for=WAITED_FOR)
    world.retry = replace(world.retry, most_waited_for=WAITED_FOR, change=world.change)
    take = replace(world.take, most_waited_for=WAITED_FOR)
    world.build = replace(world.build, take=take, weave=replace(world.weave, index_only_from=LONG, sample=3))
    return world


def listed(world: World, rasters: list[RasterDataset], **changes: Any) -> str:
    """Have a mosaic accepted of what a manifest lists."""
    world.objects.texts[LIST] = "\n\n".join(f'"{raster.id}"' for raster in rasters).encode()
    request = CreateRequest((), VrtType.MOSAIC, WeaveOptions(), "Big", manifest_uri=LIST.uri)
    return world.create(ALICE, replace(request, **changes))


def members(world: World, job_id: str) -> list[str]:
    return [member.source_id for member in read_members(world.objects, world.vrt(job_id).published)]


def links_missing(world: World, job_id: str, rasters: list[RasterDataset]) -> int:
    generation = world.generation(job_id)
    ids = [raster.id for raster in rasters]
    return len(world.catalog.lock.missing_links(generation.dataset_id, generation.id, ids))


# --- validated by the build ---


def test_a_long_list_is_accepted_unseen_and_validated_linked_and_built_by_the_build(big: World) -> None:
    rasters = big.registered(4)
    job_id = listed(big, rasters)
    assert big.objects.stat_calls == []
    assert links_missing(big, job_id, rasters) == 4
    assert big.generation(job_id).source_count == 4
    assert big.run() is BuildOutcome.DONE
    assert big.job(job_id).status is JobStatus.COMPLETE
    assert members(big, job_id) == [raster.id for raster in rasters]
    assert links_missing(big, job_id, rasters) == 0


def test_what_a_build_finds_in_a_long_list_fails_the_job_with_every_count_and_links_nothing(big: World) -> None:
    fitting = big.registered(2)
    (other,) = big.registered(1, profile=profile(bands=(band(dtype="Float32"),)))
    (private,) = big.registered(1, audience=Audience("bob", Visibility.PRIVATE))
    (gone,) = big.registered(1)
    del big.objects.sources[gone.ref]
    rasters = [*fitting, other, private, gone]
    job_id = listed(big, rasters)
    assert big.run() is BuildOutcome.DONE
    job = big.job(job_id)
    assert job.status is JobStatus.FAILED
    assert dict(job.finding_counts) == {"dtype_mismatch": 1, "source_not_found": 1, "object_missing": 1}
    assert {(finding.code, finding.index, finding.line) for finding in job.findings} == {
        ("dtype_mismatch", 2, 5),
        ("source_not_found", 3, 7),
        ("object_missing", 4, 9),
    }
    assert job.error_code in dict(job.finding_counts)
    assert links_missing(big, job_id, rasters) == 5


def test_an_option_that_a_build_finds_to_blame_is_told_as_such_and_on_no_line(big: World) -> None:
    job_id = listed(big, big.registered(4), options=WeaveOptions(target_resolution=(1e-9, 1e-9)))
    big.run()
    (finding,) = big.job(job_id).findings
    assert (finding.code, finding.option, finding.line) == ("target_too_large", "target_resolution", None)


def test_a_build_lets_nobody_weave_what_only_others_may_see(big: World) -> None:
    rasters = big.registered(4)
    job_id = listed(big, rasters, visibility=Visibility.PUBLIC)
    big.run()
    assert dict(big.job(job_id).finding_counts) == {"visibility_exceeds_source": 4}


def test_warnings_of_a_long_list_travel_with_its_job(big: World) -> None:
    rasters = big.registered(4, profile=profile(layout=None, tiled=True, side_files=(".ovr",)))
    job_id = listed(big, rasters)
    big.run()
    assert big.job(job_id).status is JobStatus.COMPLETE
    assert sum(dict(big.job(job_id).finding_counts).values()) >= 4


def test_a_source_that_is_overwritten_while_a_long_list_is_built_is_found_before_publishing(big: World) -> None:
    rasters = big.registered(4)
    job_id = listed(big, rasters)

    def vanish() -> None:
        if len(big.objects.stat_calls) == 2:
            big.objects.sources[rasters[2].ref] = ObjectMissingError(rasters[2].ref.uri)

    big.objects.on_stat = vanish
    big.run()
    assert big.job(job_id).error_code == "object_missing"
    assert [finding.line for finding in big.job(job_id).findings] == [5]
    assert big.vrt(job_id).published is None


def test_a_failed_long_list_is_tried_again_as_a_long_list(big: World) -> None:
    rasters = big.registered(4)
    job_id = listed(big, rasters)
    big.assembler.errors["verify"] = VerificationFailedError("cannot read the window")
    big.run()
    big.assembler.errors.clear()
    again = big.retry(ALICE, job_id)
    assert big.objects.stat_calls[-1:] != []
    big.run()
    assert big.job(again).status is JobStatus.COMPLETE
    assert members(big, again) == [raster.id for raster in rasters]


def test_going_back_to_many_members_and_replacing_by_many_is_validated_by_the_build(big: World) -> None:
    rasters = big.registered(6)
    first = listed(big, rasters[:4])
    big.run()
    vrt_id = big.vrt(first).id
    second = big.replace(ALICE, vrt_id, [raster.id for raster in rasters[2:]])
    big.run()
    assert members(big, second) == [raster.id for raster in rasters[2:]]
    third = big.replace.roll_back(ALICE, vrt_id, big.generation(first).id)
    big.run()
    assert big.job(third).status is JobStatus.COMPLETE
    assert members(big, third) == [raster.id for raster in rasters[:4]]


def test_other_options_of_many_members_are_held_against_the_rules_by_the_build(big: World) -> None:
    first = listed(big, big.registered(4))
    big.run()
    refused = big.change.weave_otherwise(ALICE, big.vrt(first).id, OptionsRequest(nodata_override=-1))
    big.run()
    assert big.job(refused).status is JobStatus.FAILED
    assert big.generation(refused).status is GenerationStatus.FAILED
    options = OptionsRequest(resampling=Resampling.CUBIC, auto_regenerate=True)
    taken = big.change.weave_otherwise(ALICE, big.vrt(first).id, options)
    big.run()
    assert big.job(taken).status is JobStatus.COMPLETE
    assert big.vrt(taken).auto_regenerate, "it counts for many members, too"


def test_a_long_list_makes_no_band_stack(big: World) -> None:
    with pytest.raises(InvalidInputError, match="expected at most 3 of a band stack"):
        listed(big, big.registered(4), vrt_type=VrtType.BAND_STACK)


# --- a tile index in place of a VRT ---


def test_a_mosaic_of_very_many_sources_is_a_tile_index_and_no_vrt(big: World) -> None:
    rasters = big.registered(LONG)
    job_id = listed(big, rasters)
    big.run()
    vrt = big.vrt(job_id)
    assert vrt.published is not None
    assert vrt.published.product is Product.GTI
    assert vrt.published.summary.size_bytes == len(big.objects.bodies[f"{vrt.published.prefix}{INDEX_FILE}"])
    assert not [key for key in big.objects.bodies if key.endswith(".vrt")]
    assert members(big, job_id) == [raster.id for raster in rasters]


def test_one_source_less_makes_it_a_vrt_again(big: World) -> None:
    rasters = big.registered(LONG)
    job_id = listed(big, rasters)
    big.run()
    big.change.remove(ALICE, big.vrt(job_id).id, rasters[1].id)
    big.run()
    vrt = big.vrt(job_id)
    assert vrt.published is not None
    assert (vrt.published.product, vrt.member_count) == (Product.VRT, LONG - 1)


def test_a_tile_index_that_lacks_a_member_is_never_published(big: World) -> None:
    indexes = ListedTiles(drop=1)
    weave = replace(big.build.weave, indexes=indexes)
    big.build = replace(big.build, weave=weave)
    job_id = listed(big, big.registered(LONG))
    big.run()
    assert big.job(job_id).error_code == "members_differ"
    assert big.vrt(job_id).published is None


def test_what_has_no_vrt_is_said_to_be_too_large_for_one(big: World) -> None:
    job_id = listed(big, big.registered(LONG))
    big.run()
    vrt_id = big.vrt(job_id).id
    read = ReadOutput(big.catalog.datasets, big.objects, no_outlines, ListedTiles(), lambda _: {}, "artifacts")
    artifact = ReadArtifact(big.catalog.datasets, big.objects)
    asks: tuple[Callable[[], str], ...] = (
        lambda: artifact.download_url(ALICE, vrt_id),
        lambda: read.relative_uri(ALICE, vrt_id),
    )
    for ask in asks:
        with pytest.raises(TooLargeForOutputError):
            ask()


# --- pictures ---


def test_many_sources_are_sketched_first_and_drawn_once_they_are_published(world: World) -> None:
    world.build = replace(world.build, drawn_first=1)
    job_id, _ = world.published(2)
    vrt = world.vrt(job_id)
    assert vrt.published is not None
    prefix = vrt.published.prefix
    assert world.objects.bodies[f"{prefix}quicklook_256.png"].startswith(b"PNG of 2 places")
    assert world.objects.bodies[f"{prefix}quicklook_256_drawn.png"].startswith(b"PNG/vsis3/")


def test_pictures_that_cannot_be_drawn_leave_the_sketch_and_the_published_generation(world: World) -> None:
    world.build = replace(world.build, drawn_first=1)
    world.assembler.errors["quicklooks"] = UnavailableError("S3", "SlowDown")
    job_id, _ = world.published(2)
    assert world.job(job_id).status is JobStatus.COMPLETE
    assert not [key for key in world.objects.bodies if "_drawn" in key]


def test_pictures_of_an_object_that_changed_while_they_were_drawn_are_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.build = replace(world.build, drawn_first=1)
    rasters = world.registered(2)
    job_id, draw = world.created(rasters), type(world.assembler).quicklooks

    def overwritten_meanwhile(*arguments: Any) -> Any:
        world.objects.sources[rasters[0].ref] = ObjectStat('"overwritten"', 1)
        return draw(*arguments)

    monkeypatch.setattr(type(world.assembler), "quicklooks", overwritten_meanwhile)
    world.run()
    assert world.job(job_id).status is JobStatus.COMPLETE
    assert not [key for key in world.objects.bodies if "_drawn" in key]


def test_pictures_that_leave_no_time_to_look_again_are_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.build = replace(world.build, drawn_first=1)
    draw = type(world.assembler).quicklooks

    def slowly(*arguments: Any) -> Any:
        world.remaining = 1.0
        return draw(*arguments)

    monkeypatch.setattr(type(world.assembler), "quicklooks", slowly)
    job_id, _ = world.published(2)
    assert world.job(job_id).status is JobStatus.COMPLETE
    assert not [key for key in world.objects.bodies if "_drawn" in key]


def test_whoever_looks_sees_the_sketch_until_the_picture_is_drawn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rasterloom.services.read_datasets.DRAWN_FIRST", 1)
    world.build = replace(world.build, drawn_first=1)
    job_id, _ = world.published(2)
    read = ReadArtifact(world.catalog.datasets, world.objects)
    assert read.quicklook(ALICE, world.vrt(job_id).id, 256).startswith(b"PNG/vsis3/")
    for key in [key for key in world.objects.bodies if "_drawn" in key]:
        world.objects.bodies.pop(key)
    assert read.quicklook(ALICE, world.vrt(job_id).id, 256).startswith(b"PNG of 2 places")


# --- what does not grow ---


@pytest.mark.parametrize("count", [10, 300])
def test_adding_and_removing_ask_for_as_much_whatever_the_number_of_members(world: World, count: int) -> None:
    rasters = world.registered(count)
    job_id = world.created(rasters)
    world.run()
    vrt_id = world.vrt(job_id).id
    (added,) = world.registered(1)
    read = [0, 0]
    get, get_part = world.objects.get, world.objects.get_part

    def counted(body: bytes) -> bytes:
        read[0] += 1
        read[1] += len(body)
        return body

    world.objects.get = lambda key: counted(get(key))  # type: ignore[method-assign]
    world.objects.get_part = lambda key, place: counted(get_part(key, place))  # type: ignore[method-assign]
    world.objects.stat_calls.clear()
    world.change.add(ALICE, vrt_id, added.id)
    assert (read[0], sum(world.objects.stat_calls)) == (1, 1)
    world.run()
    read[:] = [0, 0]
    world.change.remove(ALICE, vrt_id, rasters[count // 2].id)
    assert read[0] <= 3
    assert read[1] < 20_000


def test_a_tile_has_its_place_in_the_order(big: World) -> None:
    rasters = big.registered(LONG)
    listed(big, rasters)
    big.run()
    (tiles,) = big.indexes.written.values()
    assert [tile.location for tile in tiles if isinstance(tile, Tile)] == [raster.ref.vsi_path for raster in rasters]
