"""Register one COG: its header is read once, here, and never its pixels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from rasterloom.domain.access import Audience, Principal, Visibility
from rasterloom.domain.dataset import RasterDataset
from rasterloom.domain.errors import (
    BeingDeletedError,
    ForbiddenError,
    IncompatibleSourcesError,
    ObjectError,
    UnavailableError,
)
from rasterloom.domain.findings import Finding
from rasterloom.domain.objects import ObjectRef
from rasterloom.ports import Clock, Datasets, HeaderRead, Headers, NewId
from rasterloom.services.permissions import require_upload
from rasterloom.settings import AllowedPrefix

LOOKS: Final = 3
"""How often a registration looks for the caller's dataset of an object that is deleted meanwhile."""


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


@dataclass(frozen=True, slots=True)
class RegisterRaster:
    """The use case."""

    datasets: Datasets
    headers: Headers
    allow_list: Sequence[AllowedPrefix]
    clock: Clock
    new_id: NewId

    def __call__(self, principal: Principal, request: RegisterRequest) -> Registered:
        """Register an object, or answer the caller's own dataset of it, re-read if the object has changed.

        Raises:
            ForbiddenError: The caller may not write, or not register objects of this place.
            InvalidUriError: The URI names no S3 object.
            IncompatibleSourcesError: The object is missing, or no GeoTIFF.
            BeingDeletedError: The caller's own dataset of it is being deleted.
        """
        require_upload(principal)
        ref = ObjectRef.parse(request.uri)
        self._require_allowed(principal, ref)
        header = self._read(ref)
        for _ in range(LOOKS):
            known = self.datasets.find_object(ref, principal.subject)
            if known is None:
                raster = self._new(principal, request, ref, header)
                known = self.datasets.add_raster(raster)
                if known == raster.id:
                    return Registered(raster, created=True)
            standing = self.datasets.get(known)
            if isinstance(standing, RasterDataset):
                return Registered(self._refreshed(standing, header), created=False)
        raise UnavailableError("The catalogue", f"{ref.uri} was registered and deleted again {LOOKS} times meanwhile")

    def _require_allowed(self, principal: Principal, ref: ObjectRef) -> None:
        if not any(entry.holds(ref) and entry.admits(principal) for entry in self.allow_list):
            raise ForbiddenError(f"Objects at {ref.uri} may not be registered here by this caller", uri=ref.uri)

    def _read(self, ref: ObjectRef) -> HeaderRead:
        try:
            return self.headers.read(ref)
        except ObjectError as error:
            finding = Finding(
                error.code, ref.uri, 0, "uri", error.message, expected="a readable GeoTIFF", actual=error.code
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
        if raster.etag == header.stat.etag:
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
