"""Bodies about uploads."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from rasterloom.domain.uploads import MAX_FILE_BYTES, MAX_PARTS, Part, filename_problem, suffixes_expected
from rasterloom.http.bodies.base import Body
from rasterloom.services.request_upload import UploadRequest


def _nameable(text: str) -> str:
    problem = filename_problem(text)
    if problem is not None:
        raise PydanticCustomError("invalid_filename", "Input should be {expected}", {"expected": problem})
    return text


def _known_suffix(text: str) -> str:
    suffixes = suffixes_expected()
    if not text.lower().endswith(tuple(suffixes)):
        expected = {"expected": ", ".join(suffixes)}
        raise PydanticCustomError("unsupported_file_type", "Input should end in one of {expected}", expected)
    return text


type Filename = Annotated[
    str,
    Field(min_length=1, max_length=255, examples=["scene.tif"]),
    AfterValidator(_known_suffix),
    AfterValidator(_nameable),
]


class RequestUploadBody(Body):
    """A file to be uploaded: a GeoTIFF (`.tif`, `.tiff`), or a list of sources (`.jsonl`, `.jsonl.gz`)."""

    filename: Filename
    """Its name, without a path; a raster is called by it."""
    file_size: Annotated[int, Field(ge=1, le=MAX_FILE_BYTES, strict=True, examples=[1048576])]
    """Bytes. Exactly as many have to come."""
    content_type: Annotated[str, Field(pattern=r"^[\x20-\x7e]{1,255}$")] = "application/octet-stream"
    """What the object is said to be; nothing here depends on it."""
    kind: None = None
    """The published API takes tilesets and point clouds under a `kind`; here is none of them."""

    def request(self) -> UploadRequest:
        """What the use case takes."""
        return UploadRequest(self.filename, self.file_size, self.content_type)


class UploadedPart(Body):
    """A part that was sent."""

    etag: Annotated[str, Field(min_length=1, max_length=200)]
    """The `ETag` that S3 answered, with or without its quotes."""
    part_number: Annotated[int, Field(ge=1, strict=True)]
    """Which URL it was sent to, from 1."""


class CompleteUploadBody(Body):
    """What was sent."""

    parts: Annotated[list[UploadedPart], Field(max_length=MAX_PARTS)] = Field(default=[])
    """Every part once, in any order; none are needed where one URL took the whole file."""

    def listed(self) -> tuple[Part, ...]:
        """What the use case takes."""
        return tuple(Part(part.part_number, part.etag.strip('"')) for part in self.parts)
