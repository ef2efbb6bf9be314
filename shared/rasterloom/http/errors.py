"""What only HTTP can refuse: the shape of a request, before a use case is asked."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rasterloom.domain.errors import RasterloomError

type FieldError = Mapping[str, Any]
"""`{loc, msg, type, input?, ctx?}`, as the published API has it."""


class HttpError(RasterloomError):
    """Base of the refusals of this package."""


class MalformedBodyError(HttpError):
    """The body is no JSON."""

    code: ClassVar[str] = "malformed_json"


class BodyTooLargeError(HttpError):
    """The body is larger than the API takes."""

    code: ClassVar[str] = "body_too_large"


class UnknownRouteError(HttpError):
    """No route has this path."""

    code: ClassVar[str] = "unknown_route"


class MethodNotAllowedError(HttpError):
    """Routes have this path, none of them with this method."""

    code: ClassVar[str] = "method_not_allowed"

    def __init__(self, method: str, path: str, allowed: Sequence[str]) -> None:
        """Name the methods that the path has."""
        super().__init__(f"{path} has no {method}; it has {', '.join(allowed)}")
        self.allowed = tuple(allowed)


class FieldsError(HttpError):
    """Fields of the request are not what they have to be."""

    code: ClassVar[str] = "invalid_fields"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        """Carry one entry per field."""
        super().__init__(f"{len(errors)} fields of the request are not valid")
        self.errors = tuple(errors)


def field_error(loc: Sequence[str | int], msg: str, kind: str, given: object = None, **ctx: object) -> dict[str, Any]:
    """One entry of a 422's `detail`."""
    entry: dict[str, Any] = {"loc": list(loc), "msg": msg, "type": kind}
    if given is not None:
        entry["input"] = given
    if ctx:
        entry["ctx"] = ctx
    return entry
