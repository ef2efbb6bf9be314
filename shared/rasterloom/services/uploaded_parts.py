"""What its sender says of an upload's parts, held against what has arrived."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rasterloom.domain.errors import InvalidInputError
from rasterloom.domain.objects import ObjectStat
from rasterloom.domain.refusals import InvalidInputsError
from rasterloom.domain.uploads import Part, Upload

type Loc = tuple[str | int, ...]

_PARTS: Loc = ("body", "parts")


def require_parts(upload: Upload, arrived: Sequence[Part], listed: Sequence[Part]) -> None:
    """Let a multipart upload through if every part has arrived, is listed once, and is the one that was sent.

    Args:
        upload: Says how many parts there are, and how long each is.
        arrived: What S3 has.
        listed: What the sender says, in any order.

    Raises:
        InvalidInputsError: It names every part that is not as it has to be.
    """
    _refuse([*_listing_problems(upload, listed), *_part_problems(upload, arrived, listed)])


def require_object(upload: Upload, found: ObjectStat, listed: Sequence[Part]) -> None:
    """Let a file through that went up in one request, if it has the length, and the ETag if the sender names one.

    Raises:
        InvalidInputsError: It is another file.
    """
    arrived = Part(1, found.etag.strip('"'), found.size_bytes)
    problems = [*_listing_problems(upload, listed)]
    if arrived.size_bytes != upload.size_bytes:
        problems.append(_size_problem(upload, arrived, _PARTS))
    problems += _etag_problems(arrived, listed)
    _refuse(problems)


def require_sent(upload: Upload) -> None:
    """Refuse a file that was to go up in one request and has not.

    Raises:
        InvalidInputsError: Always.
    """
    _refuse([_missing(upload, 1, _PARTS)])


def _refuse(problems: Sequence[InvalidInputError]) -> None:
    if problems:
        raise InvalidInputsError(problems)


def _listing_problems(upload: Upload, listed: Sequence[Part]) -> Iterator[InvalidInputError]:
    """Numbers that the upload does not have, and numbers that come again."""
    seen: Counter[int] = Counter()
    for index, part in enumerate(listed):
        loc = (*_PARTS, index, "part_number")
        seen[part.number] += 1
        if not 1 <= part.number <= upload.part_count:
            expected = f"1 to {upload.part_count}"
            yield _problem("unknown_part", f"This upload has no part {part.number}", loc, expected, part.number)
        elif seen[part.number] > 1:
            yield _problem("duplicate_part", f"Part {part.number} is listed before", loc, "each part once", part.number)


def _part_problems(upload: Upload, arrived: Sequence[Part], listed: Sequence[Part]) -> Iterator[InvalidInputError]:
    by_number = {part.number: part for part in arrived}
    indexes = {part.number: index for index, part in reversed(list(enumerate(listed)))}
    for number in range(1, upload.part_count + 1):
        part, index = by_number.get(number), indexes.get(number)
        loc = _PARTS if index is None else (*_PARTS, index)
        if part is None:
            yield _missing(upload, number, loc)
            continue
        if part.size_bytes != upload.bytes_of(number):
            yield _size_problem(upload, part, loc)
        if index is None:
            message = f"Part {number} of {upload.part_count} has arrived and is not listed"
            yield _problem("part_not_listed", message, loc, f"part {number}", None)
        yield from _etag_problems(part, listed)


def _missing(upload: Upload, number: int, loc: Loc) -> InvalidInputError:
    message = f"Part {number} of {upload.part_count} has not arrived"
    return _problem("part_missing", message, loc, f"{upload.bytes_of(number)} bytes", None)


def _size_problem(upload: Upload, part: Part, loc: Loc) -> InvalidInputError:
    expected = upload.bytes_of(part.number)
    message = f"Part {part.number} of {upload.part_count} has {part.size_bytes} bytes, expected {expected}"
    return _problem("part_size_mismatch", message, loc, expected, part.size_bytes)


def _etag_problems(part: Part, listed: Sequence[Part]) -> Iterator[InvalidInputError]:
    for index, told in enumerate(listed):
        if told.number == part.number and told.etag != part.etag:
            message = f"Part {part.number} has the ETag {part.etag}, not {told.etag}"
            yield _problem("part_etag_mismatch", message, (*_PARTS, index, "etag"), part.etag, told.etag)


def _problem(code: str, message: str, loc: Loc, expected: object, actual: object) -> InvalidInputError:
    return InvalidInputError(code, message, loc=loc, value=actual, expected=expected, actual=actual)
