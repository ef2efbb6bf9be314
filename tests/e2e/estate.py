"""What the permission matrix is walked over: callers, datasets of each visibility, and jobs that ended in every way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from local.state import StackState
from rasterloom.domain.access import Visibility
from rasterloom.http.routes import ROUTES
from rasterloom.http.routing import Route
from tests.e2e.permissions import Cell
from tests.e2e.stack import PATIENCE, Answer, Caller, Sources, caller, creation
from tests.e2e.test_recovery import builds_paused

AT_ONCE: Final = 8
"""Requests under way; the stack throttles at 20."""

ROUTE_OF: Final[Mapping[str, Route]] = {route.operation_id: route for route in ROUTES}

READ_ONLY: Final = frozenset({"read_job_statuses", "validate_vrt"})
"""Operations that change nothing, though they are no GET."""


@dataclass
class Estate:
    """The owner's datasets and jobs, and everybody who asks for them."""

    stack: StackState
    sources: Sources
    files: Sequence[Path]
    """COGs that fit each other; the same one serves under many names."""
    group: str = field(default_factory=lambda: f"survey-{uuid4()}")

    def __post_init__(self) -> None:
        """Register, build, fail and cancel."""
        self.callers = self._people()
        self.owner = self.callers["owner"]
        public = ["one", "two", "out-owner", "out-admin", "in-owner", "in-admin"]
        kinds = [(name, "public") for name in public] + [(str(each), str(each)) for each in Visibility]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ids = pool.map(lambda kind: self.registered(*kind), kinds)
            self.rasters = dict(zip((name for name, _ in kinds), ids, strict=True))
            self.jobs = dict(zip(Visibility, pool.map(self._created, Visibility), strict=True))
            self.vrts = {name.value: str(self.owner.wait(job)["dataset_id"]) for name, job in self.jobs.items()}
        self._fail_and_cancel()
        self.uploads = {who: self._sent() for who in ("owner", "admin")}
        self.doubtful = self._doubtful()
        self.bulk = str(self.owner.post("/ingest/raster/register/bulk", self.many()).json["job_id"])

    def _people(self) -> dict[str, Caller]:
        owner, stranger, member = (str(uuid4()) for _ in range(3))
        groups = {owner: (), stranger: ("others",), member: (self.group, "others")}
        people = {
            f"{name}{sign}": caller(self.stack, subject, permissions=permissions, groups=groups[subject])
            for name, subject, signs in (("stranger", stranger, "+"), ("member", member, "+"), ("owner", owner, "-"))
            for sign, permissions in (("", ("upload",) if signs == "-" else ()), (signs, ("upload",) * (signs == "+")))
        }
        admin = caller(self.stack, permissions=("admin",))
        return people | {
            "anonymous": Caller(self.stack, None),
            "forged": Caller(self.stack, "forged"),
            "admin": admin,
        }

    def registered(self, name: str, visibility: str) -> str:
        """A raster of the owner's."""
        uri = self.sources.put(self.files[len(name) % len(self.files)], f"{uuid4()}/{name}.tif")
        return self.owner.register(uri, title=name, visibility=visibility, groups=self._groups(visibility))

    def many(self) -> dict[str, list[str]]:
        """What asks for a bulk registration: of one object that is new."""
        return {"uris": [self.sources.put(self.files[0], f"{uuid4()}/registered.tif")]}

    def _groups(self, visibility: str) -> list[str]:
        return [self.group] if visibility == "restricted" else []

    def _created(self, visibility: str, *more: str) -> str:
        members = [self.rasters[name] for name in ("one", "two", *(more or ("out-owner", "out-admin")))]
        return self.owner.create(members, title=visibility, visibility=visibility, groups=self._groups(visibility))

    def _fail_and_cancel(self) -> None:
        """Two jobs that failed for an object that is back by now, and one that was cancelled."""
        name = f"{uuid4()}/doomed.tif"
        uri = self.sources.put(self.files[0], name)
        self.rasters["doomed"] = self.owner.register(uri, visibility="public")
        with builds_paused(self.stack):
            self.failed = {who: self._created("public", "doomed") for who in ("owner", "admin")}
            self.cancelled = self._created("public")
            assert self.owner.post(f"/jobs/{self.cancelled}/cancel", None).status == 200
            self.sources.delete(uri)
        ended = [self.owner.wait(job) for job in self.failed.values()]
        assert [job["status"] for job in ended] == ["failed", "failed"], ended
        self.failed_vrt = ended[0]["dataset_id"]
        self.sources.put(self.files[0], name)

    def _doubtful(self) -> str:
        """A job that found more than it tells itself: every source that its manifest lists is unknown."""
        manifest = "\n".join(f'"{uuid4()}"' for _ in range(10_001)).encode()
        body = creation([], manifest_uri=self.sources.put(manifest, f"{uuid4()}/unknown.jsonl"))
        del body["source_dataset_ids"]
        job = self.owner.wait(self.owner.post("/ingest/vrt/create", body).json["job_id"])
        assert job["findings_url"] is not None, job
        return str(job["id"])

    def _sent(self) -> str:
        """An upload whose file has arrived, and that is not completed."""
        content = self.files[0].read_bytes()
        body = {"filename": "sent.tif", "file_size": len(content), "content_type": "image/tiff"}
        place = self.owner.post("/ingest/upload/presigned", body).json
        sent = self.owner.pool.request("PUT", place["urls"][0], body=content, headers={"Content-Type": "image/tiff"})
        assert sent.status == 200, sent.data
        return str(place["job_id"])

    def ask(self, cell: Cell, *, turned: bool = False) -> Answer:
        """Ask for what a cell is about; `turned` writes the path in the other way."""
        route = ROUTE_OF[cell.operation]
        path = route.path.format(**self.places(cell))
        if turned:
            path = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        body = BODIES[cell.operation](self, cell) if cell.operation in BODIES else None
        return self.callers[cell.caller].request(route.method, path, body)

    def places(self, cell: Cell) -> dict[str, str]:
        """What stands in the path; a deletion that is to succeed has a raster of its own."""
        found = {"asset": "swagger-ui.css", "format": "footprints", "job_id": self._job(cell)}
        if cell.visibility in self.vrts:
            holds_raster = cell.operation in {"list_dependents", "delete_dataset"}
            found["dataset_id"] = (self.rasters if holds_raster else self.vrts)[cell.visibility]
            found["source_dataset_id"] = self._by_caller("out", cell)
        if "{generation_id}" in ROUTE_OF[cell.operation].path:
            listed = self.owner.get(f"/datasets/{found['dataset_id']}/vrt/generations/?limit=100").json
            found["generation_id"] = listed["generations"][-1]["id"]
        if cell.operation == "delete_dataset" and cell.status == 204:
            found["dataset_id"] = self.registered("fresh", cell.visibility)
        return found

    def _job(self, cell: Cell) -> str:
        match cell.operation:
            case "retry_job":
                return self.failed.get(cell.caller, self.failed["owner"])
            case "cancel_job":
                return self.cancelled
            case "read_job_findings":
                return self.doubtful
            case "list_registrations":
                return self.bulk
            case "complete_upload":
                return self.uploads.get(cell.caller, self.uploads["owner"])
        return self.jobs[Visibility.PUBLIC]

    def _by_caller(self, way: str, cell: Cell) -> str:
        """A source that only this caller is to add or to remove."""
        return self.rasters.get(f"{way}-{cell.caller}", self.rasters[f"{way}-owner"])


def is_change(cell: Cell) -> bool:
    """Whether this changes something if it is answered as it should be."""
    return cell.status < 300 and ROUTE_OF[cell.operation].method != "GET" and cell.operation not in READ_ONLY


def turns(cells: Sequence[Cell]) -> Iterator[Sequence[Cell]]:
    """Groups of changes that may be made at once: those of one dataset come one after the other."""
    if cells and "{dataset_id}" not in ROUTE_OF[cells[0].operation].path:
        yield from ([cell] for cell in cells)
        return
    for visibility in dict.fromkeys(cell.visibility for cell in cells):
        yield [cell for cell in cells if cell.visibility == visibility]


def everyone[R](work: Callable[[Any], R], items: Sequence[Any]) -> list[R]:
    """Do the same for all, several at once, in order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, items, timeout=PATIENCE))


REPLACED: Final = {"owner": ("two", "one", "out-owner", "out-admin"), "admin": ("one", "out-owner", "two", "out-admin")}
"""The sources, in order, that these callers give a VRT."""

BODIES: Final[Mapping[str, Callable[[Estate, Cell], Any]]] = {
    "register_raster": lambda estate, _: {
        "uri": estate.sources.put(estate.files[0], f"{uuid4()}/registered.tif"),
    },
    "register_rasters": lambda estate, _: estate.many(),
    "create_vrt": lambda estate, cell: creation([estate.rasters[cell.visibility], estate.rasters["one"]]),
    "validate_vrt": lambda estate, cell: {
        "source_dataset_ids": [estate.rasters[cell.visibility], estate.rasters["one"]],
        "vrt_type": "mosaic",
        "resolution_strategy": "finest",
    },
    "add_vrt_source": lambda estate, cell: {"source_dataset_id": estate._by_caller("in", cell)},
    "replace_vrt_sources": lambda estate, cell: {
        "source_dataset_ids": [estate.rasters[name] for name in REPLACED.get(cell.caller, ("one", "two"))],
    },
    "update_vrt_options": lambda _, cell: {"resampling": "bilinear" if cell.caller == "owner" else "nearest"},
    "update_dataset": lambda _, cell: {"summary": f"Edited by {cell.caller}"},
    "request_upload": lambda _, __: {"filename": "scene.tif", "file_size": 1000},
    "complete_upload": lambda _, __: {},
    "read_job_statuses": lambda estate, _: {"job_ids": [estate.jobs[Visibility.PUBLIC]]},
}
"""What is sent with each operation that takes a body."""
