"""Refusals, and findings about sources."""

from typing import Any, Literal, NotRequired, TypedDict


class FindingContext(TypedDict):
    """What was compared with what."""

    expected: Any
    actual: Any
    reference: str | None
    """Id of the source that set what is expected; null where the rule itself does."""
    hint: str | None
    """What a person can do about it."""


class FindingEntry(TypedDict):
    """One thing that is wrong, or worth knowing, about one source."""

    loc: list[str | int]
    msg: str
    type: str
    input: str
    ctx: FindingContext
    source_id: str
    code: str
    """Stable machine word, such as `crs_mismatch`."""
    message: str
    field: str
    """What was compared, such as `crs` or `bands[1].dtype`."""
    severity: Literal["error", "warning"]


class FieldProblem(TypedDict):
    """One entry of a 422's `detail`; one about a source has the fields of `FindingEntry` too."""

    loc: list[str | int]
    msg: str
    type: str
    input: NotRequired[Any]
    ctx: NotRequired[dict[str, Any]]


class Problem(TypedDict):
    """A refusal, after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str | list[FieldProblem] | dict[str, Any]
    """A text; for a 422 a list, for a busy dataset an object, for a raster in use an `InUse`."""
    code: str
    """Stable machine word."""
    request_id: str
    findings_total: NotRequired[int]
    """How many entries a 422 has; `detail` lists the first 1,000 of them."""
    job_id: NotRequired[str | None]
    """The job that keeps a dataset busy."""


class DependentVrt(TypedDict):
    """A VRT that uses a raster."""

    vrt_dataset_id: str
    vrt_dataset_title: str


class InUse(TypedDict):
    """Why a raster has to stay as it is: the `detail` of a 409 with the code `dataset_in_use`."""

    message: str
    dependent_vrts: list[DependentVrt]
    """Those that the caller may read, by title."""
    hidden: int
    """How many others there are."""
