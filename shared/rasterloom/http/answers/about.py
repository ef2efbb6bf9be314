"""The API itself."""

from typing import Literal, TypedDict


class Health(TypedDict):
    """That the API answers."""

    status: Literal["ok"]
    """Always `ok`: an API that does not work does not answer this."""
    version: str
    """Of the code that is deployed."""
