"""Bring the catalogue up to an object of which somebody says that something happened to it."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rasterloom.domain.access import Audience
from rasterloom.domain.dataset import ObjectState, RasterDataset
from rasterloom.domain.errors import ObjectError, ObjectMissingError, UnavailableError
from rasterloom.domain.objects import ObjectRef
from rasterloom.ports import Clock, Datasets, HeaderRead, Headers, NewId
from rasterloom.services.mark_users import MarkUsers
from rasterloom.services.register_raster import new_raster

if TYPE_CHECKING:
    from rasterloom.settings import WatchedPrefix

LOOKS: Final = 5
"""How often an object is looked at while others write of it."""

SUFFIXES: Final = (".tif", ".tiff")
"""How the names of objects end, in any case, that are registered by themselves."""

logger = logging.getLogger(__name__)


class Observed(StrEnum):
    """What became of one dataset of an object, or of the object where it is none."""

    REGISTERED = "registered"
    REFRESHED = "refreshed"
    """Its header was read again, or it is back."""
    LOST = "lost"
    """It is gone, or cannot be read any more."""
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    """It lies where objects are registered, and is none that can be."""
    IGNORED = "ignored"
    """Nobody asked for it, or its owner deleted what it was registered as."""


@dataclass(frozen=True, slots=True)
class ObserveObject:
    """The use case. It trusts nothing but the name of the object: it looks at the object itself, as it is now.

    The catalogue is read first, then the object, and what is written counts only if nobody has written of the object
    since the catalogue was read. So everything that is written was found after all that was written before:

        S3:  E1         E2                E3, event 2                  event 1 (late)      event 2 (again)
        A:                 n=1, finds E2              n is 2 -> again: n=2, E3 is there already, n=3
        B:                                 n=1, finds E3, n=2

    Late, lost, repeated and reordered events differ only in how often the object is looked at; and whoever looks after
    the last change has the last word.
    """

    datasets: Datasets
    headers: Headers
    mark_users: MarkUsers
    allows: Callable[[ObjectRef], bool]
    """Whether events of an object are heeded: it lies where they are followed, and may be read at all."""
    watched: "Callable[[ObjectRef], WatchedPrefix | None]"
    """The place that a new object is registered for."""
    clock: Clock
    new_id: NewId

    def __call__(self, ref: ObjectRef) -> Mapping[Observed, int]:
        """Look at an object, and count what became of its datasets.

        Raises:
            UnavailableError: A service does not answer, or others wrote of the object at every look.
        """
        if not self.allows(ref):
            logger.info("%s is ignored: it lies in no watched place, or may not be read here", ref.uri)
            return Counter([Observed.IGNORED])
        outcomes = dict[str, Observed]()
        for _ in range(LOOKS):
            if self._is_settled(ref, outcomes):
                return Counter(outcomes.values())
        raise UnavailableError("The catalogue", f"others wrote of {ref.uri} at each of {LOOKS} looks")

    def _is_settled(self, ref: ObjectRef, outcomes: dict[str, Observed]) -> bool:
        """Look once; whether everything was written that was found."""
        owners = self.datasets.owners_of(ref)
        known = self.datasets.get_many(owners.values())
        rasters = [each for each in known.values() if isinstance(each, RasterDataset)]
        place = self._place(ref, owners)
        if not owners and place is None:
            outcomes[ref.uri] = Observed.IGNORED
            return True
        found = self._read(ref)
        is_whole = len(rasters) == len(owners)  # otherwise one was deleted between the two reads
        for raster in rasters:
            is_whole &= self._is_written(raster, found, outcomes)
        if place is None:
            return is_whole
        if isinstance(found, ObjectError):
            outcomes[ref.uri] = _refused(ref, found)
            return is_whole
        return self._is_left_deleted(ref, place, found, outcomes) and is_whole

    def _place(self, ref: ObjectRef, owners: Mapping[str, str]) -> "WatchedPrefix | None":
        """Where the object is to be registered for, if it is not."""
        place = self.watched(ref) if ref.key.lower().endswith(SUFFIXES) else None
        return None if place is None or place.owner in owners else place

    def _read(self, ref: ObjectRef) -> HeaderRead | ObjectError:
        try:
            return self.headers.read(ref)
        except ObjectError as error:
            return error

    def _is_written(
        self, raster: RasterDataset, found: HeaderRead | ObjectError, outcomes: dict[str, Observed]
    ) -> bool:
        """Write what was found of one dataset of the object; what was written in an earlier look stands."""
        earlier = outcomes.get(raster.id)
        if earlier not in {None, Observed.REGISTERED}:
            return True
        now = self.clock()
        if isinstance(found, HeaderRead):
            current, outcome = raster.found(found.stat, found.profile, now), Observed.REFRESHED
        else:
            current, outcome = raster.lost(state_of(found), now), Observed.LOST
        if not self.datasets.refresh_raster(current, seen=raster):
            return False
        if current is raster:
            outcome = earlier or Observed.UNCHANGED
        elif not current.is_same_object(raster):
            logger.info("%s is %s as raster %s", raster.ref.uri, outcome, raster.id)
            self.mark_users.soon(raster.id)
        outcomes[raster.id] = outcome
        return True

    def _is_left_deleted(
        self, ref: ObjectRef, place: "WatchedPrefix", header: HeaderRead, outcomes: dict[str, Observed]
    ) -> bool:
        """Register a new object, unless this very object is one whose raster its owner deleted."""
        # It is deleted after it was read, and who hears of that finds nothing to mark yet:
        #
        #   A: nothing known, reads E1                          adds E1           looks again: gone, marks it
        #   B:                          nothing known, is gone
        #
        # So it is not settled before it was looked at once more, whoever added it.
        audience = Audience(place.owner, place.visibility, tuple(sorted(set(place.groups))))
        raster = new_raster(self.new_id(), ref, header, audience, self.clock())
        standing = self.datasets.add_unless_deleted(raster, header.stat.modified_at)
        if standing is None:
            logger.info("%s is not registered: %s deleted the raster that it was", ref.uri, place.owner)
            outcomes[ref.uri] = Observed.IGNORED
            return True
        if standing == raster.id:
            logger.info("%s is registered as raster %s of %s", ref.uri, raster.id, place.owner)
            outcomes[raster.id] = Observed.REGISTERED
        return False


def _refused(ref: ObjectRef, error: ObjectError) -> Observed:
    """Whoever put it there learns of it where it is asked for; a message that comes again would change nothing."""
    logger.info("%s is not registered: %s %s", ref.uri, error.code, error)
    return Observed.IGNORED if isinstance(error, ObjectMissingError) else Observed.REFUSED


def state_of(error: ObjectError) -> ObjectState:
    """How an object is that could not be read."""
    return ObjectState.MISSING if isinstance(error, ObjectMissingError) else ObjectState.UNREADABLE
