"""A bucket that takes uploads, in memory, and a caller's side of one."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rasterloom.domain.errors import ObjectError, ObjectMissingError
from rasterloom.domain.objects import ObjectRef, ObjectStat
from rasterloom.domain.raster import RasterProfile
from rasterloom.domain.uploads import Part, Upload
from rasterloom.ports import HeaderRead
from tests.support.factories import profile
from tests.support.fakes import MemoryObjects

BUCKET = "artifacts"


def etag_of(text: str) -> str:
    """An ETag, without quotes."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass
class MemoryUploadStore:
    """Multipart uploads by id, beside the objects that S3 has."""

    objects: MemoryObjects
    multiparts: dict[str, dict[int, Part]] = field(default_factory=dict)
    assembled: list[str] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)
    discarded: list[str] = field(default_factory=list)
    on_assemble: Callable[[], None] = lambda: None

    def begin(self, key: str, content_type: str) -> str:
        assert key.startswith("uploads/")
        assert content_type
        upload_id = f"multipart-{len(self.multiparts) + 1}"
        self.multiparts[upload_id] = {}
        return upload_id

    def urls(self, upload: Upload, seconds: int) -> Sequence[str]:
        return [
            f"https://signed.invalid/{upload.key}?part={number}&bytes={upload.bytes_of(number)}&for={seconds}"
            for number in range(1, upload.part_count + 1)
        ]

    def parts(self, upload: Upload) -> Sequence[Part] | None:
        found = self.multiparts.get(str(upload.upload_id))
        return None if found is None else [found[number] for number in sorted(found)]

    def assemble(self, upload: Upload, parts: Sequence[Part]) -> None:
        self.on_assemble()
        if self.multiparts.pop(str(upload.upload_id), None) is None:
            return
        self.assembled.append(upload.key)
        self._hold(upload, etag_of("".join(part.etag for part in parts)), sum(part.size_bytes or 0 for part in parts))

    def abort(self, upload: Upload) -> None:
        if self.multiparts.pop(str(upload.upload_id), None) is not None:
            self.aborted.append(upload.key)

    def discard(self, key: str) -> None:
        self.discarded.append(key)
        self.objects.sources.pop(ObjectRef(BUCKET, key), None)

    def send(self, upload: Upload, number: int = 1, *, size: int | None = None, content: str = "") -> Part:
        """PUT one part, as its caller would; what its URL says of the length is not enforced here."""
        part = Part(number, etag_of(f"{upload.id}{number}{content}"), upload.bytes_of(number) if size is None else size)
        if upload.upload_id is None:
            self._hold(upload, part.etag, part.size_bytes or 0)
        else:
            self.multiparts[upload.upload_id][number] = part
        return part

    def send_all(self, upload: Upload) -> list[Part]:
        """PUT every part."""
        return [self.send(upload, number) for number in range(1, upload.part_count + 1)]

    def _hold(self, upload: Upload, etag: str, size: int) -> None:
        self.objects.sources[ObjectRef(BUCKET, upload.key)] = ObjectStat(f'"{etag}"', size)


@dataclass
class HeadersInMemory:
    """Headers of whatever objects there are: all have one profile."""

    objects: MemoryObjects
    shared: RasterProfile = field(default_factory=profile)
    error: ObjectError | None = None
    on_read: Callable[[], None] = lambda: None

    def read(self, ref: ObjectRef) -> HeaderRead:
        self.on_read()
        stat = self.objects.sources.get(ref, ObjectMissingError(ref.uri))
        if self.error is not None:
            raise self.error
        if isinstance(stat, ObjectError):
            raise stat
        return HeaderRead(stat, self.shared)
