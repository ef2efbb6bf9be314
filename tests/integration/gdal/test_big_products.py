"""A tile index in place of a VRT says of a mosaic what GDAL's VRT of all its sources says, though nobody made that."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rasterloom.adapters.tile_index_gdal import GpkgTileIndexes
from rasterloom.domain.dataset import Member, Product, VrtType
from rasterloom.domain.errors import MembersDifferError, VerificationFailedError
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.outputs import INDEX_FILE
from rasterloom.domain.tile_index import TileIndex
from rasterloom.services.weave_product import WeaveProduct, Woven
from rasterloom.vrt.tile_index import tile_index
from tests.integration.gdal.test_outputs import LONLAT, MOSAICS, build
from tests.support.corpus import at
from tests.support.factories import NOW, an_id
from tests.support.lab import Lab

MANY: dict[str, tuple[list[dict[str, Any]], WeaveOptions]] = {
    "of average pixels": (
        [at(640 * n, 10 * n, resolution=(10.0 + n % 3, 10.0 + n % 2)) for n in range(7)],
        WeaveOptions(ResolutionStrategy.AVERAGE),
    ),
    "of the coarsest pixels": (
        [at(640 * n, -13 * n, resolution=(10.0 + n % 3, 7.0 + n % 4)) for n in range(7)],
        WeaveOptions(ResolutionStrategy.COARSEST),
    ),
    "described otherwise in the middle": (
        [at(640 * n, descriptions=("a tile" if n != 1 else "another",)) for n in range(4)],
        WeaveOptions(),
    ),
    "aligned at zero": (
        [{"origin": (640.0 * n - 0.0, -0.0), "resolution": (10.0, 10.0)} for n in range(4)],
        WeaveOptions(target_resolution=(10.0, 10.0), target_aligned_pixels=True),
    ),
    "across the antimeridian": (
        [{"origin": (178.0 + 0.64 * n - (360.0 if n > 2 else 0.0), 50.0), **LONLAT, "fill": n + 1} for n in range(6)],
        WeaveOptions(),
    ),
}
CASES = MANY | {
    name: MOSAICS[name]
    for name in (
        "masks",
        "an extent across the antimeridian",
        "an extent between the pixels",
        "pixels of another size, aligned",
        "an alpha band of alpha bands",
    )
}


def woven(lab: Lab, members: list[Member], options: WeaveOptions, indexes: GpkgTileIndexes | None = None) -> Woven:
    """What becomes of these where two sources are too many for a VRT."""
    weave = WeaveProduct(lab.assembler, indexes or GpkgTileIndexes(), lambda: NOW, lab.bucket, 1, 2, sample=2)
    claim: Any = SimpleNamespace(
        vrt=SimpleNamespace(id=an_id("vrt"), vrt_type=VrtType.MOSAIC),
        generation=SimpleNamespace(id=an_id("generation"), options=options),
        attempt=an_id("attempt"),
    )
    held = weave.frame(claim, members)
    return weave.verify(claim, members, held, weave.assemble(claim, members, held))


@pytest.mark.parametrize("name", CASES)
def test_what_is_told_of_an_index_is_what_gdal_tells_of_the_vrt_of_all(lab: Lab, name: str) -> None:
    properties, options = CASES[name]
    members = lab.members(*properties)
    full = lab.assembler.describe(lab.assembler.assemble(members, VrtType.MOSAIC, options).document)
    made = woven(lab, members, options)
    (artifact,) = made.artifacts
    assert made.product is Product.GTI
    assert made.summary.margins is not None
    assert replace(made.summary, margins=None) == replace(full, size_bytes=len(artifact.body))
    assert artifact.body == GpkgTileIndexes()(tile_index(members, full, options, NOW))


@pytest.mark.parametrize("name", MANY)
def test_pixels_of_an_index_are_those_of_the_vrt_of_all(lab: Lab, name: str) -> None:
    properties, options = MANY[name]
    members = lab.members(*properties)
    built = build(lab, members, options)
    lab.objects.put_new(f"{built.published.prefix}{INDEX_FILE}", woven(lab, members, options).artifacts[0].body, "x/y")
    (pixels, masks, _), (found, shown, said) = built.read("source.vrt", INDEX_FILE)
    assert said[0] == "GTI"
    np.testing.assert_array_equal(found, pixels)
    np.testing.assert_array_equal(shown, masks)


def test_tiles_are_read_back_as_they_were_written(lab: Lab) -> None:
    members = lab.members(*MANY["across the antimeridian"][0])
    full = lab.assembler.describe(lab.assembler.assemble(members, VrtType.MOSAIC, WeaveOptions()).document)
    index = tile_index(members, full, WeaveOptions(), NOW)
    assert tuple(GpkgTileIndexes().tiles_of(GpkgTileIndexes()(index))) == index.tiles


def test_an_index_that_lacks_a_tile_or_has_one_elsewhere_is_refused(lab: Lab) -> None:
    members = lab.members(*(at(640 * n) for n in range(3)))

    class Forgetful(GpkgTileIndexes):
        def __call__(self, index: TileIndex) -> bytes:
            return super().__call__(replace(index, tiles=(index.tiles[0], index.tiles[2])))

    class Careless(GpkgTileIndexes):
        def __call__(self, index: TileIndex) -> bytes:
            moved = replace(index.tiles[1], bounds=index.tiles[0].bounds)
            return super().__call__(replace(index, tiles=(index.tiles[0], moved, index.tiles[2])))

    for indexes in (Forgetful(), Careless()):
        with pytest.raises(MembersDifferError, match="at position 1"):
            woven(lab, members, WeaveOptions(), indexes)


@pytest.mark.parametrize("body", [b"no database", bytes(4096)])
def test_what_is_no_index_cannot_be_read(body: bytes) -> None:
    with pytest.raises(VerificationFailedError, match="tile index cannot be read"):
        list(GpkgTileIndexes().tiles_of(body))


def test_a_sketch_shows_where_sources_lie_and_nothing_elsewhere(lab: Lab) -> None:
    members = lab.members(at(0), at(1280))
    full = lab.assembler.describe(lab.assembler.assemble(members, VrtType.MOSAIC, WeaveOptions()).document)
    pictures = lab.assembler.sketches([member.profile.bounds for member in members], full, (256,))
    drawn = lab.assembler.quicklooks(lab.assembler.assemble(members, VrtType.MOSAIC, WeaveOptions()).document, (256,))
    assert opacity(pictures[256]) == opacity(drawn[256])


def opacity(picture: bytes) -> tuple[int, int, bytes]:
    """Size of a PNG, and where it is opaque."""
    from osgeo import gdal

    from rasterloom.adapters.gdal_environment import memory_file

    with memory_file(picture, ".png") as path:
        image = gdal.Open(path)
        alpha = image.GetRasterBand(image.RasterCount).ReadRaster()
        return image.RasterXSize, image.RasterYSize, bytes(value > 127 for value in alpha)
