"""What lies beside objects that somebody named, by listing where many of them lie close together.

A HEAD for each suffix tells it of one object; a page of a listing tells it of as many as the page passes:

    a.tif   a.tif.msk   b.tif   b.tif.ovr   c.tif | what comes after the page
    └── all of a's      └── all of b's      └── c.tif.ovr could still come

So every page begins after an object of which nothing is known yet, and an object is settled by a page that ends behind
the last name that could lie beside it. All others are left to whoever asks by HEAD.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from rasterloom.domain.errors import ObjectError, UnavailableError
from rasterloom.domain.gathering import SIDE_FILES
from rasterloom.domain.objects import ObjectPrefix, ObjectRef
from rasterloom.ports import Listing, Take

WORTH: Final = 20
"""Objects that a page has to settle for another one to be asked for: it takes the time of some HEADs, and costs as
much as a dozen."""
_LAST: Final = max(SIDE_FILES)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListedBeside:
    """Looks at what lies beside many objects."""

    listing: Listing
    require: Callable[[ObjectRef], None]
    """Raises an ObjectError where an object may not be read."""
    pace: Take
    worth: int = WORTH

    def __call__(self, refs: Sequence[ObjectRef]) -> Mapping[ObjectRef, tuple[str, ...]]:
        """The suffixes of what lies beside those objects that a listing settles, whether they are there or not."""
        keys = defaultdict[str, set[str]](set)
        for ref in refs:
            if self._may_be_read(ref):
                keys[ref.bucket].add(ref.key)
        return {
            ObjectRef(bucket, key): suffixes
            for bucket, named in keys.items()
            for key, suffixes in self._settled(bucket, sorted(named)).items()
        }

    def _may_be_read(self, ref: ObjectRef) -> bool:
        try:
            self.require(ref)
        except ObjectError:
            return False
        return True

    def _settled(self, bucket: str, left: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Page by page, as long as each settles enough; keys are sorted, as S3 sorts them.

        The order of code points is that of their UTF-8, in which S3 lists.
        """
        found: dict[str, tuple[str, ...]] = {}
        while len(left) >= self.worth:
            page = self._page(bucket, left)
            shown, settled = set(page), _passed(left, page[-1] if page else "")
            found |= {key: tuple(suffix for suffix in SIDE_FILES if key + suffix in shown) for key in settled}
            left = left[len(settled) :]
            if len(settled) < self.worth:
                break
        return found

    def _page(self, bucket: str, left: Sequence[str]) -> Sequence[str]:
        """The keys that come after the first of these, a request's worth; none where they cannot be listed."""
        prefix = ObjectPrefix(bucket, _shared(left[0], left[-1]))
        self.pace()
        try:
            return next(iter(self.listing(prefix, left[0])), ())
        except (ObjectError, UnavailableError) as error:
            logger.info("%s is not listed, each object is asked for: %s", prefix.uri, error)
            return ()


def _passed(keys: Sequence[str], end: str) -> Sequence[str]:
    """The first of these keys: those of which nothing can lie beside them that comes after the end."""
    return list(takewhile(lambda key: key + _LAST <= end, keys))


def _shared(one: str, other: str) -> str:
    """What two keys begin with, and so does every key between them."""
    return "".join(left for left, right in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
