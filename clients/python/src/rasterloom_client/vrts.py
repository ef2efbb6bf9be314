"""The part of the client that is about VRTs."""

from collections.abc import Iterator, Sequence
from typing import Any, Unpack
from urllib.parse import urlsplit

from rasterloom_client.answers import Accepted, Dataset, GenerationList, Source, SourceList, Validation, VrtStatus
from rasterloom_client.calls import Calls, Id, given, id_text, id_texts
from rasterloom_client.fields import VrtOptions, Weave


class VrtCalls(Calls):
    """VRTs are made, changed and looked at. `if_match` makes a change only if the VRT's ETag still is this one."""

    def create(self, sources: Sequence[Id], title: str, **fields: Unpack[Weave]) -> Accepted:
        """Have a VRT woven of registered rasters.

        Args:
            sources: Their ids, at least two; of those that overlap, the later one is on top. Empty with `manifest_uri`.
            title: What people will call it.
            **fields: See `Weave`.

        Raises:
            RefusedError: The sources do not fit together; `findings` names every reason.
        """
        return self._accepted("POST", "/ingest/vrt/create", {"title": title, **_woven(sources, fields)})

    def validate(self, sources: Sequence[Id], **fields: Unpack[Weave]) -> Validation:
        """What `create` would say of the same sources, and the grid that would come of them; makes nothing."""
        found: Validation = self._write("POST", "/ingest/vrt/validate", _woven(sources, fields)).json
        return found

    def add_source(self, vrt_id: Id, source_id: Id, *, if_match: str | None = None) -> Accepted:
        """Append a source, and so lay it on top."""
        body = {"source_dataset_id": id_text(source_id)}
        return self._accepted("POST", f"/ingest/vrt/{id_text(vrt_id)}/sources/", body, if_match)

    def remove_source(self, vrt_id: Id, source_id: Id, *, if_match: str | None = None) -> Accepted:
        """Take a source away; at least two stay."""
        return self._accepted("DELETE", f"/ingest/vrt/{id_text(vrt_id)}/sources/{id_text(source_id)}/", None, if_match)

    def replace_sources(self, vrt_id: Id, sources: Sequence[Id], *, if_match: str | None = None) -> Accepted:
        """Give a VRT these sources in this order, all in one generation."""
        body = {"source_dataset_ids": id_texts(sources)}
        return self._accepted("PUT", f"/ingest/vrt/{id_text(vrt_id)}/sources/", body, if_match)

    def regenerate(self, vrt_id: Id, *, if_match: str | None = None) -> Accepted:
        """Build a VRT again from what the catalogue says of its sources today."""
        return self._accepted("POST", f"/datasets/{id_text(vrt_id)}/vrt/regenerate/", None, if_match)

    def rollback(self, vrt_id: Id, generation_id: Id, *, if_match: str | None = None) -> Accepted:
        """Build the sources of an earlier generation again, as a new one."""
        path = f"/datasets/{id_text(vrt_id)}/vrt/rollback/{id_text(generation_id)}"
        return self._accepted("POST", path, None, if_match)

    def change_options(self, vrt_id: Id, if_match: str | None = None, **options: Unpack[VrtOptions]) -> Accepted:
        """Change how a VRT is woven, and build it again."""
        return self._accepted("PATCH", f"/datasets/{id_text(vrt_id)}/vrt/", options, if_match)

    def auto_regenerate(self, vrt_id: Id, *, wanted: bool, if_match: str | None = None) -> Dataset:
        """Have a VRT built again by itself once its sources have changed, or not any more; builds nothing now."""
        path = f"/datasets/{id_text(vrt_id)}/vrt/"
        switched: Dataset = self._write("PATCH", path, {"auto_regenerate": wanted}, if_match).json
        return switched

    def status(self, vrt_id: Id, *, probe: bool = False) -> VrtStatus:
        """How a VRT and its sources are; `probe` asks S3 for every source, whatever events have told."""
        return self.versioned_status(vrt_id, probe=probe)[0]

    def versioned_status(self, vrt_id: Id, *, probe: bool = False) -> tuple[VrtStatus, str | None]:
        """How a VRT and its sources are, and the ETag that `if_match` takes."""
        answer = self._get(f"/datasets/{id_text(vrt_id)}/vrt/status/", {"probe": "true"} if probe else None)
        status: VrtStatus = answer.json
        return status, answer.response.headers.get("etag")

    def sources(self, vrt_id: Id) -> Iterator[Source]:
        """The sources of what is served, in order; asks for more as they are read."""
        path = f"/datasets/{id_text(vrt_id)}/vrt-sources/"
        query = ""
        while True:
            part: SourceList = self._get(path + query).json
            yield from part["sources"]
            if part["next"] is None:
                return
            query = f"?{urlsplit(part['next']).query}"

    def generations(self, vrt_id: Id, *, skip: int = 0, limit: int = 20) -> GenerationList:
        """A VRT's builds, newest first."""
        query = {"skip": skip, "limit": limit}
        listed: GenerationList = self._get(f"/datasets/{id_text(vrt_id)}/vrt/generations/", query).json
        return listed


def _woven(sources: Sequence[Id], fields: Weave) -> dict[str, Any]:
    """The body of `create` and `validate`, but for the title."""
    listed = {"source_dataset_ids": id_texts(sources)} if sources else {}
    return {"vrt_type": "mosaic", "resolution_strategy": "finest", **listed, **given(fields)}
