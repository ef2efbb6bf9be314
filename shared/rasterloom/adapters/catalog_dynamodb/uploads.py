"""The port `Uploads` on DynamoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.due import due_items
from rasterloom.adapters.catalog_dynamodb.items_job import DUE, error_item
from rasterloom.adapters.catalog_dynamodb.items_polled import findings_attribute
from rasterloom.adapters.catalog_dynamodb.items_upload import (
    UPLOAD,
    is_upload,
    registered_item,
    upload_due_item,
    upload_item,
    upload_of,
)
from rasterloom.adapters.catalog_dynamodb.replay import record_put, require_first
from rasterloom.adapters.catalog_dynamodb.table import Table
from rasterloom.adapters.catalog_dynamodb.transactions import transact, write
from rasterloom.adapters.catalog_dynamodb.values import Attribute, iso, micros, text
from rasterloom.adapters.catalog_dynamodb.writes import Put, RefusedError, Update, one_of
from rasterloom.domain.errors import NotFoundError
from rasterloom.domain.lifecycle import JobStatus
from rasterloom.domain.uploads import Upload
from rasterloom.ports import Failure, IdempotencyRecord

_UNENDED: Final = (JobStatus.PENDING, JobStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class DynamoUploads:
    """Uploads as the catalogue has them; each step answers the upload as it stands, whoever left it so."""

    table: Table

    def add(self, upload: Upload, record: IdempotencyRecord | None = None) -> None:
        """Store a new upload.

        The id is fresh: where it stands already, this very write was carried out and its acknowledgement lost.

        Raises:
            AlreadyDoneError: An earlier request with the record's key did it.
            IdempotencyKeyReusedError: The key came with another request.
        """
        try:
            transact(self.table, Put(upload_item(upload)), *([record_put(record)] if record else []))
        except RefusedError as refusal:
            require_first(refusal, record)

    def get(self, job_id: str) -> Upload | None:
        """Read one upload, strongly consistent."""
        item = self.table.get(names.job_key(job_id))
        return upload_of(item) if item is not None and is_upload(item) else None

    def begin(self, upload: Upload, now: datetime, due: datetime) -> Upload:
        """Begin to complete an upload that has not ended, perhaps not for the first time; until `due` nobody sweeps."""
        # Two completions at once, a cancellation, a sweep that saw the due time before:
        #
        #   A: pending -> running
        #   B:                     running -> running: registering twice makes one dataset, so both may go on
        #   C: (cancels)           running, not pending -> refused
        #   S: (sweeps)            due is A's, not the one seen -> refused
        states, values = one_of("status", _UNENDED)
        sets = {"status": text(JobStatus.RUNNING.value), **upload_due_item(upload.id, micros(due))}
        began = Update(_key(upload), states, values, sets=sets, sets_once={"started_at": text(iso(now))})
        begun = replace(upload, status=JobStatus.RUNNING, due=due, started_at=upload.started_at or now)
        return self._written(began, begun)

    def complete(self, upload: Upload, dataset_id: str, now: datetime) -> Upload:
        """End an upload as registered, unless it has ended."""
        # Two completions at once, of which one is slow, and a sweep that gave up meanwhile:
        #
        #   A: registers ...                      ends: complete already -> refused, answers as B
        #   B:                 registers, ends: complete, the same dataset
        #   S: (or) fails it                      ends: failed already -> refused, answers that it failed
        #
        # Its dataset is deleted before it has ended: the object is nobody's any more, and has to be looked at.
        #
        #   A: registers                              ends, never to be looked at: due is D's -> refused, ends, due
        #   D:              due again, deletes
        states, values = one_of("status", _UNENDED)
        sets = {"status": text(JobStatus.COMPLETE.value), "completed_at": text(iso(now)), **registered_item(dataset_id)}
        condition, seen = _seen(upload)
        settled = Update(_key(upload), f"{states} AND {condition}", {**values, **seen}, sets=sets, removes=DUE)
        ended = replace(upload, status=JobStatus.COMPLETE, completed_at=now, dataset_id=dataset_id, due=None)
        standing = self._written(settled, ended)
        if standing.status not in _UNENDED:
            return standing
        return self._written(Update(_key(upload), states, values, sets=sets), replace(ended, due=standing.due))

    def fail(self, upload: Upload, failure: Failure, now: datetime) -> Upload:
        """End an upload that cannot be registered, unless it has ended, or has begun anew since it was read."""
        # The sweep gives up what somebody completes after all:
        #
        #   S: reads, due                            fails: due is A's -> refused
        #   A:            running, due in 15 minutes
        states, values = one_of("status", _UNENDED)
        counts = tuple((code, 1) for code in dict.fromkeys(finding.code for finding in failure.findings))
        sets = {
            "status": text(JobStatus.FAILED.value),
            "completed_at": text(iso(now)),
            "findings": findings_attribute(failure.findings, counts),
            **error_item(failure.code, failure.message),
        }
        condition, seen = _seen(upload)
        ended = replace(
            upload,
            status=JobStatus.FAILED,
            completed_at=now,
            error_code=failure.code,
            error_message=failure.message,
            findings=failure.findings,
            finding_counts=counts,
        )
        return self._written(Update(_key(upload), f"{states} AND {condition}", {**values, **seen}, sets=sets), ended)

    def cancel(self, upload: Upload, now: datetime) -> Upload:
        """End an upload that nobody has begun to complete."""
        # A cancellation and a completion at once; what is being registered cannot be taken back:
        #
        #   C: reads: pending                      cancels: running -> refused, told so
        #   A:                 pending -> running                                        registers, ends
        #   A: (or second)                         begins: cancelled -> refused, told so
        states, values = one_of("status", (JobStatus.PENDING,))
        sets = {"status": text(JobStatus.CANCELLED.value), "completed_at": text(iso(now))}
        ended = replace(upload, status=JobStatus.CANCELLED, completed_at=now)
        return self._written(Update(_key(upload), states, values, sets=sets), ended)

    def due(self, now: datetime, limit: int) -> Sequence[Upload]:
        """Uploads whose due time has come, as the table has them."""
        items = due_items(self.table, names.uploads_due_partitions(), now, limit)
        uploads = [upload_of(item) for item in items]
        return [upload for upload in uploads if upload.due is not None and upload.due <= now]

    def look_again(self, job_id: str, due: datetime) -> None:
        """Have an upload looked at once more, if there is one."""
        # The raster was never uploaded, or the row of its upload has gone: nothing may come into being that holds
        # nothing but a due time, and no job of another kind may become due among uploads.
        #
        #   D: deletes raster S, looks for the upload that made it: no row, or a job -> refused, nothing to look at
        again = Update(
            names.job_key(job_id),
            "#kind = :upload",
            {":upload": text(UPLOAD)},
            sets=upload_due_item(job_id, micros(due)),
        )
        try:
            write(self.table, again)
        except RefusedError:
            return

    def swept(self, upload: Upload) -> None:
        """Look at an ended upload never again: nothing of it is left in the bucket."""
        # The raster that the upload made is deleted while a sweep finds nothing to do:
        #
        #   S: reads: due T1, the object is a raster's                      never again: due is T2 -> refused
        #   D:                                          due T2, deletes the raster: the object is an orphan
        condition, seen = _seen(upload)
        self._written(Update(_key(upload), condition, seen, removes=DUE), replace(upload, due=None))

    def _written(self, change: Update, wanted: Upload) -> Upload:
        """The upload as wanted, or as it stands where the condition failed."""
        try:
            write(self.table, change)
        except RefusedError as refusal:
            standing = refusal.reasons[0].old
            if standing is None:
                raise NotFoundError("job", wanted.id) from refusal
            return upload_of(standing)
        return wanted


def _key(upload: Upload) -> names.Key:
    return names.job_key(upload.id)


def _seen(upload: Upload) -> tuple[str, Mapping[str, Attribute]]:
    """That the upload is due when it was read to be."""
    if upload.due is None:
        return "attribute_not_exists(#due)", {}
    return "#due = :seen", {":seen": micros(upload.due)}
