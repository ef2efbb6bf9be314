"""What can go wrong, as exceptions that carry data: status, code, findings, and when to try again."""

from dataclasses import dataclass, field
from typing import Any

from rasterloom_client.answers import Finding, Job


class RasterloomError(Exception):
    """Base of all errors of this package."""


class ConfigurationError(RasterloomError):
    """The client was not told enough, or something wrong, to begin with."""


class MissingTokenError(ConfigurationError):
    """There is no token: neither given, nor in the environment, nor in the keyring."""


class MissingUrlError(ConfigurationError):
    """There is no address: neither given, nor in the environment, nor in the keyring."""


class KeyringError(ConfigurationError):
    """There is no keyring, or it does not do what it is asked to."""


class UnreachableError(RasterloomError):
    """No answer came, however often it was tried."""


class UnexpectedAnswerError(RasterloomError):
    """An answer that this API does not give: most likely something else lives at that address."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the API said when it refused a request."""

    status: int
    """The HTTP status."""
    code: str
    """Stable machine word, such as `dataset_busy`; `http_STATUS` where a gateway answered."""
    message: str
    detail: Any = None
    """As it came: text, a list of findings, or an object."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with fields or sources; empty but for a 422."""
    findings_total: int = 0
    """How many there are; the API lists the first 1,000."""
    request_id: str | None = None
    """What the operators find the request by."""
    retry_after: float | None = None
    """Seconds after which the API wants to be asked again."""
    body: dict[str, Any] = field(default_factory=dict)
    """The whole problem."""


class ApiError(RasterloomError):
    """The API refused a request.

    Attributes:
        refusal: All that it said.
        was_lost_before: Whether the same request was sent before and its answer was lost.
    """

    def __init__(self, refusal: Refusal, *, was_lost_before: bool = False) -> None:
        """Keep the refusal; its message is the error's text."""
        super().__init__(refusal.message)
        self.refusal = refusal
        self.was_lost_before = was_lost_before

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.refusal.status

    @property
    def code(self) -> str:
        """Stable machine word."""
        return self.refusal.code

    @property
    def detail(self) -> Any:
        """As it came: text, a list of findings, or an object."""
        return self.refusal.detail

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with fields or sources."""
        return self.refusal.findings

    @property
    def request_id(self) -> str | None:
        """What the operators find the request by."""
        return self.refusal.request_id

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the API wants to be asked again."""
        return self.refusal.retry_after


class UnauthenticatedError(ApiError):
    """401: the token is missing, expired, or not of this API's issuer."""


class ForbiddenError(ApiError):
    """403: the caller may not do this."""


class NotFoundError(ApiError):
    """404: there is no such thing, or the caller may not know of it."""


class ConflictError(ApiError):
    """409: not now, or not any more."""


class BusyError(ConflictError):
    """409: the VRT is being built."""

    @property
    def job_id(self) -> str | None:
        """The job that keeps it busy."""
        job_id = self.refusal.body.get("job_id")
        return job_id if isinstance(job_id, str) else None


class InUseError(ConflictError):
    """409: VRTs use the raster."""

    @property
    def dependent_vrts(self) -> list[dict[str, str]]:
        """Those that the caller may read, as `vrt_dataset_id` and `vrt_dataset_title`."""
        listed = self.detail.get("dependent_vrts", []) if isinstance(self.detail, dict) else []
        return [each for each in listed if isinstance(each, dict)]


class ChangedError(ApiError):
    """412: the VRT is no longer the one that `if_match` names."""


class RefusedError(ApiError):
    """422: fields are wrong or sources do not fit together; `findings` has every one."""


class UnavailableError(ApiError):
    """429, 502, 503, 504: the API is overloaded, or a service that it stands on does not answer."""


class ServerError(ApiError):
    """5xx: something is wrong on the API's side."""


class JobError(RasterloomError):
    """A job did not come to a good end in time.

    Attributes:
        job: As it was last seen.
    """

    def __init__(self, message: str, job: Job) -> None:
        """Keep the job."""
        super().__init__(message)
        self.job = job


class JobFailedError(JobError):
    """The job failed."""


class JobCancelledError(JobError):
    """The job was cancelled."""


class WaitTimeoutError(JobError):
    """The job has not ended in time; it goes on."""
