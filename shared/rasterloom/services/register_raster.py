"""Register one COG: its header is read once, here, and never its pixels."""

import operator
from dataclasses import dataclass, replace
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
from rasterloom.services.permissions import require_upload
from rasterloom.services.places import Places
from rasterloom.services.replays import IdempotencyKey, Replays

LOOKS: Final = 3
"""How often a registration looks for the caller's dataset of an object that is deleted meanwhile."""

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


@dataclass(frozen=True, slots=True)
class RegisterRaster:
    """The use case."""

    datasets: Datasets
    headers: Headers
    places: Places
    replays: Replays
    clock: Clock
    new_id: NewId
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
            IdempotencyKeyReusedError: The key came before with another body.
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
        header = self._read(ref)
        for _ in range(LOOKS):
            known = self.datasets.find_object(ref, principal.subject)
            if known is None:
                raster = self._new(principal, request, ref, header)
                try:
                    known = self.datasets.add_raster(raster, self.replays.record(principal, idempotency, raster.id))
                except AlreadyDoneError as done:
                    return self._made_before(done.result)
                if known == raster.id:
                    return Registered(raster, created=True)
            standing = self.datasets.get(known)
            if isinstance(standing, RasterDataset):
                return Registered(self._refreshed(standing, header), created=False)
        raise UnavailableError("The catalogue", f"{ref.uri} was registered and deleted again {LOOKS} times meanwhile")

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
            mend = _UPLOAD_IT if isinstance(error, ObjectMissingError) else _LOOK_AT_IT
            found, hint = error.data.get("actual", error.message), error.data.get("hint", mend)
            finding = Finding(
                error.code, ref.uri, 0, "uri", error.message, "a readable GeoTIFF", found, None, str(hint)
            )
            raise IncompatibleSourcesError([finding]) from error

    def _new(self, principal: Principal, request: RegisterRequest, ref: ObjectRef, header: HeaderRead) -> RasterDataset:
        now = self.clock()
        return RasterDataset(
            id=self.new_id(),
            title=request.title or ref.key.rsplit("/", 1)[-1],
            summary=request.summary,
            audience=Audience(
                principal.subject, request.visibility or Visibility.PRIVATE, tuple(sorted(set(request.groups or ())))
            ),
            created_by_display=principal.name,
            created_at=now,
            updated_at=now,
            ref=ref,
            etag=header.stat.etag,
            size_bytes=header.stat.size_bytes,
            profile=header.profile,
        )

    def _refreshed(self, raster: RasterDataset, header: HeaderRead) -> RasterDataset:
        """Bring the catalogue up to the object; of two callers who do so at once, either's header is as true."""
        if raster.deletion is not None:
            raise BeingDeletedError(raster.id)
        known = (raster.etag, raster.profile.layout, raster.profile.side_files)
        if known == (header.stat.etag, header.profile.layout, header.profile.side_files):
            return raster
        current = replace(
            raster,
            etag=header.stat.etag,
            size_bytes=header.stat.size_bytes,
            profile=header.profile,
            updated_at=self.clock(),
        )
        self.datasets.refresh_raster(current, seen_etag=raster.etag)
        return current
