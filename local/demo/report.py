"""What the demo says when a virtual raster is built, and what to try next."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.demo.client import Json
from local.paths import DEFAULT_NAME
from local.state import StackState

ENV_FILE = "gdal.env"


@dataclass(frozen=True, slots=True)
class Woven:
    """A virtual raster that the demo made.

    Attributes:
        dataset: What `GET /datasets/{id}` says.
        uri: Where its VRT lies, `s3://bucket/key`.
        quicklook: The picture, on this machine.
        warning: Summary of the compatibility warnings, if any.
    """

    dataset: Json
    uri: str
    quicklook: Path
    warning: str | None

    @property
    def gdal_path(self) -> str:
        """The VRT's name for GDAL, rasterio and QGIS."""
        return "/vsis3/" + self.uri.removeprefix("s3://")


def nearby(path: Path) -> str:
    """Name a path as seen from the current folder."""
    return os.path.relpath(path)


def describe(woven: Woven) -> list[tuple[str, str]]:
    """List a virtual raster's facts as pairs of label and text."""
    raster = woven.dataset["raster"]
    types = list(dict.fromkeys(str(band["dtype"]) for band in raster["bands"]))
    facts = [
        ("dataset", str(woven.dataset["id"])),
        ("VRT", woven.uri),
        ("size", f"{raster['width']} x {raster['height']} pixels"),
        ("pixel", f"{raster['res_x']:.6g} x {raster['res_y']:.6g} units of the CRS"),
        ("CRS", f"EPSG:{raster['epsg']}" if raster["epsg"] else "without an EPSG code"),
        ("bands", f"{raster['band_count']}, {' and '.join(types)}"),
        ("sources", str(raster["source_count"])),
        ("quicklook", nearby(woven.quicklook)),
    ]
    return [*facts, ("warnings", woven.warning)] if woven.warning else facts


def gdal_environment(stack: StackState) -> dict[str, str]:
    """Give the variables with which any GDAL reads this stack's S3."""
    endpoint = urlsplit(stack.endpoint_url)
    return {
        "AWS_S3_ENDPOINT": endpoint.netloc,
        "AWS_HTTPS": "YES" if endpoint.scheme == "https" else "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_ACCESS_KEY_ID": stack.aws_access_key_id,
        "AWS_SECRET_ACCESS_KEY": stack.aws_secret_access_key,
        "AWS_REGION": stack.region,
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "NO_PROXY": str(endpoint.hostname),
    }


def next_steps(stack: StackState, woven: Woven, folder: Path, user: str) -> list[tuple[str, str]]:
    """Suggest three things to try, as pairs of what it is and the commands.

    Two of them need the environment file, which is written into `folder`.
    """
    env_file = folder / ENV_FILE
    env_file.write_text("".join(f"{name}={value}\n" for name, value in gdal_environment(stack).items()))
    env = f"env $(cat {nearby(env_file)})"
    qgis = (
        "Open it in QGIS: start it so that it knows this stack's S3, choose Layer > Add Layer > Add Raster Layer,\n"
        f"   and give as the raster dataset {woven.gdal_path}"
    )
    return [
        ("Ask the API what the mosaic is made of:", _curl(stack, woven, user)),
        ("Read it with rasterio, straight from S3:", _python(env, woven)),
        (qgis, f"{env} qgis"),
    ]


def _curl(stack: StackState, woven: Woven, user: str) -> str:
    url = f"{stack.api_url.rstrip('/')}/datasets/{woven.dataset['id']}/vrt-sources/"
    which = "" if stack.name == DEFAULT_NAME else f" STACK={stack.name}"
    token = f"$(make -s token{which} USER={user} PERMISSIONS=upload)"
    return f'curl -s -H "Authorization: Bearer {token}" \\\n  {url} | python3 -m json.tool'


def _python(env: str, woven: Woven) -> str:
    lines = (
        f'{env} {nearby(Path(sys.executable))} -c "',
        "import rasterio",
        f"with rasterio.open('{woven.gdal_path}') as mosaic:",
        "    print(mosaic.crs, mosaic.bounds)",
        "    print(mosaic.read().mean(axis=(1, 2)))",
        '"',
    )
    return "\n".join(lines)
