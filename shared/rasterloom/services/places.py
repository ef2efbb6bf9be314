"""Which objects on S3 a caller may have read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rasterloom.domain.access import Principal
from rasterloom.domain.errors import ForbiddenError
from rasterloom.domain.objects import ObjectPrefix, ObjectRef
from rasterloom.domain.uploads import upload_prefix

if TYPE_CHECKING:
    from rasterloom.settings import AllowedPrefix

NOT_LISTED: Final = (
    "no entry for you on this deployment's list of sources holds it (SourceAllowList, which its operator sets)"
)
"""Of an entry for others nothing is told."""
OURS: Final = "this is the deployment's own bucket, of which you may name nothing but what you uploaded"


@dataclass(frozen=True, slots=True)
class Places:
    """The allow list, and what callers have put into our bucket themselves."""

    allow_list: "Sequence[AllowedPrefix]"
    bucket: str
    """Ours."""

    def require(self, principal: Principal, ref: ObjectRef) -> None:
        """Let an object through that lies where this caller may have objects read.

        In our bucket that is what the caller uploaded, and nothing else: no entry of the allow list opens it, and no
        permission does. What VRTs are made of, and what others have uploaded, is nobody's to register.

        Raises:
            ForbiddenError: It lies elsewhere; whether it exists was not looked at.
        """
        if not self.holds(principal, ref):
            raise ForbiddenError(f"{ref.uri} may not be read on your behalf: {self.why_not(ref.bucket)}", uri=ref.uri)

    def holds(self, principal: Principal, ref: ObjectRef) -> bool:
        """Whether an object lies where this caller may have objects read."""
        if ref.bucket == self.bucket:
            return ref.key.startswith(upload_prefix(principal.subject))
        return any(entry.holds(ref) and entry.admits(principal) for entry in self.allow_list)

    def require_prefix(self, principal: Principal, prefix: ObjectPrefix) -> None:
        """Let a prefix through all of whose objects lie where this caller may have objects read.

        Raises:
            ForbiddenError: Some do not, whether they exist or not.
        """
        if prefix.bucket == self.bucket:
            allowed = prefix.prefix.startswith(upload_prefix(principal.subject))
        else:
            allowed = any(entry.holds_all(prefix) and entry.admits(principal) for entry in self.allow_list)
        if not allowed:
            why = self.why_not(prefix.bucket)
            raise ForbiddenError(f"Objects below {prefix.uri} may not be read on your behalf: {why}", uri=prefix.uri)

    def why_not(self, bucket: str) -> str:
        """Why objects of a bucket may not be read that may not."""
        if bucket == self.bucket:
            return OURS
        return NOT_LISTED
