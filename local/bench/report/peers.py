"""The others."""

from collections.abc import Iterable
from typing import Final

from local.bench.report.tables import NOTHING, count, megabytes, spread, table
from local.bench.results import Figures

TITLES: Final = {
    "buildvrt_defaults": "`gdal.BuildVRT`, defaults",
    "buildvrt_tuned": "`gdal.BuildVRT`, best tuned",
    "raster_mosaic": "`gdal raster mosaic`, tuned",
    "rasterio_threads": "rasterio, 32 threads (headers only)",
    "cogeo_mosaic_threads": "cogeo-mosaic, 32 threads (a MosaicJSON)",
    "rio_vrt_serial": "rio-vrt",
    "stac_vrt_items": "stac-vrt (from STAC items; looks at no file)",
}
"""Each peer by its module's name."""


def render(figures: Figures) -> str:
    """Seconds by N, then requests and memory at the largest N that each was run at."""
    rows = figures["rows"]
    sizes = sorted({row["count"] for row in rows})
    by_peer = {peer: {row["count"]: row for row in rows if row["peer"] == peer} for peer in TITLES}
    took = [[TITLES[peer], *(_seconds(of.get(size)) for size in sizes)] for peer, of in by_peer.items()]
    asked = [[TITLES[peer], *_asked(of.values())] for peer, of in by_peer.items()]
    return "\n\n".join(
        [
            table(["seconds at N =", *(count(size) for size in sizes)], took),
            table(["at the largest N run", "N", "requests for each", "MB", "peak memory, MB"], asked),
            _WORDS.format(**figures),
        ]
    )


_WORDS: Final = """\
Each in a process of its own, its imports not counted, over the same server in the same run; *tuned* is
`GDAL_DISABLE_READDIR_ON_OPEN=EMPTY_DIR`, `CPL_VSIL_CURL_ALLOWED_EXTENSIONS=.tif`, `GDAL_INGESTED_BYTES_AT_OPEN=32768`,
`VSI_CACHE=YES` and `GDAL_HTTP_MULTIPLEX=YES`, which rasterio, cogeo-mosaic and rio-vrt get too, and for `BuildVRT`
`-strict -write_absolute_path`. What could not be expected to end within {limit_seconds:.0f} s from what it took at a
smaller N was not run there, and no figure stands in its place."""


def _seconds(row: Figures | None) -> str:
    if row is None:
        return NOTHING
    return spread(row["seconds"]) if row["left_out"] is None else f"not run: {row['left_out']}"


def _asked(rows: Iterable[Figures]) -> list[str]:
    ran = [row for row in rows if row["left_out"] is None]
    if not ran:
        return [NOTHING] * 4
    last = max(ran, key=lambda row: int(row["count"]))
    each = last["requests"] / last["count"]
    return [count(last["count"]), f"{each:.3g}", megabytes(last["bytes"]), megabytes(last["peak"])]
