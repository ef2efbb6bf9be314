"""Nothing of AWS leaves the adapters."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from rasterloom.adapters.aws_errors import to_domain, translated
from rasterloom.domain.errors import RasterloomError, UnavailableError
from tests.support.dynamo_faults import refused


@pytest.mark.parametrize(
    "error",
    [
        refused("ProvisionedThroughputExceededException"),
        refused("ThrottlingException"),
        refused("TransactionInProgressException"),
        refused("Unknown", status=503),
        refused("Unknown", status=500),
        refused("Unknown", status=429),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:1"),
    ],
    ids=str,
)
def test_what_may_succeed_later_is_unavailable_and_names_the_service(error: ClientError) -> None:
    domain = to_domain(error, "DynamoDB")
    assert isinstance(domain, UnavailableError)
    assert domain.transient
    assert domain.message.startswith("DynamoDB is not available: ")


@pytest.mark.parametrize(
    "error", [refused("AccessDeniedException"), refused("ValidationException"), NoCredentialsError()]
)
def test_what_will_never_succeed_is_an_internal_error(error: ClientError) -> None:
    domain = to_domain(error, "DynamoDB")
    assert type(domain) is RasterloomError
    assert not domain.transient
    assert domain.data["service"] == "DynamoDB"


def test_the_original_error_is_kept_as_the_cause() -> None:
    original = refused("ThrottlingException")
    with pytest.raises(UnavailableError) as caught, translated("SQS"):
        raise original
    assert caught.value.__cause__ is original


def test_errors_that_are_not_of_aws_pass() -> None:
    with pytest.raises(KeyError), translated("SQS"):
        raise KeyError
