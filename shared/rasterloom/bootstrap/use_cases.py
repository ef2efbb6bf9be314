"""All use cases, each made and imported when it is first asked for; those of the schedule are here."""

from functools import cached_property
from typing import TYPE_CHECKING

from rasterloom.bootstrap.adapters import new_id, now
from rasterloom.bootstrap.change_cases import ChangeCases
from rasterloom.bootstrap.read_cases import ReadCases
from rasterloom.bootstrap.register_cases import RegisterCases

if TYPE_CHECKING:
    from rasterloom.services.clean_up import CleanUp
    from rasterloom.services.reconcile import Reconcile
    from rasterloom.services.refresh_vrts import RefreshVrts
    from rasterloom.services.resume_bulk import ResumeBulk
    from rasterloom.services.resume_deletions import ResumeDeletions
    from rasterloom.services.sweep_orphans import SweepOrphans
    from rasterloom.services.sweep_uploads import SweepUploads


class Container(ReadCases, RegisterCases, ChangeCases):
    """Everything that is made once per process."""

    def warm(self) -> None:
        """Make what nearly every request needs."""
        _ = (self.verify_token, self.read_job, self.read_dataset)

    @cached_property
    def reconcile(self) -> "Reconcile":
        """Works off what is due."""
        from rasterloom.services.reconcile import Reconcile

        return Reconcile(
            datasets=self.catalog.datasets,
            jobs=self.catalog.jobs,
            lock=self.catalog.lock,
            queue=self.queue,
            clock=now,
            due_sent=self.settings.due_sent_seconds,
            max_attempts=self.settings.max_attempts,
        )

    @cached_property
    def clean_up(self) -> "CleanUp":
        """Works off what is due, for an admin."""
        from rasterloom.services.clean_up import CleanUp

        return CleanUp(self.reconcile)

    @cached_property
    def resume_bulk(self) -> "ResumeBulk":
        """Sends what is left of bulk registrations again, or ends them."""
        from rasterloom.services.resume_bulk import ResumeBulk

        due_sent = self.settings.due_sent_seconds
        return ResumeBulk(self.catalog.bulk_jobs, self.registration_queue, self._end_bulk, now, due_sent)

    @cached_property
    def resume_deletions(self) -> "ResumeDeletions":
        """Carries on deletions that died."""
        from rasterloom.services.resume_deletions import ResumeDeletions

        return ResumeDeletions(self.catalog.datasets, self._find_dependents, self._forget_upload, now, new_id)

    @cached_property
    def sweep_orphans(self) -> "SweepOrphans":
        """Removes what is left of dead attempts and of what is deleted."""
        from rasterloom.adapters.orphans_s3 import S3Orphans
        from rasterloom.services.sweep_orphans import SweepOrphans

        catalog = self.catalog
        return SweepOrphans(
            sweeps=catalog.sweeps,
            jobs=catalog.jobs,
            lock=catalog.lock,
            objects=self.objects,
            store=S3Orphans(self.bucket),
            clock=now,
            marks=catalog.marks,
            settle_marks=self.settle_marks.after_publishing,
        )

    @cached_property
    def sweep_uploads(self) -> "SweepUploads":
        """Removes what is left of uploads that came to nothing."""
        from rasterloom.services.sweep_uploads import SweepUploads

        return SweepUploads(self.catalog.datasets, self.catalog.uploads, self.upload_store, self.bucket, now)

    @cached_property
    def refresh_vrts(self) -> "RefreshVrts":
        """Looks at VRTs that are marked."""
        from rasterloom.services.refresh_vrts import RefreshVrts

        catalog, quiet = self.catalog, self.settings.quiet_period_seconds
        return RefreshVrts(catalog.datasets, catalog.marks, self.settle_marks, self._admit, now, quiet)
