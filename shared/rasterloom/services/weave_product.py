"""Make what a generation is, to whoever opens it: a VRT, or above some size a tile index in its place."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rasterloom.domain.dataset import Member, MosaicSummary, Product, VrtType
from rasterloom.domain.errors import SourcesUnusableError
from rasterloom.domain.generation import attempt_prefix
from rasterloom.domain.members import require_members, require_tiles
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.outputs import INDEX_FILE, INDEX_ONLY_FROM, RELATIVE_FILE, VRT_FILE, NotInThisFormatError
from rasterloom.domain.raster import Bounds
from rasterloom.domain.rules import Framed, framed, lost_sources
from rasterloom.domain.tile_index import TileIndex
from rasterloom.ports import Assembler, Claim, Clock, TileIndexes
from rasterloom.services.derive_output import GEOPACKAGE
from rasterloom.services.phases import phase
from rasterloom.vrt.relative import relative_document
from rasterloom.vrt.tile_index import tile_index

INDEX_FROM: Final = 10_000
"""Source elements (sources times bands) of a VRT beside which a tile index always lies."""

SAMPLE: Final = 256
"""Members of such a mosaic that a VRT is assembled of, to see how GDAL weaves and reads them."""

XML: Final = "application/xml"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Artifact:
    """An object to be written beside a generation's members."""

    name: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Woven:
    """What a generation is."""

    product: Product
    digest: str
    """SHA-256 of the product, hexadecimal."""
    summary: MosaicSummary
    artifacts: tuple[Artifact, ...]
    """The product first."""
    shown: bytes
    """The VRT that pictures are drawn of: the product itself, or a VRT of some of its sources on its grid."""


@dataclass(frozen=True, slots=True)
class WeaveProduct:
    """Makes products, each verified before anybody hears of it."""

    assembler: Assembler
    indexes: TileIndexes
    clock: Clock
    bucket: str
    """Ours, where the artifacts will lie."""
    index_from: int = INDEX_FROM
    index_only_from: int = INDEX_ONLY_FROM
    sample: int = SAMPLE

    def product_of(self, members: Sequence[Member], vrt_type: VrtType) -> Product:
        """What these become: a band stack is always a VRT, for a tile index lays sources beside each other."""
        is_long = vrt_type is VrtType.MOSAIC and _elements(members) >= self.index_only_from
        return Product.GTI if is_long else Product.VRT

    def frame(self, claim: Claim, members: Sequence[Member]) -> Framed:
        """Where these lie in what they become.

        Raises:
            SourcesUnusableError: Its pixels would be so large that a source is lost.
        """
        sources = [(member.source_id, member.profile) for member in members]
        with phase("grid"):
            held = framed(sources, claim.generation.options)
        lost = lost_sources(sources, held) if claim.vrt.vrt_type is VrtType.MOSAIC else ()
        if lost:
            raise SourcesUnusableError(lost)
        return held

    def assemble(self, claim: Claim, members: Sequence[Member], held: Framed) -> bytes:
        """The VRT of these, or of a sample of them on the grid of all; it holds exactly what it should.

        Raises:
            AssemblyRefusedError: GDAL refuses.
            MembersDifferError: It left a source out.
        """
        options, vrt_type = claim.generation.options, claim.vrt.vrt_type
        if self.product_of(members, vrt_type) is Product.GTI:
            members = evenly(members, self.sample)
            if held.grid is not None:
                options = on_grid(options, held.grid.bounds, held.grid.resolution)
        with phase("assemble"):
            assembly = self.assembler.assemble(members, vrt_type, options)
        with phase("account"):
            require_members(members, assembly.source_filenames)
        return assembly.document

    def verify(self, claim: Claim, members: Sequence[Member], held: Framed, document: bytes) -> Woven:
        """Have GDAL read windows of the VRT, and make what lies beside it, or in its place.

        Raises:
            VerificationFailedError: It cannot be opened, or a window cannot be read.
            MembersDifferError: The tile index does not hold exactly the members.
            NotInThisFormatError: No tile index can describe the mosaic, and it is too long for a VRT.
        """
        with phase("verify"):
            summary = self.assembler.verify(document)
        summary = replace(summary, margins=None if held.grid is None else held.grid.margins)
        if self.product_of(members, claim.vrt.vrt_type) is Product.GTI:
            body = self._index(claim, members, summary)
            summary = replace(_of_all(summary, members), size_bytes=len(body))
            return _woven(Product.GTI, summary, (Artifact(INDEX_FILE, body, GEOPACKAGE),), document)
        artifacts = (Artifact(VRT_FILE, document, XML), *self._beside(claim, members, document, summary))
        return _woven(Product.VRT, summary, artifacts, document)

    def _beside(
        self, claim: Claim, members: Sequence[Member], document: bytes, summary: MosaicSummary
    ) -> Iterator[Artifact]:
        """The VRT with relative paths; and a tile index of a long one: that of a shorter is made when asked for."""
        with phase("relative"):
            place = f"{attempt_place(claim)}{RELATIVE_FILE}"
            yield Artifact(RELATIVE_FILE, relative_document(document, self.bucket, place), XML)
        if claim.vrt.vrt_type is not VrtType.MOSAIC or len(members) * len(summary.bands) < self.index_from:
            return
        try:
            yield Artifact(INDEX_FILE, self._index(claim, members, summary), GEOPACKAGE)
        except NotInThisFormatError as error:
            logger.warning("generation %s has no tile index: %s", claim.generation.id, error)

    def _index(self, claim: Claim, members: Sequence[Member], summary: MosaicSummary) -> bytes:
        with phase("index"):
            index = tile_index(members, summary, claim.generation.options, self.clock())
            body = self.indexes(index)
            self._require_same(index, body)
        return body

    def _require_same(self, index: TileIndex, body: bytes) -> None:
        """Member accounting of a tile index: what is read back is what was asked for, tile by tile."""
        require_tiles(index.tiles, self.indexes.tiles_of(body))


def evenly[T](items: Sequence[T], most: int) -> tuple[T, ...]:
    """At most so many items, the first and the last among them, evenly spread."""
    if len(items) <= most:
        return tuple(items)
    return tuple(items[position * (len(items) - 1) // (most - 1)] for position in range(most))


def on_grid(options: WeaveOptions, extent: Bounds, resolution: tuple[float, float]) -> WeaveOptions:
    """The same options, for exactly this grid whatever the sources are; its edges must not be aligned again."""
    return replace(options, target_extent=extent, target_resolution=resolution, target_aligned_pixels=False)


def _of_all(summary: MosaicSummary, members: Sequence[Member]) -> MosaicSummary:
    """What GDAL would tell of all members, made of what it told of some: a band is described only as all of them do."""
    kinds = {id(member.profile.bands): member.profile.bands for member in members}.values()
    bands = tuple(
        band
        if all(number >= len(kind) or kind[number].description == band.description for kind in kinds)
        else replace(band, description="")
        for number, band in enumerate(summary.bands)
    )
    return replace(summary, bands=bands)


def attempt_place(claim: Claim) -> str:
    """Key prefix under which a claim's attempt writes."""
    return attempt_prefix(claim.vrt.id, claim.generation.id, claim.attempt)


def _elements(members: Sequence[Member]) -> int:
    return len(members) * len(members[0].profile.bands)


def _woven(product: Product, summary: MosaicSummary, artifacts: tuple[Artifact, ...], shown: bytes) -> Woven:
    return Woven(product, hashlib.sha256(artifacts[0].body).hexdigest(), summary, artifacts, shown)
