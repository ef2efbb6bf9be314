"""One mosaic in every format: each opens in its own tool, and pixels are the same through all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from rasterloom.adapters.footprints_gdal import GdalFootprints
from rasterloom.adapters.gdal_environment import memory_file
from rasterloom.adapters.projjson_gdal import GdalCrsDocuments
from rasterloom.adapters.tile_index_gdal import GpkgTileIndexes
from rasterloom.domain.dataset import Member, Published, VrtDataset, VrtType
from rasterloom.domain.errors import ObjectMissingError
from rasterloom.domain.options import Resampling, WeaveOptions
from rasterloom.domain.outputs import RELATIVE_FILE, NotInThisFormatError, OutputFormat
from rasterloom.domain.raster import Bounds
from rasterloom.services.derive_output import ReadOutput, kept_as
from rasterloom.services.staging import put_members
from rasterloom.vrt.relative import relative_document
from rasterloom.vrt.tile_index import tile_index
from tests.support.cogs import Array
from tests.support.corpus import RAINBOW, USER_WKT, X, Y, at, hole, row
from tests.support.factories import NOW, an_id, principal, vrt
from tests.support.lab import Lab

READ = """
import sys, json, numpy, rasterio
told = []
for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
    with rasterio.open(source) as mosaic:
        numpy.savez(target, pixels=mosaic.read(), masks=mosaic.read_masks())
        told.append([mosaic.driver, mosaic.transform.to_gdal(), mosaic.crs.to_wkt(), mosaic.nodatavals,
            [each.name for each in mosaic.colorinterp], mosaic.scales, mosaic.offsets,
            mosaic.colormap(1)[1] if mosaic.colorinterp[0].name == "palette" else None])
print(json.dumps(told))
"""
STAC = """
import json, sys, pystac
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.raster import RasterExtension
from pystac.validation.local_validator import get_local_schema_cache
from jsonschema import Draft7Validator
from referencing import Registry, Resource
document = json.load(open(sys.argv[1]))
schemas = {uri: Resource.from_contents(schema) for uri, schema in get_local_schema_cache().items()}
schema = {"$ref": "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"}
validator = Draft7Validator(schema, registry=Registry().with_resources(schemas.items()))
errors = [error.message for error in validator.iter_errors(document)]
assert not validator.is_valid({**document, "assets": None}), "the schema is looked at"
item = pystac.Item.from_dict(document, preserve_dict=True)
proj = ProjectionExtension.ext(item)
print(json.dumps([errors, proj.code, proj.bbox, proj.shape, proj.transform, item.bbox,
    [link.get_href() for link in item.get_links("derived_from")], sorted(item.assets)]))
"""
MOSAIC = """
import json, sys
from cogeo_mosaic.backends import MosaicBackend
from cogeo_mosaic.mosaic import MosaicJSON
document = json.load(open(sys.argv[1]))
MosaicJSON.model_validate(document)
with MosaicBackend(None, mosaic_def=MosaicJSON.model_validate(document)) as mosaic:
    print(json.dumps([mosaic.minzoom, mosaic.maxzoom, mosaic.assets_for_point(*map(float, sys.argv[2:4]))]))
"""
SETTINGS = {"AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}


def elsewhere(lab: Lab, program: str, *arguments: str) -> Any:
    """What a program prints in a process of its own, which knows the server and nothing of this one's GDAL."""
    environment = {**os.environ, **SETTINGS, "AWS_S3_ENDPOINT": lab.server.url.removeprefix("http://")}
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@dataclass(frozen=True)
class Built:
    """A mosaic as a build leaves it behind."""

    lab: Lab
    vrt: VrtDataset
    published: Published
    members: list[Member]

    def get(self, dataset_id: str) -> VrtDataset:
        """The one dataset of this catalogue."""
        assert dataset_id == self.vrt.id
        return self.vrt

    @property
    def outputs(self) -> ReadOutput:
        catalogue: Any = self
        lab = self.lab
        return ReadOutput(catalogue, lab.objects, GdalFootprints(), GpkgTileIndexes(), GdalCrsDocuments(), lab.bucket)

    def made(self, output: OutputFormat) -> bytes:
        """The bytes of an output that was asked for."""
        self.outputs.url(principal(), self.vrt.id, output)
        return self.lab.objects.get(kept_as(self.vrt, self.published, output).key)

    def read(self, *names: str) -> list[tuple[Array, Array, list[Any]]]:
        """Pixels and masks of artifacts, (band, row, column), read in place by rasterio, and what it says of each."""
        targets = [str(self.lab.folder / f"{name}.npz") for name in names]
        sources = [f"/vsis3/{self.lab.bucket}/{self.published.prefix}{name}" for name in names]
        told = elsewhere(self.lab, READ, *chain.from_iterable(zip(sources, targets, strict=True)))
        return [(*_arrays(target), said) for target, said in zip(targets, told, strict=True)]


def _arrays(file: str) -> tuple[Array, Array]:
    with np.load(file) as arrays:
        return arrays["pixels"], arrays["masks"]


def build(
    lab: Lab, members: list[Member], options: WeaveOptions | None = None, kind: VrtType = VrtType.MOSAIC
) -> Built:
    """Leave behind what a build does."""
    chosen = options or WeaveOptions()
    document = lab.assembler.assemble(members, kind, chosen).document
    prefix = f"vrts/{an_id('vrt')}/{an_id('generation')}/{an_id('attempt')}/"
    published = Published("g", "a", prefix, "d", NOW, lab.assembler.describe(document))
    put_members(lab.objects, prefix, members)
    lab.objects.put_new(f"{prefix}source.vrt", document, "application/xml")
    relative = relative_document(document, lab.bucket, f"{prefix}{RELATIVE_FILE}")
    lab.objects.put_new(f"{prefix}{RELATIVE_FILE}", relative, "application/xml")
    dataset = vrt(vrt_type=kind, options=chosen, published=published, member_count=len(members))
    return Built(lab, dataset, published, members)


LONLAT = {"crs": 4326, "resolution": (0.01, 0.01)}


def box(x_min: float, y_min: float, x_max: float, y_max: float) -> Bounds:
    """An extent by its distances from the corner of the first source."""
    return Bounds(X + x_min, Y + y_min, X + x_max, Y + y_max)


MOSAICS: dict[str, tuple[list[dict[str, Any]], WeaveOptions]] = {
    "a grid": (row(3), WeaveOptions()),
    "overlaps, the last on top": ([at(0), at(320, 240, fill=9), at(100, 100, fill=77)], WeaveOptions()),
    "nodata and a gap": (
        [
            at(0, dtype="int16", nodata=-9, fill=lambda _, r, c: np.where(c % 7 == 0, -9, r - c)),
            at(6400, nodata=-9, dtype="int16"),
        ],
        WeaveOptions(),
    ),
    "NaN": (
        [
            at(100 * n, 100 * n, dtype="float32", nodata=np.nan, fill=lambda _, r, c: np.where(c > r, np.nan, r / 3))
            for n in range(2)
        ],
        WeaveOptions(),
    ),
    "masks": ([at(0, mask=hole), at(200, 100, mask=hole, fill=77)], WeaveOptions()),
    "alpha": (
        [
            at(300 * n, bands=2, color_interp=("Gray", "Alpha"), fill=lambda b, r, c: (r > 9) * 255 if b else r + c)
            for n in range(2)
        ],
        WeaveOptions(),
    ),
    "two resolutions": ([at(0), at(640, resolution=(20.0, 20.0))], WeaveOptions()),
    "off the grid, bilinear": ([at(0), at(636.7, 3.3)], WeaveOptions(resampling=Resampling.BILINEAR)),
    "another nodata value": ([at(0), at(320, 100, fill=lambda _, r, c: (r + c) % 5)], WeaveOptions(nodata_override=3)),
    "palettes that overlap": (row(2, 320.0, color_table=RAINBOW, fill=lambda _, r, c: (r + c) % 4), WeaveOptions()),
    "scale and offset": (row(2, dtype="int16", scale=0.1, offset=-273.15), WeaveOptions()),
    "across the antimeridian": (
        [{"origin": (179.36, 50.0), **LONLAT}, {"origin": (-180.0, 50.0), **LONLAT, "fill": 7}],
        WeaveOptions(),
    ),
    "northing before easting": (row(2, crs=31467), WeaveOptions()),
    "an extent that cuts sources": (row(2), WeaveOptions(target_extent=box(200.0, -300.0, 1030.0, -50.0))),
    "an extent between the pixels": (row(2), WeaveOptions(target_extent=box(203.0, -297.0, 1034.0, -41.0))),
    "an extent across the antimeridian": (
        [{"origin": (179.36, 50.0), **LONLAT}, {"origin": (-180.0, 50.0), **LONLAT, "fill": 7}],
        WeaveOptions(target_extent=Bounds(-180.5, 49.6, -179.5, 50.1)),
    ),
    "pixels of another size, aligned": (
        row(2, 640.0),
        WeaveOptions(target_resolution=(20.0, 40.0), target_aligned_pixels=True),
    ),
    "an alpha band of alpha bands": (
        row(2, 300.0, bands=2, color_interp=("Gray", "Alpha"), fill=lambda b, r, c: (r > 9) * 255 if b else r + c),
        WeaveOptions(add_alpha=True, target_extent=box(-50.0, -500.0, 800.0, 0.0)),
    ),
    "a CRS of our own": (row(2, crs=USER_WKT), WeaveOptions()),
}


@pytest.mark.parametrize("name", MOSAICS)
def test_pixels_and_masks_are_the_same_through_vrt_relative_vrt_and_tile_index(lab: Lab, name: str) -> None:
    properties, options = MOSAICS[name]
    built = build(lab, lab.members(*properties), options)
    built.made(OutputFormat.GTI)
    others = (RELATIVE_FILE, "source.gti.gpkg")
    (pixels, masks, told), *derived = built.read("source.vrt", *others)
    for other, (found, shown, said) in zip(others, derived, strict=True):
        np.testing.assert_array_equal(found, pixels, other)
        np.testing.assert_array_equal(shown, masks, other)
        assert said[0] == ("VRT" if other == RELATIVE_FILE else "GTI")
        assert said[1] == pytest.approx(told[1], rel=1e-15)
        assert str(said[2:]) == str(told[2:]), other


def test_a_relative_vrt_reaches_into_other_buckets_and_keys_of_any_spelling(lab: Lab) -> None:
    other = f"{lab.bucket}-2"
    lab.client.create_bucket(Bucket=other, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    here = lab.cog(key="Ümläut & <x> 'y' %20+/a b.tif")
    away = lab.cog(origin=(500_640.0, 5_200_000.0))
    lab.client.copy_object(Bucket=other, Key="deep/below/a.tif", CopySource={"Bucket": away.bucket, "Key": away.key})
    built = build(lab, [lab.member(here), lab.member(type(here)(other, "deep/below/a.tif"))])
    document = lab.objects.get(f"{built.published.prefix}{RELATIVE_FILE}")
    assert b"/vsis3/" not in document
    assert b'relativeToVRT="0"' not in document
    (through_relative, _, _), (through_vrt, _, _) = built.read(RELATIVE_FILE, "source.vrt")
    np.testing.assert_array_equal(through_relative, through_vrt)


def test_a_tile_index_is_the_same_bytes_whenever_it_is_made(lab: Lab) -> None:
    built = build(lab, lab.members(*row(3)))
    index = tile_index(built.members, built.published.summary, WeaveOptions(), NOW)
    assert GpkgTileIndexes()(index) == GpkgTileIndexes()(index)


def test_the_driver_that_writes_indexes_opens_nothing(lab: Lab) -> None:
    built = build(lab, lab.members(*row(2)))
    with (
        memory_file(built.made(OutputFormat.GTI), ".gpkg") as path,
        pytest.raises(RuntimeError, match="not recognized"),
    ):
        gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_RASTER)


def test_a_source_that_is_moved_may_have_any_other_key(lab: Lab) -> None:
    west, east = MOSAICS["across the antimeridian"][0]
    keys = ("Ümläut <x> 'y' \"z\" %20+=;,#/a b.tif", "vrt:,a_ullr=1,2,3,4 {0}.tif")
    built = build(lab, [lab.member(lab.cog(key=key, **each)) for key, each in zip(keys, (west, east), strict=True)])
    built.made(OutputFormat.GTI)
    (one, _, _), (other, _, _) = built.read("source.gti.gpkg", "source.vrt")
    np.testing.assert_array_equal(one, other)


def test_a_key_that_the_index_could_not_name_is_refused(lab: Lab) -> None:
    members = [lab.member(lab.cog(key="what?.tif")), *lab.members(at(640))]
    built = build(lab, members, WeaveOptions(nodata_override=3))
    with pytest.raises(NotInThisFormatError, match="what"):
        built.made(OutputFormat.GTI)
    index = tile_index(members, built.published.summary, WeaveOptions(), NOW)
    assert index.tiles[0].location == members[0].ref.vsi_path


@pytest.mark.parametrize("crs", [32632, USER_WKT])
def test_an_item_is_valid_stac_and_says_where_the_mosaic_lies(lab: Lab, crs: Any) -> None:
    built = build(lab, lab.members(*row(3, crs=crs)))
    path = lab.folder / "item.json"
    path.write_bytes(built.made(OutputFormat.STAC))
    errors, code, bbox, shape, transform, extent, sources, assets = elsewhere(lab, STAC, str(path))
    summary = built.published.summary
    assert errors == []
    assert code == (f"EPSG:{crs}" if crs == 32632 else None)
    assert ("proj:projjson" in json.loads(path.read_bytes())["properties"]) is (crs != 32632)
    assert (bbox, shape) == (list(summary.bounds), [summary.height, summary.width])
    assert transform[:6] == [10.0, 0.0, 500_000.0, 0.0, -10.0, 5_200_000.0]
    if crs == 32632:
        assert extent[0] == pytest.approx(9.0, abs=1e-6)
    assert sources == [member.ref.uri for member in built.members]
    assert assets == ["quicklook", "vrt", "vrt-relative"]


def test_an_item_across_the_antimeridian_has_its_box_the_short_way(lab: Lab) -> None:
    properties, _ = MOSAICS["across the antimeridian"]
    item = json.loads(build(lab, lab.members(*properties)).made(OutputFormat.STAC))
    assert item["bbox"] == pytest.approx([179.36, 49.52, -179.36, 50.0], abs=1e-6)
    assert len(item["geometry"]["coordinates"]) == 2


def test_a_mosaicjson_gives_the_topmost_source_first(lab: Lab) -> None:
    built = build(lab, lab.members(at(0), at(320, 240), at(100, 100), at(50_000)))
    path = lab.folder / "mosaic.json"
    path.write_bytes(built.made(OutputFormat.MOSAICJSON))
    outlines = GdalFootprints()([member.profile for member in built.members])
    assert outlines[2] is not None
    longitude, latitude = outlines[2][0][0][0]
    least, most, assets = elsewhere(lab, MOSAIC, str(path), str(longitude + 1e-5), str(latitude - 1e-5))
    uris = [member.ref.uri for member in built.members]
    assert assets == [uris[2], uris[1], uris[0]]
    assert 0 <= least <= most
    assert most == 14, "10 m at 47 degrees north are 14.6 m of Web Mercator: zoom 14 has 9.6 m, zoom 13 has 19.1 m"


@pytest.mark.parametrize("output", [OutputFormat.GTI, OutputFormat.MOSAICJSON])
def test_a_band_stack_has_no_formats_of_mosaics(lab: Lab, output: OutputFormat) -> None:
    from rasterloom.domain.outputs import NotForBandStacksError

    built = build(lab, lab.members({}, {}), kind=VrtType.BAND_STACK)
    with pytest.raises(NotForBandStacksError):
        built.made(output)
    with pytest.raises(ObjectMissingError):
        lab.objects.get(kept_as(built.vrt, built.published, output).key)


def test_footprints_of_a_band_stack_lie_on_each_other(lab: Lab) -> None:
    built = build(lab, lab.members({}, {}), kind=VrtType.BAND_STACK)
    one, other = json.loads(built.made(OutputFormat.FOOTPRINTS))["features"]
    assert one["geometry"] == other["geometry"]
    assert [each["properties"]["uri"] for each in (one, other)] == [member.ref.uri for member in built.members]


def test_no_output_has_a_signature_or_a_secret(lab: Lab) -> None:
    built = build(lab, lab.members(*row(2)))
    for output in OutputFormat:
        body = built.made(output)
        assert b"X-Amz" not in body
        assert b"http://127.0.0.1" not in body
        assert os.environ["AWS_SECRET_ACCESS_KEY"].encode() + b'"' not in body
