"""Registering: what is told of a raster that cannot be woven as it is, and of an object that cannot be read."""

from dataclasses import replace

import pytest

from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import IncompatibleSourcesError, ObjectUnreadableError
from rasterloom.domain.findings import Severity
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.raster import LayoutFault
from rasterloom.services.register_raster import LOOKS, RegisterRequest
from rasterloom.settings import AllowedPrefix
from tests.support.factories import principal, profile
from tests.support.world import World, meanwhile

ALICE = principal()
REF = ObjectRef("lists", "tile.tif")


@pytest.fixture
def world(world: World) -> World:
    """A world with one object that may be registered."""
    assert AllowedPrefix(bucket="lists").holds(REF)
    world.objects.sources[REF] = ObjectStat('"1"', 1000)
    return world


def test_a_raster_that_can_be_woven_as_it_is_has_no_findings(world: World) -> None:
    assert world.register(ALICE, RegisterRequest(REF.uri)).findings == ()


def test_what_a_mosaic_will_complain_of_is_told_at_once(world: World) -> None:
    world.headers.shared = profile(overviews=(), layout=(LayoutFault.DATA_UNSORTED,), side_files=(".msk",))
    registered = world.register(ALICE, RegisterRequest(REF.uri))
    assert registered.created
    told = [(finding.code, finding.field, finding.severity) for finding in registered.findings]
    assert told == [
        ("not_a_cog", "overviews", Severity.WARNING),
        ("not_a_cog", "layout", Severity.WARNING),
        ("side_file_ignored", "side_files", Severity.WARNING),
    ]
    assert {finding.source_id for finding in registered.findings} == {registered.raster.id}


def test_a_deployment_that_requires_cogs_says_so(world: World) -> None:
    world.headers.shared = profile(overviews=())
    register = replace(world.register, requires_cog=True)
    (finding,) = register(ALICE, RegisterRequest(REF.uri)).findings
    assert finding.severity is Severity.ERROR


def test_a_mask_that_appears_beside_an_object_is_seen_when_it_is_registered_again(world: World) -> None:
    first = world.register(ALICE, RegisterRequest(REF.uri)).raster
    world.clock.forward(seconds=1)
    world.headers.shared = profile(side_files=(".msk",))
    again = world.register(ALICE, RegisterRequest(REF.uri))
    assert (again.created, again.raster.id) == (False, first.id)
    assert again.raster.profile.side_files == (".msk",)
    assert [finding.code for finding in again.findings] == ["side_file_ignored"]
    assert world.catalog.datasets.get(first.id) == again.raster


def test_who_looked_before_a_registration_found_no_change_writes_nothing(world: World) -> None:
    """The object is as it was by then; nobody is told of it by events, so nobody would look again."""
    first = world.register(ALICE, RegisterRequest(REF.uri)).raster
    world.objects.sources[REF] = ObjectStat('"2"', 1000)
    told: list[str] = []

    def put_back_and_register() -> None:
        world.objects.sources[REF] = ObjectStat('"1"', 1000)
        told.append(world.register(ALICE, RegisterRequest(REF.uri)).raster.etag)

    meanwhile(world, put_back_and_register)
    again = world.register(ALICE, RegisterRequest(REF.uri)).raster
    standing = world.catalog.datasets.get(first.id)
    assert isinstance(standing, RasterDataset)
    assert [*told, again.etag, standing.etag] == ['"1"'] * 3


def test_registrations_that_find_no_change_at_once_keep_each_other_from_nothing(world: World) -> None:
    first = world.register(ALICE, RegisterRequest(REF.uri)).raster
    once = replace(world.register)
    meanwhile(world, *[lambda: once(ALICE, RegisterRequest(REF.uri))] * (LOOKS + 1))
    assert world.register(ALICE, RegisterRequest(REF.uri)).raster.id == first.id
    assert world.catalog.datasets.get(first.id) == replace(first, observation=2)


def test_an_object_that_is_not_there_is_refused_with_what_to_do(world: World) -> None:
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.register(ALICE, RegisterRequest("s3://lists/missing.tif"))
    (finding,) = caught.value.findings
    assert (finding.code, finding.actual) == ("object_missing", "no such object")
    assert "upload the file" in str(finding.hint)


def test_an_object_that_is_no_geotiff_is_refused_with_what_was_found(world: World) -> None:
    words = "it begins with the bytes 50 4b (PK), which is no TIFF"
    world.headers.error = ObjectUnreadableError(REF.uri, "no", actual=words, hint="gdal_translate")
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.register(ALICE, RegisterRequest(REF.uri))
    (finding,) = caught.value.findings
    assert (finding.code, finding.actual, finding.hint) == ("object_unreadable", words, "gdal_translate")
