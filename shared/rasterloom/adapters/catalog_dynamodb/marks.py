"""The port `Marks` on DynamoDB."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, chain
from typing import Final
from uuid import uuid4

from rasterloom.adapters.catalog_dynamodb import names
from rasterloom.adapters.catalog_dynamodb.due import due_items
from rasterloom.adapters.catalog_dynamodb.table import Query, Table
from rasterloom.adapters.catalog_dynamodb.transactions import transact, write
from rasterloom.adapters.catalog_dynamodb.values import (
    Attribute,
    Item,
    iso,
    micros,
    micros_of,
    number,
    read_iso,
    read_micros,
    text,
    texts,
)
from rasterloom.adapters.catalog_dynamodb.writes import ConditionCheck, Delete, RefusedError, Update
from rasterloom.domain.dataset import ObjectState
from rasterloom.domain.errors import UnavailableError
from rasterloom.domain.staleness import MOST_QUIET_PERIODS, Mark, StaleLook

CLEARED_AT_ONCE: Final = 99
"""Marks in one transaction of 100 writes, beside the VRT's own."""

ARMINGS: Final = 5
"""How often a look is armed anew that is over meanwhile."""


@dataclass(frozen=True, slots=True)
class DynamoMarks:
    """Marks of VRTs, one item for each source: none grows, and whether there is one is a query for one item."""

    table: Table

    def put(self, mark: Mark, now: datetime, quiet: timedelta) -> None:
        """Mark a VRT, unless a mark tells of this observation of the source or a later one; have its marks looked at.

        Where the mark is written, so is the look, or neither: nobody would find a mark without one any more, once its
        source is no longer found to be used.
        """
        # Two registrars tell of one raster, A late:
        #
        #   A: sees observation 7                       7 is not later than 8 -> refused, B's mark stands
        #   B:                     8 -> marks with 8
        #
        # A registrar dies; the VRT's first build fails, and with it all that says that the VRT uses the source:
        #
        #   A: marks and arms, dies                     looks: serves nothing, the mark has no cause -> gone
        #   A: (in two writes) marks, dies              finds no user: the mark stays for ever
        told = {"state": mark.state.value, "etag": mark.etag, "vrt": mark.vrt_id, "source": mark.source_id}
        change = Update(
            names.mark_key(mark.vrt_id, mark.source_id),
            condition="attribute_not_exists(#observation) OR #observation < :observation",
            values={":observation": number(mark.observation)},
            sets=texts({"kind": "mark", **told}) | {"observation": number(mark.observation)},
            sets_once={"since": text(iso(mark.since))},
        )
        for look in _looks(mark.vrt_id, now, quiet):
            try:
                transact(self.table, change, look)
            except RefusedError as refusal:
                if refusal.reasons[0].refused:
                    self.arm(mark.vrt_id, now, quiet)
                    return
            else:
                return
        raise _restless(mark.vrt_id)

    def of(self, vrt_id: str) -> Sequence[Mark]:
        """Every mark of a VRT, strongly consistent."""
        return [read_mark(vrt_id, item) for item in self.table.query(_marks(vrt_id))]

    def any_of(self, vrt_id: str) -> bool:
        """Whether a VRT has a mark: one query for one item."""
        return any(True for _ in self.table.query(_marks(vrt_id, limit=1)))

    def clear(self, vrt_id: str, generation_id: str | None, marks: Sequence[Mark]) -> bool:
        """Delete marks, each only if it is as it was seen, while the VRT is idle and serves this generation, or none.

        Returns:
            False if it is not, or does not; some of the marks may be deleted all the same.
        """
        idle = _idle(vrt_id, generation_id)
        return all(self._clear(idle, batch) for batch in batched(marks, CLEARED_AT_ONCE, strict=False))

    def _clear(self, idle: ConditionCheck, marks: Sequence[Mark]) -> bool:
        # The VRT serves G1, built from E1. Its source becomes E2, and E1 again; a build of G2 has read E2:
        #
        #   S: reads: G1, mark E1, E1 is what G1 has                    clears: G2 is active, or served -> refused
        #   W: (a worker)                              publishes G2, of E2: the mark tells that E2 is there no more
        #   R: (a registrar) marks anew: E3            clears: the mark is of a later observation -> that one stays
        #
        # Whoever is admitted afterwards reads the catalogue afterwards, and so builds from what cleared the mark.
        while marks:
            deletes = [_delete(mark) for mark in marks]
            try:
                transact(self.table, idle, *deletes)
            except RefusedError as refusal:
                first, *others = refusal.reasons
                if first.refused:
                    return False
                marks = [mark for mark, other in zip(marks, others, strict=True) if not other.refused]
            else:
                return True
        return True

    def forget(self, vrt_id: str) -> int:
        """Delete whatever marks are left of a VRT that is gone, and count them."""
        keys = [names.mark_key(vrt_id, mark.source_id) for mark in self.of(vrt_id)]
        self.table.delete_many(keys)
        return len(keys)

    def arm(self, vrt_id: str, now: datetime, quiet: timedelta) -> None:
        """Have a VRT's marks looked at a quiet period from now, or `MOST_QUIET_PERIODS` after the first of them."""
        # A look is over only if nobody has marked the VRT since it began, whether that moved its due time or not:
        #
        #   L: sees token 1, no cause for any mark                          is over: token is 2 -> refused, due
        #   R:                                       marks, arms: token 2
        if not any(map(self._try, _looks(vrt_id, now, quiet))):
            raise _restless(vrt_id)

    def due(self, now: datetime, limit: int) -> Sequence[StaleLook]:
        """Looks that are due, oldest first, as the table has them."""
        items = due_items(self.table, names.looks_due_partitions(), now, limit)
        looks = [StaleLook(item["id"]["S"], read_micros(item["due"]), item["token"]["S"]) for item in items]
        return sorted((look for look in looks if look.due <= now), key=lambda look: (look.due, look.vrt_id))

    def postpone(self, look: StaleLook, due: datetime) -> None:
        """Look later, unless somebody has decided on it or marked the VRT meanwhile."""
        self._try(Update(names.look_key(look.vrt_id), *_seen(look), sets={"due": micros(due)}))

    def disarm(self, look: StaleLook) -> None:
        """Look no more, unless somebody has marked the VRT meanwhile."""
        self._try(Delete(names.look_key(look.vrt_id), *_seen(look)))

    def changed(self, now: datetime, limit: int) -> Sequence[str]:
        """Ids of rasters that changed and whose users should have been marked by now, oldest first."""
        items = due_items(self.table, names.changes_due_partitions(), now, limit)
        due = [(moment, item["id"]["S"]) for item in items if (moment := micros_of(item, "due")) and moment <= now]
        return [raster_id for _, raster_id in sorted(due)]

    def told(self, raster_id: str, observation: int | None) -> None:
        """That every VRT which uses a raster is marked, as of this observation; None of one that is gone."""
        # The raster changes again while its users are marked:
        #
        #   A: sees observation 7, marks                                    is done: the row is of 8 -> refused
        #   B:                            finds a change: 8, the row of 8
        key = names.change_key(raster_id)
        if observation is None:
            self._try(Delete(key))
        else:
            told = {":observation": number(observation)}
            self._try(Delete(key, "#observation <= :observation", told))

    def _try(self, change: Update | Delete) -> bool:
        try:
            if isinstance(change, Delete):
                transact(self.table, change)
            else:
                write(self.table, change)
        except RefusedError:
            return False
        return True


def _marks(vrt_id: str, limit: int | None = None) -> Query:
    partition, prefix = names.marks_of(vrt_id)
    return Query(None, "pk", partition, "begins_with(#sk, :prefix)", values={":prefix": text(prefix)}, limit=limit)


def read_mark(vrt_id: str, item: Mapping[str, Attribute]) -> Mark:
    """The mark that an item tells of."""
    return Mark(
        vrt_id,
        item["source"]["S"],
        ObjectState(item["state"]["S"]),
        item["etag"]["S"],
        int(item["observation"]["N"]),
        read_iso(item["since"]["S"]),
    )


def _idle(vrt_id: str, generation_id: str | None) -> ConditionCheck:
    """That nothing is being built of a VRT, and that it serves this generation; None for one that never was served."""
    serves = "#published_generation = :published" if generation_id else "attribute_not_exists(#published_generation)"
    return ConditionCheck(
        names.dataset_key(vrt_id),
        f"attribute_not_exists(#active_generation) AND {serves}",
        texts({":published": generation_id}),
    )


def _delete(mark: Mark) -> Delete:
    seen = {":observation": number(mark.observation)}
    return Delete(names.mark_key(mark.vrt_id, mark.source_id), "#observation = :observation", seen)


def _armed(vrt_id: str, now: datetime, quiet: timedelta) -> Update:
    """Move the look on, as long as that keeps it within its bound."""
    row = {"kind": "look", "id": vrt_id, "due_pk": names.looks_due_partition(vrt_id), "token": str(uuid4())}
    return Update(
        names.look_key(vrt_id),
        condition="attribute_not_exists(#first) OR #first >= :earliest",
        values={":earliest": micros(now - (MOST_QUIET_PERIODS - 1) * quiet)},
        sets=texts(row) | {"due": micros(now + quiet)},
        sets_once={"first": micros(now)},
    )


def _noted(vrt_id: str) -> Update:
    """Leave the look when it is, and have nobody end it who has not seen the new mark."""
    return Update(names.look_key(vrt_id), "attribute_exists(#first)", {}, sets=texts({"token": str(uuid4())}))


def _looks(vrt_id: str, now: datetime, quiet: timedelta) -> Iterator[Update]:
    """Both ways to have marks looked at, by turns: one of them is right, unless a look is over between the two."""
    return chain.from_iterable((_armed(vrt_id, now, quiet), _noted(vrt_id)) for _ in range(ARMINGS))


def _restless(vrt_id: str) -> UnavailableError:
    return UnavailableError("The catalogue", f"looks at the marks of {vrt_id} came and went {ARMINGS} times")


def _seen(look: StaleLook) -> tuple[str, Item]:
    return "#token = :token", texts({":token": look.token})
