"""Leave nothing in our bucket of uploads that came to nothing, or whose dataset is gone."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.lifecycle import JOB_TRANSITIONS, JobStatus, is_final
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.uploads import Upload, job_of_key
from rasterloom.ports import Clock, Datasets, Failure, Uploads, UploadStore
from rasterloom.services.shares import ENDLESS, until_then

BATCH: Final = 200
"""Uploads that one run looks at; the next run takes the rest."""

FORGET_AFTER: Final = timedelta(minutes=5)
"""How long a deletion of a dataset may take before its object is looked at; far longer than a request can."""

EXPIRED: Final = Failure("upload_expired", "The upload was not completed in time")

logger = logging.getLogger(__name__)


class Swept(StrEnum):
    """What was done about one upload that was due."""

    KEPT = "kept"
    """Its object is a dataset's."""
    REMOVED = "removed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class SweepUploads:
    """The use case; it is safe beside completions, beside deletions, and beside itself."""

    datasets: Datasets
    uploads: Uploads
    store: UploadStore
    bucket: str
    clock: Clock

    def __call__(self, until: datetime = ENDLESS) -> Mapping[Swept, int]:
        """Look at uploads that are due until that moment, and count what was done."""
        due = self.uploads.due(self.clock(), BATCH)
        return Counter(self._action(upload) for upload in until_then(due, self.clock, until))

    def _action(self, upload: Upload) -> Swept:
        try:
            action = self._sweep(upload)
        except UnavailableError as error:
            logger.warning("upload %s is left for the next run: %s", upload.id, error)
            action = Swept.LEFT
        except Exception:
            logger.exception("upload %s is left for the next run", upload.id)
            action = Swept.LEFT
        logger.info("upload %s: %s", upload.id, action)
        return action

    def _sweep(self, upload: Upload) -> Swept:
        """Only an upload that has ended loses its object, and none does that a dataset is registered of."""
        # It is completed, or its dataset deleted, between the look for a dataset and what follows from it:
        #
        #   S: finds none                                    gives it up: complete -> somebody else's
        #   A:              begins, registers, ends
        #   S: finds one                                     never again: due is D's, not the one seen -> refused
        #   D:              due again, deletes the dataset
        dataset_id = self.datasets.find_object(ObjectRef(self.bucket, upload.key), upload.created_by)
        if dataset_id is not None:
            standing = self.uploads.complete(upload, dataset_id, self.clock())
            self.uploads.swept(replace(standing, due=standing.due and upload.due))
            return Swept.KEPT
        if not is_final(JOB_TRANSITIONS, upload.status) and not self._is_given_up(upload):
            return Swept.LEFT
        self.store.abort(upload)
        self.store.discard(upload.key)
        self.uploads.swept(upload)
        return Swept.REMOVED

    def _is_given_up(self, upload: Upload) -> bool:
        standing = self.uploads.fail(upload, EXPIRED, self.clock())
        return standing.status in {JobStatus.FAILED, JobStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class ForgetUpload:
    """What a deletion does for a raster that was uploaded: its object is nobody's any more, and goes with it."""

    uploads: Uploads
    bucket: str
    clock: Clock

    def __call__(self, raster: RasterDataset) -> None:
        """Have the sweep look at the object once the deletion is over; where it was refused, nothing is lost."""
        if raster.ref.bucket != self.bucket:
            return
        job_id = job_of_key(raster.ref.key)
        if job_id is not None:
            self.uploads.look_again(job_id, self.clock() + FORGET_AFTER)
