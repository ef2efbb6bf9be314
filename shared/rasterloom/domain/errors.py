"""Every way in which a use case can refuse or fail.

An error carries data (which input, expected, found) beside its message. `code` is a stable machine word that
callers may rely on. `transient` tells whether the same call may succeed later.
"""

from collections.abc import Sequence
from typing import ClassVar

from rasterloom.domain.findings import Finding


class RasterloomError(Exception):
    """Base of all errors of this package."""

    code: ClassVar[str] = "internal_error"
    transient: ClassVar[bool] = False

    def __init__(self, message: str, **data: object) -> None:
        """Keep the message for people and the data for machines."""
        super().__init__(message)
        self.message = message
        self.data = data


class UnauthenticatedError(RasterloomError):
    """No credential, or one that cannot be resolved."""

    code = "unauthenticated"


class ForbiddenError(RasterloomError):
    """The caller is known and may not do this."""

    code = "forbidden"


class NotFoundError(RasterloomError):
    """The thing does not exist, or the caller may not know that it does."""

    code = "not_found"

    def __init__(self, kind: str, identifier: str, message: str | None = None) -> None:
        """Name the kind (`dataset`, `job`, …) and the id; `message` where the caller may know more than that."""
        super().__init__(message or f"No {kind} {identifier}", kind=kind, id=identifier)


class InvalidInputError(RasterloomError):
    """A field is well-formed and still not acceptable."""

    code = "invalid_input"

    def __init__(self, code: str, message: str, *, loc: tuple[str | int, ...], value: object, **data: object) -> None:
        """Say which field (`loc`, from `body` inwards), what was found, and why it is refused."""
        super().__init__(message, **data)
        self.reason = code
        self.loc = loc
        self.value = value


class InvalidUriError(RasterloomError):
    """A text that does not name an S3 object."""

    code = "invalid_uri"

    def __init__(self, uri: str, expected: str, named: str = "an S3 object") -> None:
        """Say what was found, what was expected, and what it does not name."""
        super().__init__(f"{uri!r} does not name {named}: expected {expected}", uri=uri, expected=expected)


class IncompatibleSourcesError(RasterloomError):
    """At least one rule refused at least one source."""

    code = "incompatible_sources"

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Carry every finding, warnings included."""
        super().__init__(f"{len(findings)} findings refuse this request")
        self.findings = tuple(findings)


class DatasetBusyError(RasterloomError):
    """Another change of this dataset is under way."""

    code = "dataset_busy"

    def __init__(self, dataset_id: str, job_id: str | None) -> None:
        """Name the dataset and the job that holds it."""
        super().__init__(
            f"Dataset {dataset_id} is regenerating; try again when its job has ended", dataset_id=dataset_id
        )
        self.job_id = job_id


class BaseChangedError(RasterloomError):
    """The generation that a change was validated against is no longer the published one."""

    code = "base_changed"


class VersionChangedError(RasterloomError):
    """The dataset is not any more, or not yet, as the caller knows it."""

    code = "version_changed"

    def __init__(self, dataset_id: str, version: str) -> None:
        """Name the dataset and the version that it has now."""
        super().__init__(
            f"Dataset {dataset_id} is not at the version of If-Match; read it again, and decide again",
            dataset_id=dataset_id,
        )
        self.version = version


class SourceAlreadyLinkedError(RasterloomError):
    """The VRT has this source already."""

    code = "source_already_linked"

    def __init__(self, dataset_id: str, source_id: str) -> None:
        """Name both."""
        super().__init__(
            f"Source {source_id} is linked to dataset {dataset_id} already", dataset_id=dataset_id, source_id=source_id
        )


class SourceNotLinkedError(RasterloomError):
    """The VRT does not have this source."""

    code = "source_not_linked"

    def __init__(self, source_id: str) -> None:
        """Name the source."""
        super().__init__(f"Source {source_id} is not linked to this dataset", source_id=source_id)


class TooFewSourcesError(RasterloomError):
    """A removal would leave too few sources."""

    code = "too_few_sources"

    def __init__(self, dataset_id: str, count: int, fewest: int, stranger: str | None = None) -> None:
        """Say how many there are, and have to stay; `stranger` is what was to be removed where it is none of them."""
        whose = (
            f"Dataset {dataset_id}" if stranger is None else f"{stranger} is no source of dataset {dataset_id}, which"
        )
        super().__init__(f"{whose} has {count} sources; at least {fewest} have to stay", dataset_id=dataset_id)


class JobNotRetryableError(RasterloomError):
    """The job cannot be tried again: it has not failed, or makes no VRT."""

    code = "job_not_retryable"

    def __init__(self, job_id: str, status: str, reason: str = "Only a job that failed can be retried") -> None:
        """Name the job and the status that it has, and say why."""
        super().__init__(f"Job {job_id} is {status}. {reason}", job_id=job_id)


class JobEndedError(RasterloomError):
    """The job has come to another end."""

    code = "job_ended"

    def __init__(self, job_id: str, status: str) -> None:
        """Name the job and the status that it has."""
        super().__init__(f"Job {job_id} is {status} and can no longer be cancelled", job_id=job_id)


class DatasetInUseError(RasterloomError):
    """A raster that VRTs use cannot be deleted, nor made less visible than they are."""

    code = "dataset_in_use"

    def __init__(self, message: str, dependents: Sequence[tuple[str, str]], hidden: int) -> None:
        """Give (id, title) of the VRTs that the caller may read, and count the others."""
        super().__init__(message)
        self.dependents = tuple(dependents)
        self.hidden = hidden


class BeingDeletedError(RasterloomError):
    """A deletion of the raster is under way; it is gone soon, or found to be in use and left as it was."""

    code = "being_deleted"
    transient = True

    def __init__(self, dataset_id: str) -> None:
        """Name the dataset."""
        super().__init__(f"Dataset {dataset_id} is being deleted; deleting it again ends that", dataset_id=dataset_id)


class TitleMismatchError(RasterloomError):
    """A deletion was confirmed with a title that the dataset does not have."""

    code = "title_mismatch"

    def __init__(self, dataset_id: str) -> None:
        """Name the dataset."""
        super().__init__(f"confirm_title is not the title of dataset {dataset_id}", dataset_id=dataset_id)


class IdempotencyKeyReusedError(RasterloomError):
    """The same key came before with another request: another method, path or body."""

    code = "idempotency_key_reused"

    def __init__(self, key: str) -> None:
        """Name the key."""
        message = f"Idempotency-Key {key!r} came before with another request: method, path and body have to be the same"
        super().__init__(message, key=key)


class AlreadyDoneError(RasterloomError):
    """An earlier request with the same key and body did what this one asks for; its answer is this one's."""

    code = "already_done"

    def __init__(self, result: str) -> None:
        """Name what the earlier request made."""
        super().__init__(f"An earlier request with this idempotency key made {result}", result=result)
        self.result = result


class NotPublishedError(RasterloomError):
    """The dataset has no published generation yet."""

    code = "not_published"

    def __init__(self, dataset_id: str) -> None:
        """Name the dataset."""
        message = (
            f"Dataset {dataset_id} has no published generation yet: its first build goes on, failed or was cancelled"
        )
        super().__init__(message, dataset_id=dataset_id)


class UnavailableError(RasterloomError):
    """A service that we stand on throttled, timed out or failed; nothing was decided."""

    code = "unavailable"
    transient = True

    def __init__(self, service: str, reason: str, *, retry_after: int = 2) -> None:
        """Name the service; `retry_after` is in seconds."""
        super().__init__(f"{service} is not available: {reason}", service=service)
        self.retry_after = retry_after


class ObjectError(RasterloomError):
    """An object on S3 is not what it has to be."""

    code = "object_unreadable"

    def __init__(self, uri: str, message: str, **data: object) -> None:
        """Name the object."""
        super().__init__(message, uri=uri, **data)
        self.uri = uri


class ObjectMissingError(ObjectError):
    """There is no such object."""

    code = "object_missing"

    def __init__(self, uri: str) -> None:
        """Name the object."""
        super().__init__(uri, f"{uri} does not exist", actual="no such object")


class ObjectUnreadableError(ObjectError):
    """The object exists and cannot be read as a GeoTIFF, or may not be read at all."""

    code = "object_unreadable"


class ObjectChangedError(ObjectError):
    """The object is not the one that was catalogued."""

    code = "object_changed"

    def __init__(self, uri: str, expected: str, actual: str) -> None:
        """Give both ETags."""
        super().__init__(uri, f"{uri} has changed: its ETag is {actual}, {expected} was catalogued", expected=expected)
        self.expected = expected
        self.actual = actual


class ObjectExistsError(ObjectError):
    """A put that must create found the key taken."""

    code = "object_exists"

    def __init__(self, uri: str) -> None:
        """Name the object."""
        super().__init__(uri, f"{uri} exists already")


class SourcesUnusableError(RasterloomError):
    """A build found sources that are no longer what was accepted."""

    code = "object_changed"

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Carry one finding per source; the first one's code is the failure's."""
        super().__init__(findings[0].message)
        self.findings = tuple(findings)


class AssemblyRefusedError(RasterloomError):
    """GDAL would not assemble these sources; its own words are the message."""

    code = "assembly_refused"


class MembersDifferError(RasterloomError):
    """The VRT that was written does not hold exactly the members that were asked for."""

    code = "members_differ"


class VerificationFailedError(RasterloomError):
    """The VRT that was written cannot be opened, or a window of it cannot be read."""

    code = "verification_failed"


class LostLockError(RasterloomError):
    """This worker no longer holds the generation; whatever it made is an orphan."""

    code = "lost_lock"


class OutOfTimeError(RasterloomError):
    """Too little time is left in this invocation to finish."""

    code = "out_of_time"
    transient = True


class UnknownMessageError(RasterloomError):
    """A message that this version of the code cannot understand."""

    code = "unknown_message"
