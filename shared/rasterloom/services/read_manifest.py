"""Read a list of sources that somebody keeps, or has made, as a file: an object on S3 with one source on each line."""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.errors import InvalidInputError, InvalidUriError, ObjectError
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.refusals import InvalidInputs
from rasterloom.ports import Objects
from rasterloom.services.places import Places

FIELD: Final = "source_dataset_id"

MAX_MANIFEST_BYTES: Final = 16 << 20
"""Of the object, and of its lines when it is unpacked: 100,000 lines of `{"source_dataset_id": "…"}` have 6.2 MB."""
FEWEST_LISTED: Final = 2
MOST_LISTED: Final = 100_000
"""Sources that one invocation of the builder can weave, with its time and memory to spare."""
MOST_WAITED_FOR: Final = 10_000
"""Sources that are held against the catalogue, the rules and S3 while a caller waits, before the deadline of 25 s; of
more, the build does it."""
MOST_MEMBERS: Final = 1_000
"""Gzipped pieces of one object, each of which takes time and may hold nothing; 16 MiB in blocks of 64 KB have 257."""
MAX_LINE: Final = 1_000
"""Characters of a line that may name a source: with every one of them escaped, 330."""
MAX_SHOWN: Final = 120
"""Characters of a line that a refusal repeats."""

_GZIP: Final = b"\x1f\x8b"
_MEMBER: Final = _GZIP + b"\x08"
"""How a gzipped piece begins. Elsewhere in what is packed it stands once in 16 MiB."""
_SOMETHING: Final = re.compile(r"\S")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_EXPECTED: Final = f'{{"{FIELD}": "<uuid>"}} or "<uuid>"'

LOC: Final[tuple[str | int, ...]] = ("body", "manifest_uri")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest lists."""

    source_ids: tuple[str, ...]
    """In lower case, in order."""
    lines: tuple[int, ...]
    """The line, from 1, of each of them."""


@dataclass(frozen=True, slots=True)
class ReadManifest:
    """Reads manifests: JSON lines in UTF-8, each an object with the one field `source_dataset_id`, or only its text.

    Lines without anything on them are skipped, and counted. The object may be gzipped, whatever its name.
    """

    objects: Objects
    places: Places
    fewest: int
    most: int
    """Sources."""

    def __call__(self, principal: Principal, uri: str) -> Manifest:
        """Read one.

        Raises:
            ForbiddenError: The caller may not have this object read; whether it exists was not looked at.
            InvalidInputError: The URI names no object that can be read, or one that is too long.
            InvalidInputsError: Lines are not as they have to be; the first are named, and all are counted up to where
                more are listed than may be, which is named, too.
        """
        manifest = self._parsed(uri, _text(uri, self._content(principal, uri)))
        count = len(manifest.source_ids)
        if count < self.fewest:
            raise self._miscounted(uri, f"{uri} names {count}", count)
        return manifest

    def _parsed(self, uri: str, text: str) -> Manifest:
        """Read every line that may be one, and refuse all that are wrong at once."""
        seen: dict[str, int] = {}
        problems = InvalidInputs()
        lines = _lines(text)
        for number, line in islice(lines, self.most):
            problem = _problem(number, line, seen)
            if problem is not None:
                problems.add(problem)
        beyond = next(lines, None)
        if beyond is not None:
            told = f"{uri} has more than {self.most} lines that are not empty; it was not read from line {beyond[0]} on"
            problems.add_first(self._miscounted(uri, told, f"more than {self.most}"))
        problems.require_none()
        return Manifest(tuple(seen), tuple(seen.values()))

    def _miscounted(self, uri: str, told: str, count: object) -> InvalidInputError:
        expected = f"{self.fewest} to {self.most}"
        return manifest_refusal("source_count", f"{told}; expected {expected} sources", uri, expected, count)

    def _content(self, principal: Principal, uri: str) -> bytes:
        try:
            ref = ObjectRef.parse(uri)
            self.places.require(principal, ref)
            content = self.objects.read_source(ref, MAX_MANIFEST_BYTES)
        except InvalidUriError as error:
            raise manifest_refusal(error.code, error.message, uri, str(error.data["expected"]), uri) from error
        except ObjectError as error:
            raise manifest_refusal(error.code, error.message, uri, "an object that can be read", error.code) from error
        if content is None:
            raise _too_large(uri)
        return content


def _text(uri: str, content: bytes) -> str:
    if content.startswith(_GZIP):
        content = _unpacked(uri, content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"Line {line} of {uri} is no UTF-8"
        found = content[error.start : error.start + 1].hex()
        raise _line_refusal("manifest_line", message, f"byte 0x{found}", line, "UTF-8") from error


def _unpacked(uri: str, packed: bytes) -> bytes:
    """Unpack no more than a manifest may have: a few kilobytes can hold gigabytes, and megabytes nothing at all."""
    if packed.count(_MEMBER) > MOST_MEMBERS:
        message = f"{uri} is gzipped in more than {MOST_MEMBERS} pieces"
        raise manifest_refusal("manifest_unreadable", message, uri, f"at most {MOST_MEMBERS} pieces", "more")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            content = file.read(MAX_MANIFEST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        message = f"{uri} begins as gzip and cannot be unpacked: {error}"
        raise manifest_refusal("manifest_unreadable", message, uri, "gzip", str(error)) from error
    if len(content) > MAX_MANIFEST_BYTES:
        raise _too_large(uri)
    return content


def _problem(number: int, line: str, seen: dict[str, int]) -> InvalidInputError | None:
    """What is wrong with a line; where nothing is, its source is among those that were seen, with their lines."""
    source_id = _source_of(line)
    if source_id is None:
        message = f"Line {number} names no source: expected {_EXPECTED}, found {line[:MAX_SHOWN]}"
        return _line_refusal("manifest_line", message, line[:MAX_SHOWN], number, _EXPECTED)
    if source_id in seen:
        message = f"Line {number} repeats source {source_id}, which is on line {seen[source_id]}"
        return _line_refusal("duplicate_source", message, source_id, number, "each source once")
    seen[source_id] = number
    return None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with something on them, and their numbers from 1; only a line feed, or one after a return, ends a line.

    One after the other: all at once, 16 MiB of them are gigabytes.
    """
    number, at = 1, 0
    while (found := _SOMETHING.search(text, at)) is not None:
        number += text.count("\n", at, found.start())
        end = text.find("\n", found.start())
        at = end if end >= 0 else len(text)
        yield number, text[found.start() : at].rstrip()


def _source_of(line: str) -> str | None:
    """The id on a line, in lower case; None where there is none, or anything beside it."""
    if len(line) > MAX_LINE:
        return None
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(told, dict) and told.keys() == {FIELD}:
        told = told[FIELD]
    return told.lower() if isinstance(told, str) and _UUID.fullmatch(told) else None


def _too_large(uri: str) -> InvalidInputError:
    message = f"{uri} is too large: a manifest may have {MAX_MANIFEST_BYTES} bytes, unpacked too"
    return manifest_refusal("manifest_too_large", message, uri, f"at most {MAX_MANIFEST_BYTES} bytes", "more")


def manifest_refusal(code: str, message: str, uri: str, expected: str, actual: object) -> InvalidInputError:
    """About the manifest as a whole."""
    return InvalidInputError(code, message, loc=LOC, value=uri, expected=expected, actual=actual)


def _line_refusal(code: str, message: str, found: str, line: int, expected: str) -> InvalidInputError:
    """About one line of it, from 1."""
    return InvalidInputError(code, message, loc=(*LOC, line), value=found, expected=expected, actual=found)
