"""Tokens are kept in the keyring of the system, and forgotten."""

import os
import sys
from contextlib import suppress
from getpass import getpass

import click

from rasterloom_client import credentials
from rasterloom_client.cli.session import Session
from rasterloom_client.client import Client
from rasterloom_client.errors import MissingTokenError


@click.command()
@click.pass_obj
def login(session: Session, /) -> None:
    """Keep the API's address and a token in the keyring.

    A token that is not given is asked for, or read from stdin; the API is asked whether it takes it before it is kept.
    """
    base_url = credentials.find_url(session.url)
    token = session.token or os.environ.get(credentials.TOKEN_VARIABLE) or _asked_for().strip()
    if not token:
        raise MissingTokenError("no token given")
    with Client(base_url, token, session.options()) as client:
        client.datasets(limit=1)
    credentials.keep(credentials.Credentials(base_url, token.strip()))
    session.show({"url": base_url}, [base_url], lambda: f"logged in to {base_url}")


@click.command()
@click.pass_obj
def logout(session: Session, /) -> None:
    """Take the token out of the keyring."""
    base_url = credentials.find_url(session.url)
    had = credentials.forget(base_url)
    how = "the token is forgotten" if had else "the keyring had no token"
    session.show({"url": base_url, "had_token": had}, [base_url], lambda: f"{base_url}: {how}")


def _asked_for() -> str:
    """The token, typed without being shown, or piped in."""
    if sys.stdin.isatty():
        with suppress(EOFError):
            return getpass("token: ")
        return ""
    return sys.stdin.readline()
