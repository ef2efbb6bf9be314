"""Addresses and tokens, looked at before anything is sent to one or with the other."""

import httpx

from rasterloom_client.errors import ConfigurationError, UnexpectedAnswerError


def checked_url(base_url: str) -> str:
    """The base URL without its trailing slash.

    Raises:
        ConfigurationError: It is no http(s) URL of a host, or has a query, a fragment or credentials.
    """
    try:
        url = httpx.URL(base_url.strip())
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"the API's URL cannot be read: {error}; found {base_url!r}") from error
    if url.scheme not in {"http", "https"} or not url.host or url.query or url.fragment or url.userinfo:
        raise ConfigurationError(f"the API's URL: expected https://HOST/STAGE; found {base_url!r}")
    return str(url).rstrip("/")


def checked_token(token: str) -> str:
    """The token without white space around it.

    Raises:
        ConfigurationError: It is empty or has characters that no bearer token has.
    """
    stripped = token.strip()
    if not stripped or not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        raise ConfigurationError(
            "the token: expected printable ASCII without spaces, such as eyJ…; found other characters"
        )
    return stripped


def checked_link(url: str) -> str:
    """An address that the API sent, to be read from.

    Raises:
        UnexpectedAnswerError: It is no http(s) URL.
    """
    if httpx.URL(url).scheme not in {"http", "https"}:
        raise UnexpectedAnswerError(f"the API redirects to an address that is no http(s) URL: {url!r}")
    return url
