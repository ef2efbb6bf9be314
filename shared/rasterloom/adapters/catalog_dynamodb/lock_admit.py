"""Admission: the lock, the generation, the job and the idempotency row, all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.items_dataset import VRT, group_puts
from rasterloom.adapters.catalog_dynamodb.items_job import generation_item, job_item
from rasterloom.adapters.catalog_dynamodb.items_vrt import LEASE, activity_item, vrt_item
from rasterloom.adapters.catalog_dynamodb.lock_step import LockStep
from rasterloom.adapters.catalog_dynamodb.transactions import transact
from rasterloom.adapters.catalog_dynamodb.values import (
    Attribute,
    iso,
    number,
    of,
    read_seconds,
    seconds,
    text,
    texts,
)
from rasterloom.adapters.catalog_dynamodb.writes import Put, Reason, RefusedError, Update, key_item, one_of
from rasterloom.domain.dataset import Activity
from rasterloom.domain.errors import (
    BaseChangedError,
    DatasetBusyError,
    IdempotencyKeyReusedError,
    NotFoundError,
    RasterloomError,
)
from rasterloom.domain.lifecycle import VRT_TRANSITIONS, VrtStatus, sources_of
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
            caller, key, item["body_digest"]["S"], item["job"]["S"], read_seconds(item["expires_at"])
        )

    def admit(self, admission: Admission) -> str:
        """Take the lock and write generation, job and idempotency row; answer the job id that stands.

        The job id is another one only where the caller's idempotency key won with the same body before.

        Raises:
            DatasetBusyError: Another generation is active, or came and went since the VRT was read.
            NotFoundError: The VRT is gone.
            BaseChangedError: The published generation is not the base.
            IdempotencyKeyReusedError: The key came with another body.
        """
        activity = admission.vrt.active
        if activity is None:
            raise ValueError(f"the admission of {admission.generation.id} has no active generation")
        replay = [_idempotency_put(admission.idempotency, admission)] if admission.idempotency else []
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
            if replay and reasons[0].refused:
                return _replayed_job(reasons[0], admission)
            job, vrt = reasons[len(replay) : len(replay) + 2]
            if not job.refused:
                _refuse(vrt, admission)
        return admission.job.id


def _idempotency_put(record: IdempotencyRecord, admission: Admission) -> Put:
    # Two requests under one key, at once or one after the other, and one long after:
    #
    #   A: absent -> job A
    #   B:                  job A, not expired -> refused, answers job A (same body) or refuses (another body)
    #   C:                                        expired, TTL has not come by yet -> job C
    item = key_item(names.idempotency_key(record.caller, record.key)) | texts(
        {"kind": "idempotency", "body_digest": record.body_digest, "job": record.job_id}
    )
    return Put(
        {**item, "expires_at": seconds(record.expires_at)},
        condition="attribute_not_exists(#pk) OR #expires_at <= :now",
        values={":now": _whole_seconds(admission.job.created_at)},
    )


def _whole_seconds(now: datetime) -> Attribute:
    return seconds(now.replace(microsecond=0))


def _vrt_write(admission: Admission, activity: Activity) -> Put | Update:
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
    states, values = one_of("status", sources_of(VRT_TRANSITIONS, VrtStatus.REGENERATING))
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
        },
        removes=("active_started_at", *LEASE),
    )


def _replayed_job(reason: Reason, admission: Admission) -> str:
    record = admission.idempotency
    standing: Mapping[str, Attribute] = reason.old or {}
    job_id = of(standing, "job") or admission.job.id
    if record is not None and job_id != record.job_id and of(standing, "body_digest") != record.body_digest:
        raise IdempotencyKeyReusedError(f"Idempotency-Key {record.key!r} came before with another body", key=record.key)
    return job_id


def _refuse(vrt: Reason, admission: Admission) -> NoReturn:
    dataset_id = admission.vrt.id
    if not vrt.refused:
        raise RasterloomError(f"Generation {admission.generation.number} of dataset {dataset_id} exists already")
    standing = vrt.old
    if standing is None:
        raise NotFoundError("dataset", dataset_id)
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
