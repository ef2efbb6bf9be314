"""The DynamoDB client, its threads, and the pauses between tries."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from botocore.config import Config

from rasterloom.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

SERVICE: Final = "DynamoDB"
THREADS: Final = 16

CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=2 * THREADS,
    tcp_keepalive=True,
    parameter_validation=False,
)
"""Three tries end well before a request's deadline of 25 s.

What we send is made by typed code of this package, and DynamoDB checks it; botocore's check took a third of the time of
a thousand reads.
"""


def dynamodb_client() -> "DynamoDBClient":
    """A client with our time-outs; endpoint, region and credentials come from the environment."""
    import botocore.session

    from rasterloom.adapters.catalog_dynamodb.answers import ItemParsers

    session = botocore.session.get_session()
    session.register_component("response_parser_factory", ItemParsers())
    return cast("DynamoDBClient", session.create_client("dynamodb", config=CONFIG))


@cache
def pool() -> ThreadPoolExecutor:
    """The threads of this process that wait for DynamoDB; a task on them never waits for another task."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="catalog")


@dataclass(frozen=True, slots=True)
class Rounds:
    """Tries with random pauses between them, so that those who collided once do not collide again."""

    limit: int = 8
    first_pause: float = 0.025
    """Seconds; each pause is drawn between zero and a bound that doubles up to `longest_pause`."""
    longest_pause: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[float, float], float] = random.uniform

    def of(self, reason: str) -> Iterator[int]:
        """Count tries from 0; the caller leaves the loop when it is done.

        Raises:
            UnavailableError: The tries ran out, for this reason.
        """
        bound = self.first_pause
        for number in range(self.limit):
            if number:
                self.sleep(self.draw(0, bound))
                bound = min(2 * bound, self.longest_pause)
            yield number
        raise UnavailableError(SERVICE, reason)
