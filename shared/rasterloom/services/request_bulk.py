"""Take in a bulk registration: what shall be registered is written down, and workers are told."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched
from typing import Final

from rasterloom.domain.access import Principal, Visibility
from rasterloom.domain.bulk import PART_OBJECTS, BulkJob, StagedObject, StagedPart, staged_part_key
from rasterloom.domain.errors import (
    AlreadyDoneError,
    ForbiddenError,
    InvalidInputError,
    InvalidUriError,
    RasterloomError,
)
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.objects import ObjectPrefix, ObjectRef
from rasterloom.domain.refusals import InvalidInputs
from rasterloom.domain.registration import BulkListing, BulkPart
from rasterloom.ports import BulkJobs, Clock, NewId, Objects, RegistrationQueue
from rasterloom.services.bulk_objects import put_objects
from rasterloom.services.permissions import require_upload
from rasterloom.services.places import Places
from rasterloom.services.replays import IdempotencyKey, Replays

MOST_LISTED: Final = 90 * PART_OBJECTS
"""URIs of one request: its parts are written in one transaction, which takes 100 writes. No body holds as many."""
SHOWN_FORBIDDEN: Final = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """What a caller wants registered: named objects, or what a prefix holds."""

    uris: tuple[str, ...] = ()
    prefix: str | None = None
    visibility: Visibility = Visibility.PRIVATE
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestBulk:
    """`POST /ingest/raster/register/bulk`."""

    jobs: BulkJobs
    objects: Objects
    queue: RegistrationQueue
    places: Places
    replays: Replays
    clock: Clock
    new_id: NewId
    due_unsent: timedelta
    due_sent: timedelta
    part_objects: int = PART_OBJECTS

    def __call__(self, principal: Principal, request: BulkRequest, idempotency: IdempotencyKey | None = None) -> str:
        """Promise a job, and answer its id; no object is looked at yet.

        The lists of objects come before the job: alone, they promise nothing, and expire.

        Raises:
            ForbiddenError: The caller may not write, or not register objects of a place that is named.
            InvalidInputsError: URIs name no object, or one stands twice; every one is counted.
            InvalidInputError: The prefix is none.
            IdempotencyKeyReusedError: The key came before with another request.
        """
        require_upload(principal)
        earlier = self.replays.earlier(principal, idempotency)
        if earlier is not None:
            return earlier
        prefix = None if request.prefix is None else self._prefix(principal, request.prefix)
        refs = self._refs(principal, request.uris)
        job = self._job(principal, request, prefix, len(refs))
        parts = self._staged(job, refs)
        try:
            self.jobs.add(job, parts, self.replays.record(principal, idempotency, job.id))
        except AlreadyDoneError as done:
            return done.result
        self._send(job, parts)
        return job.id

    def _prefix(self, principal: Principal, uri: str) -> ObjectPrefix:
        try:
            prefix = ObjectPrefix.parse(uri)
        except InvalidUriError as error:
            raise _refusal(error, ("body", "prefix"), uri) from error
        self.places.require_prefix(principal, prefix)
        return prefix

    def _refs(self, principal: Principal, uris: Sequence[str]) -> Sequence[ObjectRef]:
        refs = _parsed(uris)
        forbidden = [ref for ref in refs if not self.places.holds(principal, ref)]
        if forbidden:
            shown = ", ".join(ref.uri for ref in forbidden[:SHOWN_FORBIDDEN])
            shown += ", …" if len(forbidden) > SHOWN_FORBIDDEN else ""
            reasons = "; or ".join(dict.fromkeys(self.places.why_not(ref.bucket) for ref in forbidden))
            count = f"{len(forbidden)} of {len(refs)} objects"
            message = f"{count} may not be read on your behalf: {shown}. {reasons[0].upper()}{reasons[1:]}"
            raise ForbiddenError(message, uri=forbidden[0].uri)
        return refs

    def _job(self, principal: Principal, request: BulkRequest, prefix: ObjectPrefix | None, count: int) -> BulkJob:
        now = self.clock()
        return BulkJob(
            id=self.new_id(),
            created_by=principal.subject,
            created_by_display=principal.name,
            caller_groups=tuple(sorted(principal.groups)),
            caller_permissions=tuple(sorted(principal.permissions)),
            visibility=request.visibility,
            groups=tuple(sorted(set(request.groups))),
            status=JobStatus.PENDING,
            created_at=now,
            due=now + self.due_unsent,
            prefix=prefix,
            is_listed=prefix is None,
            parts=-(-count // self.part_objects),
            objects=count,
        )

    def _staged(self, job: BulkJob, refs: Sequence[ObjectRef]) -> Sequence[StagedPart]:
        parts = []
        for number, batch in enumerate(batched(refs, self.part_objects, strict=False)):
            key = staged_part_key(job.id, number, job.id)
            put_objects(self.objects, key, [StagedObject(ref.uri) for ref in batch])
            parts.append(StagedPart(number, number * self.part_objects, len(batch), key))
        return parts

    def _send(self, job: BulkJob, parts: Sequence[StagedPart]) -> None:
        """Send the messages; however that fails, the job is promised, and the reconciler sends them."""
        messages: list[BulkPart | BulkListing] = [BulkPart(job.id, part.number) for part in parts]
        if not job.is_listed:
            messages.append(BulkListing(job.id, job.stretch))
        try:
            self.queue.send(messages)
            self.jobs.mark_sent(job, self.clock() + self.due_sent)
        except RasterloomError as error:
            logger.warning("job %s may not have been sent; the reconciler will: %s", job.id, error)


def _parsed(uris: Sequence[str]) -> Sequence[ObjectRef]:
    """Read every URI, and refuse all that are wrong at once."""
    seen: dict[ObjectRef, int] = {}
    problems = InvalidInputs()
    for index, uri in enumerate(uris):
        loc = ("body", "uris", index)
        try:
            ref = ObjectRef.parse(uri)
        except InvalidUriError as error:
            problems.add(_refusal(error, loc, uri))
            continue
        first = seen.setdefault(ref, index)
        if first != index:
            problems.add(_repeated(loc, uri, first))
    problems.require_none()
    return tuple(seen)


def _refusal(error: InvalidUriError, loc: tuple[str | int, ...], uri: str) -> InvalidInputError:
    expected = str(error.data["expected"])
    return InvalidInputError(error.code, error.message, loc=loc, value=uri, expected=expected, actual=uri)


def _repeated(loc: tuple[str | int, ...], uri: str, first: int) -> InvalidInputError:
    message = f"{uri} is listed before, at position {first}"
    actual = f"at positions {first} and {loc[-1]}"
    return InvalidInputError("duplicate_uri", message, loc=loc, value=uri, expected="each object once", actual=actual)
