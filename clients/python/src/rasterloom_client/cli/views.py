"""Answers as people like to see them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from rasterloom_client.answers import (
    Dataset,
    Generation,
    Grid,
    Job,
    Raster,
    RegistrationResult,
    Source,
    Validation,
    VrtStatus,
)
from rasterloom_client.cli.findings import findings_view
from rasterloom_client.cli.text import cell

_STYLES: Mapping[str, str] = {
    "ready": "green",
    "complete": "green",
    "completed": "green",
    "healthy": "green",
    "failed": "red",
    "missing": "red",
    "inaccessible": "red",
    "unreadable": "red",
    "stale": "yellow",
    "cancelled": "yellow",
}


def facts(pairs: Iterable[tuple[str, object]]) -> Text:
    """Names and values, one pair a line; a value is never broken, so that it can be copied."""
    return _columns([(cell(name, "bold"), _cell(value)) for name, value in pairs])


def state(value: str) -> Text:
    """A state in its colour."""
    return cell(value, _STYLES.get(value, ""))


def size(width: int | None, height: int | None, bands: int | None) -> str | None:
    """Pixels, and how many bands of them."""
    if width is None or height is None:
        return None
    return f"{width} x {height}" + (f" x {bands}" if bands else "")


def dataset_facts(dataset: Dataset, stale_since: str | None = None) -> list[tuple[str, object]]:
    """What a dataset is.

    Args:
        dataset: A raster or a VRT.
        stale_since: Since when a VRT is stale, where that is known.
    """
    raster = dataset["raster"]
    epsg = raster["epsg"]
    kind = raster["vrt_type"] or "raster"
    return [
        ("id", dataset["id"]),
        ("title", dataset["title"]),
        ("kind", kind.replace("_", " ")),
        ("visibility", dataset["visibility"]),
        ("pixels", size(raster["width"], raster["height"], raster["band_count"])),
        ("CRS", None if epsg is None else f"EPSG:{epsg}"),
        ("opens at", raster["s3_uri"]),
        *_freshness(raster, stale_since),
    ]


def registrations_view(results: Sequence[RegistrationResult]) -> RenderableType:
    """How many objects met what, and why some failed."""
    counts = Counter(result["outcome"] for result in results)
    failed = [result for result in results if result["outcome"] == "failed"]
    lines = [cell(registration_failure(result), "red") for result in failed]
    return Group(facts([("objects", len(results)), *counts.items()]), *lines)


def registration_failure(result: RegistrationResult) -> str:
    """Which object was not registered, and why; most messages name it themselves."""
    uri, message = result["uri"], str(result["error_message"])
    return message if uri in message else f"{uri}: {message}"


def _freshness(raster: Raster, stale_since: str | None) -> list[tuple[str, object]]:
    """What is out of the ordinary, and what sees to it."""
    told: list[tuple[str, object]] = []
    found = raster.get("object_state") or "present"
    if found != "present":
        told.append(("object", cell(_since(found, raster.get("object_state_since")), _STYLES.get(found, ""))))
    if raster.get("stale") or stale_since is not None:
        told.append(("stale", cell(_since("yes", stale_since), "yellow")))
    if (auto_regenerate := raster.get("auto_regenerate")) is not None:
        told.append(("auto-regenerate", "on" if auto_regenerate else "off"))
    return told


def _since(found: str, time: str | None) -> str:
    return found if time is None else f"{found}, since {moment(time)}"


def dataset_state(dataset: Dataset) -> Text:
    """How a dataset is, in a word; whether a VRT is stale only where that was looked up."""
    raster = dataset["raster"]
    found = raster.get("object_state") or "present"
    if found != "present":
        return state(found)
    return state("stale" if raster["status"] == "ready" and raster.get("stale") else raster["status"])


def datasets_view(datasets: Sequence[Dataset]) -> RenderableType:
    """A line for each dataset."""
    rows = (
        (
            each["id"],
            (each["raster"]["vrt_type"] or "raster").replace("_", " "),
            dataset_state(each),
            size(each["raster"]["width"], each["raster"]["height"], each["raster"]["band_count"]),
            each["title"],
        )
        for each in datasets
    )
    return lines_view(("id", "kind", "state", "pixels", "title"), rows)


def jobs_view(jobs: Sequence[Job]) -> RenderableType:
    """A line for each job."""
    rows = (
        (job["id"], state(job["status"]), job["dataset_id"], moment(job["created_at"]), job["error_message"])
        for job in jobs
    )
    return lines_view(("job", "status", "VRT", "created", "error"), rows)


def generations_view(generations: Sequence[Generation]) -> RenderableType:
    """A line for each generation."""
    rows = (
        (each["id"], state(each["status"]), each["source_count"], moment(each["started_at"]), each["error_message"])
        for each in generations
    )
    return lines_view(("generation", "status", "sources", "started", "error"), rows)


def sources_view(sources: Sequence[Source]) -> RenderableType:
    """A line for each source, in order, counted from 1."""
    rows = ((each["position"] + 1, each["dataset_id"], each["title"]) for each in sources)
    return lines_view(("no.", "source", "title"), rows)


def status_view(dataset: Dataset, status: VrtStatus, etag: str | None, job: Job | None) -> RenderableType:
    """How a VRT and its sources are.

    Args:
        dataset: The VRT.
        status: What is served, and of what sources.
        etag: The VRT's version.
        job: What made or changed it last, as far as the caller may know.
    """
    active, built = status["active_generation"], moment(status["last_generation_at"])
    told = dataset_facts(dataset, status.get("stale_since"))
    told += [("status", state(status["status"])), ("serving", f"the build of {built}" if built else "nothing yet")]
    if active is not None:
        told.append(("being built", f"generation {active['generation_id']} for {active['elapsed_seconds']:.0f} s"))
    elif status["status"] == "failed" and job is not None and job["status"] in {"failed", "cancelled"}:
        told.append(("last build", _ended_badly(job)))
    told += [("sources", _sources(status)), ("ETag", etag), *_mending(dataset, status)]
    rows = ((each["dataset_id"], state(each["status"]), each["title"]) for each in status["source_health"])
    return Group(facts(told), "", lines_view(("source", "health", "title"), rows))


def _mending(dataset: Dataset, status: VrtStatus) -> list[tuple[str, object]]:
    """What makes a VRT whole again whose sources are not what was built in; nothing where it is made whole already."""
    health, vrt = Counter(each["status"] for each in status["source_health"]), dataset["id"]
    if status["active_generation"] is not None:
        return []
    if health["missing"] or health["inaccessible"]:
        return [("next", f"put back what is not there, or `rasterloom remove {vrt} SOURCE`; then regenerate")]
    if not health["stale"] and not status.get("stale"):
        return []
    # A build that failed is not tried again by itself, until another source changes.
    rebuilds = bool(dataset["raster"].get("auto_regenerate")) and status["status"] != "failed"
    return [("next", "it is built again by itself" if rebuilds else f"rasterloom regenerate {vrt}")]


def _ended_badly(job: Job) -> Text:
    reason = job["error_message"] or job["error_code"]
    told = f"{job['status']}: {reason}" if reason else job["status"]
    return cell(f"{told} (job {job['id']})", _STYLES[job["status"]])


def job_facts(job: Job) -> list[tuple[str, object]]:
    """How a job ended."""
    told: list[tuple[str, object]] = [("job", job["id"]), ("status", state(job["status"]))]
    if job["warning_message"]:
        told.append(("warnings", cell(job["warning_message"], "yellow")))
    return told


def validation_view(found: Validation) -> RenderableType:
    """What would come of a set of sources."""
    told: list[tuple[str, object]] = [("fits together", cell("yes", "green") if found["valid"] else cell("no", "red"))]
    told += _grid_facts(found["grid"]) if found["grid"] else []
    parts: list[RenderableType] = [facts(told)]
    if found["findings"]:
        parts.append(findings_view(found["findings"], found["findings_total"]))
    return Group(*parts)


def lines_view(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Text:
    """A line for each row, below the columns' names; lines are as long as they need to be."""
    cells = [tuple(_cell(value) for value in row) for row in rows]
    if not cells:
        return Text("(nothing)", style="dim")
    return _columns([tuple(cell(column, "bold") for column in columns), *cells])


def moment(time: str | None) -> str | None:
    """A time to the second, as people read it."""
    return None if time is None else f"{time[:10]} {time[11:19]} UTC"


def _cell(value: object) -> Text:
    return value if isinstance(value, Text) else cell(value)


def _columns(rows: Sequence[Sequence[Text]]) -> Text:
    """Rows of one length, each column as wide as its widest cell, but for the last one."""
    widths = [max(row[column].cell_len for row in rows) for column in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        line = Text()
        for part, width in zip(row[:-1], widths, strict=True):
            line += part + Text(" " * (width - part.cell_len + 2))
        lines.append(line + row[-1])
    return Text("\n", no_wrap=True, overflow="ignore").join(lines)


def _sources(status: VrtStatus) -> str:
    counted = status.get("source_health_summary", {})
    told = ", ".join(f"{count} {name}" for name, count in counted.items() if count)
    return f"{status['source_count']}" + (f" ({told})" if told else "")


def _grid_facts(grid: Grid) -> list[tuple[str, object]]:
    epsg = grid["crs_epsg"]
    crs = grid["crs_name"] if epsg is None else f"EPSG:{epsg} ({grid['crs_name']})"
    return [
        ("pixels", size(grid["width"], grid["height"], grid["band_count"])),
        ("pixel size", f"{grid['resolution_x']:g} x {grid['resolution_y']:g}"),
        ("bounds", " ".join(f"{value:.10g}" for value in grid["bbox"])),
        ("CRS", crs),
    ]
