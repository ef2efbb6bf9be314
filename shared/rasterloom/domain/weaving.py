"""Which options go together, with which kind of VRT, and with which bands."""

from collections.abc import Sequence

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.errors import InvalidInputError
from rasterloom.domain.options import WeaveOptions, is_representable, values_text
from rasterloom.domain.raster import RasterProfile
from rasterloom.domain.refusals import InvalidInputsError


def require_consistent(options: WeaveOptions, vrt_type: VrtType) -> None:
    """That a VRT can have these options together: what `gdal.BuildVRT` refuses whatever the sources are.

    Raises:
        InvalidInputsError: It cannot; every option that stands in another's way is named.
    """
    found = []
    if options.add_alpha and vrt_type is VrtType.BAND_STACK:
        found.append(
            InvalidInputError(
                "not_for_band_stacks",
                "A band stack cannot have add_alpha: GDAL adds an alpha band to mosaics only. Leave it out, or weave a "
                "mosaic",
                loc=("body", "add_alpha"),
                value=True,
                expected="false for a band_stack",
                actual=True,
            )
        )
    if options.target_aligned_pixels and options.target_resolution is None:
        found.append(
            InvalidInputError(
                "target_resolution_required",
                "target_aligned_pixels needs a target_resolution, of which the edges of the VRT shall be multiples. "
                "Give one, or set target_aligned_pixels to false",
                loc=("body", "target_aligned_pixels"),
                value=True,
                expected="a target_resolution beside it",
                actual="no target_resolution",
            )
        )
    if found:
        raise InvalidInputsError(found)


def require_representable(options: WeaveOptions, profiles: Sequence[RasterProfile], vrt_type: VrtType) -> None:
    """That every band of a VRT of these sources can have the nodata value; sources of a mosaic agree about their types.

    Raises:
        InvalidInputError: A band's type cannot hold it; the first such band is named.
    """
    value = options.nodata_override
    if value is None:
        return
    sources = profiles[:1] if vrt_type is VrtType.MOSAIC else profiles
    for number, band in enumerate((band for profile in sources for band in profile.bands), 1):
        if not is_representable(value, band.dtype):
            raise InvalidInputError(
                "nodata_not_representable",
                f"Band {number} is {band.dtype}, whose pixels are {values_text(band.dtype)}: none can be {value}",
                loc=("body", "nodata_override"),
                value=value,
                expected=f"{band.dtype}: {values_text(band.dtype)}",
                actual=value,
            )
