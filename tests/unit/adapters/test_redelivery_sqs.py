"""When a message that was given back comes again."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rasterloom.adapters.redelivery_sqs import SqsRedelivery


class Client:
    """SQS, as far as a visibility is changed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[dict[str, Any]] = []

    def change_message_visibility(self, **call: Any) -> None:
        self.calls.append(call)
        if self.error:
            raise self.error


@pytest.mark.parametrize(
    ("receives", "least", "most"), [(1, 2, 4), (2, 4, 8), (4, 16, 32), (5, 30, 60), (10**6, 30, 60)]
)
def test_the_pause_grows_with_every_receive_and_has_an_end(receives: int, least: int, most: int) -> None:
    for draw, expected in ((min, least), (max, most)):
        client = Client()
        SqsRedelivery(client, "url", draw=draw)("handle", receives)  # type: ignore[arg-type]
        assert client.calls == [{"QueueUrl": "url", "ReceiptHandle": "handle", "VisibilityTimeout": expected}]


def test_how_fast_it_grows_and_its_end_are_the_queues_own() -> None:
    client = Client()
    for receives in range(1, 6):
        SqsRedelivery(client, "url", growth=5, longest=600, draw=max)("handle", receives)  # type: ignore[arg-type]
    assert [call["VisibilityTimeout"] for call in client.calls] == [10, 50, 250, 600, 600]


def test_pauses_differ() -> None:
    client = Client()
    for _ in range(50):
        SqsRedelivery(client, "url")("handle", 5)  # type: ignore[arg-type]
    assert len({call["VisibilityTimeout"] for call in client.calls}) > 5


def test_a_pause_that_cannot_be_set_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = ClientError({"Error": {"Code": "MessageNotInflight"}}, "ChangeMessageVisibility")
    SqsRedelivery(Client(error), "url")("handle", 1)  # type: ignore[arg-type]
    assert "MessageNotInflight" in caplog.text
