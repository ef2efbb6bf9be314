"""Stand-ins for S3, the queue and GDAL: they hold what they are given and fail when they are told to.

The catalogue has no stand-in: its conditions are what tests are about, so tests use the real adapter on moto.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from rasterloom.domain.dataset import Member, MosaicSummary, RasterDataset, VrtType
from rasterloom.domain.errors import ObjectError, ObjectExistsError, ObjectMissingError, UnavailableError
from rasterloom.domain.generation import BuildMessage
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.raster import Bounds, RasterProfile
from rasterloom.ports import Assembly, HeaderRead
from tests.support.factories import NOW, summary


@dataclass
class SteppedClock:
    """A clock that moves only when it is told to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        """Move on by `timedelta(**parts)`."""
        self.now += timedelta(**parts)


def numbered_ids(first: int = 1) -> Callable[[], str]:
    """Ids that count up, so that a failing test reads well."""
    numbers = count(first)
    return lambda: str(UUID(int=next(numbers)))


@dataclass
class MemoryObjects:
    """S3 as two dictionaries: the sources' ETags, and the bytes in our bucket."""

    sources: dict[ObjectRef, ObjectStat | ObjectError] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    texts: dict[ObjectRef, bytes] = field(default_factory=dict)
    """What is read whole, in any bucket."""
    stat_calls: list[int] = field(default_factory=list)
    """How many objects each call asked about."""
    part_reads: list[int] = field(default_factory=list)
    """How many bytes each read of a part of an object gave."""
    on_stat: Callable[[], None] = lambda: None
    fail_puts: int = 0
    """How many of the next puts fail."""

    def hold(self, rasters: Iterable[RasterDataset]) -> None:
        """Have the objects of these rasters, as they were catalogued."""
        self.sources |= {raster.ref: ObjectStat(raster.etag, raster.size_bytes) for raster in rasters}

    def stat_many(self, refs: Sequence[ObjectRef]) -> Sequence[ObjectStat | ObjectError]:
        self.stat_calls.append(len(refs))
        self.on_stat()
        return [self.sources.get(ref, ObjectMissingError(ref.uri)) for ref in refs]

    def read_source(self, ref: ObjectRef, most: int) -> bytes | None:
        body = self.texts.get(ref)
        if body is None:
            raise ObjectMissingError(ref.uri)
        return None if len(body) > most else body

    def get(self, key: str) -> bytes:
        if key not in self.bodies:
            raise ObjectMissingError(key)
        return self.bodies[key]

    def get_part(self, key: str, place: range) -> bytes:
        part = self.get(key)[place.start : place.stop]
        self.part_reads.append(len(part))
        return part

    def put_new(self, key: str, body: bytes, content_type: str) -> None:
        assert content_type
        if self.fail_puts:
            self.fail_puts -= 1
            raise UnavailableError("S3", "SlowDown")
        if self.bodies.setdefault(key, body) != body:
            raise ObjectExistsError(key)

    def presigned_url(self, key: str, filename: str, seconds: int) -> str:
        return f"https://signed.invalid/{key}?as={filename}&for={seconds}"


@dataclass
class MemoryOrphans:
    """Our bucket as whoever sweeps it sees it; a listing holds few keys, so that there is a next one."""

    objects: MemoryObjects
    page: int = 5
    on_keys: Callable[[], None] = lambda: None
    """Happens after every listing of keys: what somebody else does before they are deleted."""
    down: bool = False

    def folders(self, prefix: str) -> list[str]:
        below = (key.removeprefix(prefix) for key in list(self.objects.bodies) if key.startswith(prefix))
        return sorted({f"{prefix}{rest.split('/')[0]}/" for rest in below if "/" in rest})

    def keys(self, prefix: str) -> list[str]:
        found = sorted(key for key in list(self.objects.bodies) if key.startswith(prefix))[: self.page]
        self.on_keys()
        return found

    def delete(self, keys: Collection[str]) -> None:
        if self.down:
            raise UnavailableError("S3", "SlowDown")
        for key in keys:
            self.objects.bodies.pop(key, None)


@dataclass
class FixedHeaders:
    """Headers of objects, as if they had been read."""

    profiles: Mapping[ObjectRef, RasterProfile]
    etag: str = '"1"'
    error: ObjectError | None = None

    def read(self, ref: ObjectRef) -> HeaderRead:
        if self.error is not None:
            raise self.error
        return HeaderRead(ObjectStat(self.etag, 1000), self.profiles[ref])


@dataclass
class ListQueue:
    """A queue that keeps what it is sent."""

    messages: list[BuildMessage] = field(default_factory=list)
    down: bool = False
    on_send: Callable[[], None] = lambda: None

    def send(self, message: BuildMessage) -> None:
        self.on_send()
        if self.down:
            raise UnavailableError("SQS", "connection refused")
        self.messages.append(message)


@dataclass
class ScriptedAssembler:
    """Writes the members' paths as a document, and raises what it is told to at the step it is told to."""

    errors: dict[str, Exception] = field(default_factory=dict)
    """Step (`assemble`, `verify`, `quicklooks`) -> what it raises."""
    drop: int = 0
    """How many members the document lacks."""
    assembled: list[tuple[VrtType, WeaveOptions]] = field(default_factory=list)

    def assemble(self, members: Sequence[Member], vrt_type: VrtType, options: WeaveOptions) -> Assembly:
        self._step("assemble")
        self.assembled.append((vrt_type, options))
        paths = tuple(member.ref.vsi_path for member in members)[self.drop :]
        return Assembly("\n".join(paths).encode(), paths)

    def describe(self, document: bytes) -> MosaicSummary:
        self._step("describe")
        return summary(size_bytes=len(document))

    def verify(self, document: bytes) -> MosaicSummary:
        self._step("verify")
        return summary(size_bytes=len(document))

    def sketches(
        self, placed: Sequence[Bounds | None], summary: MosaicSummary, sizes: Sequence[int]
    ) -> Mapping[int, bytes]:
        self._step("sketches")
        return dict.fromkeys(sizes, b"PNG of %d places of %d" % (len(placed), summary.width))

    def quicklooks(self, document: bytes, sizes: Sequence[int]) -> Mapping[int, bytes]:
        self._step("quicklooks")
        return dict.fromkeys(sizes, b"PNG" + document)

    def _step(self, name: str) -> None:
        if name in self.errors:
            raise self.errors[name]
