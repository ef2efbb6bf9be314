"""Text from elsewhere, made fit for a terminal."""

import json
import unicodedata

from rich.text import Text


def plain(value: object) -> str:
    """The value as one line that cannot steer a terminal: control and format characters become their code points."""
    return "".join(_visible(char) for char in str(value))


def cell(value: object, style: str = "") -> Text:
    """The value in a table or a sentence; None is a hyphen. Nothing in it is taken for markup."""
    return Text("-" if value is None else plain(value), style=style)


def compact(value: object) -> str:
    """A value out of a finding: text as it is, anything else as JSON."""
    return plain(value if isinstance(value, str) else json.dumps(value))


def _visible(char: str) -> str:
    if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"}:
        return " " if char in "\n\r\t" else f"<U+{ord(char):04X}>"
    return char
