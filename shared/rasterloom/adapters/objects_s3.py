"""The port `Objects`: S3 through obstore's synchronous calls, which release the GIL."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import obstore

from rasterloom.adapters.object_stats import Looks
from rasterloom.adapters.object_stores import (
    FAILURES,
    ObjectStores,
    domain_error,
    is_broken_off,
    is_unexplained,
    pool,
)
from rasterloom.adapters.s3_client import s3_client
from rasterloom.domain.errors import ObjectError, ObjectExistsError, ObjectMissingError, UnavailableError
from rasterloom.domain.objects import ObjectRef, ObjectStat

if TYPE_CHECKING:
    from obstore import ObjectMeta

PUTS: Final = 3
"""Tries of a put whose connection breaks."""
PAUSE: Final = 0.4
"""Seconds; before the second try at most a quarter of it, before the third at most half."""


@dataclass(frozen=True, slots=True)
class S3Objects:
    """Our bucket, and a look at the sources' buckets."""

    bucket: str
    own: ObjectStores
    """Clients with time-outs for whole artifacts."""
    sources: ObjectStores
    """Clients with time-outs for a header or a HEAD."""

    def stat_many(self, refs: Sequence[ObjectRef]) -> Sequence[ObjectStat | ObjectError]:
        """Look at objects concurrently; per object, in order, what S3 said or why it cannot be used.

        Raises:
            UnavailableError: S3 did not answer for at least one of them, so nothing is known of all.
        """
        return Looks(self._stores_of, self._stat, pool())(refs)

    def _stat(self, ref: ObjectRef) -> ObjectStat | ObjectError:
        try:
            meta = self._head(ref)
        except FAILURES as error:
            known = domain_error(error, ref)
            if isinstance(known, ObjectError):
                return known
            raise known from error
        return ObjectStat(meta["e_tag"] or "", meta["size"])

    def _head(self, ref: ObjectRef) -> "ObjectMeta":
        """Ask for an object's head; where S3 does not say why it gives none, for a byte of it, which it does say of."""
        store = self._stores_of(ref).of(ref)
        try:
            return obstore.head(store, ref.key)
        except FAILURES as error:
            if not is_unexplained(error):
                raise
        return obstore.get(store, ref.key, options={"range": (0, 1)}).meta

    def _stores_of(self, ref: ObjectRef) -> ObjectStores:
        # In our bucket only uploads are sources; everything else there we wrote ourselves, under keys of our own.
        return self.sources if ref.bucket != self.bucket or self.sources.allows(ref) else self.own

    def read_source(self, ref: ObjectRef, most: int) -> bytes | None:
        """Read an object of any bucket whole; None where it has more than this many bytes.

        Raises:
            ObjectMissingError: There is none.
            ObjectUnreadableError: It may not be read.
        """
        try:
            result = obstore.get(self.sources.of(ref), ref.key)
            return None if result.meta["size"] > most else bytes(result.bytes())
        except FAILURES as error:
            raise domain_error(error, ref) from error

    def get(self, key: str) -> bytes:
        """Read an object of our bucket.

        Raises:
            ObjectMissingError: There is none.
        """
        ref = ObjectRef(self.bucket, key)
        try:
            return bytes(obstore.get(self.own.of(ref), key).bytes())
        except FAILURES as error:
            raise domain_error(error, ref) from error

    def get_part(self, key: str, place: range) -> bytes:
        """Read some bytes of an object of our bucket, fewer where it ends before they do.

        Raises:
            ObjectMissingError: There is none.
        """
        if not place:
            return b""
        ref = ObjectRef(self.bucket, key)
        try:
            result = obstore.get(self.own.of(ref), key, options={"range": (place.start, place.stop)})
            return bytes(result.bytes())
        except FAILURES as error:
            raise domain_error(error, ref) from error

    def put_new(self, key: str, body: bytes, content_type: str) -> None:
        """Create an object of our bucket with `If-None-Match: *`.

        One request, never a multipart upload: a condition on its completion would not cover its parts. A key that is
        taken by the same bytes is a lost acknowledgement, and success.

        Raises:
            ObjectExistsError: The key is taken by other bytes.
        """
        ref = ObjectRef(self.bucket, key)
        try:
            self._create(ref, body, content_type)
        except ObjectExistsError:
            if self._current(ref) != body:
                raise

    def _create(self, ref: ObjectRef, body: bytes, content_type: str) -> None:
        """Put an object on condition that there is none, some times where the connection breaks.

        obstore leaves it at one break, for it cannot know whether the put was carried out. If it was, the next one
        finds the key taken by the same bytes.
        """
        for tries_left in reversed(range(PUTS)):
            try:
                obstore.put(
                    self.own.of(ref),
                    ref.key,
                    body,
                    attributes={"Content-Type": content_type},
                    mode="create",
                    use_multipart=False,
                )
            except FAILURES as error:
                if not tries_left or not is_broken_off(error):
                    raise domain_error(error, ref) from error
                time.sleep(random.uniform(0, PAUSE / 2**tries_left))  # noqa: S311 - spreads load
            else:
                return

    def _current(self, ref: ObjectRef) -> bytes:
        """What holds the key; S3 also answers 409 while another put of it is under way, and then nothing does."""
        try:
            return self.get(ref.key)
        except ObjectMissingError as error:
            raise UnavailableError("S3", f"another put of {ref.uri} is under way") from error

    def presigned_url(self, key: str, filename: str, seconds: int) -> str:
        """A URL that reads one object of our bucket for a short while and saves it under a name.

        It is made without asking S3; the credentials that sign it may end its life sooner.
        """
        parameters = {
            "Bucket": self.bucket,
            "Key": key,
            "ResponseContentDisposition": content_disposition(filename),
        }
        return s3_client().generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)


def content_disposition(filename: str) -> str:
    """`Content-Disposition` that saves under a file name, after RFC 6266: ASCII for old clients, UTF-8 for others."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\/%' else "_" for char in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
