"""GDAL, as far as a build needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rasterloom.domain.dataset import (
    Member,
    MosaicSummary,
    VrtType,
)
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Bounds


@dataclass(frozen=True, slots=True)
class Assembly:
    """A VRT document and what it holds."""

    document: bytes
    source_filenames: tuple[str, ...]
    """Every distinct `SourceFilename` of the document, in order of first appearance."""


class Assembler(Protocol):
    """GDAL, as far as a build needs it."""

    def assemble(self, members: Sequence[Member], vrt_type: VrtType, options: WeaveOptions) -> Assembly:
        """Make the bytes that `gdal.BuildVRT -strict` makes of these sources in this order.

        Raises:
            AssemblyRefusedError: GDAL refuses; its words are the message.
        """
        ...

    def describe(self, document: bytes) -> MosaicSummary:
        """Tell what a VRT document is; no pixel of a source is read, and only a band's only source is opened.

        Raises:
            VerificationFailedError: It cannot be opened, or that source cannot.
            UnavailableError: S3 does not answer.
        """
        ...

    def verify(self, document: bytes) -> MosaicSummary:
        """Open a VRT document with GDAL, read a window of it, and tell what the VRT is.

        Raises:
            VerificationFailedError: It cannot be opened, or the window cannot be read.
        """
        ...

    def sketches(
        self, placed: Sequence[Bounds | None], summary: MosaicSummary, sizes: Sequence[int]
    ) -> Mapping[int, bytes]:
        """PNG pictures of where sources lie, as `quicklooks` makes them of what they show; no source is read."""
        ...

    def quicklooks(self, document: bytes, sizes: Sequence[int]) -> Mapping[int, bytes]:
        """PNG pictures whose longer side is at most the size in pixels, transparent where there is no data."""
        ...
