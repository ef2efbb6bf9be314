"""Refusals, and findings about sources."""

from typing import Any, Literal, NotRequired, TypedDict

from rasterloom.http.answers.formats import Id


class FindingContext(TypedDict):
    """What was compared with what."""

    expected: Any
    """What the reference source has, or what the rule asks for."""
    actual: Any
    """What this source has."""
    reference: Id | None
    """Id of the source that set what is expected; null where the rule itself does."""
    hint: str | None
    """What a person can do about it."""


class FindingEntry(TypedDict):
    """One thing that is wrong, or worth knowing, about one source."""

    loc: list[str | int]
    """Where in the request the source stands, or the option that is to blame, from `body` or `path` inwards."""
    msg: str
    """What is wrong, for people."""
    type: str
    """The same as `code`."""
    input: str
    """The same as `source_id`."""
    ctx: FindingContext
    """What was found, and what was expected."""
    source_id: str
    """Id of the source, of the first one where an option is to blame; its URI where it has no id yet."""
    code: str
    """Stable machine word, such as `crs_mismatch`."""
    message: str
    """The same as `msg`."""
    field: str
    """What was compared, such as `crs`, `bands[1].dtype` or `target_extent`."""
    severity: Literal["error", "warning"]
    """Only errors refuse; warnings are told beside them."""


class FieldProblem(TypedDict):
    """One field that is not what it has to be."""

    loc: list[str | int]
    """Where in the request it stands, from `body`, `path`, `query` or `header` inwards."""
    msg: str
    """What is wrong, for people."""
    type: str
    """What is wrong, as a stable machine word such as `missing` or `too_long`."""
    input: NotRequired[Any]
    """What was found; the beginning of what is long, and nothing of what is a list or an object."""
    ctx: NotRequired[dict[str, Any]]
    """What was expected, by the names that `msg` uses."""


class DependentVrt(TypedDict):
    """A VRT that uses a raster."""

    vrt_dataset_id: Id
    """The VRT's."""
    vrt_dataset_title: str
    """The VRT's."""


class InUse(TypedDict):
    """Why a raster has to stay as it is: the `detail` of a 409 with the code `dataset_in_use`."""

    message: str
    """What cannot be done, for people."""
    dependent_vrts: list[DependentVrt]
    """Those that the caller may read, by title."""
    hidden: int
    """How many others there are."""


class Busy(TypedDict):
    """Why a VRT cannot be changed now: the `detail` of a 409 with the code `dataset_busy`."""

    code: Literal["dataset_busy"]
    """As beside `detail`."""
    message: str
    """What is under way, for people."""


class MembersGone(TypedDict):
    """Why a generation cannot be built again: the `detail` of a 409 with the code `members_gone`."""

    code: Literal["members_gone"]
    """As beside `detail`."""
    message: str
    """What cannot be done, for people."""
    findings: list[FindingEntry]
    """One for each member that is gone; the first 1,000."""


class Problem(TypedDict):
    """A refusal, after RFC 9457."""

    type: Literal["about:blank"]
    """Always `about:blank`: `code` tells what happened."""
    title: str
    """The status in words."""
    status: int
    """The HTTP status once more."""
    detail: str | Busy | InUse | MembersGone
    """What happened, for people; an object for `dataset_busy`, `dataset_in_use` and `members_gone`."""
    code: str
    """What happened, as a stable machine word."""
    request_id: str
    """Names the request in the logs; as `X-Request-Id`."""
    job_id: NotRequired[Id | None]
    """The job that keeps a dataset busy."""
    findings_total: NotRequired[int]
    """How many findings there are in all, where `detail` lists some."""


class HTTPValidationError(TypedDict):
    """A refusal of fields, or of sources that do not fit: status 422."""

    type: Literal["about:blank"]
    """Always `about:blank`: `code` tells what happened."""
    title: str
    """The status in words."""
    status: Literal[422]
    """The HTTP status once more."""
    detail: list[FindingEntry | FieldProblem]
    """Everything that is wrong; the first 1,000 entries."""
    code: str
    """What happened, as a stable machine word."""
    request_id: str
    """Names the request in the logs; as `X-Request-Id`."""
    findings_total: int
    """How many entries there are in all."""
