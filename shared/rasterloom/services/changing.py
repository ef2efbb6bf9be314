"""The way that every change of an existing VRT takes, whatever it changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import Published, VrtDataset
from rasterloom.domain.errors import DatasetBusyError, ForbiddenError, NotPublishedError
from rasterloom.ports import Datasets
from rasterloom.services.admit_change import AdmitChange, Plan
from rasterloom.services.permissions import require_upload
from rasterloom.services.phases import phase, told
from rasterloom.services.read_datasets import readable_vrt
from rasterloom.services.terms import Terms

REGENERATE: Final = "vrt_regenerate"
"""What the job of a change says that it makes."""


@dataclass(frozen=True, slots=True)
class Changing:
    """Who asks, was it asked before, may they, is the VRT as they know it; then the plan, and its admission."""

    datasets: Datasets
    admit: AdmitChange

    def __call__(self, principal: Principal, vrt_id: str, terms: Terms, plan: Callable[[VrtDataset], Plan]) -> str:
        """Have a change admitted, and answer the id of its job.

        Args:
            principal: Who asks.
            vrt_id: The VRT that shall change.
            terms: The terms under which it shall.
            plan: Validates the change against the VRT as it stands.

        Raises:
            ForbiddenError: The caller may not change it.
            NotFoundError: There is no such VRT that the caller may know of.
            VersionChangedError: It is not as the caller knows it, or changed while the change was validated.
            DatasetBusyError: Another generation is active.
            IdempotencyKeyReusedError: The key came before with another request.
        """
        require_upload(principal)
        replayed = self.admit.replayed(principal, terms.idempotency)
        if replayed is not None:
            return replayed
        with told("a change was asked for"):
            with phase("vrt"):
                vrt = changeable_vrt(self.datasets, principal, vrt_id)
                terms.known.require(vrt)
            with phase("plan"):
                planned = plan(vrt)
            return self.admit(principal, planned, terms.idempotency, as_seen=terms.known.versions is not None)


def changeable_vrt(datasets: Datasets, principal: Principal, vrt_id: str) -> VrtDataset:
    """The VRT, if the caller may change it.

    Raises:
        NotFoundError: There is no such VRT that the caller may know of.
        ForbiddenError: The caller may read it and not change it.
    """
    vrt = readable_vrt(datasets, principal, vrt_id)
    if not vrt.audience.may_change(principal):
        raise ForbiddenError(f"VRT dataset {vrt_id} is not yours to change", dataset_id=vrt_id)
    return vrt


def served(vrt: VrtDataset) -> Published:
    """What an idle VRT serves.

    Raises:
        DatasetBusyError: A generation is active.
        NotPublishedError: No generation ever was published, so there is nothing that a change could start from.
    """
    if vrt.active is not None:
        raise DatasetBusyError(vrt.id, vrt.active.job_id)
    if vrt.published is None:
        raise NotPublishedError(vrt.id)
    return vrt.published
