"""From a request to a published mosaic over HTTP, on the deployed local stack, all of whose S3 is the slow one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from local.bench.parts.run import ADMITTED, Figures, Plan, Run, often
from local.bench.running import Program
from local.bench.service.changes import Change, add, create, product, remove
from local.bench.service.deployed import Deployed, deployed
from local.bench.service.memory import peaks
from local.bench.service.reads import read_ms
from local.bench.service.registered import registered
from local.bench.service.waterfall import typical
from local.demo.client import ApiError, UnreachableError
from local.terminal import StepError, say, step

WARM: Final = 10
"""Sources of the mosaics that are made, and not counted, so that the functions have started."""


def measure(plan: Plan) -> Figures:
    """Every figure of the service, smallest N first, since the functions' memory and the catalogue only grow."""
    with deployed(plan.stack, plan.port) as target:
        ids = _ids(target, ADMITTED, plan)
        with step("warming up"):
            _warm(target, ids)
        admission, reads = _admission(Run(target.server, plan), target, ids), _reads(target, ids)
        rows, refused = _rows(target, plan)
        return {"pause_ms": plan.pause_ms, "rows": rows, "refused": refused, "admission": admission, "reads": reads}


def _ids(target: Deployed, count: int, plan: Plan) -> Sequence[str]:
    """Datasets of the first tiles; no more are registered than are needed now."""
    ids = registered(target, count)
    target.server.pause(plan.pause_ms)
    return ids


def _warm(target: Deployed, ids: Sequence[str]) -> None:
    for _ in range(2):
        vrt = create(target, ids[:WARM]).dataset_id
        add(target, vrt, ids[WARM])
        remove(target, vrt, ids[WARM])


def _rows(target: Deployed, plan: Plan) -> tuple[list[Figures], dict[str, str]]:
    """A row for each N, and why one is not whole, by N, where the service refused or failed."""
    rows, refused = list[Figures](), dict[str, str]()
    for count in sorted(plan.sizes):
        done = Done()
        try:
            _repeat(target, _ids(target, count, plan), count, often(plan, count), done)
        except (ApiError, UnreachableError, StepError) as error:
            refused[str(count)] = f"{done.doing}: {str(error).splitlines()[0]}"
            say(f"    {count:,}: {refused[str(count)]}")
        if done.made:
            rows.append(_row(target, count, done))
    return rows, refused


@dataclass
class Done:
    """Changes of mosaics of one N that came to their ends.

    Attributes:
        made: Creates.
        added: Additions of one.
        removed: Removals of one.
        doing: Which kind was asked for last.
    """

    made: list[Change] = field(default_factory=list)
    added: list[Change] = field(default_factory=list)
    removed: list[Change] = field(default_factory=list)
    doing: str = "create"


def _repeat(target: Deployed, ids: Sequence[str], count: int, repeats: int, done: Done) -> None:
    """Create, remove the last one, add it again: so often. With one added first, the largest would have too many."""
    last = ids[count - 1]
    say(f"    {count:,}: {repeats} x create, remove one, add one, each until it is complete …")
    for _ in range(repeats):
        done.doing = "create"
        done.made.append(create(target, ids[:count]))
        vrt = done.made[-1].dataset_id
        done.doing = "remove one"
        done.removed.append(remove(target, vrt, last))
        done.doing = "add one"
        done.added.append(add(target, vrt, last))
    kinds = {"create": done.made, "remove one": done.removed, "add one": done.added}
    least = {kind: min(change.complete for change in changes) for kind, changes in kinds.items()}
    say(f"    {count:,}: " + ", ".join(f"{kind} {taken:.2f} s" for kind, taken in least.items()))


def _row(target: Deployed, count: int, done: Done) -> Figures:
    """What the changes took; of a kind that never came to its end there is nothing."""
    made, added, removed = done.made, done.added, done.removed
    return {
        "count": count,
        "product": product(target, made[-1].dataset_id),
        "complete": [change.complete for change in made],
        "accepted": [change.accepted for change in made],
        "waterfall": {
            name: typical([change.waterfall for change in changes])
            for name, changes in (("create", made), ("add one", added), ("remove one", removed))
            if changes
        },
        "cogs_requests": made[-1].cogs.requests,
        "cogs_bytes": made[-1].cogs.sent,
        "others_requests": made[-1].others.requests,
        "add_one": [change.complete for change in added],
        "add_accepted": [change.accepted for change in added],
        "add_requests": added[-1].cogs.requests if added else None,
        "remove_one": [change.complete for change in removed],
        "remove_accepted": [change.accepted for change in removed],
        "remove_requests": removed[-1].cogs.requests if removed else None,
        "invocations": max(change.invocations for change in (*made, *added, *removed)),
        "peaks": peaks(target),
    }


def _admission(run: Run, target: Deployed, ids: Sequence[str]) -> Figures:
    """POST to 202 with `ADMITTED` sources, and beside it one round of HEADs over them, both with open connections."""
    repeats = run.plan.repeats
    changes = [create(target, ids[:ADMITTED]) for _ in range(repeats)]
    rounds = run.once(Program("ours.heads_asked"), ADMITTED, 1 + repeats).told["seconds"][1:]
    return {"count": ADMITTED, "accepted": [change.accepted for change in changes], "round": rounds}


def _reads(target: Deployed, ids: Sequence[str]) -> Figures:
    """Milliseconds that a warm GET of a job, of a dataset and of a VRT's status takes in the function.

    Of a source that no events tell of, a status asks S3; so there are two kinds of it.
    """
    made = create(target, ids[:WARM])
    vrt = f"/datasets/{made.dataset_id}"
    status = f"{vrt}/vrt/status/"
    paths = {"job": f"/jobs/{made.job_id}", "dataset": vrt, "status that asks S3": status}
    return {**read_ms(target, paths), **read_ms(target, {"status of watched sources": status}, watched=True)}
