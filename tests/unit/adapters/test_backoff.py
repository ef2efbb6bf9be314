"""Every client of ours tries again a few times, with pauses that are random and grow, and has an end."""

from pathlib import Path
from typing import Any

import pytest
from botocore.retries.standard import ExponentialBackoff, RetryContext

from rasterloom.adapters import redelivery_sqs
from rasterloom.adapters.catalog_dynamodb import client as dynamodb
from rasterloom.adapters.catalog_dynamodb.client import Rounds
from rasterloom.adapters.object_stores import ObjectStores
from rasterloom.adapters.s3_client import s3_client
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.objects import ObjectRef

PACKAGE = Path(dynamodb.__file__).parents[2]


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.mark.parametrize("make", [dynamodb.dynamodb_client, redelivery_sqs.sqs_client, s3_client])
def test_every_client_of_botocore_has_time_outs_and_the_standard_retries(make: Any) -> None:
    config = make().meta.config
    assert config.retries["mode"] == "standard"
    assert 2 <= config.retries["total_max_attempts"] <= 3
    assert config.connect_timeout <= 2
    assert config.read_timeout <= 10


def test_botocores_standard_pauses_are_random_up_to_a_bound_that_doubles() -> None:
    drawn = [ExponentialBackoff().delay_amount(RetryContext(attempt_number=3)) for _ in range(50)]
    longest = ExponentialBackoff(random=lambda: 1)
    first, second, third, last = (longest.delay_amount(RetryContext(attempt_number=number)) for number in (1, 2, 3, 99))
    assert (second, third, last) == (2 * first, 4 * first, 20)
    assert len(set(drawn)) > 40
    assert max(drawn) <= third


def test_no_other_client_is_made_anywhere() -> None:
    makers = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if any(
            word in path.read_text("utf-8")
            for word in ("create_client(", "boto3.client(", "boto3.resource(", "S3Store(")
        )
    }
    assert makers == {
        "adapters/catalog_dynamodb/client.py",
        "adapters/redelivery_sqs.py",
        "adapters/s3_client.py",
        "adapters/object_stores.py",
    }


def test_obstore_tries_a_few_times_within_a_bound() -> None:
    store = ObjectStores().of(ObjectRef("bucket", "a.tif"))
    assert store.retry_config is not None
    assert store.retry_config["max_retries"] == 3
    assert store.retry_config["retry_timeout"].total_seconds() == 10


def test_pauses_of_the_catalogue_are_random_up_to_a_bound_that_doubles_and_have_an_end() -> None:
    slept: list[float] = []
    rounds = Rounds(limit=5, first_pause=1, longest_pause=4, sleep=slept.append, draw=lambda _low, high: high)
    with pytest.raises(UnavailableError, match="TransactionConflict"):
        list(rounds.of("TransactionConflict"))
    assert slept == [1, 2, 4, 4]
    random: list[float] = []
    with pytest.raises(UnavailableError):
        list(Rounds(sleep=random.append).of("TransactionConflict"))
    assert len(set(random)) == len(random) == 7
