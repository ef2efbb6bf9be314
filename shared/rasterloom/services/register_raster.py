"""Register one COG: its header is read once, here, and never its pixels."""

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from rasterloom.domain.access import Audience, Principal, Visibility
from rasterloom.domain.dataset import RasterDataset, VrtType
from rasterloom.domain.errors import (
    AlreadyDoneError,
    BeingDeletedError,
    IncompatibleSourcesError,
    NotFoundError,
    ObjectError,
    ObjectMissingError,
    UnavailableError,
)
from rasterloom.domain.findings import Finding
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.rules import Source, Weave, check_alone
from rasterloom.ports import Clock, Datasets, HeaderRead, Headers, NewId
from rasterloom.services.mark_users import MarkUsers
from rasterloom.services.permissions import require_upload
from rasterloom.services.places import Places
from rasterloom.services.replays import IdempotencyKey, Replays

LOOKS: Final = 3
"""How often a registration looks at an object while others write of it, or delete the caller's dataset of it."""

EXPECTED: Final = "a readable GeoTIFF"

_UPLOAD_IT: Final = "Check bucket and key, upper and lower case included, and upload the file if it is not there."
_LOOK_AT_IT: Final = "Check with gdalinfo that it is a GeoTIFF, and that this deployment may read it."


@dataclass(frozen=True, slots=True)
class RegisterRequest:
    """What a caller says of an object; what is None is taken from the object or kept as it is."""

    uri: str
    title: str | None = None
    summary: str | None = None
    visibility: Visibility | None = None
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """The dataset that stands, and whether this call created it."""

    raster: RasterDataset
    created: bool
    findings: tuple[Finding, ...] = ()
    """What will be said of it when it is woven, as far as that can be told of one raster alone."""


def _nobody_tells(_: ObjectRef) -> None:
    """Events that were told before it was a raster are of no concern."""


@dataclass(frozen=True, slots=True)
class RegisterRaster:
    """The use case."""

    datasets: Datasets
    headers: Headers
    places: Places
    replays: Replays
    clock: Clock
    new_id: NewId
    mark_users: MarkUsers
    look_again: Callable[[ObjectRef], object] = _nobody_tells
    """What happens once an object has become a raster: where events tell of it, it is looked at once more."""
    requires_cog: bool = False
    """As in `ValidateSources`."""

    def __call__(
        self, principal: Principal, request: RegisterRequest, idempotency: IdempotencyKey | None = None
    ) -> Registered:
        """Register an object, or answer the caller's own dataset of it, re-read if the object has changed.

        Raises:
            ForbiddenError: The caller may not write, or not register objects of this place.
            InvalidUriError: The URI names no S3 object.
            IncompatibleSourcesError: The object is missing, or no GeoTIFF.
            BeingDeletedError: The caller's own dataset of it is being deleted.
            IdempotencyKeyReusedError: The key came before with another request.
            NotFoundError: What the key made is gone.
        """
        registered = self._registered(principal, request, idempotency)
        raster = registered.raster
        alone = Weave(VrtType.MOSAIC, operator.eq, requires_cog=self.requires_cog)
        return replace(registered, findings=check_alone(Source(raster.id, 0, raster.profile), alone))

    def _registered(
        self, principal: Principal, request: RegisterRequest, idempotency: IdempotencyKey | None
    ) -> Registered:
        require_upload(principal)
        earlier = self.replays.earlier(principal, idempotency)
        if earlier is not None:
            return self._made_before(earlier)
        ref = ObjectRef.parse(request.uri)
        self.places.require(principal, ref)
        for _ in range(LOOKS):
            known = self.datasets.find_object(ref, principal.subject)
            try:
                settled = self._new(principal, request, ref, idempotency) if known is None else self._known(known, ref)
            except AlreadyDoneError as done:
                return self._made_before(done.result)
            if settled is not None:
                return settled
        raise UnavailableError("The catalogue", f"others wrote of {ref.uri} at each of {LOOKS} looks")

    def _new(
        self, principal: Principal, request: RegisterRequest, ref: ObjectRef, idempotency: IdempotencyKey | None
    ) -> Registered | None:
        """Register an object that is none of the caller's; None where it is by now."""
        groups = tuple(sorted(set(request.groups or ())))
        audience = Audience(principal.subject, request.visibility or Visibility.PRIVATE, groups)
        found = new_raster(self.new_id(), ref, self._read(ref), audience, self.clock())
        title = request.title or found.title
        raster = replace(found, title=title, summary=request.summary, created_by_display=principal.name)
        record = self.replays.record(principal, idempotency, raster.id)
        if self.datasets.add_raster(raster, record) != raster.id:
            return None
        self.look_again(ref)
        return Registered(raster, created=True)

    def _known(self, dataset_id: str, ref: ObjectRef) -> Registered | None:
        """Bring the caller's own dataset of an object up to it; None where it is another one by now, or none.

        The catalogue is read before the object, and that nothing has changed is written, too: see
        `rasterloom.services.observe_object`.
        """
        raster = self.datasets.get(dataset_id)
        if not isinstance(raster, RasterDataset):
            return None
        if raster.deletion is not None:
            raise BeingDeletedError(raster.id)
        header = self._read(ref)
        current = raster.found(header.stat, header.profile, self.clock())
        if not self.datasets.refresh_raster(current, seen=raster):
            return None
        if not current.is_same_object(raster):
            self.mark_users.soon(raster.id)
        return Registered(replace(current, observation=raster.observation + 1), created=False)

    def _made_before(self, dataset_id: str) -> Registered:
        """What an earlier request with the same key made, as it is now."""
        raster = self.datasets.get(dataset_id)
        if not isinstance(raster, RasterDataset):
            raise NotFoundError("dataset", dataset_id)
        return Registered(raster, created=True)

    def _read(self, ref: ObjectRef) -> HeaderRead:
        try:
            return self.headers.read(ref)
        except ObjectError as error:
            found, hint = found_and_hint(error)
            finding = Finding(error.code, ref.uri, 0, "uri", error.message, EXPECTED, found, None, hint)
            raise IncompatibleSourcesError([finding]) from error


def found_and_hint(error: ObjectError) -> tuple[str, str]:
    """What was found in the place of a GeoTIFF, and what to do about it."""
    mend = _UPLOAD_IT if isinstance(error, ObjectMissingError) else _LOOK_AT_IT
    return str(error.data.get("actual", error.message)), str(error.data.get("hint", mend))


def new_raster(dataset_id: str, ref: ObjectRef, header: HeaderRead, audience: Audience, now: datetime) -> RasterDataset:
    """An object as a raster that nobody has said anything of: its title is the last part of its key.

    Args:
        dataset_id: A fresh id.
        ref: The object.
        header: What was read of it.
        audience: Who it is for.
        now: This moment.
    """
    return RasterDataset(
        id=dataset_id,
        title=ref.key.rsplit("/", 1)[-1],
        summary=None,
        audience=audience,
        created_by_display=audience.owner,
        created_at=now,
        updated_at=now,
        ref=ref,
        etag=header.stat.etag,
        size_bytes=header.stat.size_bytes,
        profile=header.profile,
    )
