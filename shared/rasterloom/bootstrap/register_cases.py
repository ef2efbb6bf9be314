"""The use cases that bring rasters into the catalogue: one by one, in bulk, by upload, by event."""

from functools import cached_property
from typing import TYPE_CHECKING

from rasterloom.bootstrap.adapters import new_id, now
from rasterloom.bootstrap.shared_cases import SharedCases

if TYPE_CHECKING:
    from rasterloom.services.complete_upload import CompleteUpload
    from rasterloom.services.end_bulk import EndBulk
    from rasterloom.services.list_prefix import ListPrefix
    from rasterloom.services.observe_object import ObserveObject
    from rasterloom.services.register_part import RegisterPart
    from rasterloom.services.register_raster import RegisterRaster
    from rasterloom.services.request_bulk import RequestBulk
    from rasterloom.services.request_upload import RequestUpload


class RegisterCases(SharedCases):
    """What registers, made once per process."""

    @cached_property
    def register_raster(self) -> "RegisterRaster":
        """Registers a COG."""
        from rasterloom.services.register_raster import RegisterRaster

        return RegisterRaster(
            datasets=self.catalog.datasets,
            headers=self._headers,
            places=self._places,
            replays=self._replays,
            clock=now,
            new_id=new_id,
            mark_users=self.mark_users,
            look_again=lambda ref: self.observe_object(ref) if self.settings.follows(ref) else None,
            requires_cog=self.settings.require_cog,
        )

    @cached_property
    def observe_object(self) -> "ObserveObject":
        """Brings the catalogue up to an object."""
        from rasterloom.services.observe_object import ObserveObject

        return ObserveObject(
            datasets=self.catalog.datasets,
            headers=self._headers,
            mark_users=self.mark_users,
            allows=self.settings.heeds,
            watched=self.settings.watched,
            clock=now,
            new_id=new_id,
        )

    @cached_property
    def request_upload(self) -> "RequestUpload":
        """Takes in a file."""
        from rasterloom.services.request_upload import RequestUpload

        return RequestUpload(self.catalog.uploads, self.upload_store, self._replays, now, new_id)

    @cached_property
    def complete_upload(self) -> "CompleteUpload":
        """Registers a file that has arrived."""
        from rasterloom.services.complete_upload import CompleteUpload

        return CompleteUpload(
            uploads=self.catalog.uploads,
            store=self.upload_store,
            objects=self.objects,
            register=self.register_raster,
            bucket=self.bucket,
            clock=now,
        )

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
    def _end_bulk(self) -> "EndBulk":
        from rasterloom.services.end_bulk import EndBulk

        return EndBulk(self.catalog.bulk_jobs, now)
