"""The formats in which one generation can be had."""

from enum import StrEnum
from typing import ClassVar, Final

from rasterloom.domain.errors import RasterloomError


class OutputFormat(StrEnum):
    """What is derived of a published VRT, as it is called in a path."""

    GTI = "gti"
    MOSAICJSON = "mosaicjson"
    STAC = "stac"
    FOOTPRINTS = "footprints"


VRT_FILE: Final = "source.vrt"
RELATIVE_FILE: Final = "source.relative.vrt"
INDEX_FILE: Final = "source.gti.gpkg"
"""Names of artifacts below the prefix of the attempt that made them."""

INDEX_ONLY_FROM: Final = 50_000
"""Source elements (sources times bands) from which on a mosaic is a tile index and no VRT: GDAL reads all of a VRT
before its first pixel."""

DRAWN_FIRST: Final = 100
"""Sources up to which a build draws its pictures before it publishes. Of more it publishes with a sketch of where they
lie, and draws their pixels while nobody waits."""

PICTURE_SIZES: Final = (256, 512)
"""Longer side of each quicklook, in pixels, the smallest first."""


def picture_name(size: int, *, late: bool = False) -> str:
    """Name of a quicklook beside the other artifacts.

    Args:
        size: Its longer side, in pixels.
        late: Whether it is the one that is drawn once the generation is published.
    """
    return f"quicklook_{size}{'_drawn' if late else ''}.png"


class NotForBandStacksError(RasterloomError):
    """The format knows mosaics only."""

    code: ClassVar[str] = "not_for_band_stacks"

    def __init__(self, dataset_id: str, output: str) -> None:
        """Name the dataset and the format."""
        message = f"Dataset {dataset_id} is a band stack; {output} lays sources beside each other, not over each other"
        super().__init__(message, dataset_id=dataset_id, format=output)


class TooLargeForOutputError(RasterloomError):
    """The VRT has more sources than a format can be derived from while a caller waits."""

    code: ClassVar[str] = "too_large"

    def __init__(self, dataset_id: str, members: int, most: int) -> None:
        """Name the dataset, and both numbers of sources."""
        message = f"Dataset {dataset_id} has {members} sources; this format is made of at most {most}"
        super().__init__(message, dataset_id=dataset_id, expected=most, actual=members)


class NotInThisFormatError(RasterloomError):
    """The mosaic is one that the format cannot describe."""

    code: ClassVar[str] = "not_in_this_format"

    def __init__(self, output: str, reason: str) -> None:
        """Name the format and say why."""
        super().__init__(f"This VRT cannot be had as {output}: {reason}", format=output)
