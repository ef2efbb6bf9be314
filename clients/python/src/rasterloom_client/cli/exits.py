"""Exit codes, and what to do next, for each way in which a command can end."""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Final, TypeVar

from rasterloom_client.cli.names import is_about_source
from rasterloom_client.errors import (
    ApiError,
    BusyError,
    ChangedError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    InUseError,
    JobCancelledError,
    JobError,
    JobFailedError,
    KeyringError,
    MissingTokenError,
    MissingUrlError,
    NotFoundError,
    RasterloomError,
    RefusedError,
    UnauthenticatedError,
    UnavailableError,
    UnexpectedAnswerError,
    UnreachableError,
    WaitTimeoutError,
)

T = TypeVar("T")


class Exit(IntEnum):
    """How a command ended. Scripts may rely on these."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    NOT_ALLOWED = 4
    NOT_FOUND = 5
    CONFLICT = 6
    JOB_FAILED = 7
    TIMEOUT = 8
    UNAVAILABLE = 9
    INTERRUPTED = 130


class WaitInterruptedError(RasterloomError):
    """Ctrl-C while a job was waited for.

    Attributes:
        job_id: The job, which goes on.
    """

    def __init__(self, job_id: str) -> None:
        """Keep the job."""
        super().__init__(f"interrupted; job {job_id} goes on")
        self.job_id = job_id


class AllToldError(RasterloomError):
    """A job has no findings but those that it tells itself.

    Attributes:
        job_id: The job.
    """

    def __init__(self, job_id: str) -> None:
        """Keep the job."""
        super().__init__(f"job {job_id} told all its findings itself")
        self.job_id = job_id


_CODES: Final[Mapping[type[Exception], Exit]] = {
    WaitInterruptedError: Exit.INTERRUPTED,
    AllToldError: Exit.NOT_FOUND,
    MissingTokenError: Exit.NOT_ALLOWED,
    ConfigurationError: Exit.USAGE,
    RefusedError: Exit.REFUSED,
    UnauthenticatedError: Exit.NOT_ALLOWED,
    ForbiddenError: Exit.NOT_ALLOWED,
    NotFoundError: Exit.NOT_FOUND,
    ConflictError: Exit.CONFLICT,
    ChangedError: Exit.CONFLICT,
    JobFailedError: Exit.JOB_FAILED,
    JobCancelledError: Exit.JOB_FAILED,
    WaitTimeoutError: Exit.TIMEOUT,
    UnavailableError: Exit.UNAVAILABLE,
    UnreachableError: Exit.UNAVAILABLE,
}


def exit_code(error: Exception) -> Exit:
    """The code of the nearest class of this error that has one."""
    return _nearest(_CODES, error, Exit.FAILED)


def next_step(error: Exception) -> str:
    """What a person can do about it, in a sentence."""
    return _nearest(_NEXT, error, _report)(error)


def _nearest(table: Mapping[type[Exception], T], error: Exception, default: T) -> T:
    found = (table[kind] for kind in type(error).__mro__ if kind in table)
    return next(found, default)


def _by_code(error: ApiError, default: str) -> str:
    return _NEXT_BY_CODE.get(error.code, default)


def _report(error: Any) -> str:
    if isinstance(error, ApiError) and error.request_id:
        return f"tell whoever runs the API the request id, {error.request_id}"
    return "try again; if it stays, tell whoever runs the API"


def _refused(error: RefusedError) -> str:
    if any(finding["loc"] == ["body", "uri"] for finding in error.findings):
        return "check the URI, or make a COG of the file (gdal_translate -of COG), and register it again"
    if any(map(is_about_source, error.findings)):
        return "mend or leave out these sources and repeat the command; `rasterloom validate` checks without making"
    return _by_code(error, "correct what is named above; the command's --help says what it takes")


def _busy(error: BusyError) -> str:
    job = error.job_id
    return f"`rasterloom wait {job}` follows the build; then repeat the command" if job else "repeat the command soon"


def _in_use(error: InUseError) -> str:
    listed = ", ".join(each.get("vrt_dataset_id", "?") for each in error.dependent_vrts)
    return f"take it out of these VRTs first (`rasterloom remove VRT SOURCE`): {listed or 'none that you may see'}"


def _unavailable(error: UnavailableError) -> str:
    seconds = error.retry_after
    return f"repeat the command in {seconds:g} s" if seconds else "repeat the command in a while"


def _job_failed(error: JobFailedError) -> str:
    job = error.job
    again = f"`rasterloom retry {job['id']}`"
    if any(is_about_source(finding) and finding.get("severity") != "warning" for finding in job["findings"]):
        first = (
            f"mend these sources, then {again}" if job["can_retry"] else "mend these sources and make the change anew"
        )
        return f"{first}; or make the change anew without them"
    if job["can_retry"] and job["error_code"] in _PASSING:
        return f"{again} tries the same change again"
    return "correct what is named above and make the change anew"


def _always(text: str) -> Callable[[Any], str]:
    return lambda _: text


_NEXT_BY_CODE: Final[Mapping[str, str]] = {
    "http_404": "check the address (--url, RASTERLOOM_URL): it has the API's stage, as in https://HOST/api",
    "source_already_linked": "nothing has to be done; `rasterloom sources VRT` lists what the VRT is made of",
    "source_not_linked": "`rasterloom sources VRT` lists what the VRT is made of",
    "generation_not_completed": "choose one that completed: `rasterloom generations VRT` lists them",
    "members_gone": "register what is missing again, or `rasterloom replace` the sources by what is left",
    "too_few_sources": "`rasterloom add` another source first, or `rasterloom replace` all of them at once",
    "not_published": "wait for the first build (`rasterloom status VRT`), or make the VRT anew if it failed",
    "job_ended": "`rasterloom wait JOB` shows how it ended",
    "base_changed": "repeat the command: another change came between",
    "staged_sources_gone": "make the change anew, with sources that are there",
    "being_deleted": "wait a moment and repeat the command: its deletion is under way",
    "not_for_band_stacks": "choose another --format: this one knows mosaics only",
    "too_large": "choose another --format: a mosaic of very many sources comes as gti",
    "not_in_this_format": "choose another --format, as the message says",
    "job_not_retryable": "only failed jobs can be tried again; `rasterloom jobs --status failed` lists them",
}
_PASSING: Final = frozenset(
    {
        "attempts_exhausted",
        "delivery_exhausted",
        "internal_error",
        "lost_lock",
        "not_built_in_time",
        "out_of_time",
        "unavailable",
    }
)
"""Codes of failures that were nobody's fault, so that the same change may well succeed."""
_LISTS: Final = "`rasterloom list`, `jobs` and `generations VRT` show what there is that you may read"
_ADDRESS: Final = "check the address (--url, RASTERLOOM_URL) and the network"
_NEXT: Final[Mapping[type[Exception], Callable[[Any], str]]] = {
    WaitInterruptedError: lambda error: f"`rasterloom wait {error.job_id}` waits for it again",
    AllToldError: lambda error: f"`rasterloom wait {error.job_id} --json` shows them",
    MissingTokenError: _always("set RASTERLOOM_TOKEN, or keep a token in the keyring with `rasterloom login`"),
    MissingUrlError: _always("give it with --url or RASTERLOOM_URL, or once with `rasterloom login`"),
    KeyringError: _always("set RASTERLOOM_URL and RASTERLOOM_TOKEN, which need no keyring"),
    ConfigurationError: _always("correct it where it is given: --url and --token, RASTERLOOM_URL and RASTERLOOM_TOKEN"),
    RefusedError: _refused,
    UnauthenticatedError: _always("get a new token, then set RASTERLOOM_TOKEN or run `rasterloom login`"),
    ForbiddenError: _always("ask the owner, or whoever gives out the tokens, to allow it"),
    NotFoundError: lambda error: _by_code(error, _LISTS),
    BusyError: _busy,
    InUseError: _in_use,
    ConflictError: lambda error: _by_code(error, "`rasterloom status VRT` shows how the VRT is now"),
    ChangedError: _always("`rasterloom status VRT` shows how the VRT is now, with its new ETag"),
    UnavailableError: _unavailable,
    UnreachableError: _always(_ADDRESS),
    UnexpectedAnswerError: _always(_ADDRESS),
    JobFailedError: _job_failed,
    JobCancelledError: _always("make the change anew if it is still wanted"),
    WaitTimeoutError: lambda error: f"`rasterloom wait {error.job['id']}` goes on waiting",
    OSError: _always("choose a file in a folder that is there and can be written to (-o FILE)"),
}


def job_of(error: Exception) -> str | None:
    """The job that an error is about."""
    match error:
        case JobError(job=job):
            return job["id"]
        case WaitInterruptedError(job_id=job_id) | AllToldError(job_id=job_id) | BusyError(job_id=job_id):
            return job_id
    return None
