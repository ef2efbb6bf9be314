"""What would become of a VRT."""

from typing import Literal, TypedDict

from rasterloom.http.answers.datasets import BandAnswer
from rasterloom.http.answers.refusals import FindingEntry


class GridAnswer(TypedDict):
    """The grid that a VRT would have."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    resolution_x: float
    """CRS units."""
    resolution_y: float
    """CRS units."""
    bbox: list[float]
    """Least x, least y, greatest x, greatest y, in CRS units."""
    extent_bbox: list[float] | None
    """West, south, east, north in degrees; west > east where it crosses the antimeridian."""
    crs_epsg: int | None
    """EPSG code of the CRS; null where it has none."""
    crs_name: str
    """Name of the CRS."""
    band_count: int
    """How many bands it would have."""
    bands: list[BandAnswer]
    """The first 20 of them."""


class FootprintProperties(TypedDict):
    """Which source a footprint is of."""

    dataset_id: str
    """Id of the raster dataset."""
    title: str
    """Its title."""
    position: int
    """In the request, from 0."""


class GeometryAnswer(TypedDict):
    """A geometry of RFC 7946."""

    type: Literal["MultiPolygon"]
    """Always `MultiPolygon`: of two parts where the source crosses the antimeridian."""
    coordinates: list[list[list[list[float]]]]
    """Polygons of closed rings of [longitude, latitude] in degrees, outer rings counterclockwise."""


class FootprintFeature(TypedDict):
    """Where one source lies."""

    type: Literal["Feature"]
    """Always `Feature`."""
    id: str
    """Id of the raster dataset."""
    geometry: GeometryAnswer | None
    """Null where it cannot be told: the source has no CRS or no geotransform."""
    properties: FootprintProperties
    """Which source it is."""


class FootprintCollection(TypedDict):
    """GeoJSON, RFC 7946."""

    type: Literal["FeatureCollection"]
    """Always `FeatureCollection`."""
    features: list[FootprintFeature]
    """One for each source that was found, by position; at most 500."""


class PreviewAnswer(TypedDict):
    """What would become of a VRT; nothing was written."""

    valid: bool
    """Whether it could be created: no finding is an error."""
    findings: list[FindingEntry]
    """What a creation would be refused for, and what it would warn of; at most 500."""
    findings_total: int
    """How many there are."""
    grid: GridAnswer | None
    """Of the sources that were found; null where GDAL would not assemble them."""
    footprints: FootprintCollection
    """Where the sources lie."""
    footprints_total: int
    """How many sources were found."""
