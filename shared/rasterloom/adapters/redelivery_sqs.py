"""When a message that was given back comes again: soon, and later each time, instead of after the whole time-out."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from botocore.config import Config

from rasterloom.adapters.aws_errors import translated
from rasterloom.domain.errors import RasterloomError

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

FIRST_PAUSE: Final = 2
LONGEST_PAUSE: Final = 60
"""Seconds."""

CONFIG: Final = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})

logger = logging.getLogger(__name__)


def sqs_client() -> "SQSClient":
    """A client with our time-outs; endpoint, region and credentials come from the environment."""
    import botocore.session

    return cast("SQSClient", botocore.session.get_session().create_client("sqs", config=CONFIG))


@dataclass(frozen=True, slots=True)
class SqsRedelivery:
    """Shortens how long a message stays hidden."""

    client: "SQSClient"
    queue_url: str
    growth: int = 2
    """Times which the pause is longer after each further receive."""
    longest: int = LONGEST_PAUSE
    """Seconds."""
    draw: Callable[[float, float], float] = random.uniform

    def __call__(self, receipt_handle: str, receives: int) -> None:
        """Have a message come again after a random pause that grows with the number of receives.

        A message whose pause cannot be set comes again after the queue's own time-out: late, not lost.
        """
        bound = min(FIRST_PAUSE * self.growth ** min(receives, 10), self.longest)
        pause = round(self.draw(bound / 2, bound))
        try:
            with translated("SQS"):
                self.client.change_message_visibility(
                    QueueUrl=self.queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=pause
                )
        except RasterloomError as error:
            logger.warning("a message comes again only after the queue's own time-out: %s", error)
