"""Arguments and options that several commands share."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, get_args

import click

from rasterloom_client.answers import Resampling, ResolutionStrategy, Visibility
from rasterloom_client.cli.inputs import read_ids

F = TypeVar("F", bound=Callable[..., Any])


def _dashes(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    return value.replace("-", "_")


def _ids(_ctx: click.Context, _param: click.Parameter, value: Sequence[str]) -> list[str]:
    return read_ids(value)


def read_nodata(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | str | None:
    """A nodata value as the API takes it; None for `none`, and where none was given."""
    if value is None or value.lower() == "none":
        return None
    if value.lower() == "nan":
        return "nan"
    try:
        number = int(value) if value.lstrip("+-").isdigit() else float(value)
    except ValueError:
        number = math.inf
    if not math.isfinite(number):
        raise click.BadParameter(f"expected a finite number, nan or none; found {value!r}")
    return number


_COUNTED: Final = {2: "two", 4: "four"}


def _finite(_ctx: click.Context, _param: click.Parameter, value: Sequence[float] | None) -> Sequence[float] | None:
    """Numbers that JSON can hold."""
    wrong = next((number for number in value or () if not math.isfinite(number)), None)
    if value is not None and wrong is not None:
        raise click.BadParameter(f"expected {_COUNTED[len(value)]} finite numbers; found {wrong}")
    return value


def _seconds(_ctx: click.Context, _param: click.Parameter, value: float) -> float:
    """A length of time: `nan` is neither below a limit nor above one."""
    if math.isnan(value):
        raise click.BadParameter(f"expected seconds, 0 or more; found {value}")
    return value


VRT = click.argument("vrt", type=click.UUID)
SOURCE = click.argument("source", type=click.UUID)
JOB = click.argument("job", type=click.UUID)
DATASET = click.argument("dataset", type=click.UUID)


def sources(*, is_required: bool) -> Callable[[F], F]:
    """Ids of sources: as arguments, from a file, or from stdin."""
    return click.argument("sources", nargs=-1, required=is_required, callback=_ids, metavar="ID|FILE|-...")


def described(function: F) -> F:
    """What a person says of a dataset; left out, the API decides."""
    levels = click.Choice(get_args(Visibility))
    for decorate in (
        click.option(
            "--group", "groups", multiple=True, metavar="NAME", help="A group that may read it while it is restricted."
        ),
        click.option("--visibility", type=levels, help="Who may read it [default: private]."),
        click.option("--summary", metavar="TEXT", help="What it is, in a few sentences."),
    ):
        function = decorate(function)
    return function


def targeted(function: F) -> F:
    """Where a VRT begins and ends, and how large its pixels are."""
    for decorate in (
        click.option(
            "--aligned-pixels/--no-aligned-pixels",
            "target_aligned_pixels",
            default=None,
            help="Widen the extent to multiples of --target-resolution.",
        ),
        click.option(
            "--target-resolution",
            type=(float, float),
            metavar="X Y",
            callback=_finite,
            help="The pixel size, in units of the CRS, whatever --resolution says.",
        ),
        click.option(
            "--target-extent",
            type=(float, float, float, float),
            metavar="XMIN YMIN XMAX YMAX",
            callback=_finite,
            help="Where it begins and ends, in units of the CRS.",
        ),
        click.option(
            "--add-alpha/--no-add-alpha",
            default=None,
            help="Give a mosaic an alpha band that its sources need not have.",
        ),
    ):
        function = decorate(function)
    return function


def woven(function: F) -> F:
    """How a VRT is woven, and of what if not of ids."""
    strategies = click.Choice(get_args(ResolutionStrategy))
    for decorate in (
        targeted,
        click.option(
            "--manifest", "manifest_uri", metavar="s3://…", help="A list of sources on S3, in the place of ids."
        ),
        click.option(
            "--nodata",
            "nodata_override",
            metavar="VALUE|nan",
            callback=read_nodata,
            help="The nodata value of every source, whatever the source itself says.",
        ),
        click.option(
            "--resampling",
            type=click.Choice(get_args(Resampling)),
            help="How pixels are made where a source is not on the VRT's grid [default: nearest].",
        ),
        click.option(
            "--resolution",
            "resolution_strategy",
            type=strategies,
            default="finest",
            show_default=True,
            help="The pixel size of a mosaic whose sources differ.",
        ),
        click.option(
            "--type",
            "vrt_type",
            type=click.Choice(["mosaic", "band-stack"]),
            default="mosaic",
            show_default=True,
            callback=_dashes,
            help="Side by side, or a band of each.",
        ),
    ):
        function = decorate(function)
    return function


def timeout(function: F) -> F:
    """How long a job is waited for."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0),
        default=900.0,
        show_default=True,
        metavar="SECONDS",
        callback=_seconds,
        help="Longest wait; 0 waits for ever.",
    )(function)


def waits(function: F) -> F:
    """Whether a change is followed until it is published."""
    return click.option("--wait", is_flag=True, help="Wait until it is published.")(timeout(function))


def kept_fresh(function: F) -> F:
    """Whether a VRT is built again by itself."""
    return click.option(
        "--auto-regenerate/--no-auto-regenerate",
        default=None,
        help="Build it again by itself once objects of its sources have changed.",
    )(function)


def guarded(function: F) -> F:
    """Whether a change is bound to what its caller saw."""
    text = "Only if the VRT still has this ETag."
    return click.option("--if-match", metavar="ETAG", help=text)(function)


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in fields.items() if value is not None and value != ()}
