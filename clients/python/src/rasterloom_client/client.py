"""The API as Python: one method for each thing that a person does."""

from types import TracebackType
from typing import Self

from rasterloom_client.datasets import DatasetCalls
from rasterloom_client.downloads import DownloadCalls
from rasterloom_client.jobs import JobCalls
from rasterloom_client.transport import Options, Transport
from rasterloom_client.vrts import VrtCalls


class Client(DatasetCalls, VrtCalls, JobCalls, DownloadCalls):
    """A caller of the API.

    Every write carries an idempotency key, so that it happens once, however often it had to be sent. All methods raise
    `ApiError` when the API refuses, and `UnreachableError` when it does not answer; an id that is no UUID is refused
    with `ValueError`. Use it in a `with` statement, or close it.
    """

    def __init__(self, base_url: str, token: str | None = None, options: Options | None = None) -> None:
        """Connect to nothing yet.

        Args:
            base_url: The API's address with its stage, such as `https://host/api`.
            token: The bearer token; without one nearly everything is refused.
            options: Retries, clock and connections.

        Raises:
            ConfigurationError: The URL or the token cannot be one.
        """
        super().__init__(Transport(base_url, token, options))

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    @property
    def base_url(self) -> str:
        """The API's address, without a trailing slash."""
        return self._transport.base_url
