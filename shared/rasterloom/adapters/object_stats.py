"""What S3 says of many objects: by listing where they lie close together, by asking for each where they do not.

A page of a listing tells key, ETag and size of a thousand objects, as they are at that moment (S3 lists consistently),
for the time of one request and an eightieth of what a thousand HEADs cost. Of a listing only what it shows is believed:
whatever it does not show, and whatever cannot be listed, is asked for by HEAD, so that what is missing, and what may
not be read, is told as it always is.

Two keys that obstore would spell alike are kept apart: it strips slashes at both ends. So nothing is listed outside of
a folder, no empty object (as a folder's marker is) is taken, and of two that look alike the first one, without the
slash.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import batched, takewhile
from typing import Final

import obstore

from rasterloom.adapters.object_stores import FAILURES, ObjectStores
from rasterloom.domain.errors import ObjectError
from rasterloom.domain.objects import ObjectRef, ObjectStat

LIST_FROM: Final = 256
"""Objects of one bucket from which on listing is tried: two rounds of HEADs."""
STRETCH: Final = 1000
"""Objects, in the order of their keys, that are listed one page after the other; stretches go side by side."""
WORTH: Final = 20
"""Wanted objects that a page must show for the next one to be asked for."""

type Stat = ObjectStat | ObjectError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks at objects with these two ways of asking."""

    stores_of: Callable[[ObjectRef], ObjectStores]
    head: Callable[[ObjectRef], Stat]
    threads: Executor
    list_from: int = LIST_FROM
    worth: int = WORTH

    def __call__(self, refs: Sequence[ObjectRef]) -> list[Stat]:
        """What S3 says of each, in order.

        The first object of each stretch is asked for by HEAD as well: of a listing one does not learn whether what it
        shows may be read.

        Raises:
            UnavailableError: S3 did not answer for at least one of them.
        """
        stretches = _stretches(refs, self.list_from)
        first = [stretch[0] for stretch in stretches]
        asked = self.threads.map(self.head, first)  # at once, while others list
        shown: dict[ObjectRef, Stat] = {}
        for found in self.threads.map(self._listed, stretches):
            shown |= found
        shown.update(zip(first, asked, strict=True))
        rest = [ref for ref in dict.fromkeys(refs) if ref not in shown]
        shown.update(zip(rest, self.threads.map(self.head, rest), strict=True))
        return [shown[ref] for ref in refs]

    def _listed(self, stretch: Sequence[ObjectRef]) -> Mapping[ObjectRef, ObjectStat]:
        """Those of a stretch that a listing shows, from the second one on."""
        first, last = stretch[0], stretch[-1].key
        folder = _folder(first.key, last)
        found: dict[ObjectRef, ObjectStat] = {}
        if not folder:
            return found
        try:
            store = self.stores_of(first).of(first)
            wanted = {ref.key: ref for ref in stretch[1:] if self._may_be_read(ref)}
            for page in obstore.list(store, folder, offset=first.key, chunk_size=STRETCH):
                before = len(found)
                for entry in page:
                    ref = wanted.get(entry["path"])
                    if ref is not None and entry["size"] > 0:
                        found.setdefault(ref, ObjectStat(entry["e_tag"] or "", entry["size"]))
                if page[-1]["path"] >= last or len(found) - before < self.worth:
                    break
        except FAILURES as error:
            logger.info("s3://%s/%s/ is not listed, each object is asked for: %s", first.bucket, folder, error)
        return found

    def _may_be_read(self, ref: ObjectRef) -> bool:
        """Whether it may at all; where not, whoever asks for it by HEAD is told why."""
        try:
            self.stores_of(ref).require(ref)
        except ObjectError:
            return False
        return True


def _folder(first: str, last: str) -> str:
    """The folder that two keys lie in, below which or in which every key between them lies."""
    sides = zip(first.split("/")[:-1], last.split("/")[:-1], strict=False)
    return "/".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], sides))


def _stretches(refs: Sequence[ObjectRef], fewest: int) -> list[tuple[ObjectRef, ...]]:
    """Objects of one bucket at a time, in the order in which S3 lists them: that of the bytes of their keys."""
    by_bucket = defaultdict[str, set[ObjectRef]](set)
    for ref in refs:
        by_bucket[ref.bucket].add(ref)
    return [
        stretch
        for found in by_bucket.values()
        if len(found) >= fewest
        for stretch in batched(sorted(found), STRETCH, strict=False)
    ]
