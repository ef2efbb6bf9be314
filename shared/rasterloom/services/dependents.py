"""Who uses a raster."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from rasterloom.domain.access import Principal
from rasterloom.domain.dataset import RasterDataset, VrtDataset
from rasterloom.domain.errors import DatasetInUseError, NotFoundError, UnavailableError
from rasterloom.domain.uses import Use, is_forgotten, is_live
from rasterloom.ports import Clock, Datasets, Jobs, Lock
from rasterloom.services.permissions import readable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToldDependents:
    """Dependents as one caller may know them."""

    listed: tuple[tuple[str, str], ...]
    """(id, title) of those that the caller may read, by title."""
    hidden: int
    """How many others there are."""


@dataclass(frozen=True, slots=True)
class Dependents:
    """The VRTs that use a raster: in what they serve, or in what is queued or being built."""

    vrts: tuple[VrtDataset, ...] = ()
    unborn: int = 0
    """VRTs that do not exist yet: their admission is under way."""

    @property
    def are_none(self) -> bool:
        """Whether nobody uses the raster."""
        return not self.vrts and self.unborn == 0

    def told(self, principal: Principal) -> ToldDependents:
        """What a caller may know of them."""
        seen = [vrt for vrt in self.vrts if vrt.audience.admits(principal)]
        listed = tuple((vrt.id, vrt.title) for vrt in sorted(seen, key=lambda vrt: (vrt.title, vrt.id)))
        return ToldDependents(listed, len(self.vrts) - len(seen) + self.unborn)

    def refusal(self, principal: Principal, message: str) -> DatasetInUseError:
        """Why the raster has to stay as it is, as a caller may know it."""
        told = self.told(principal)
        return DatasetInUseError(message, told.listed, told.hidden)


@dataclass(frozen=True, slots=True)
class FindDependents:
    """Reads a raster's use links, tells which of them count, and lets go of those that never will again."""

    datasets: Datasets
    jobs: Jobs
    lock: Lock
    clock: Clock

    def __call__(self, raster_id: str) -> Dependents:
        """Find the dependents of a raster; everything is read strongly consistent.

        The order matters: links, then generations, then VRTs. A change that is admitted meanwhile is seen as unknown
        and young, or with its VRT, and never as the generation of a VRT that has gone.
        """
        uses = self.lock.uses_of(raster_id)
        statuses = self.jobs.statuses_of(uses)
        known = self.datasets.get_many({use.vrt_id for use in uses})
        now = self.clock()
        live = {
            use.vrt_id
            for use in uses
            if is_live(use, statuses.get(use.generation_id), has_vrt=use.vrt_id in known, now=now)
        }
        vrts = tuple(vrt for vrt in known.values() if isinstance(vrt, VrtDataset) and vrt.id in live)
        self._forget(raster_id, [use for use in uses if is_forgotten(use, statuses.get(use.generation_id), now=now)])
        return Dependents(vrts, len(live - known.keys()))

    def _forget(self, raster_id: str, uses: Sequence[Use]) -> None:
        """Let go of links whose admission never came: whoever reads them is the only one who ever finds them."""
        try:
            for use in uses:
                self.lock.unlink_sources(use.vrt_id, use.generation_id, [raster_id])
        except UnavailableError as error:
            logger.warning("%d links of raster %s are left: %s", len(uses), raster_id, error)


@dataclass(frozen=True, slots=True)
class ReadDependents:
    """`GET /datasets/{dataset_id}/dependents`."""

    datasets: Datasets
    find: FindDependents

    def __call__(self, principal: Principal, dataset_id: str) -> ToldDependents:
        """Answer the VRTs that use a raster; those that the caller may not read are only counted.

        Raises:
            NotFoundError: There is no such raster that the caller may know of; nothing can use a VRT.
        """
        dataset = readable(self.datasets.get(dataset_id), dataset_id, principal)
        if not isinstance(dataset, RasterDataset):
            raise NotFoundError("raster dataset", dataset_id, f"{dataset_id} is a VRT: nothing is woven of VRTs")
        return self.find(dataset.id).told(principal)
