"""Rasters come in; datasets are listed and deleted."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from uuid import UUID

import click

from rasterloom_client.answers import Dataset, RecordType
from rasterloom_client.cli.commands.bulk import FROM, register_in_bulk, requests_of
from rasterloom_client.cli.commands.noticed import show_noticed
from rasterloom_client.cli.exits import Exit, exit_code
from rasterloom_client.cli.inputs import read_uris
from rasterloom_client.cli.parameters import DATASET, described, given, timeout
from rasterloom_client.cli.progress import counted
from rasterloom_client.cli.report import error_document, print_json, show_error
from rasterloom_client.cli.session import Session
from rasterloom_client.cli.views import datasets_view
from rasterloom_client.client import Client
from rasterloom_client.errors import ApiError, ForbiddenError, NotFoundError, RefusedError

KINDS: Final[dict[str, RecordType]] = {"raster": "raster_dataset", "vrt": "vrt_dataset"}
AT_ONCE: Final = 8
"""Rasters that are registered at the same time; the API waits for S3 most of the time."""


@click.command()
@click.argument("uris", nargs=-1, metavar="s3://…|FILE|-...")
@click.option("--prefix", metavar="s3://…", help="Everything below it that ends in .tif or .tiff.")
@click.option("--title", metavar="TEXT", help="What people call it [default: the last part of the key].")
@described
@timeout
@click.pass_obj
def register(session: Session, /, uris: Sequence[str], prefix: str | None, timeout: float, **fields: Any) -> int:
    """Read COGs' headers into the catalogue.

    A FILE lists URIs, one per line; - reads them from stdin. An object that is registered already is read again, so
    the command can be repeated. What lies below a prefix, and 100 URIs or more, are registered by jobs.
    """
    if bool(uris) == (prefix is not None):
        raise click.UsageError("expected either URIs or --prefix")
    listed = read_uris(uris)
    own = [name for name in ("title", "summary") if fields[name] is not None]
    if prefix is not None and own:
        raise click.UsageError(f"--{own[0]} is about one raster; --prefix may be many")
    if prefix is not None or (len(listed) >= FROM and not own):
        shared = {name: value for name, value in given(fields).items() if name in {"visibility", "groups"}}
        return register_in_bulk(session, requests_of(listed, prefix, shared), timeout)
    if fields["title"] is not None and len(listed) > 1:
        raise click.UsageError(f"--title names one raster; {len(listed)} were given")
    with session.client() as client:
        outcomes = _register_all(session, client, listed, given(fields))
    registered = [outcome for outcome in outcomes if not isinstance(outcome, ApiError)]
    failed = [(uri, outcome) for uri, outcome in zip(listed, outcomes, strict=True) if isinstance(outcome, ApiError)]
    _show_failed(session, failed)
    if registered or not session.is_chatty:
        session.show({"datasets": registered}, _ids(registered), lambda: datasets_view(registered))
    show_noticed(session, registered)
    return exit_code(failed[0][1]) if failed else Exit.OK


def _register_all(
    session: Session, client: Client, uris: Sequence[str], fields: dict[str, Any]
) -> list[Dataset | ApiError]:
    """What became of each, in order; one that is refused does not stop the others, anything else stops all."""

    def one(uri: str) -> Dataset | ApiError:
        try:
            return client.register(uri, **fields)
        except (RefusedError, ForbiddenError) as error:
            return error

    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        return list(counted(session, "registering", len(uris), pool.map(one, uris)))
    finally:
        pool.shutdown(cancel_futures=True)


def _show_failed(session: Session, failed: Sequence[tuple[str, ApiError]]) -> None:
    if failed and session.is_json:
        print_json({"errors": [{"uri": uri, **error_document(error)} for uri, error in failed]}, session.err)
        return
    for _, error in failed:
        show_error(error, session.err)


@click.command("list")
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only rasters, or only VRTs.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="Most datasets to list.")
@click.option("--skip", type=click.IntRange(min=0), default=0, help="Datasets to leave out.")
@click.option("--stale", "asks_each", is_flag=True, help="Tell stale VRTs, too: each is asked for by itself.")
@click.pass_obj
def list_datasets(session: Session, /, kind: str | None, limit: int, skip: int, *, asks_each: bool) -> None:
    """List what you may read, newest first.

    A VRT whose last build failed says so; whether sources of a VRT have changed since it was built, --stale looks up.
    """
    with session.client() as client:
        found = client.datasets(None if kind is None else KINDS[kind], skip=skip, limit=limit)
        if asks_each:
            found["datasets"] = _each_asked_for(client, found["datasets"])
    session.show(found, _ids(found["datasets"]), lambda: datasets_view(found["datasets"]))
    session.note(f"{len(found['datasets'])} of {found['total']}")


def _each_asked_for(client: Client, listed: Sequence[Dataset]) -> list[Dataset]:
    """The datasets as they tell of themselves; one that is gone since it was listed stays as it was."""

    def one(dataset: Dataset) -> Dataset:
        try:
            return dataset if dataset["record_type"] == "raster_dataset" else client.dataset(dataset["id"])
        except NotFoundError:
            return dataset

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, listed))


@click.command()
@DATASET
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(session: Session, /, dataset: UUID, *, yes: bool) -> int:
    """Delete a raster that no VRT uses, or a VRT."""
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("no terminal to ask at: add --yes")
    with session.client() as client:
        if not yes:
            title = client.dataset(dataset)["title"]
            if not click.confirm(f"delete {title!r} ({dataset})?", err=True):
                session.remark("nothing is deleted")
                return Exit.INTERRUPTED
        client.delete(dataset)
    session.show({"deleted": str(dataset)}, [dataset], lambda: f"deleted {dataset}")
    return Exit.OK


def _ids(datasets: Sequence[Dataset]) -> Iterator[str]:
    return (dataset["id"] for dataset in datasets)
