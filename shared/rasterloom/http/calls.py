"""What a route's handler is given: the request, who sent it, and the use cases."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from rasterloom.domain.access import Principal
from rasterloom.domain.versions import KnownVersions
from rasterloom.http.errors import BodyTooLargeError, FieldsError, MalformedBodyError, field_error
from rasterloom.http.parameters import uuid_in_path
from rasterloom.http.preconditions import known_versions
from rasterloom.http.requests import Request
from rasterloom.http.routing import Route
from rasterloom.http.usecases import UseCases
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.terms import Terms

if TYPE_CHECKING:
    from pydantic import BaseModel

MAX_BODY_BYTES: Final = 1 << 20
MAX_DIGITS: Final = 1000
"""Of a whole number in a body; Python reads no more than 4300, and says so in its own words."""

MISSING: Final = object()
"""Stands for a body that was not sent."""

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Call:
    """One request on its way through a route."""

    request: Request
    route: Route
    made: Callable[[], UseCases]
    """Makes the use cases when they are first asked for."""
    path_parameters: Mapping[str, str]
    document: object = MISSING
    """The body as JSON says it."""
    caller: Principal | None = None

    @property
    def use_cases(self) -> UseCases:
        """The use cases; a route that never asks for them works without any."""
        return self.made()

    @property
    def principal(self) -> Principal:
        """Who sent it.

        Raises:
            TypeError: The route is public, so nobody was asked.
        """
        if self.caller is None:
            raise TypeError(f"{self.route.path} is public: its handler must not ask for a caller")
        return self.caller

    def id(self, name: str) -> str:
        """A path parameter that is a UUID, in lower case.

        Raises:
            FieldsError: It is none.
        """
        return uuid_in_path(name, self.path_parameters[name])

    def fields[M: "BaseModel"](self, model: type[M]) -> M:
        """The body as its model.

        Raises:
            FieldsError: It is missing, or fields of it are not what they have to be.
        """
        from rasterloom.http.bodies.validated import validated

        if self.document is MISSING and self.route.is_body_optional:
            return validated(model, {})
        if self.document is MISSING:
            raise FieldsError([field_error(("body",), "Field required", "missing")])
        return validated(model, self.document)

    def idempotency(self, body: "BaseModel | None" = None) -> IdempotencyKey | None:
        """The caller's idempotency key, and a digest of what is asked: spelling and order do not count.

        Raises:
            FieldsError: The key is no text of 1 to 255 visible ASCII characters.
        """
        key = self.request.headers.get("idempotency-key")
        if key is None:
            return None
        if not _KEY.fullmatch(key):
            message = "Input should be 1 to 255 visible ASCII characters"
            raise FieldsError(
                [field_error(("header", "Idempotency-Key"), message, "invalid_idempotency_key", key[:300])]
            )
        return IdempotencyKey(key, self._digest(body))

    @property
    def known(self) -> KnownVersions:
        """The versions of which the dataset has to be one.

        Raises:
            FieldsError: `If-Match` is no list of entity tags.
        """
        return known_versions(self.request)

    def terms(self, body: "BaseModel | None" = None) -> Terms:
        """What the caller attached to a change.

        Raises:
            FieldsError: A header is not what it has to be.
        """
        return Terms(self.idempotency(body), self.known)

    def _digest(self, body: "BaseModel | None") -> str:
        meaning = {
            "operation": self.route.operation_id,
            "path": {name: text.lower() for name, text in self.path_parameters.items()},
            "body": body and body.model_dump(mode="json"),
        }
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()

    @cached_property
    def query(self) -> Mapping[str, Any]:
        """Every query parameter of the route by name, read and checked.

        Raises:
            FieldsError: One is not what it has to be.
        """
        return {parameter.name: parameter.read(self.request) for parameter in self.route.query}


def require_small(request: Request) -> None:
    """Refuse a large body before anything looks at it.

    Raises:
        BodyTooLargeError: It is over `MAX_BODY_BYTES`.
    """
    if request.body_size > MAX_BODY_BYTES:
        raise BodyTooLargeError(f"The body has {request.body_size} bytes; at most {MAX_BODY_BYTES} are taken")


def document_of(request: Request) -> object:
    """The body as JSON says it, strictly after RFC 8259: no NaN, no infinities; `MISSING` where there is none.

    Raises:
        MalformedBodyError: It is no JSON; the message says where.
    """
    if not request.raw_body:
        return MISSING
    try:
        return json.loads(
            request.body,
            parse_int=_integer,
            parse_constant=_refuse_constant,
            object_pairs_hook=_refuse_repetition,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise MalformedBodyError(f"The body is no JSON: {error.msg} at {place}") from error
    except UnicodeDecodeError as error:
        line, column = _place(error.object, error.start)
        message = f"The body is no JSON: it is not UTF-8 at line {line} column {column}"
        raise MalformedBodyError(message) from error
    except RecursionError as error:
        raise MalformedBodyError("The body is no JSON that can be read: it is nested too deeply") from error
    except ValueError as error:
        raise MalformedBodyError(f"The body is no JSON: {error}") from error


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a whole number has {len(digits)} digits; at most {MAX_DIGITS} are read")
    return int(digits)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _refuse_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are unique, as RFC 7493 asks: of two titles, nobody knows which one was meant."""
    known = dict(pairs)
    if len(known) < len(pairs):
        repeated = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"{repeated[:100]!r} stands twice in one object")
    return known


def _place(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, from 1; the column counts bytes."""
    before = data[:offset]
    return before.count(b"\n") + 1, offset - before.rfind(b"\n")
