"""Who may see what."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Visibility(StrEnum):
    """How far a dataset is visible, from least to most."""

    PRIVATE = "private"
    RESTRICTED = "restricted"
    INTERNAL = "internal"
    PUBLIC = "public"

    @property
    def width(self) -> int:
        """Rank from 0 (private) to 3 (public)."""
        return list(Visibility).index(self)


UPLOAD = "upload"
ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller."""

    subject: str
    name: str
    groups: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody said who is calling."""
        return not self.subject

    @property
    def is_admin(self) -> bool:
        """Whether this caller may do everything."""
        return ADMIN in self.permissions

    @property
    def may_write(self) -> bool:
        """Whether this caller may register rasters and make or change VRTs."""
        return self.is_admin or UPLOAD in self.permissions


ANONYMOUS: Final = Principal(subject="", name="")
"""Who reads what is public without a token."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a dataset is for."""

    owner: str
    visibility: Visibility = Visibility.PRIVATE
    groups: tuple[str, ...] = ()
    """Groups that may read a `restricted` dataset."""

    def admits(self, principal: Principal) -> bool:
        """Whether the caller may read the dataset; otherwise its existence is hidden."""
        if self.may_change(principal):
            return True
        if self.visibility is Visibility.RESTRICTED:
            return not principal.groups.isdisjoint(self.groups)
        if self.visibility is Visibility.INTERNAL:
            return not principal.is_anonymous
        return self.visibility is Visibility.PUBLIC

    def may_change(self, principal: Principal) -> bool:
        """Whether the caller may change the dataset."""
        return principal.is_admin or (principal.subject == self.owner and not principal.is_anonymous)
