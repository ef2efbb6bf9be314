"""The demo as a person sees it: each step with its progress, then what came out and what to try next."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from local import aws
from local.demo import journey
from local.demo.client import Api
from local.demo.journey import VrtType
from local.demo.report import Woven, describe, next_steps
from local.samples import Group, Sample, write_samples
from local.state import StackState

USER = "demo"
_LABEL_WIDTH = 34


class Story:
    """One telling, on one console, against one stack."""

    def __init__(self, stack: StackState, token: str, console: Console, folder: Path) -> None:
        """Prepare; `folder` takes what the demo downloads."""
        self._stack = stack
        self._api = Api(stack.api_url, token)
        self._console = console
        self._folder = folder

    def tell(self, samples_folder: Path) -> None:
        """Go through all steps.

        Raises:
            ApiError: The API refused something.
            UnreachableError: The API did not answer.
            JobError: A virtual raster could not be built.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._say(
            f"[bold]Rasterloom[/bold] weaves Cloud-Optimized GeoTIFFs into one virtual raster.\n{self._stack.api_url}\n"
        )
        samples = self._samples(samples_folder)
        with self._progress() as progress:
            uris = self._upload(progress, samples)
            ids = self._register(progress, samples, uris)
            mosaic = self._weave(progress, "mosaic", "Blue Marble: Europe to the Sahara", ids[Group.TILES])
            stack = self._weave(progress, "band_stack", "South America in four bands", ids[Group.BANDS])
        self._show(mosaic)
        self._show(stack)
        self._suggest(mosaic)

    def _samples(self, folder: Path) -> list[Sample]:
        started = time.monotonic()
        samples = write_samples(folder)
        self._say(f"{'Cut sample COGs from real imagery':{_LABEL_WIDTH}} {time.monotonic() - started:.1f} s")
        return [sample for sample in samples if sample.group in {Group.TILES, Group.BANDS}]

    def _upload(self, progress: Progress, samples: list[Sample]) -> list[str]:
        s3 = aws.s3(self._stack.endpoint_url)
        bucket = self._stack.source_bucket
        with _bar(progress, f"Upload {len(samples)} COGs to S3", len(samples)) as bar:
            return [_advance(progress, bar, journey.upload(s3, bucket, sample)) for sample in samples]

    def _register(self, progress: Progress, samples: list[Sample], uris: list[str]) -> dict[Group, list[str]]:
        """Register every sample; returns dataset ids by group, in order."""
        ids: dict[Group, list[str]] = {}
        with _bar(progress, f"Register {len(samples)} datasets", len(samples)) as bar:
            for sample, uri in zip(samples, uris, strict=True):
                dataset_id = _advance(progress, bar, journey.register(self._api, uri, sample.title))
                ids.setdefault(sample.group, []).append(dataset_id)
        return ids

    def _weave(self, progress: Progress, vrt_type: VrtType, title: str, sources: list[str]) -> Woven:
        """Create a virtual raster, show its job until it is complete, fetch what there is to see."""
        noun = "tiles into a mosaic" if vrt_type == "mosaic" else "bands into a stack"
        with _bar(progress, f"Weave {len(sources)} {noun}", 1) as bar:
            job_id = journey.create_vrt(
                self._api, vrt_type, title, f"Made by the demo from {len(sources)} COGs.", sources
            )
            for job in journey.watch(self._api, job_id):
                progress.update(bar, completed=job.progress, step=job.step)
        dataset = self._api.get(f"/datasets/{job.dataset_id}").json()
        quicklook = self._folder / f"{vrt_type}.png"
        quicklook.write_bytes(self._api.get(f"/datasets/{job.dataset_id}/quicklook?size=512").body)
        return Woven(dataset, journey.vrt_uri(self._api, dataset, self._stack.bucket), quicklook, job.warning)

    def _show(self, woven: Woven) -> None:
        self._say(f"\n[bold]{woven.dataset['title']}[/bold]")
        for label, text in describe(woven):
            self._plain(f"  {label:10} {text}")

    def _suggest(self, mosaic: Woven) -> None:
        self._say("\n[bold]Try next[/bold]")
        for number, (what, commands) in enumerate(next_steps(self._stack, mosaic, self._folder, USER), start=1):
            self._plain(f"\n{number}. {what}\n")
            self._plain(commands)
        self._say("\nThe stack keeps running. Run the demo again at will; [bold]make down[/bold] stops the stack.")

    def _progress(self) -> Progress:
        return Progress(
            TextColumn(f"{{task.description:{_LABEL_WIDTH}}}"),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[step]:10}"),
            console=self._console,
        )

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)

    def _plain(self, text: str) -> None:
        """Print without wrapping or colours, so that it can be copied."""
        self._console.print(text, highlight=False, soft_wrap=True, markup=False, emoji=False)


@contextmanager
def _bar(progress: Progress, what: str, total: int) -> Iterator[TaskID]:
    """Show a bar; it stops where it is when the step fails."""
    bar = progress.add_task(what, total=total, step="")
    try:
        yield bar
    finally:
        progress.stop_task(bar)


def _advance[T](progress: Progress, bar: TaskID, result: T) -> T:
    progress.advance(bar)
    return result
