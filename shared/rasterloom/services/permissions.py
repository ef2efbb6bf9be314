"""What a caller may do, as one-line guards for use cases."""

from rasterloom.domain.access import UPLOAD, Principal
from rasterloom.domain.dataset import Dataset
from rasterloom.domain.errors import ForbiddenError, NotFoundError


def require_upload(principal: Principal) -> None:
    """Let only those through who may write.

    Raises:
        ForbiddenError: The caller has no `upload` permission.
    """
    if not principal.may_write:
        raise ForbiddenError(f"Missing permission: {UPLOAD}", permission=UPLOAD)


def readable[D: Dataset](dataset: D | None, dataset_id: str, principal: Principal) -> D:
    """Answer the dataset if it exists and the caller may read it; the two refusals look alike.

    Raises:
        NotFoundError: There is none that the caller may know of.
    """
    if dataset is None or not dataset.audience.admits(principal):
        raise NotFoundError("dataset", dataset_id)
    return dataset


def changeable[D: Dataset](dataset: D | None, dataset_id: str, principal: Principal) -> D:
    """Answer the dataset if the caller may change it; what may not even be read is not found.

    Raises:
        NotFoundError: There is none that the caller may know of.
        ForbiddenError: The caller may read it, and not change it.
    """
    found = readable(dataset, dataset_id, principal)
    if not found.audience.may_change(principal):
        raise ForbiddenError(f"Dataset {dataset_id} is not yours to change", dataset_id=dataset_id)
    return found
