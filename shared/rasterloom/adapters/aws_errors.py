"""AWS's errors as the domain's: nothing above the adapters knows botocore."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnectedError

from rasterloom.domain.errors import RasterloomError, UnavailableError

_SERVER_ERROR: Final = 500
_TOO_MANY_REQUESTS: Final = 429

_TRANSIENT_CODES: Final = frozenset(
    {
        "InternalServerError",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Error codes of DynamoDB and SQS after which the same call may succeed."""


def error_code(error: ClientError) -> str:
    """The code that the service gave, such as `ThrottlingException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_transient(error: ClientError | BotoCoreError) -> bool:
    """Whether the same call may succeed later: throttled, out of time, not reached, or failed inside AWS."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error_code(error) in _TRANSIENT_CODES or status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR
    return isinstance(error, HTTPClientError | NotConnectedError)


def to_domain(error: ClientError | BotoCoreError, service: str) -> RasterloomError:
    """The domain's error for an answer of AWS that no caller has a meaning for.

    Args:
        error: What botocore raised.
        service: The service's name for people, such as `DynamoDB`.

    Returns:
        `UnavailableError` where the same call may succeed later; otherwise an internal error: a missing permission,
        a missing table, a malformed request.
    """
    reason = error_code(error) if isinstance(error, ClientError) else type(error).__name__
    if is_transient(error):
        return UnavailableError(service, reason)
    return RasterloomError(f"{service} refused a call: {reason}", service=service, reason=reason)


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Let nothing of AWS out of this block.

    Raises:
        UnavailableError: The service throttled, timed out or failed.
        RasterloomError: The service refused.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise to_domain(error, service) from error
