"""COGs on a local S3 server, catalogued as the application catalogues them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from rasterloom.adapters.assembler_gdal import GdalAssembler
from rasterloom.adapters.headers import GdalHeaders
from rasterloom.adapters.heads import Heads
from rasterloom.adapters.object_stores import ObjectStores
from rasterloom.adapters.objects_s3 import S3Objects
from rasterloom.domain.dataset import Member
from rasterloom.domain.objects import ObjectRef
from tests.support.cogs import make_cog
from tests.support.s3_server import S3Server


@dataclass
class Lab:
    """A bucket, and the adapters that work on it."""

    server: S3Server
    client: Any
    bucket: str
    folder: Path
    stores: ObjectStores = field(default_factory=ObjectStores)
    paths: dict[str, Path] = field(default_factory=dict)
    """Local file by key."""

    @property
    def heads(self) -> Heads:
        """Fetches heads from the server."""
        return Heads(self.stores)

    @property
    def headers(self) -> GdalHeaders:
        """The port `Headers`."""
        return GdalHeaders(self.heads)

    @property
    def assembler(self) -> GdalAssembler:
        """The port `Assembler`."""
        return GdalAssembler(self.heads)

    @property
    def objects(self) -> S3Objects:
        """The port `Objects`."""
        return S3Objects(self.bucket, own=self.stores, sources=self.stores)

    def put(self, body: bytes, key: str | None = None) -> ObjectRef:
        """Store bytes as an object."""
        ref = ObjectRef(self.bucket, key or f"{uuid4()}.tif")
        self.client.put_object(Bucket=ref.bucket, Key=ref.key, Body=body)
        return ref

    def cog(self, *, key: str | None = None, **properties: Any) -> ObjectRef:
        """Make a COG (see `make_cog`) and store it."""
        path = make_cog(self.folder / f"{uuid4()}.tif", **properties)
        ref = self.put(path.read_bytes(), key)
        self.paths[ref.key] = path
        return ref

    def member(self, ref: ObjectRef) -> Member:
        """Catalogue an object."""
        header = self.headers.read(ref)
        return Member(str(uuid4()), ref, header.stat.etag, header.stat.size_bytes, header.profile, "lab")

    def members(self, *properties: dict[str, Any]) -> list[Member]:
        """Make, store and catalogue COGs."""
        return [self.member(self.cog(**each)) for each in properties]
