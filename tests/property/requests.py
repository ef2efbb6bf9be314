"""What callers ask for, drawn as plain values: the same values mean the same request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from rasterloom.domain.access import Principal, Visibility
from rasterloom.domain.dataset import VrtDataset, VrtType
from rasterloom.domain.lifecycle import GenerationStatus, JobStatus
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.versions import ANY_VERSION, KnownVersions, version_of
from rasterloom.services.change_vrt import OptionsRequest
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.replays import IdempotencyKey
from rasterloom.services.staging import read_members
from rasterloom.services.terms import Terms
from tests.support.factories import principal
from tests.support.world import World

CALLERS: Final = (principal("alice"), principal("bob"))
NONE: Final = ("none",)
"""Ids, where there are none."""
AUDIENCES: Final = (Visibility.PRIVATE, Visibility.INTERNAL, Visibility.PUBLIC)
STRATEGIES: Final = tuple(ResolutionStrategy)


@dataclass(frozen=True)
class Request:
    """One request of one caller; numbers choose among whatever there is."""

    verb: str
    one: int
    other: int
    key: int
    """Of its idempotency keys; 0 for none."""
    knows: bool = False
    """Whether it names the version that it has just read."""
    stranger: bool = False
    """Whether somebody asks whose dataset it is not."""


@dataclass
class Desk:
    """Makes requests of what is known of the world: ids that were handed out, whatever became of them."""

    world: World
    vrts: list[str]
    rasters: list[str]
    jobs: list[str]

    def make(self, request: Request) -> Callable[[], object]:
        """The request as a call; answers a job's id where it is accepted as one."""
        vrt_id = _chosen(self.vrts or NONE, request.one)
        source_id = _chosen(self.rasters, request.other)
        who, whose = self._caller(request, vrt_id), self._caller(request, source_id)
        terms = self._terms(request, vrt_id)
        change, edit = self.world.change, self._edit(request)
        make: Mapping[str, Callable[[], object]] = {
            "create": partial(self._create, request),
            "add": partial(change.add, who, vrt_id, source_id, terms),
            "remove": partial(change.remove, who, vrt_id, self._member(request, vrt_id), terms),
            "replace": partial(self.world.replace, who, vrt_id, self._sources(request), terms),
            "roll back": partial(self.world.replace.roll_back, who, vrt_id, self._completed(request, vrt_id), terms),
            "regenerate": partial(change.regenerate, who, vrt_id, terms),
            "weave": partial(change.weave_otherwise, who, vrt_id, self._options(request), terms),
            "edit": partial(self.world.edit, who, vrt_id, edit, terms),
            "switch": partial(self.world.switch, who, vrt_id, wanted=request.other % 4 > 0, terms=terms),
            "edit raster": partial(self.world.edit, whose, source_id, edit, Terms(terms.idempotency)),
            "retry": partial(self._of_job, request, JobStatus.FAILED, self._retry),
            "cancel": partial(
                self._of_job, request, JobStatus.RUNNING, lambda who, _, job: self.world.cancel(who, job)
            ),
            "delete": partial(self.world.delete, who, vrt_id, (), terms),
            "delete raster": partial(self.world.delete, whose, source_id, (), Terms(terms.idempotency)),
        }
        return make[request.verb]

    def _caller(self, request: Request, dataset_id: str) -> Principal:
        dataset = self.world.catalog.datasets.get(dataset_id)
        owner = CALLERS[0].subject if dataset is None else dataset.audience.owner
        return next(each for each in CALLERS if (each.subject == owner) is not request.stranger)

    def _terms(self, request: Request, vrt_id: str) -> Terms:
        """Under one key the same request has to be the same in all its parts."""
        seen = self.world.catalog.datasets.get(vrt_id) if request.knows else None
        known = KnownVersions((version_of(seen),)) if isinstance(seen, VrtDataset) else ANY_VERSION
        return Terms(self._key(request, f"{request.verb} {request.one} {request.other} {vrt_id}"), known)

    def _key(self, request: Request, body: str) -> IdempotencyKey | None:
        return IdempotencyKey(f"key {request.key} {request.verb}", body) if request.key else None

    def _create(self, request: Request) -> str:
        wanted = CreateRequest(
            tuple(self._sources(request)),
            VrtType.MOSAIC,
            WeaveOptions(_chosen(STRATEGIES, request.one)),
            "A mosaic",
            visibility=_chosen(AUDIENCES, request.one),
            auto_regenerate=request.other % 2 == 1,
        )
        key = self._key(request, f"create {request.one} {request.other}")
        return self.world.create(CALLERS[request.one % 4 == 3], wanted, key)

    def _sources(self, request: Request) -> list[str]:
        living: list[str] = [source for source in self.rasters if self.world.catalog.datasets.get(source)]
        start = request.other % len(living) if living else 0
        return (living * 2)[start : start + 2 + request.one % 2]

    def _member(self, request: Request, vrt_id: str) -> str:
        vrt = self.world.catalog.datasets.get(vrt_id)
        published = vrt.published if isinstance(vrt, VrtDataset) else None
        members = [member.source_id for member in read_members(self.world.objects, published)]
        return _chosen(members or NONE, request.other)

    def _options(self, request: Request) -> OptionsRequest:
        return OptionsRequest(strategy=_chosen(STRATEGIES, request.other))

    def _edit(self, request: Request) -> EditRequest:
        if request.other % 2:
            return EditRequest(title=f"Title {request.other}")
        return EditRequest(visibility=_chosen(AUDIENCES, request.other // 2))

    def _completed(self, request: Request, vrt_id: str) -> str:
        generations = self.world.catalog.jobs.generations_of(vrt_id, skip=0, limit=10).generations
        completed = [each.id for each in generations if each.status is GenerationStatus.COMPLETED]
        return _chosen(completed or [each.id for each in generations] or NONE, request.other)

    def _of_job(self, request: Request, status: JobStatus, ask: Callable[[Principal, Request, str], object]) -> object:
        """Ask about a job in this state, if there is one, and else about any."""
        jobs = list(self.world.catalog.jobs.get_many(self.jobs).values())
        fitting = [job for job in jobs if job.status is status] or jobs
        job = fitting[-1 - request.other % len(fitting)] if fitting else None
        who = next(each for each in CALLERS if (job is None or each.subject == job.created_by) is not request.stranger)
        return ask(who, request, job.id if job else "none")

    def _retry(self, who: Principal, request: Request, job_id: str) -> str:
        return self.world.retry(who, job_id, self._key(request, f"retry {job_id}"))


def _chosen[T](those: Sequence[T], number: int) -> T:
    return those[number % len(those)]


CHANGES: Final = ("add", "remove", "replace", "roll back", "regenerate", "weave", "retry")
VERBS: Final = ("create", *CHANGES, "edit", "edit raster", "switch", "cancel", "delete", "delete raster")
