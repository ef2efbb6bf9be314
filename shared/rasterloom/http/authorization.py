"""Who is calling, and whether they may."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rasterloom.domain.access import ANONYMOUS, Principal
from rasterloom.domain.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from rasterloom.http.requests import Request
from rasterloom.ports import TokenVerifier

_PARTS: Final = 2

NEEDED: Final = "A bearer token is needed: Authorization: Bearer …"


def authenticate(request: Request, verify: TokenVerifier, *, may_be_anonymous: bool = False) -> Principal:
    """Tell who sent a request; without any credential that may be nobody, where that is allowed.

    Raises:
        UnauthenticatedError: There is no bearer token, or none that holds; a token never makes anybody anonymous.
        UnavailableError: The issuer of tokens does not answer.
    """
    header = request.headers.get("authorization", "")
    if may_be_anonymous and "authorization" not in request.headers:
        return ANONYMOUS
    parts = header.split()
    if len(parts) != _PARTS or parts[0].lower() != "bearer":
        raise UnauthenticatedError(NEEDED, presented=bool(header.strip()))
    return verify(parts[1])


@contextmanager
def told_to_sign_in(caller: Principal | None) -> Iterator[None]:
    """What nobody in particular may not know of may be there for somebody: they are asked who they are.

    Raises:
        UnauthenticatedError: Something was not found, and nobody said who is calling.
    """
    try:
        yield
    except NotFoundError as error:
        if caller is not None and caller.is_anonymous:
            raise UnauthenticatedError(NEEDED) from error
        raise


def require_permission(principal: Principal, permission: str | None) -> None:
    """Let only those through who are permitted.

    Raises:
        ForbiddenError: The caller lacks the permission.
    """
    if permission is not None and permission not in principal.permissions and not principal.is_admin:
        raise ForbiddenError(f"Missing permission: {permission}", permission=permission)
