"""The port `Assembler`: `gdal.BuildVRT` over stubs, so that no source is opened while a VRT is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final
from xml.parsers.expat import ParserCreate

from osgeo import gdal

from rasterloom.adapters.gdal_environment import (
    configure,
    in_words,
    memory_file,
    open_gtiff,
    open_vrt,
    quiet,
    read_memory_file,
    sources_unseen,
)
from rasterloom.adapters.gdal_profile import mask_kind
from rasterloom.adapters.heads import Head, Heads
from rasterloom.adapters.mosaic_gdal import (
    UnreadWindowError,
    open_mosaic,
    read_failure,
    summarize,
    verify_windows,
)
from rasterloom.adapters.object_stores import pool
from rasterloom.adapters.quicklook_gdal import draw_quicklooks, draw_sketches
from rasterloom.domain.dataset import Member, MosaicSummary, VrtType
from rasterloom.domain.errors import AssemblyRefusedError, ObjectError
from rasterloom.domain.framing import moved_east, turns
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds, MaskKind, RasterProfile
from rasterloom.ports import Assembly
from rasterloom.vrt.alpha import MaskSize, with_mask_properties
from rasterloom.vrt.stub import stub_document

RESOLUTIONS: Final[Mapping[ResolutionStrategy, str]] = {
    ResolutionStrategy.FINEST: "highest",
    ResolutionStrategy.COARSEST: "lowest",
    ResolutionStrategy.AVERAGE: "average",
}

_NOT_IN_XML: Final = dict.fromkeys((0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")
"""What GDAL writes and no parser of XML takes; it leaves control characters out."""


@dataclass(frozen=True, slots=True)
class GdalAssembler:
    """GDAL, as far as a build needs it."""

    heads: Heads
    quicklook_seconds: float = 60.0
    """How long drawing may take, all of it; what is not read in time is drawn as a sketch has it."""
    clock: Callable[[], float] = monotonic
    """Seconds, from any point in time."""

    def __post_init__(self) -> None:
        """Configure GDAL for this process."""
        configure(self.heads.stores.regions)

    def assemble(self, members: Sequence[Member], vrt_type: VrtType, options: WeaveOptions) -> Assembly:
        """Make the bytes that `gdal.BuildVRT -strict` makes of these sources in this order.

        Sources on both sides of ±180° are moved by whole turns, so that the mosaic goes the short way around, or to
        where the target extent is; all other mosaics are GDAL's own. A member whose stub is not exact is opened from
        its freshly fetched head, of the version that was catalogued.

        Raises:
            AssemblyRefusedError: GDAL refuses, and its words are the message; or it would end this process.
            ObjectError: A member may not be read, or a head that had to be fetched is gone, changed or unreadable.
        """
        profiles = [member.profile for member in members]
        _require_survivable(profiles, options)
        with quiet(), sources_unseen(), ExitStack() as stack:
            moved = turns(profiles, options.target_extent) if vrt_type is VrtType.MOSAIC else (0,) * len(members)
            sources = list(self._open_all(members, moved, stack))
            masks = dict(_masks(sources)) if options.add_alpha else {}
            document = with_mask_properties(_build(sources, build_options(vrt_type, options)), masks)
            sources.clear()
        return Assembly(document, source_filenames(document))

    def _open_all(self, members: Sequence[Member], moved: Sequence[int], stack: ExitStack) -> Iterator[Any]:
        """Open each member, moved east by so many turns; the file itself is nowhere touched."""
        inexact = [member for member in members if not member.profile.stub_exact]
        heads = dict(zip(inexact, pool().map(self._head, inexact), strict=True))
        for member, count in zip(members, moved, strict=True):
            self.heads.stores.require(member.ref)
            profile = moved_east(member.profile, count)
            try:
                if member.profile.stub_exact:
                    source = open_vrt(stub_document(profile))
                else:
                    source = open_gtiff(stack.enter_context(memory_file(heads[member].data, ".tif")))
                    if count:
                        source.SetGeoTransform(profile.geotransform)
            except RuntimeError as error:
                raise AssemblyRefusedError(f"{member.ref.uri}: {error}", uri=member.ref.uri) from error
            # A stub that is changed once it has this name is written under this name when it is closed: over the
            # object itself. Nothing may touch it from here on.
            source.SetDescription(member.ref.vsi_path)
            yield source

    def _head(self, member: Member) -> Head:
        return self.heads.read(member.ref, member.etag)

    def describe(self, document: bytes) -> MosaicSummary:
        """Tell what a VRT document is; no pixel of a source is read, and only a band's only source is opened.

        Raises:
            VerificationFailedError: It cannot be opened, or that source cannot.
            UnavailableError: S3 does not answer.
        """
        with quiet(), memory_file(document, ".vrt") as path:
            try:
                return summarize(open_mosaic(path), len(document))
            except RuntimeError as error:
                raise read_failure(str(error)) from error

    def verify(self, document: bytes) -> MosaicSummary:
        """Open a VRT document with GDAL, read a window of its first and of its last source, and tell what it is.

        A window that cannot be read is read once more where S3 answers for its source: of pixels that did not come GDAL
        says what it says of damaged ones, "got 0 bytes".

        Raises:
            VerificationFailedError: It cannot be opened, or a window cannot be read.
            UnavailableError: S3 does not answer.
        """
        with quiet(), memory_file(document, ".vrt") as path:
            try:
                try:
                    return _verified(path, document)
                except UnreadWindowError as error:
                    if not self._answers_for(error.source):
                        raise
                return _verified(path, document)
            except RuntimeError as error:
                raise read_failure(str(error)) from error

    def _answers_for(self, source: str) -> bool:
        """Whether S3 sends the header of a source that GDAL could not read.

        Raises:
            UnavailableError: S3 does not answer.
        """
        try:
            self.heads.read(ObjectRef.parse(f"s3://{source.removeprefix('/vsis3/')}"))
        except ObjectError:
            return False
        return True

    def sketches(
        self, placed: Sequence[Bounds | None], summary: MosaicSummary, sizes: Sequence[int]
    ) -> Mapping[int, bytes]:
        """PNG pictures of where sources lie, as `quicklooks` makes them of what they show; no source is read."""
        with quiet():
            return draw_sketches(placed, summary, sizes)

    def quicklooks(self, document: bytes, sizes: Sequence[int]) -> Mapping[int, bytes]:
        """PNG pictures whose longer side is at most the size in pixels, transparent where there is no data.

        Raises:
            VerificationFailedError: A source cannot be read.
            UnavailableError: S3 does not answer.
        """
        end = self.clock() + self.quicklook_seconds
        with quiet():
            try:
                return draw_quicklooks(document, sizes, lambda: end - self.clock())
            except RuntimeError as error:
                raise read_failure(str(error)) from error


def _verified(path: str, document: bytes) -> MosaicSummary:
    mosaic = open_mosaic(path)
    verify_windows(mosaic, document)
    return summarize(mosaic, len(document))


def build_options(vrt_type: VrtType, options: WeaveOptions) -> list[str]:
    """Options of `gdalbuildvrt`; without `-write_absolute_path` it would ask S3 for every source it names.

    A nodata value that overrides is the one to read in every source, and the one that the VRT has.
    """
    words = ["-strict", "-write_absolute_path", *_grid_options(options)]
    if options.add_alpha:
        words.append("-addalpha")
    if vrt_type is VrtType.BAND_STACK:
        words.append("-separate")
    if options.resampling is not Resampling.NEAREST:
        words += ["-r", options.resampling.value]
    if options.nodata_override is not None:
        words += ["-srcnodata", repr(options.nodata_override), "-vrtnodata", repr(options.nodata_override)]
    return words


def _grid_options(options: WeaveOptions) -> Iterator[str]:
    if options.target_resolution is None:
        yield from ("-resolution", RESOLUTIONS[options.strategy])
    else:
        yield from ("-resolution", "user", "-tr", *map(repr, options.target_resolution))
    if options.target_extent is not None:
        yield from ("-te", *map(repr, options.target_extent))
    if options.target_aligned_pixels:
        yield "-tap"


def _masks(sources: Sequence[Any]) -> Iterator[tuple[str, MaskSize]]:
    """The mask of each source that has one, by the source's name."""
    for source in sources:
        band = source.GetRasterBand(1)
        if band is not None and mask_kind(band) is MaskKind.PER_DATASET:
            mask = band.GetMaskBand()
            yield source.GetDescription(), MaskSize(mask.XSize, mask.YSize, *mask.GetBlockSize())


def _require_survivable(profiles: Sequence[RasterProfile], options: WeaveOptions) -> None:
    """GDAL follows a null pointer where a mask and an alpha band meet under `-addalpha` (3.12 and 3.13)."""
    if options.add_alpha and any(each.has_mask for each in profiles) and any(each.has_alpha for each in profiles):
        raise AssemblyRefusedError("GDAL cannot make one alpha band of sources with masks and sources with alpha bands")


def _build(sources: Sequence[Any], options: Sequence[str]) -> bytes:
    with memory_file(suffix=".vrt") as path:
        try:
            with in_words():
                gdal.BuildVRT(path, sources, options=options).Close()
            return read_memory_file(path)
        except RuntimeError as error:
            raise AssemblyRefusedError(str(error)) from error


def source_filenames(document: bytes) -> tuple[str, ...]:
    """Every distinct `SourceFilename` of a VRT document, in order of first appearance.

    What sources say of themselves may be no UTF-8, or no XML: GDAL hands it on. What they are called is both.
    """
    found: dict[str, None] = {}
    text: list[str] = []

    # Only within such an element is anything else listened to: it holds text alone, and all others are many.
    def start(name: str, _attributes: object) -> None:
        if name == "SourceFilename":
            parser.CharacterDataHandler, parser.EndElementHandler = text.append, end

    def end(_name: str) -> None:
        parser.CharacterDataHandler = parser.EndElementHandler = None
        found["".join(text)] = None
        text.clear()

    parser = ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(document.decode("utf-8", "replace").translate(_NOT_IN_XML), True)  # noqa: FBT003 - expat's own signature
    return tuple(found)
