"""VRTs are changed; each change is one generation."""

from collections.abc import Sequence
from typing import Any, get_args
from uuid import UUID

import click

from rasterloom_client.answers import Resampling, ResolutionStrategy
from rasterloom_client.cli.commands.outcomes import conclude
from rasterloom_client.cli.parameters import SOURCE, VRT, given, guarded, kept_fresh, read_nodata, targeted, waits
from rasterloom_client.cli.parameters import sources as source_ids
from rasterloom_client.cli.session import Session
from rasterloom_client.cli.views import dataset_facts, facts


@click.command()
@VRT
@SOURCE
@guarded
@waits
@click.pass_obj
def add(session: Session, /, vrt: UUID, source: UUID, if_match: str | None, **following: Any) -> None:
    """Append a source, on top of the others."""
    conclude(session, lambda client: client.add_source(vrt, source, if_match=if_match), **following)


@click.command()
@VRT
@SOURCE
@guarded
@waits
@click.pass_obj
def remove(session: Session, /, vrt: UUID, source: UUID, if_match: str | None, **following: Any) -> None:
    """Take a source out of a VRT; at least two stay."""
    conclude(session, lambda client: client.remove_source(vrt, source, if_match=if_match), **following)


@click.command()
@VRT
@source_ids(is_required=True)
@guarded
@waits
@click.pass_obj
def replace(session: Session, /, vrt: UUID, sources: Sequence[str], if_match: str | None, **following: Any) -> None:
    """Give a VRT other sources, in one build.

    ID is a raster's id; a FILE lists ids, one per line; - reads them from stdin.
    """
    conclude(session, lambda client: client.replace_sources(vrt, sources, if_match=if_match), **following)


@click.command()
@VRT
@guarded
@waits
@click.pass_obj
def regenerate(session: Session, /, vrt: UUID, if_match: str | None, **following: Any) -> None:
    """Build a VRT again.

    Its sources are taken as the catalogue has them today: register one again to have its header read again.
    """
    conclude(session, lambda client: client.regenerate(vrt, if_match=if_match), **following)


@click.command()
@VRT
@click.argument("generation", type=click.UUID)
@guarded
@waits
@click.pass_obj
def rollback(session: Session, /, vrt: UUID, generation: UUID, if_match: str | None, **following: Any) -> None:
    """Build what an earlier generation was.

    Its sources make a new generation; `rasterloom generations VRT` lists the earlier ones.
    """
    conclude(session, lambda client: client.rollback(vrt, generation, if_match=if_match), **following)


def _nodata(ctx: click.Context, param: click.Parameter, value: str | None) -> dict[str, float | str | None]:
    """The field of the request; none where the option was not given."""
    return {} if value is None else {"nodata_override": read_nodata(ctx, param, value)}


@click.command()
@VRT
@click.option(
    "--resolution",
    "resolution_strategy",
    type=click.Choice(get_args(ResolutionStrategy)),
    help="The pixel size of a mosaic whose sources differ.",
)
@click.option(
    "--resampling",
    type=click.Choice(get_args(Resampling)),
    help="How pixels are made where a source is not on the VRT's grid.",
)
@click.option(
    "--nodata",
    metavar="VALUE|nan|none",
    callback=_nodata,
    help="The nodata value of every source, whatever the source itself says; none takes it away.",
)
@targeted
@click.option("--no-target-extent", is_flag=True, help="As large as its sources again.")
@click.option("--no-target-resolution", is_flag=True, help="The pixel size of --resolution again.")
@kept_fresh
@guarded
@waits
@click.pass_obj
def options(session: Session, /, vrt: UUID, if_match: str | None, **fields: Any) -> None:
    """Change how a VRT is woven, and build it again.

    With nothing but --auto-regenerate, or --no-auto-regenerate, nothing is built.
    """
    wait, timeout, nodata = fields.pop("wait"), fields.pop("timeout"), fields.pop("nodata")
    cleared = {name: None for name in ("target_extent", "target_resolution") if fields.pop(f"no_{name}")}
    both = next((name.replace("_", "-") for name in cleared if fields[name] is not None), None)
    if both:
        raise click.UsageError(f"--{both} and --no-{both} do not go together")
    changed = given(fields) | nodata | cleared
    if not changed:
        raise click.UsageError("give at least one thing to change: --resolution, --resampling, --nodata, …")
    if changed.keys() == {"auto_regenerate"}:
        with session.client() as client:
            found = client.auto_regenerate(vrt, wanted=changed["auto_regenerate"], if_match=if_match)
        session.show(found, [found["id"]], lambda: facts(dataset_facts(found)))
        return
    conclude(session, lambda client: client.change_options(vrt, if_match, **changed), wait=wait, timeout=timeout)
