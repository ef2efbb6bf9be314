"""What a GDAL Raster Tile Index says of a mosaic, in the words that its driver's documentation has."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from rasterloom.domain.dataset import BandSummary, Member, MosaicSummary
from rasterloom.domain.framing import moved_east, turns
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.outputs import NotInThisFormatError
from rasterloom.domain.raster import MaskKind, RasterProfile
from rasterloom.domain.tile_index import Tile, TileIndex

LOCATION: Final = "location"
"""Name of the field that says what to open."""
POSITION: Final = "position"
"""Name of the field that tiles are drawn by, lowest first."""


def tile_index(
    members: Sequence[Member], summary: MosaicSummary, options: WeaveOptions, changed_at: datetime
) -> TileIndex:
    """The index of a mosaic that was built of these members with these options.

    Raises:
        NotInThisFormatError: It has no CRS, or bands of its own, or a source that has to be named with what its key
            does not allow.
    """
    moved = turns([member.profile for member in members], options.target_extent)
    reference = members[0].profile
    if reference.crs is None:
        raise NotInThisFormatError("gti", "its sources have no CRS")
    if options.add_alpha and not all(member.profile.has_alpha for member in members):
        raise NotInThisFormatError("gti", "its alpha band (add_alpha) is one that not all of its sources have")
    if len(reference.bands) != len(summary.bands):
        raise NotInThisFormatError("gti", "it has bands that its sources have not")
    metadata = dict(_metadata(members, summary, options))
    return TileIndex(
        crs=reference.crs,
        metadata=metadata,
        xml=_palettes(reference, metadata, summary),
        tiles=tuple(_tile(member, count, options) for member, count in zip(members, moved, strict=True)),
        changed_at=changed_at,
    )


def _metadata(members: Sequence[Member], summary: MosaicSummary, options: WeaveOptions) -> Iterator[tuple[str, str]]:
    """Grid and bands of the mosaic, so that no tile is opened to find them out.

    The driver rounds a size that it works out of an extent up; size and geotransform leave it nothing to round.
    """
    (x_step, y_step), bounds, bands = summary.resolution, summary.bounds, summary.bands
    yield "XSIZE", str(summary.width)
    yield "YSIZE", str(summary.height)
    yield "GEOTRANSFORM", f"{bounds.x_min!r},{x_step!r},0,{bounds.y_max!r},0,{-y_step!r}"
    yield "BAND_COUNT", str(len(bands))
    yield "DATA_TYPE", ",".join(band.dtype for band in bands)
    yield "NODATA", ",".join("NONE" if band.nodata is None else repr(band.nodata) for band in bands)
    yield "COLOR_INTERPRETATION", ",".join(band.color_interpretation for band in bands)
    yield "LOCATION_FIELD", LOCATION
    yield "SORT_FIELD", POSITION
    yield "SORT_FIELD_ASC", "YES"
    yield "RESAMPLING", options.resampling.value
    if any(band.mask is MaskKind.PER_DATASET for member in members for band in member.profile.bands):
        yield "MASK_BAND", "YES"
    for number, band in enumerate(members[0].profile.bands, 1):
        if band.scale is not None:
            yield f"BAND_{number}_SCALE", repr(band.scale)
        if band.offset is not None:
            yield f"BAND_{number}_OFFSET", repr(band.offset)


def _palettes(reference: RasterProfile, metadata: Mapping[str, str], summary: MosaicSummary) -> str | None:
    """Bands with their palettes; None where none has one.

    Where there is such a document, the driver takes bands and fields from it alone: it repeats what the metadata say.
    """
    if all(band.color_table is None for band in reference.bands):
        return None
    fields = {"LocationField": LOCATION, "SortField": POSITION, "SortFieldAsc": metadata["SORT_FIELD_ASC"]}
    if "MASK_BAND" in metadata:
        fields["MaskBand"] = metadata["MASK_BAND"]
    told = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    bands = "".join(
        f'<Band band="{number}" dataType="{band.dtype}">{_band(band, source.color_table)}</Band>'
        for number, (band, source) in enumerate(zip(summary.bands, reference.bands, strict=True), 1)
    )
    return f"<GDALTileIndexDataset>{told}{bands}</GDALTileIndexDataset>"


def _band(band: BandSummary, entries: Sequence[tuple[int, int, int, int]] | None) -> str:
    nodata = "" if band.nodata is None else f"<NoDataValue>{band.nodata!r}</NoDataValue>"
    return f"{nodata}<ColorInterp>{band.color_interpretation}</ColorInterp>{_table(entries)}"


def _table(entries: Sequence[tuple[int, int, int, int]] | None) -> str:
    if entries is None:
        return ""
    colors = "".join(
        f'<Entry c1="{red}" c2="{green}" c3="{blue}" c4="{alpha}"/>' for red, green, blue, alpha in entries
    )
    return f"<ColorTable>{colors}</ColorTable>"


def _tile(member: Member, count: int, options: WeaveOptions) -> Tile:
    """A source as it is in the mosaic: moved by whole turns, or with another nodata value, as the mosaic has it."""
    bounds = moved_east(member.profile, count).bounds
    if bounds is None:
        raise NotInThisFormatError("gti", f"{member.ref.uri} has no geotransform")
    changes = []
    if count:
        changes.append(f"a_ullr={bounds.x_min!r},{bounds.y_max!r},{bounds.x_max!r},{bounds.y_min!r}")
    if options.nodata_override is not None:
        changes.append(f"a_nodata={options.nodata_override!r}")
    if not changes:
        return Tile(member.ref.vsi_path, bounds)
    if "?" in member.ref.key or "&" in member.ref.key:
        raise NotInThisFormatError("gti", f"{member.ref.uri} has '?' or '&' in its key, and is not used as it is")
    return Tile(f"vrt://{member.ref.vsi_path}?{'&'.join(changes)}", bounds)
