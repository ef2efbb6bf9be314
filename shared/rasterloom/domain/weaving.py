"""Which options go together, and with which kind of VRT: what `gdal.BuildVRT` refuses whatever the sources are."""

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.errors import InvalidInputError
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.refusals import InvalidInputsError


def require_consistent(options: WeaveOptions, vrt_type: VrtType) -> None:
    """That a VRT can have these options together.

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
