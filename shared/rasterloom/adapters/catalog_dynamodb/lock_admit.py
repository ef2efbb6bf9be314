"""Admission: the lock, the generation, the job and the idempotency row, all or nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_dataset import VRT, group_puts
from rasterloom.adapters.catalog_dynamodb.items_job import generation_item, job_item
from rasterloom.adapters.catalog_dynamodb.items_vrt import LEASE, activity_item, vrt_item
from rasterloom.adapters.catalog_dynamodb.lock_step import LockStep
from rasterloom.adapters.catalog_dynamodb.replay import record_put, standing_result
from rasterloom.adapters.catalog_dynamodb.transactions import transact
from rasterloom.adapters.catalog_dynamodb.values import (
    iso,
    number,
    of,
    read_iso,
    read_seconds,
    text,
    texts,
)
from rasterloom.adapters.catalog_dynamodb.writes import Put, Reason, RefusedError, Update, one_of
from rasterloom.domain.dataset import Activity
from rasterloom.domain.errors import (
    BaseChangedError,
    DatasetBusyError,
    NotFoundError,
    RasterloomError,
    VersionChangedError,
)
from rasterloom.domain.lifecycle import VRT_TRANSITIONS, VrtStatus, sources_of
from rasterloom.domain.versions import spell
from rasterloom.ports import Admission, IdempotencyRecord


@dataclass(frozen=True, slots=True)
class Admissions(LockStep):
    """The first step of every change."""

    def replayed(self, caller: str, key: str, now: datetime) -> IdempotencyRecord | None:
        """The record of a caller's idempotency key, if it has not expired."""
        item = self.table.get(names.idempotency_key(caller, key))
        if item is None or read_seconds(item["expires_at"]) <= now:
            return None
        return IdempotencyRecord(
            caller, key, item["body_digest"]["S"], item["result"]["S"], now, read_seconds(item["expires_at"])
        )

    def admit(self, admission: Admission) -> str:
        """Take the lock and write generation, job and idempotency row; answer the job id that stands.

        The job id is another one only where the caller's idempotency key won with the same body before.

        Raises:
            DatasetBusyError: Another generation is active, or came and went since the VRT was read.
            NotFoundError: The VRT is gone.
            BaseChangedError: The published generation is not the base.
            VersionChangedError: The VRT has changed, and must not have.
            IdempotencyKeyReusedError: The key came with another request.
        """
        activity = admission.vrt.active
        if activity is None:
            raise ValueError(f"the admission of {admission.generation.id} has no active generation")
        record = admission.idempotency
        replay = [record_put(record)] if record else []
        try:
            transact(
                self.table,
                *replay,  # first: it outranks the lock
                # Generation and job have fresh ids. Where they stand already, this very admission was carried out
                # and its acknowledgement lost:
                #
                #   A: absent -> written, answer lost       A, sent again: job is A's -> refused, answers its job
                Put(job_item(admission.job)),
                _vrt_write(admission, activity),
                Put(generation_item(admission.generation)),
                *(group_puts(admission.vrt, VRT) if admission.is_new else ()),
            )
        except RefusedError as refusal:
            reasons = list(refusal.reasons)
            if record and reasons[0].refused:
                return standing_result(reasons[0], record)
            job, vrt = reasons[len(replay) : len(replay) + 2]
            if not job.refused:
                _refuse(vrt, admission)
        return admission.job.id


def _vrt_write(admission: Admission, activity: Activity) -> Put | Update:
    # A new VRT comes only where nothing stands: an id that was taken would be a dataset lost.
    if admission.is_new:
        return Put(vrt_item(admission.vrt, activity))
    # A hundred changes of one VRT at once, all read at fence 7 with G1 published:
    #
    #   A: ready, nothing active, G1, fence 7 -> regenerating, A active, fence 8
    #   B:                                        A is active -> refused: busy
    #   A:                                                             publishes A: ready, fence 8
    #   C:                                                                             A, not G1 -> refused: base
    #   D: (had A failed)                                                              fence 8, not 7 -> refused
    #
    # C was validated against another base. D's was the same, but number 8 is A's for good: D has to read again.
    # A title that somebody edits meanwhile moves only `updated_at`, which counts where the caller said so.
    states, values = one_of("status", sources_of(VRT_TRANSITIONS, VrtStatus.REGENERATING))
    if admission.as_seen:
        states += " AND #updated_at = :seen_updated_at"
        values |= texts({":seen_updated_at": iso(admission.vrt.updated_at)})
    base = "#published_generation = :base" if admission.base_id else "attribute_not_exists(#published_generation)"
    return Update(
        names.dataset_key(admission.vrt.id),
        condition=f"{states} AND attribute_not_exists(#active_generation) AND #fence = :seen AND {base}",
        values={**values, **texts({":base": admission.base_id}), ":seen": number(admission.vrt.fence - 1)},
        sets={
            **activity_item(activity),
            "status": text(VrtStatus.REGENERATING.value),
            "fence": number(admission.vrt.fence),
            "updated_at": text(iso(admission.generation.admitted_at)),
            **({} if admission.auto_regenerate is None else {"auto_regenerate": {"BOOL": admission.auto_regenerate}}),
        },
        removes=("active_started_at", *LEASE),
    )


def _refuse(vrt: Reason, admission: Admission) -> NoReturn:
    dataset_id = admission.vrt.id
    if not vrt.refused:
        raise RasterloomError(f"Generation {admission.generation.number} of dataset {dataset_id} exists already")
    standing = vrt.old
    if standing is None:
        raise NotFoundError("dataset", dataset_id)
    if admission.as_seen:
        raise VersionChangedError(dataset_id, spell(int(standing["fence"]["N"]), read_iso(standing["updated_at"]["S"])))
    if "active_generation" in standing:
        raise DatasetBusyError(dataset_id, of(standing, "active_job"))
    published = of(standing, "published_generation")
    if published != admission.base_id:
        raise BaseChangedError(
            f"Dataset {dataset_id} was validated against generation {admission.base_id}, but {published} is published",
            dataset_id=dataset_id,
            expected=admission.base_id,
            actual=published,
        )
    raise DatasetBusyError(dataset_id, None)
