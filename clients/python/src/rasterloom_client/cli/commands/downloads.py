"""What a VRT serves becomes a file."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, get_args
from uuid import UUID

import click

from rasterloom_client.answers import DownloadFormat
from rasterloom_client.cli.parameters import VRT
from rasterloom_client.cli.session import Session
from rasterloom_client.cli.targets import target_of
from rasterloom_client.client import Client
from rasterloom_client.files import write_atomically

SUFFIXES: Final[Mapping[str, str]] = {
    "vrt": "vrt",
    "gti": "gti.gpkg",
    "mosaicjson": "mosaic.json",
    "stac": "stac.json",
    "footprints": "geojson",
    "quicklook": "png",
}
"""How the name of a file ends, by format."""

IN_PLACE: Final = "vrt-relative"
"""What is opened where it lies, for its paths lead nowhere from anywhere else."""


@click.command(epilog="gti, mosaicjson: of mosaics only. footprints: where its sources lie. quicklook: a picture.")
@VRT
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where to, a file or a folder; - is stdout [default: VRT.vrt, or as the format is, in this folder].",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice([*SUFFIXES, IN_PLACE]),
    default="vrt",
    show_default=True,
    help="What to write; vrt-relative is opened in place, so that only its address is told.",
)
@click.pass_obj
def download(session: Session, /, vrt: UUID, output: str | None, kind: str) -> None:
    """Write a VRT into a file, or what is derived of it.

    The file is there whole or not at all; one that is there already is replaced.
    """
    if kind == IN_PLACE:
        _tell_place(session, vrt, output)
        return
    target = target_of(output, f"{vrt}.{SUFFIXES[kind]}")
    with session.client() as client, _opened(client, vrt, kind) as chunks:
        if output == "-":
            sys.stdout.buffer.writelines(chunks)
            return
        size = write_atomically(chunks, target)
    session.show({"file": str(target), "bytes": size}, [target], lambda: f"{target}: {size} bytes")


def _tell_place(session: Session, vrt: UUID, output: str | None) -> None:
    if output is not None:
        raise click.UsageError(f"--format {IN_PLACE} is opened in place: there is no file to write into {output}")
    with session.client() as client:
        uri = client.relative_uri(vrt)
    session.show({"s3_uri": uri}, [uri], lambda: uri)


@contextmanager
def _opened(client: Client, vrt: UUID, kind: str) -> Iterator[Iterator[bytes]]:
    """The content in parts as they come; of a picture there is one."""
    for output in get_args(DownloadFormat):
        if kind == output:
            with client.opened(vrt, output) as chunks:
                yield chunks
            return
    yield iter([client.quicklook(vrt)])
