"""The objects of bulk registrations, and what became of them, as objects in our bucket."""

import gzip
import json
from collections.abc import Sequence
from typing import Final

from rasterloom.domain.bulk import ObjectResult, Outcome, StagedObject
from rasterloom.domain.errors import UnknownMessageError
from rasterloom.ports import Objects

SCHEMA_VERSION: Final = 1

_JSON_GZIP: Final = "application/gzip"


def put_objects(objects: Objects, key: str, staged: Sequence[StagedObject]) -> None:
    """Write the objects of a part, in order."""
    _put(objects, key, [[each.uri, each.side_files] for each in staged])


def read_objects(objects: Objects, key: str) -> tuple[StagedObject, ...]:
    """Read them.

    Raises:
        ObjectMissingError: They are kept no longer.
        UnknownMessageError: Another version of this code wrote them.
    """
    return tuple(
        StagedObject(uri, None if side_files is None else tuple(side_files)) for uri, side_files in _get(objects, key)
    )


def put_results(objects: Objects, key: str, results: Sequence[ObjectResult]) -> None:
    """Write what became of the objects of a part, in order."""
    rows = [[each.uri, each.outcome.value, each.dataset_id, each.error_code, each.error_message] for each in results]
    _put(objects, key, rows)


def read_results(objects: Objects, key: str) -> tuple[ObjectResult, ...]:
    """Read it.

    Raises:
        ObjectMissingError: It is kept no longer.
        UnknownMessageError: Another version of this code wrote it.
    """
    return tuple(
        ObjectResult(uri, Outcome(outcome), dataset_id, code, message)
        for uri, outcome, dataset_id, code, message in _get(objects, key)
    )


def _put(objects: Objects, key: str, rows: Sequence[Sequence[object]]) -> None:
    body = {"schema_version": SCHEMA_VERSION, "rows": rows}
    packed = gzip.compress(json.dumps(body, separators=(",", ":")).encode(), compresslevel=6, mtime=0)
    objects.put_new(key, packed, _JSON_GZIP)


def _get(objects: Objects, key: str) -> Sequence[list]:  # type: ignore[type-arg]
    body = json.loads(gzip.decompress(objects.get(key)))
    if body["schema_version"] != SCHEMA_VERSION:
        raise UnknownMessageError(f"{key} has schema version {body['schema_version']}, expected {SCHEMA_VERSION}")
    rows: Sequence[list] = body["rows"]  # type: ignore[type-arg]
    return rows
