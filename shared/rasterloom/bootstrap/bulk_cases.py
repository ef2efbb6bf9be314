"""The use cases of bulk registrations, and what they share with all others."""

from functools import cached_property
from typing import TYPE_CHECKING

from rasterloom.bootstrap.adapters import Adapters, new_id, now

if TYPE_CHECKING:
    from rasterloom.adapters.headers import GdalHeaders
    from rasterloom.services.dependents import FindDependents
    from rasterloom.services.end_bulk import EndBulk
    from rasterloom.services.list_prefix import ListPrefix
    from rasterloom.services.mark_users import MarkUsers
    from rasterloom.services.places import Places
    from rasterloom.services.read_jobs import ReadJob
    from rasterloom.services.read_registrations import ReadRegistrations
    from rasterloom.services.register_part import RegisterPart
    from rasterloom.services.replays import Replays
    from rasterloom.services.request_bulk import RequestBulk
    from rasterloom.services.resume_bulk import ResumeBulk


class BulkCases(Adapters):
    """What registers many objects, made once per process."""

    @cached_property
    def request_bulk(self) -> "RequestBulk":
        """Takes in a bulk registration."""
        from rasterloom.services.request_bulk import RequestBulk

        return RequestBulk(
            jobs=self.catalog.bulk_jobs,
            objects=self.objects,
            queue=self.registration_queue,
            places=self._places,
            replays=self._replays,
            clock=now,
            new_id=new_id,
            due_unsent=self.settings.due_unsent_seconds,
            due_sent=self.settings.due_sent_seconds,
        )

    @cached_property
    def register_part(self) -> "RegisterPart":
        """Works off a part of a bulk registration."""
        from rasterloom.adapters.header_batches import PooledHeaders
        from rasterloom.adapters.listed_beside import ListedBeside
        from rasterloom.adapters.listing_s3 import S3Listing
        from rasterloom.adapters.pace import Pace
        from rasterloom.adapters.s3_client import s3_client
        from rasterloom.services.register_part import RegisterPart

        pace = Pace(self.settings.own_registration_rate)
        beside = ListedBeside(S3Listing(s3_client()), self.sources.require, pace)
        return RegisterPart(
            jobs=self.catalog.bulk_jobs,
            rasters=self.catalog.raster_batches,
            headers=PooledHeaders(self._headers, pace, beside),
            objects=self.objects,
            queue=self.registration_queue,
            places=self._places,
            end=self._end_bulk,
            clock=now,
            new_id=new_id,
            due_sent=self.settings.due_sent_seconds,
            mark_users=self.mark_users,
            follows=self.settings.follows,
        )

    @cached_property
    def list_prefix(self) -> "ListPrefix":
        """Lists the prefix of a bulk registration."""
        from rasterloom.adapters.listing_s3 import S3Listing
        from rasterloom.adapters.s3_client import s3_client
        from rasterloom.services.list_prefix import ListPrefix

        return ListPrefix(
            jobs=self.catalog.bulk_jobs,
            objects=self.objects,
            queue=self.registration_queue,
            listing=S3Listing(s3_client()),
            places=self._places,
            end=self._end_bulk,
            clock=now,
            new_id=new_id,
            due_sent=self.settings.due_sent_seconds,
        )

    @cached_property
    def resume_bulk(self) -> "ResumeBulk":
        """Sends what is left of bulk registrations again, or ends them."""
        from rasterloom.services.resume_bulk import ResumeBulk

        due_sent = self.settings.due_sent_seconds
        return ResumeBulk(self.catalog.bulk_jobs, self.registration_queue, self._end_bulk, now, due_sent)

    @cached_property
    def _end_bulk(self) -> "EndBulk":
        from rasterloom.services.end_bulk import EndBulk

        return EndBulk(self.catalog.bulk_jobs, now)

    @cached_property
    def read_registrations(self) -> "ReadRegistrations":
        """Reads what became of the objects of a bulk registration."""
        from rasterloom.services.read_registrations import ReadRegistrations

        return ReadRegistrations(self.read_job, self.catalog.bulk_jobs, self.objects)

    @cached_property
    def read_job(self) -> "ReadJob":
        """Reads a job."""
        from rasterloom.services.read_jobs import ReadJob

        return ReadJob(self.catalog.jobs)

    @cached_property
    def _places(self) -> "Places":
        from rasterloom.services.places import Places

        return Places(self.settings.source_allow_list, self.bucket)

    @cached_property
    def _replays(self) -> "Replays":
        from rasterloom.services.replays import Replays

        return Replays(self.catalog.lock, now)

    @cached_property
    def _headers(self) -> "GdalHeaders":
        from rasterloom.adapters.headers import GdalHeaders
        from rasterloom.adapters.heads import Heads

        return GdalHeaders(Heads(self.sources))

    @cached_property
    def mark_users(self) -> "MarkUsers":
        """Marks the VRTs that use a raster which has changed."""
        from rasterloom.services.mark_users import MarkUsers

        quiet = self.settings.quiet_period_seconds
        return MarkUsers(self.catalog.datasets, self.catalog.marks, self._find_dependents, now, quiet)

    @cached_property
    def _find_dependents(self) -> "FindDependents":
        from rasterloom.services.dependents import FindDependents

        return FindDependents(self.catalog.datasets, self.catalog.jobs, self.catalog.lock, now)
