"""What each field and each query parameter takes, at its limits and one beyond.

A line is a value and what comes of it: `None` where it is taken, otherwise the `type` of the refusal, with the rest of
its place where that lies deeper than the field.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from rasterloom.domain.uploads import MAX_FILE_BYTES

type Refusal = str | tuple[Any, ...] | None
type Line = tuple[Any, Refusal]

UNKNOWN: Final = "8f14e45f-ceea-467f-9575-2a6f5e0f1c1d"
OTHER: Final = "0b5ad0d4-7d4e-4b0c-8f1d-2f0d3a1f6a77"

IDS_OF_EVERY_KIND: Final = {
    "version 1": "c232ab00-9414-11ec-b3c8-9e6bdeced846",
    "version 2": "000003e8-9414-21ec-b300-9e6bdeced846",
    "version 3": "5df41881-3aed-3515-88a7-2f4a814cf09e",
    "version 4": "919108f7-52d1-4320-9bac-f847db4148a8",
    "version 5": "2ed6657d-e927-568b-95e1-2665a8aea6a2",
    "version 6": "1ec9414c-232a-6b00-b3c8-9e6bdeced846",
    "version 7": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    "version 8": "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0",
    "no version": "919108f7-52d1-f320-dbac-f847db4148a8",
    "nil": "00000000-0000-0000-0000-000000000000",
    "max": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "upper case": "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
    "mixed case": "f81D4fAe-7dEc-11D0-a765-00a0C91e6bF6",
}
"""Every way of writing an id that is taken: after RFC 9562, in any case, of any version."""

NO_IDS: Final = (
    "",
    "x",
    f"{{{UNKNOWN}}}",
    f"urn:uuid:{UNKNOWN}",
    UNKNOWN.replace("-", ""),
    UNKNOWN[:-1],
    f"{UNKNOWN}0",
    UNKNOWN.replace("f", "g"),
    UNKNOWN.replace("-", "–"),  # noqa: RUF001 - a dash that is no hyphen is the point
    f" {UNKNOWN}",
    "８f14e45f-ceea-467f-9575-2a6f5e0f1c1d",  # noqa: RUF001 - nor is this a digit
)
"""What looks like an id and is none: there is one spelling, in bodies as in paths."""


def many_ids(count: int) -> list[str]:
    """Ids that no dataset has."""
    return [str(uuid5(NAMESPACE_URL, str(number))) for number in range(count)]


TITLE: Final[Sequence[Line]] = (
    ("", "string_too_short"),
    ("x", None),
    ("x" * 500, None),
    ("x" * 501, "string_too_long"),
    ("𐍈" * 500, None),
    ("𐍈" * 501, "string_too_long"),
    ("e\u0301" * 250, None),
    ("שלום עולם", None),
    ("\u202eABC\u202c", None),
    ("👩\u200d👩\u200d👧", None),
    ("   ", "blank"),
    ("\u3000\u2003", "blank"),
    ("one\ntwo", "control_character"),
    ("\x00", "control_character"),
    ("tab\t", "control_character"),
    ("\x7f", "control_character"),
    ("\x85", "control_character"),
    ("\ud800", "string_unicode"),
    (7, "string_type"),
    (True, "string_type"),
    (["x"], "string_type"),
    ({}, "string_type"),
)
SUMMARY: Final[Sequence[Line]] = (
    ("", None),
    ("x" * 5000, None),
    ("x" * 5001, "string_too_long"),
    ("𐍈" * 5000, None),
    ("one\r\n\ttwo", None),
    ("\x0b", "control_character"),
    ("\x1b[31m", "control_character"),
    (None, None),
    (7, "string_type"),
)
VISIBILITY: Final[Sequence[Line]] = (
    ("private", None),
    ("restricted", None),
    ("PRIVATE", "enum"),
    ("", "enum"),
    ("everyone", "enum"),
    (1, "enum"),
    ([], "enum"),
)
GROUPS: Final[Sequence[Line]] = (
    ([], None),
    (["x" * 128], None),
    (["x" * 129], ("string_too_long", 0)),
    ([""], ("string_too_short", 0)),
    (["a", " "], ("blank", 1)),
    (["a\n"], ("control_character", 0)),
    ([f"group {number}" for number in range(20)], None),
    ([f"group {number}" for number in range(21)], "too_long"),
    (["Vermessung 測量"], None),
    ([7], ("string_type", 0)),
    ("a", "list_type"),
    ({"a": "b"}, "list_type"),
)
SOURCES: Final[Sequence[Line]] = (
    ([], "too_short"),
    ([UNKNOWN], "too_short"),
    ([UNKNOWN, OTHER], None),
    (many_ids(10_001), "too_long"),
    ([UNKNOWN, "x"], ("uuid_parsing", 1)),
    ([UNKNOWN, 7], ("uuid_type", 1)),
    ([UNKNOWN, None], ("uuid_type", 1)),
    ([UNKNOWN, [OTHER]], ("uuid_type", 1)),
    (UNKNOWN, "list_type"),
    ({"0": UNKNOWN, "1": OTHER}, "list_type"),
)
ONE_ID: Final[Sequence[Line]] = (
    (UNKNOWN, None),
    *((text, None) for text in IDS_OF_EVERY_KIND.values()),
    *((text, "uuid_parsing") for text in NO_IDS),
    (7, "uuid_type"),
    (None, "uuid_type"),
    ([UNKNOWN], "uuid_type"),
)
STRATEGY: Final[Sequence[Line]] = (
    ("finest", None),
    ("coarsest", None),
    ("average", None),
    ("highest", "enum"),
    ("Finest", "enum"),
    (0, "enum"),
)
VRT_TYPE: Final[Sequence[Line]] = (
    ("mosaic", None),
    ("band_stack", None),
    ("stack", "enum"),
    ("Mosaic", "enum"),
    (None, "enum"),
)
NULL: Final[Line] = (None, None)

RESAMPLING: Final[Sequence[Line]] = (
    ("nearest", None),
    ("cubicspline", None),
    ("mode", None),
    ("rms", "enum"),
    ("", "enum"),
    (1, "enum"),
)
FLAG: Final[Sequence[Line]] = ((True, None), (False, None), NULL, ("yes", "bool_type"), (1, "bool_type"))
EXTENT: Final[Sequence[Line]] = (
    ([0, 0, 1, 1], None),
    ([-1e300, -0.5, 1e300, 0], None),
    ([0, 0, 0, 1], "extent_out_of_order"),
    ([0, 2, 1, 1], "extent_out_of_order"),
    ([179, -1, -179, 1], "extent_out_of_order"),
    ([0, 0, 1], "extent_type"),
    ([0, 0, 1, 1, 1], "extent_type"),
    ([0, 0, 1, "1"], ("float_type", 3)),
    ([0, 0, 1, True], ("float_type", 3)),
    ([0, None, 1, 1], ("float_type", 1)),
    ("0,0,1,1", "extent_type"),
    ({}, "extent_type"),
    NULL,
)
RESOLUTION: Final[Sequence[Line]] = (
    ([10, 10], None),
    ([1e-300, 0.1], None),
    ([0, 10], ("greater_than", 0)),
    ([10, -10], ("greater_than", 1)),
    ([10], "resolution_type"),
    ([10, 10, 10], "resolution_type"),
    (["10", 10], ("float_type", 0)),
    (10, "resolution_type"),
    NULL,
)
NODATA: Final[Sequence[Line]] = (
    (0, None),
    (-32768, None),
    (1.5, None),
    ("nan", None),
    (2**64 - 1, None),
    (2**64, None),
    (1e300, None),
    (10**400, "any"),
    ("NaN", "any"),
    ("0", "any"),
    (True, "any"),
    ([0], "any"),
    NULL,
)
MANIFEST: Final[Sequence[Line]] = (
    ("", "string_too_short"),
    ("s3://rasterloom-sources/" + "k" * 2025, "string_too_long"),
    (7, "string_type"),
    ([], "string_type"),
    NULL,
)

PART: Final = {"etag": '"9e107d9d372bb6826bd81d3542a419d6"', "part_number": 1}

FIELDS: Final[Mapping[tuple[str, str], Sequence[Line]]] = {
    ("register_raster", "uri"): (
        ("", "string_too_short"),
        ("s3://rasterloom-sources/" + "k" * 1024, None),
        ("s3://rasterloom-sources/" + "k" * 1025, "invalid_uri"),
        ("s3://rasterloom-sources/" + "k" * 2024, "invalid_uri"),
        ("s3://rasterloom-sources/" + "k" * 2025, "string_too_long"),
        ("s3://rasterloom-sources/../x.tif", "object_unreadable"),
        ("s3://rasterloom-sources//x.tif", "object_unreadable"),
        ("s3://rasterloom-sources/x\n.tif", "object_unreadable"),
        ("s3://rasterloom-sources", "invalid_uri"),
        ("S3://rasterloom-sources/x.tif", "invalid_uri"),
        ("https://rasterloom-sources/x.tif", "invalid_uri"),
        ("\ud800", "string_unicode"),
        (7, "string_type"),
        (None, "string_type"),
    ),
    ("register_raster", "title"): (*TITLE, NULL),
    ("register_raster", "summary"): SUMMARY,
    ("register_raster", "visibility"): (*VISIBILITY, ("internal", None), ("public", None), NULL),
    ("register_raster", "groups"): (*GROUPS, NULL),
    ("register_rasters", "uris"): (
        ([], "too_short"),
        (["s3://rasterloom-sources/no/such/object.tif"], None),
        (["s3://rasterloom-sources/1.tif", "s3://rasterloom-sources/1.tif"], ("duplicate_uri", 1)),
        (["s3://rasterloom-sources/1.tif", "1.tif"], ("invalid_uri", 1)),
        (["s3://rasterloom-sources/" + "k" * 1024], None),
        (["s3://rasterloom-sources/" + "k" * 1025], ("invalid_uri", 0)),
        ([""], ("string_too_short", 0)),
        ([7], ("string_type", 0)),
        ("s3://rasterloom-sources/1.tif", "list_type"),
    ),
    ("register_rasters", "prefix"): (
        ("", "string_too_short"),
        ("s3://rasterloom-sources/" + "k" * 2025, "string_too_long"),
        (7, "string_type"),
        ([], "string_type"),
        NULL,
    ),
    ("register_rasters", "visibility"): (*VISIBILITY, ("internal", None), ("public", None), NULL),
    ("register_rasters", "groups"): (*GROUPS, NULL),
    ("request_upload", "filename"): (
        ("", "string_too_short"),
        ("a.tif", None),
        ("A.TIFF", None),
        ("a.jsonl.gz", None),
        ("x" * 251 + ".tif", None),
        ("x" * 252 + ".tif", "string_too_long"),
        ("𐍈" * 63 + ".tif", "invalid_filename"),
        ("a.shp", "unsupported_file_type"),
        ("tif", "unsupported_file_type"),
        ("a/b.tif", "invalid_filename"),
        ("a\n.tif", "invalid_filename"),
        ("\u202ea.tif", "invalid_filename"),
        (7, "string_type"),
        (None, "string_type"),
    ),
    ("request_upload", "file_size"): (
        (1, None),
        (MAX_FILE_BYTES, None),
        (0, "greater_than_equal"),
        (-1, "greater_than_equal"),
        (MAX_FILE_BYTES + 1, "less_than_equal"),
        ("5", "int_type"),
        (1.5, "any"),
        (True, "int_type"),
        (None, "int_type"),
    ),
    ("request_upload", "content_type"): (
        ("image/tiff; application=geotiff", None),
        ("x" * 255, None),
        ("x" * 256, "string_pattern_mismatch"),
        ("", "string_pattern_mismatch"),
        ("a\nb", "string_pattern_mismatch"),
        ("a\n", "string_pattern_mismatch"),
        ("é", "string_pattern_mismatch"),
        (None, "string_type"),
    ),
    ("request_upload", "kind"): ((None, None), ("tileset", "none_required"), (0, "none_required")),
    ("complete_upload", "parts"): (
        ([], None),
        ([PART], None),
        ([PART] * 1000, None),
        ([PART] * 1001, "too_long"),
        ([{**PART, "part_number": 0}], ("greater_than_equal", 0, "part_number")),
        ([{**PART, "part_number": "1"}], ("int_type", 0, "part_number")),
        ([{**PART, "etag": ""}], ("string_too_short", 0, "etag")),
        ([PART, {**PART, "etag": "x" * 201}], ("string_too_long", 1, "etag")),
        ([{**PART, "size": 7}], ("extra_forbidden", 0, "size")),
        ([{"etag": "x"}], ("missing", 0, "part_number")),
        ([7], ("model_type", 0)),
        ({}, "list_type"),
        (None, "list_type"),
    ),
    ("create_vrt", "source_dataset_ids"): SOURCES,
    ("create_vrt", "manifest_uri"): MANIFEST,
    ("create_vrt", "resampling"): (*RESAMPLING, (None, "enum")),
    ("create_vrt", "nodata_override"): NODATA,
    ("create_vrt", "add_alpha"): FLAG,
    ("create_vrt", "auto_regenerate"): FLAG,
    ("create_vrt", "target_extent"): EXTENT,
    ("create_vrt", "target_resolution"): RESOLUTION,
    ("create_vrt", "target_aligned_pixels"): (*FLAG[1:], (True, "target_resolution_required")),
    ("create_vrt", "vrt_type"): VRT_TYPE,
    ("create_vrt", "resolution_strategy"): (*STRATEGY, (None, "enum")),
    ("create_vrt", "title"): (*TITLE, (None, "string_type")),
    ("create_vrt", "summary"): SUMMARY,
    ("create_vrt", "visibility"): (*VISIBILITY, ("internal", None), ("public", None), (None, "enum")),
    ("create_vrt", "groups"): (*GROUPS, (None, "list_type")),
    ("add_vrt_source", "source_dataset_id"): ONE_ID,
    ("validate_vrt", "source_dataset_ids"): SOURCES,
    ("validate_vrt", "manifest_uri"): MANIFEST,
    ("validate_vrt", "resampling"): (*RESAMPLING, (None, "enum")),
    ("validate_vrt", "nodata_override"): NODATA,
    ("validate_vrt", "add_alpha"): FLAG,
    ("validate_vrt", "auto_regenerate"): FLAG,
    ("validate_vrt", "target_extent"): EXTENT,
    ("validate_vrt", "target_resolution"): RESOLUTION,
    ("validate_vrt", "target_aligned_pixels"): (*FLAG[1:], (True, "target_resolution_required")),
    ("validate_vrt", "vrt_type"): VRT_TYPE,
    ("validate_vrt", "resolution_strategy"): (*STRATEGY, (None, "enum")),
    ("validate_vrt", "title"): (*TITLE, NULL),
    ("validate_vrt", "summary"): SUMMARY,
    ("validate_vrt", "visibility"): (*VISIBILITY, ("public", None), (None, "enum")),
    ("validate_vrt", "groups"): (*GROUPS, (None, "list_type")),
    ("replace_vrt_sources", "source_dataset_ids"): (*SOURCES, (None, "list_type")),
    ("update_vrt_options", "resolution_strategy"): (*STRATEGY, NULL),
    ("update_vrt_options", "resampling"): (*RESAMPLING, NULL),
    ("update_vrt_options", "nodata_override"): NODATA,
    ("update_vrt_options", "add_alpha"): FLAG,
    ("update_vrt_options", "auto_regenerate"): FLAG,
    ("update_vrt_options", "target_extent"): EXTENT,
    ("update_vrt_options", "target_resolution"): RESOLUTION,
    ("update_vrt_options", "target_aligned_pixels"): FLAG,
    ("update_dataset", "title"): (*TITLE, NULL),
    ("update_dataset", "summary"): SUMMARY,
    ("update_dataset", "visibility"): (*VISIBILITY, NULL),
    ("update_dataset", "groups"): (*GROUPS, NULL),
    ("delete_dataset", "confirm_title"): (
        ("another title", None),
        ("", None),
        ("x" * 5000, None),
        (7, "string_type"),
        ([], "string_type"),
    ),
    ("read_job_statuses", "job_ids"): (
        ([], "too_short"),
        ([UNKNOWN], None),
        ([UNKNOWN] * 2, None),
        (many_ids(100), None),
        (many_ids(101), "too_long"),
        (["x"], ("uuid_parsing", 0)),
        ([None], ("uuid_type", 0)),
        (UNKNOWN, "list_type"),
        (None, "list_type"),
    ),
}
"""By operation and field of its body; `any` is whatever refusal at the field or in it."""

BASES: Final[Mapping[str, Mapping[str, Any]]] = {
    "register_raster": {"uri": "s3://rasterloom-sources/no/such/object.tif"},
    "register_rasters": {"uris": ["s3://rasterloom-sources/no/such/object.tif"]},
    "create_vrt": {
        "source_dataset_ids": [UNKNOWN, OTHER],
        "vrt_type": "mosaic",
        "resolution_strategy": "finest",
        "title": "At the limits",
    },
    "validate_vrt": {"source_dataset_ids": [UNKNOWN, OTHER], "vrt_type": "mosaic"},
    "request_upload": {"filename": "limits.tif", "file_size": 1000},
    "complete_upload": {"parts": []},
    "add_vrt_source": {"source_dataset_id": UNKNOWN},
    "replace_vrt_sources": {"source_dataset_ids": [UNKNOWN, OTHER]},
    "update_vrt_options": {"resolution_strategy": "finest", "resampling": "nearest"},
    "update_dataset": {"summary": "At the limits"},
    "delete_dataset": {"confirm_title": "not its title"},
    "read_job_statuses": {"job_ids": [UNKNOWN]},
}
"""A body of each operation that takes one, with which every field is valid."""

INTEGERS: Final[Mapping[tuple[str, str], tuple[int, int]]] = {
    ("list_datasets", "limit"): (1, 200),
    ("list_datasets", "skip"): (0, 1_000_000),
    ("list_datasets", "offset"): (0, 1_000_000),
    ("list_jobs", "limit"): (1, 200),
    ("list_jobs", "skip"): (0, 1_000_000),
    ("list_jobs", "offset"): (0, 1_000_000),
    ("list_vrt_generations", "limit"): (1, 100),
    ("list_vrt_generations", "skip"): (0, 1_000_000),
    ("list_vrt_generations", "offset"): (0, 1_000_000),
    ("list_vrt_sources", "limit"): (1, 1000),
    ("list_registrations", "limit"): (1, 1000),
    ("read_quicklook", "size"): (1, 512),
}
"""Whole numbers in the query, with the least and the greatest that are taken."""

NO_INTEGERS: Final = ("", " ", "x", "1.0", "1e2", "0x1", "1_0", "true", "null", "٣", "--1", "1" * 19, "1,2", "1 2")

TEXTS: Final[Mapping[tuple[str, str], Sequence[Line]]] = {
    ("list_datasets", "record_type"): (
        ("raster_dataset", None),
        ("vrt_dataset", None),
        ("raster", "enum"),
        ("", "enum"),
        ("VRT_DATASET", "enum"),
    ),
    ("list_jobs", "status"): (
        *((text, None) for text in ("pending", "running", "complete", "failed", "cancelled")),
        ("completed", "enum"),
        ("", "enum"),
    ),
    ("list_jobs", "dataset_id"): (
        *((text, None) for text in IDS_OF_EVERY_KIND.values()),
        *((text, "uuid_parsing") for text in NO_IDS),
    ),
    ("list_vrt_sources", "cursor"): (
        ("0", None),
        ("1", None),
        ("999999", None),
        ("x", "invalid_cursor"),
        ("-1", "invalid_cursor"),
        ("", "invalid_cursor"),
        ("1" * 5000, "invalid_cursor"),
    ),
    ("list_registrations", "cursor"): (
        ("0.0", None),
        ("0.1", None),
        ("99.0", None),
        ("0", "invalid_cursor"),
        ("x", "invalid_cursor"),
        ("", "invalid_cursor"),
        ("-1.0", "invalid_cursor"),
        ("1" * 5000, "invalid_cursor"),
    ),
    ("read_vrt_status", "probe"): (
        ("true", None),
        ("false", None),
        ("", "bool_parsing"),
        ("1", "bool_parsing"),
        ("TRUE", "bool_parsing"),
    ),
    ("delete_dataset", "confirm_title"): (("not its title", None), ("", None)),
}
"""Other query parameters."""
