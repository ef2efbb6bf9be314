"""Versions of a dataset, for those who change it only as they know it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from rasterloom.domain.dataset import Dataset, VrtDataset
from rasterloom.domain.errors import VersionChangedError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def version_of(dataset: Dataset) -> str:
    """A word that is another one after every change of a dataset, accepted or published, and the same until then.

    Every write of a VRT moves its fence or its `updated_at`: admission, publishing, failing, cancelling, editing.
    """
    return spell(dataset.fence if isinstance(dataset, VrtDataset) else 0, dataset.updated_at)


def spell(fence: int, updated_at: datetime) -> str:
    """The version of what has this fence and was written at this moment."""
    return f"{fence:x}-{(updated_at - _EPOCH) // timedelta(microseconds=1):x}"


@dataclass(frozen=True, slots=True)
class KnownVersions:
    """The versions of which a caller knows one: what the request was made for."""

    versions: tuple[str, ...] | None = None
    """None for any."""

    def require(self, dataset: Dataset) -> None:
        """That the dataset is as the caller knows it.

        Raises:
            VersionChangedError: It is not.
        """
        standing = version_of(dataset)
        if self.versions is not None and standing not in self.versions:
            raise VersionChangedError(dataset.id, standing)


ANY_VERSION: Final = KnownVersions()
