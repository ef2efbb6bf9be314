"""Fields of the API by the names that they have on the command line."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

OPTIONS: Final[Mapping[str, str]] = {
    "add_alpha": "--add-alpha",
    "auto_regenerate": "--auto-regenerate",
    "groups": "--group",
    "manifest_uri": "--manifest",
    "nodata_override": "--nodata",
    "prefix": "--prefix",
    "resampling": "--resampling",
    "resolution_strategy": "--resolution",
    "summary": "--summary",
    "target_aligned_pixels": "--aligned-pixels",
    "target_extent": "--target-extent",
    "target_resolution": "--target-resolution",
    "title": "--title",
    "visibility": "--visibility",
    "vrt_type": "--type",
}
"""The option that a field of a request is given by."""

_LISTS: Final = frozenset({"source_dataset_ids", "uris"})
"""Fields that are given as arguments, not by an option."""

_FIELDS: Final = re.compile(rf"\b({'|'.join(name for name in OPTIONS if '_' in name)})\b")
"""The same within a sentence; a name of one word may be just that word."""


_OF_THE_WHOLE: Final = frozenset({"target_extent", "target_resolution"})
"""What a finding compares where an option is to blame: the source that it names, the first one, stands for all."""


def is_about_source(finding: Mapping[str, Any]) -> bool:
    """Whether a source is to blame for a finding, and no option."""
    return "source_id" in finding and finding.get("field") not in _OF_THE_WHOLE


def place(loc: Sequence[str | int]) -> str:
    """Where in a command line a finding points, counted from 1.

    Args:
        loc: Where in the request, such as `["body", "source_dataset_ids", 3]`; members of lists are counted from 0,
            lines of a manifest from 1.
    """
    match list(loc[1:]):
        case ["manifest_uri", int(line)]:
            return f"line {line} of the manifest"
        case [str(name), int(index)] if name in _LISTS:
            return f"no. {index + 1} of the list"
        case [str(name), int(index)]:
            return f"{OPTIONS.get(name, name)}, no. {index + 1}"
        case []:
            return str(loc[0]) if loc else "request"
        case parts:
            return ".".join(OPTIONS.get(str(part), str(part)) for part in parts)


def spoken(sentence: str) -> str:
    """A sentence of the API in which options stand for fields."""
    return _FIELDS.sub(lambda found: OPTIONS[found[0]], sentence)
