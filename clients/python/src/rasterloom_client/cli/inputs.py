"""Lists of ids and URIs: on the command line, from stdin, or out of files."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from uuid import UUID

import click


def read_ids(arguments: Sequence[str]) -> list[str]:
    """Ids in order; `-` stands for the lines of stdin, and what is no id for the lines of the file of that name.

    Raises:
        click.BadParameter: Something is no id; it is named with its line.
    """
    return list(_read(arguments, _is_id, "an id (a UUID)"))


def read_uris(arguments: Sequence[str]) -> list[str]:
    """URIs in order, read as ids are."""
    return list(_read(arguments, _is_uri, "s3://BUCKET/KEY"))


def _read(arguments: Sequence[str], is_one: Callable[[str], bool], expected: str) -> Iterator[str]:
    for argument in arguments:
        if is_one(argument):
            yield argument
            continue
        for number, line in _lines(argument, expected):
            if not is_one(line):
                raise click.BadParameter(f"{_name(argument)}, line {number}: expected {expected}; found {line[:80]!r}")
            yield line


def _lines(argument: str, expected: str) -> Iterable[tuple[int, str]]:
    """The lines that say something, with their numbers from 1; `#` begins a comment line."""
    if argument == "-":
        text = sys.stdin.read()
    elif Path(argument).is_file():
        text = _text_of(Path(argument))
    else:
        raise click.BadParameter(f"expected {expected}, a file that lists them, or -; found {argument[:200]!r}")
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    said = [(number, line) for number, line in stripped if line and not line.startswith("#")]
    if not said:
        raise click.BadParameter(f"{_name(argument)}: expected lines, each {expected}; found none")
    return said


def _name(argument: str) -> str:
    return "stdin" if argument == "-" else argument


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{file}: expected text; found bytes that are no UTF-8 at {error.start}") from error


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _is_uri(text: str) -> bool:
    return text.startswith("s3://")
