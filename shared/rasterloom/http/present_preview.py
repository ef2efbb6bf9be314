"""What would become of a VRT, as an answer."""

from typing import TYPE_CHECKING, Final

from rasterloom.domain.dataset import MosaicSummary
from rasterloom.domain.geojson import Polygons, coordinates
from rasterloom.http.answers import FootprintFeature, GeometryAnswer, GridAnswer, PreviewAnswer
from rasterloom.http.findings import finding_entry
from rasterloom.http.present import LISTED_BANDS, band_answer, bounds_list
from rasterloom.http.problems import at_source

if TYPE_CHECKING:
    from rasterloom.services.preview_vrt import Footprint, Preview

MOST_FINDINGS: Final = 500


def preview_answer(preview: "Preview") -> PreviewAnswer:
    """A dry run."""
    return {
        "valid": preview.is_valid,
        "findings": [finding_entry(finding, at_source(finding)) for finding in preview.findings[:MOST_FINDINGS]],
        "findings_total": len(preview.findings),
        "grid": None if preview.grid is None else _grid(preview.grid),
        "footprints": {"type": "FeatureCollection", "features": [_feature(each) for each in preview.footprints]},
        "footprints_total": preview.found,
    }


def _grid(grid: MosaicSummary) -> GridAnswer:
    return {
        "width": grid.width,
        "height": grid.height,
        "resolution_x": grid.resolution[0],
        "resolution_y": grid.resolution[1],
        "bbox": list(grid.bounds),
        "extent_bbox": bounds_list(grid.lonlat_bounds),
        "crs_epsg": grid.epsg,
        "crs_name": grid.crs_name,
        "band_count": len(grid.bands),
        "bands": [band_answer(number, band) for number, band in enumerate(grid.bands[:LISTED_BANDS], 1)],
    }


def _feature(footprint: "Footprint") -> FootprintFeature:
    raster = footprint.raster
    return {
        "type": "Feature",
        "id": raster.id,
        "geometry": None if footprint.polygons is None else geometry(footprint.polygons),
        "properties": {"dataset_id": raster.id, "title": raster.title, "position": footprint.position},
    }


def geometry(polygons: Polygons) -> GeometryAnswer:
    """Polygons as RFC 7946 has them."""
    return {"type": "MultiPolygon", "coordinates": coordinates(polygons)}
