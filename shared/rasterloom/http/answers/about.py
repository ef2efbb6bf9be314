"""The API itself."""

from typing import Literal, TypedDict


class Health(TypedDict):
    """That the API answers."""

    status: Literal["ok"]
    version: str
