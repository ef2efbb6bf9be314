"""VRTs are made, looked at and downloaded."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import click

from rasterloom_client.cli.commands.outcomes import conclude
from rasterloom_client.cli.exits import Exit
from rasterloom_client.cli.parameters import VRT, described, given, kept_fresh, sources, waits, woven
from rasterloom_client.cli.session import Session
from rasterloom_client.cli.views import generations_view, sources_view, status_view, validation_view

PIPED: Final = """\b
rasterloom register -q s3://bucket/a.tif s3://bucket/b.tif |
  rasterloom create --title "My survey" --wait -
"""


@click.command(epilog=PIPED)
@sources(is_required=False)
@click.option("--title", required=True, metavar="TEXT", help="What people will call it.")
@woven
@kept_fresh
@described
@waits
@click.pass_obj
def create(session: Session, /, sources: Sequence[str], title: str, **fields: Any) -> None:
    """Weave registered rasters into a VRT.

    ID is a raster's id; a FILE lists ids, one per line; - reads them from stdin. Of sources that overlap, the later
    one is on top.
    """
    _require_one_list(sources, fields)
    wait, timeout = fields.pop("wait"), fields.pop("timeout")
    conclude(session, lambda client: client.create(sources, title, **given(fields)), wait=wait, timeout=timeout)


@click.command()
@sources(is_required=False)
@woven
@described
@click.pass_obj
def validate(session: Session, /, sources: Sequence[str], **fields: Any) -> int:
    """Check a set of sources; make nothing.

    Says what `create` would say, and what would come of it.
    """
    _require_one_list(sources, fields)
    with session.client() as client:
        found = client.validate(sources, **given(fields))
    session.show(found, ["valid" if found["valid"] else "invalid"], lambda: validation_view(found))
    return Exit.OK if found["valid"] else Exit.REFUSED


def _require_one_list(sources: Sequence[str], fields: dict[str, Any]) -> None:
    if bool(sources) == (fields["manifest_uri"] is not None):
        raise click.UsageError("give ids of sources, or --manifest; found " + ("both" if sources else "neither"))


@click.command()
@VRT
@click.option("--probe", is_flag=True, help="Ask S3 for every source, whatever events have told.")
@click.pass_obj
def status(session: Session, /, vrt: UUID, *, probe: bool) -> None:
    """Show how a VRT and its sources are."""
    with session.client() as client:
        found, etag = client.versioned_status(vrt, probe=probe)
        dataset = client.dataset(vrt)
        job = client.newest_job(vrt) if found["status"] == "failed" and session.is_chatty else None
    document = {"dataset": dataset, "vrt": found, "etag": etag}
    session.show(document, [found["status"]], lambda: status_view(dataset, found, etag, job))


@click.command("sources")
@VRT
@click.pass_obj
def list_sources(session: Session, /, vrt: UUID) -> None:
    """List a VRT's sources in order; the last one is on top."""
    with session.client() as client:
        found = list(client.sources(vrt))
    session.show({"sources": found}, (each["dataset_id"] for each in found), lambda: sources_view(found))


@click.command()
@VRT
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="Most generations to list.")
@click.pass_obj
def generations(session: Session, /, vrt: UUID, limit: int) -> None:
    """List a VRT's builds, newest first."""
    with session.client() as client:
        found = client.generations(vrt, limit=limit)
    listed = found["generations"]
    session.show(found, (each["id"] for each in listed), lambda: generations_view(listed))
