"""The adapters, each made and imported when it is first asked for."""

from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

    from rasterloom.adapters.catalog_dynamodb import Catalog
    from rasterloom.adapters.object_stores import ObjectStores
    from rasterloom.adapters.redelivery_sqs import SqsRedelivery
    from rasterloom.domain.raster import Crs
    from rasterloom.ports import BuildQueue, CrsEquality, Lock, Objects, RegistrationQueue, TokenVerifier, UploadStore
    from rasterloom.services.puts import AtOnce
    from rasterloom.settings import Settings


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh UUID, in lower case."""
    return str(uuid4())


class Adapters:
    """What speaks to the world, made once per process."""

    def __init__(self, settings: "Settings") -> None:
        """Keep the settings; nothing is made yet."""
        self.settings = settings

    @property
    def bucket(self) -> str:
        """Name of our bucket."""
        return self.settings.bucket_name

    @cached_property
    def verify_token(self) -> "TokenVerifier":
        """Verifies bearer tokens."""
        from rasterloom.adapters.issuer_keys import IssuerKeys, fetch
        from rasterloom.adapters.tokens_jwt import JwtVerifier

        issuer = self.settings.token_issuer
        audiences = frozenset(name.strip() for name in self.settings.token_audience.split(",") if name.strip())
        return JwtVerifier(issuer, audiences, IssuerKeys(issuer, fetch))

    @cached_property
    def catalog(self) -> "Catalog":
        """The catalogue."""
        from rasterloom.adapters.catalog_dynamodb import dynamodb_client, open_catalog

        return open_catalog(dynamodb_client(), self.settings.table_name, _LazyBlobs(self))

    @property
    def builder_lock(self) -> "Lock":
        """The lock as the builder holds it, which tests of recovery have end with its process."""
        lock = self.catalog.lock
        if not self.settings.debug_signal_at:
            return lock
        from signal import Signals

        from rasterloom.adapters.mortal_lock import MortalLock

        return MortalLock(lock.table, lock.blobs, self.settings.debug_signal_at, Signals[self.settings.debug_signal])

    @cached_property
    def sources(self) -> "ObjectStores":
        """Clients of the buckets that sources lie in."""
        from rasterloom.adapters.object_stores import ObjectStores

        watched = {entry.bucket: entry.region for entry in self.settings.watch_list if entry.region}
        allowed = {entry.bucket: entry.region for entry in self.settings.source_allow_list if entry.region}
        return ObjectStores(watched | allowed, allows=self.settings.allows)

    @cached_property
    def objects(self) -> "Objects":
        """S3."""
        from datetime import timedelta

        from rasterloom.adapters.object_stores import ObjectStores
        from rasterloom.adapters.objects_s3 import S3Objects

        return S3Objects(self.bucket, ObjectStores(timeout=timedelta(seconds=20)), self.sources)

    @property
    def at_once(self) -> "AtOnce":
        """Puts objects side by side."""
        from rasterloom.adapters.object_stores import pool

        return pool().map

    @cached_property
    def upload_store(self) -> "UploadStore":
        """The part of S3 that takes uploads."""
        from rasterloom.adapters.uploads_s3 import S3Uploads

        return S3Uploads(self.bucket)

    @cached_property
    def queue(self) -> "BuildQueue":
        """The builds queue."""
        from rasterloom.adapters.queue_sqs import SqsBuildQueue

        return SqsBuildQueue(self._sqs, self.settings.builds_queue_url)

    @cached_property
    def registration_queue(self) -> "RegistrationQueue":
        """The registrations queue."""
        from rasterloom.adapters.registrations_sqs import SqsRegistrationQueue

        return SqsRegistrationQueue(self._sqs, self.settings.registrations_queue_url)

    @cached_property
    def give_back(self) -> "SqsRedelivery":
        """Has a message of the builds queue come again soon."""
        from rasterloom.adapters.redelivery_sqs import SqsRedelivery

        return SqsRedelivery(self._sqs, self.settings.builds_queue_url)

    @cached_property
    def give_back_registration(self) -> "SqsRedelivery":
        """Has a message of the registrations queue come again: soon at first, and in ten minutes at last.

        Nobody but a person works its dead letters off, so what is given back has to outlast an outage of minutes.
        """
        from rasterloom.adapters.redelivery_sqs import SqsRedelivery

        return SqsRedelivery(self._sqs, self.settings.registrations_queue_url, growth=5, longest=600)

    @cached_property
    def _sqs(self) -> "SQSClient":
        from rasterloom.adapters.redelivery_sqs import sqs_client

        return sqs_client()

    @cached_property
    def same_crs(self) -> "CrsEquality":
        """Compares CRSs; PROJ is loaded when two are spelled differently."""
        return _LazyCrsEquality()


class _LazyBlobs:
    """Our bucket, opened when an item of the catalogue first points into it."""

    def __init__(self, adapters: Adapters) -> None:
        self.adapters = adapters

    def get(self, key: str) -> bytes:
        return self.adapters.objects.get(key)

    def put_new(self, key: str, body: bytes, content_type: str) -> None:
        self.adapters.objects.put_new(key, body, content_type)


class _LazyCrsEquality:
    """PROJ, loaded when two CRSs are spelled differently."""

    def __call__(self, one: "Crs", other: "Crs") -> bool:
        return _proj()(one, other)


@cache
def _proj() -> "CrsEquality":
    from rasterloom.adapters.crs_gdal import GdalCrsEquality

    return GdalCrsEquality()
