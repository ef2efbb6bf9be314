"""The one place that wires adapters to services.

Everything is made when it is first asked for and kept for the life of the process, and every adapter is imported
inside the property that needs it: GDAL is loaded by a registration and by sources whose CRSs are spelled differently,
obstore by what touches S3, PyJWT by the first token.
"""

import os
from functools import cache
from typing import Final

from rasterloom.bootstrap.use_cases import Container

__all__ = ["Container", "container", "warm_if_nobody_waits"]

_EAGER: Final = frozenset({"provisioned-concurrency", "snap-start"})
"""Kinds of initialization that nobody waits for (`AWS_LAMBDA_INITIALIZATION_TYPE`)."""


@cache
def container() -> Container:
    """This process's container, from its environment.

    Raises:
        SettingsError: Variables are missing or malformed; the message names each.
    """
    from rasterloom.settings import Settings

    return Container(Settings.from_environment())


def warm_if_nobody_waits() -> None:
    """Make everything early where initialization is not part of a request."""
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") in _EAGER:
        container().warm()
