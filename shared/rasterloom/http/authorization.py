"""Who is calling, and whether they may."""

from rasterloom.domain.access import Principal
from rasterloom.domain.errors import ForbiddenError, UnauthenticatedError
from rasterloom.http.requests import Request
from rasterloom.ports import TokenVerifier

_PARTS = 2


def authenticate(request: Request, verify: TokenVerifier) -> Principal:
    """Tell who sent a request.

    Raises:
        UnauthenticatedError: There is no bearer token, or none that holds; a token never makes anybody anonymous.
        UnavailableError: The issuer of tokens does not answer.
    """
    header = request.headers.get("authorization", "")
    parts = header.split()
    if len(parts) != _PARTS or parts[0].lower() != "bearer":
        raise UnauthenticatedError("A bearer token is needed: Authorization: Bearer …", presented=bool(header.strip()))
    return verify(parts[1])


def require_permission(principal: Principal, permission: str | None) -> None:
    """Let only those through who are permitted.

    Raises:
        ForbiddenError: The caller lacks the permission.
    """
    if permission is not None and permission not in principal.permissions and not principal.is_admin:
        raise ForbiddenError(f"Missing permission: {permission}", permission=permission)
