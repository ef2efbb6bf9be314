"""Where the API is, and who is calling: from flags, else the environment, else the keyring.

The keyring keeps one token for each address, so that a token is never sent to another API than the one it was given
for, and the address that was logged in to last.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rasterloom_client.addresses import checked_token, checked_url
from rasterloom_client.errors import KeyringError, MissingTokenError, MissingUrlError

if TYPE_CHECKING:
    from types import ModuleType

URL_VARIABLE: Final = "RASTERLOOM_URL"
TOKEN_VARIABLE: Final = "RASTERLOOM_TOKEN"  # noqa: S105 - the name of a variable

_SERVICE: Final = "rasterloom"
_LAST_URL: Final = "url"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An address and a token for it."""

    base_url: str
    token: str = field(repr=False)


def find(url: str | None = None, token: str | None = None, environ: Mapping[str, str] | None = None) -> Credentials:
    """The first of each that is given: as an argument, in the environment, in the keyring.

    Raises:
        ConfigurationError: There is no address, or what there is cannot be one.
        MissingTokenError: There is no token.
    """
    environ = os.environ if environ is None else environ
    base_url = find_url(url, environ)
    found, trouble = token or environ.get(TOKEN_VARIABLE), ""
    if not found:
        found, trouble = _read(base_url)
    if not found:
        raise MissingTokenError(f"there is no token for {base_url}{trouble}")
    return Credentials(base_url, checked_token(found))


def find_url(url: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """The API's address; raises as `find` does."""
    environ = os.environ if environ is None else environ
    found, trouble = url or environ.get(URL_VARIABLE), ""
    if not found:
        found, trouble = _read(_LAST_URL)
    if not found:
        raise MissingUrlError(f"the API's address is not known{trouble}")
    return checked_url(found)


def keep(credentials: Credentials) -> None:
    """Put them into the keyring.

    Raises:
        KeyringError: There is none, or it is locked.
    """
    keyring = _keyring()
    if keyring is None:
        raise KeyringError("the package keyring is not installed: pip install 'rasterloom-client[keyring]'")
    try:
        keyring.set_password(_SERVICE, credentials.base_url, credentials.token)
        keyring.set_password(_SERVICE, _LAST_URL, credentials.base_url)
    except Exception as error:  # as in `_read`
        raise KeyringError(f"the keyring does not take the token: {_trouble(error)}") from error


def forget(base_url: str) -> bool:
    """Take the token for this address out of the keyring; False if there was none."""
    keyring = _keyring()
    if keyring is None or _read(base_url)[0] is None:
        return False
    try:
        keyring.delete_password(_SERVICE, base_url)
    except Exception as error:  # as in `_read`
        raise KeyringError(f"the keyring does not give the token up: {_trouble(error)}") from error
    return True


def _read(name: str) -> tuple[str | None, str]:
    """What the keyring keeps under this name, and what is wrong with the keyring if it cannot say.

    A keyring that fails is as good as none: whoever has none gives flags or the environment.
    """
    keyring = _keyring()
    if keyring is None:
        return None, ""
    try:
        return keyring.get_password(_SERVICE, name), ""
    except Exception as error:  # noqa: BLE001 - backends are plug-ins, and raise whatever their systems do
        return None, f" (the keyring does not answer: {_trouble(error)})"


def _trouble(error: Exception) -> str:
    """What is wrong with the keyring, in a sentence."""
    is_none = type(error).__name__ == "NoKeyringError"
    return "this machine has none" if is_none else str(error)


def _keyring() -> "ModuleType | None":
    """The package, which is optional and slow to load."""
    try:
        import keyring
    except ImportError:
        return None
    return keyring
