"""From an open GDAL dataset to our own values."""

import math
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from osgeo import gdal

from rasterloom.adapters.gdal_environment import open_vrt
from rasterloom.adapters.lonlat_gdal import lonlat_bounds
from rasterloom.domain.raster import Band, Crs, GeoTransform, MaskKind, RasterProfile
from rasterloom.vrt.stub import stub_document


def read_profile(dataset: Any, *, tiled: bool) -> RasterProfile:
    """Read all of a header that a mosaic needs; `stub_exact` is True until `is_stub_exact` says otherwise."""
    metadata = _items(dataset)
    geotransform = dataset.GetGeoTransform(can_return_null=True)
    return RasterProfile(
        width=dataset.RasterXSize,
        height=dataset.RasterYSize,
        bands=tuple(read_band(band) for band in bands_of(dataset)),
        crs=read_crs(dataset),
        geotransform=None if geotransform is None else GeoTransform(*geotransform),
        overviews=tuple(_overviews(dataset.GetRasterBand(1))),
        tiled=tiled,
        compression=dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE"),
        area_or_point=dict(metadata).get("AREA_OR_POINT", "Area"),
        metadata=metadata,
        lonlat_bounds=lonlat_bounds(dataset),
    )


def bands_of(dataset: Any) -> Iterator[Any]:
    """Every band of a dataset, in order."""
    return (dataset.GetRasterBand(number) for number in range(1, dataset.RasterCount + 1))


def read_crs(dataset: Any) -> Crs | None:
    """CRS of a dataset: its WKT1, which `gdal.BuildVRT` compares, and what people call it."""
    reference, wkt = dataset.GetSpatialRef(), dataset.GetProjectionRef()
    if reference is None or not wkt:
        return None
    code = reference.GetAuthorityCode(None) if reference.GetAuthorityName(None) == "EPSG" else None
    return Crs(
        wkt=_text(wkt),
        name=_text(reference.GetName()) or "unnamed",
        epsg=int(code) if code and code.isdecimal() else None,
        axis_mapping=tuple(reference.GetDataAxisToSRSAxisMapping()),
    )


def read_band(band: Any) -> Band:
    """Everything that a band's header says."""
    block_width, block_height = band.GetBlockSize()
    return Band(
        dtype=gdal.GetDataTypeName(band.DataType),
        block_width=block_width,
        block_height=block_height,
        nodata=band.GetNoDataValue(),
        color_interpretation=gdal.GetColorInterpretationName(band.GetColorInterpretation()),
        color_table=_color_table(band),
        scale=_unless(band.GetScale(), 1.0),
        offset=_unless(band.GetOffset(), 0.0),
        unit=_text(band.GetUnitType()),
        description=_text(band.GetDescription()),
        metadata=_items(band),
        mask=mask_kind(band),
    )


def _unless(value: float | None, neutral: float) -> float | None:
    """A scale or offset, None where it changes nothing: GDAL's mosaics do not tell the two apart."""
    return None if value == neutral else value


def _text(said: str | bytes | None) -> str:
    """What GDAL says, with U+FFFD for each byte that is no UTF-8: it hands on whatever a file has.

    Its bindings give such bytes as they are in some places, and as lone surrogates in others.
    """
    raw = said if isinstance(said, bytes) else (said or "").encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "replace")


def mask_kind(band: Any) -> MaskKind:
    """Where the validity of a band's pixels comes from."""
    flags = band.GetMaskFlags()
    for flag, kind in (
        (gdal.GMF_ALL_VALID, MaskKind.ALL_VALID),
        (gdal.GMF_NODATA, MaskKind.NODATA),
        (gdal.GMF_ALPHA, MaskKind.ALPHA),
        (gdal.GMF_PER_DATASET, MaskKind.PER_DATASET),
    ):
        if flags & flag:
            return kind
    return MaskKind.PER_BAND


def _items(holder: Any) -> tuple[tuple[str, str], ...]:
    """Default metadata domain in file order."""
    pairs = (_text(item).partition("=") for item in holder.GetMetadata_List() or ())
    return tuple((key, value) for key, _equals, value in pairs)


def _color_table(band: Any) -> tuple[tuple[int, int, int, int], ...] | None:
    table = band.GetColorTable()
    if table is None:
        return None
    return tuple(table.GetColorEntry(index) for index in range(table.GetCount()))


def _overviews(band: Any) -> Iterator[tuple[int, int]]:
    for index in range(band.GetOverviewCount()):
        overview = band.GetOverview(index)
        yield overview.XSize, overview.YSize


def is_stub_exact(dataset: Any, profile: RasterProfile) -> bool:
    """Whether the stub of this profile answers `gdal.BuildVRT` as the open file does."""
    try:
        stub = open_vrt(stub_document(profile))
    except RuntimeError:
        return False
    return all(one == other for one, other in zip_longest(_answers(dataset), _answers(stub)))


def _nan_sign(value: float | None) -> float | None:
    """The sign of NaN, which GDAL writes and Python does not show; None of every number."""
    return math.copysign(1.0, value) if value is not None and math.isnan(value) else None


def _answers(dataset: Any) -> Iterator[str]:
    """Everything that `gdal.BuildVRT` asks a source for; as text, since NaN is not equal to itself."""
    first = dataset.GetRasterBand(1)
    yield repr((dataset.RasterXSize, dataset.RasterYSize, dataset.GetProjectionRef()))
    yield repr(dataset.GetGeoTransform(can_return_null=True))
    yield repr(dataset.GetMetadata_List("SUBDATASETS") or ())
    yield repr(list(_overviews(first)))
    yield repr(first.GetMaskBand().GetBlockSize())
    for band in bands_of(dataset):
        yield repr((read_band(band), band.GetMaskFlags()))
        # A profile shows what is no UTF-8, and a stub made of it says what is shown.
        yield repr((band.GetDescription(), band.GetUnitType(), band.GetMetadata_List()))
        yield repr([_nan_sign(band.GetScale()), _nan_sign(band.GetOffset())])
