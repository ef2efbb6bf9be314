"""Have a VRT build itself again when its sources change, or not."""

from dataclasses import dataclass, replace
from datetime import timedelta

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import VrtDataset
from rasterloom.domain.errors import AlreadyDoneError
from rasterloom.ports import Clock, Datasets, EditTerms, Marks
from rasterloom.services.changing import changeable_vrt
from rasterloom.services.permissions import require_upload
from rasterloom.services.replays import Replays
from rasterloom.services.terms import LOOKS, NO_TERMS, Terms, changed_at_each_look


@dataclass(frozen=True, slots=True)
class SwitchAutoRegenerate:
    """`PATCH /datasets/{dataset_id}/vrt/` with nothing but `auto_regenerate`: nothing is built, so there is no job."""

    datasets: Datasets
    marks: Marks
    replays: Replays
    clock: Clock
    quiet: timedelta

    def __call__(self, principal: Principal, vrt_id: str, *, wanted: bool, terms: Terms = NO_TERMS) -> VrtDataset:
        """Switch it on or off, and answer the VRT as it then stands; one that is stale is looked at soon.

        Raises:
            ForbiddenError: The caller may not change it.
            NotFoundError: There is no such VRT that the caller may know of.
            VersionChangedError: It is not as the caller knows it.
            IdempotencyKeyReusedError: The key came before with another request.
        """
        require_upload(principal)
        if self.replays.earlier(principal, terms.idempotency) is None:
            self._switch(principal, vrt_id, wanted=wanted, terms=terms)
        is_stale = self.look_soon(vrt_id) if wanted else self.marks.any_of(vrt_id)
        return replace(changeable_vrt(self.datasets, principal, vrt_id), is_stale=is_stale)

    def look_soon(self, vrt_id: str) -> bool:
        """Have the marks of a VRT looked at, which nobody may do any more where they are old; whether it has any."""
        is_stale = self.marks.any_of(vrt_id)
        if is_stale:
            self.marks.arm(vrt_id, self.clock(), self.quiet)
        return is_stale

    def _switch(self, principal: Principal, vrt_id: str, *, wanted: bool, terms: Terms) -> None:
        record = self.replays.record(principal, terms.idempotency, vrt_id)
        edit = EditTerms(as_seen=terms.known.versions is not None, record=record)
        for _ in range(LOOKS):
            seen = changeable_vrt(self.datasets, principal, vrt_id)
            terms.known.require(seen)
            if wanted:
                # Whoever dies once it is on must not leave old marks at which nobody looks:
                #
                #   P: has the marks looked at, switches it on, dies      looks: it is on -> builds it
                #   P: (looks first) has the marks looked at              looks: it is off -> is over
                #   P:                                       switches it on, has the marks looked at again
                self.look_soon(vrt_id)
            switched = replace(seen, auto_regenerate=wanted, updated_at=self.clock())
            try:
                if self.datasets.edit(seen, switched, edit):
                    return
            except AlreadyDoneError:
                return
        raise changed_at_each_look(vrt_id)
