"""Sources are held against the grid that they will share, and against what the deployment asks for."""

from dataclasses import replace
from typing import Any

import pytest

from rasterloom.domain.dataset import RasterDataset, VrtType
from rasterloom.domain.errors import IncompatibleSourcesError
from rasterloom.domain.findings import Finding
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.services.create_vrt import CreateRequest
from tests.support.factories import principal, profile, raster
from tests.support.ruling import at
from tests.support.world import World

ALICE = principal()


def registered(world: World, **changes: Any) -> RasterDataset:
    made = raster(id=world.new_id(), **changes)
    world.catalog.datasets.add_raster(made)
    world.objects.hold([made])
    return made


@pytest.mark.parametrize(("strategy", "resampled"), [("finest", 0), ("coarsest", 1)])
def test_the_strategy_of_a_request_decides_who_is_resampled(world: World, strategy: str, resampled: int) -> None:
    sources = [registered(world), registered(world, profile=at(510_240.0, size=5.0))]
    request = CreateRequest(
        tuple(each.id for each in sources), VrtType.MOSAIC, WeaveOptions(ResolutionStrategy(strategy)), "A"
    )
    job = world.job(world.create(ALICE, request))
    assert [(finding.code, finding.source_id) for finding in job.findings] == [
        ("resampling_required", sources[resampled].id)
    ]


def test_a_source_that_is_off_the_published_grid_is_added_with_a_warning(world: World) -> None:
    first, _ = world.published(2)
    published = world.vrt(first).published
    assert published is not None
    west, _south, _east, north = published.summary.bounds
    on, off = registered(world, profile=at(west, north)), registered(world, profile=at(west + 3.0, north))
    told = {}
    for source in (on, off):
        job = world.job(world.change.add(ALICE, world.vrt(first).id, source.id))
        told[source.id] = [finding.code for finding in job.findings]
        world.run()
    assert told == {on.id: [], off.id: ["resampling_required"]}


def test_a_source_too_far_away_is_not_added(world: World) -> None:
    first, _ = world.published(2)
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.change.add(ALICE, world.vrt(first).id, registered(world, profile=at(3e10)).id)
    assert [finding.code for finding in caught.value.findings] == ["target_too_large"]


def test_what_is_no_cog_is_refused_where_the_deployment_requires_one(world: World) -> None:
    loose = registered(world, profile=profile(overviews=()))
    ids = (registered(world).id, loose.id)
    validate = world.create.validate

    def found(*, requires_cog: bool) -> list[Finding]:
        strict = replace(validate, requires_cog=requires_cog)
        return list(strict(ALICE, ids, VrtType.MOSAIC, WeaveOptions()).warnings)

    assert [finding.source_id for finding in found(requires_cog=False)] == [loose.id]
    with pytest.raises(IncompatibleSourcesError) as caught:
        found(requires_cog=True)
    assert [(finding.code, finding.field) for finding in caught.value.findings] == [("not_a_cog", "overviews")]
