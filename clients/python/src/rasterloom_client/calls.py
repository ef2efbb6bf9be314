"""What the parts of the client share: ids, bodies, and one call."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from rasterloom_client.answers import Accepted
from rasterloom_client.transport import Answer, Request, Transport

Id = str | UUID


class Calls:
    """Something that can call the API."""

    def __init__(self, transport: Transport) -> None:
        """Call by this transport."""
        self._transport = transport

    def _get(self, path: str, params: Mapping[str, str | int] | None = None) -> Answer:
        return self._transport.send(Request("GET", path, params=params))

    def _write(self, method: str, path: str, body: Any = None, if_match: str | None = None) -> Answer:
        return self._transport.send(Request(method, path, body, if_match=if_match))

    def _accepted(self, method: str, path: str, body: Any = None, if_match: str | None = None) -> Accepted:
        """Write what makes a job."""
        accepted: Accepted = self._write(method, path, body, if_match).json
        return accepted


def id_text(value: Id) -> str:
    """An id as it stands in a path or a body.

    Raises:
        ValueError: It is no UUID; nothing else ever comes into a path.
    """
    try:
        return str(value if isinstance(value, UUID) else UUID(value))
    except ValueError as error:
        raise ValueError(f"expected an id, a UUID; found {value!r}") from error


def id_texts(values: Sequence[Id]) -> list[str]:
    """Several ids, in order."""
    return [id_text(value) for value in values]


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
