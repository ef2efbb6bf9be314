"""What a mosaic of very many sources is assembled of, so that GDAL is seen to weave and read it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from rasterloom.domain.dataset import Member, VrtType
from rasterloom.domain.members import as_member
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Bounds, GeoTransform
from rasterloom.ports import Assembly, Claim
from rasterloom.services.weave_product import WeaveProduct, evenly
from tests.support.factories import NOW, an_id, generation, job, profile, raster, vrt
from tests.support.fakes import ScriptedAssembler
from tests.support.world import ListedTiles

COUNT, SAMPLE = 9, 4
ALIGNED = WeaveOptions(target_resolution=(20.0, 20.0), target_aligned_pixels=True)


@dataclass
class Watched(ScriptedAssembler):
    """Remembers what it was given."""

    given: list[tuple[Sequence[Member], WeaveOptions]] = field(default_factory=list)

    def assemble(self, members: Sequence[Member], vrt_type: VrtType, options: WeaveOptions) -> Assembly:
        """Remember, and assemble."""
        self.given.append((members, options))
        return super().assemble(members, vrt_type, options)


def row(count: int) -> list[Member]:
    """Members side by side from x = 5 on, 100 pixels of 10 m each."""
    transforms = [GeoTransform(5.0 + 1000.0 * number, 10.0, 0.0, 1000.0, 0.0, -10.0) for number in range(count)]
    return [
        as_member(
            raster(id=an_id(f"tile {number}"), profile=profile(width=100, height=100, geotransform=transform)), ""
        )
        for number, transform in enumerate(transforms)
    ]


def assembled(options: WeaveOptions, index_only_from: int) -> tuple[Sequence[Member], WeaveOptions]:
    """What GDAL is given of a row."""
    watched, of = Watched(), vrt()
    weave = WeaveProduct(
        watched, ListedTiles(), lambda: NOW, "artifacts", index_only_from=index_only_from, sample=SAMPLE
    )
    first = generation(of.id, options=options)
    claim, members = Claim(of, first, job(first), of.fence, "an attempt", NOW), row(COUNT)
    weave.assemble(claim, members, weave.frame(claim, members))
    (given,) = watched.given
    return given


@pytest.mark.parametrize(
    ("count", "most", "expected"),
    [
        (3, 4, [0, 1, 2]),
        (4, 4, [0, 1, 2, 3]),
        (5, 4, [0, 1, 2, 4]),
        (9, 3, [0, 4, 8]),
        (100, 2, [0, 99]),
    ],
)
def test_of_many_the_first_the_last_and_some_between_are_taken(count: int, most: int, expected: list[int]) -> None:
    assert list(evenly(range(count), most)) == expected


def test_a_mosaic_that_becomes_a_vrt_is_assembled_of_all_with_its_own_options() -> None:
    given, options = assembled(ALIGNED, index_only_from=COUNT + 1)
    assert (len(given), options) == (COUNT, ALIGNED)


def test_a_tile_index_is_tried_as_a_vrt_of_a_sample_on_the_grid_of_all() -> None:
    given, options = assembled(ALIGNED, index_only_from=COUNT)
    assert [member.source_id for member in given] == [an_id(f"tile {number}") for number in (0, 2, 5, 8)]
    whole = Bounds(0.0, 0.0, 9020.0, 1000.0)
    assert options == replace(ALIGNED, target_extent=whole, target_aligned_pixels=False)
