"""The one place that configures GDAL for this process.

Threat: what callers register is hostile until proven otherwise, and GDAL opens far more than GeoTIFFs. Rule: only
drivers in `DRIVERS` and the file systems of `gdal_files` stay registered, nothing runs code, every request has an end.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import uniform
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from osgeo import gdal, osr

from rasterloom.adapters.gdal_files import drop_file_systems, require_self_contained
from rasterloom.adapters.object_stores import endpoint

DRIVERS: Final = frozenset({"GTiff", "COG", "VRT", "MEM", "PNG"})
"""All that reading sources and writing a VRT and its pictures needs. COG and PNG only write: see `sources_only`."""
WRITERS: Final = frozenset({"GPKG"})
"""Drivers that are kept to write with and are not registered, so that nothing is ever opened by them."""

OPTIONS: Final[Mapping[str, str]] = {
    # A stray side-car file would move a geotransform, and probing for one costs requests.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    # A VRT can hold Python and can read raw files.
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_VRT_ENABLE_RAWRASTERBAND": "NO",
    # Seconds. One request ends after the time-out, a stalled one sooner, and a throttled one is tried again.
    "GDAL_HTTP_CONNECTTIMEOUT": "2",
    "GDAL_HTTP_TIMEOUT": "20",
    "GDAL_HTTP_LOW_SPEED_TIME": "5",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1000",
    "GDAL_HTTP_MAX_RETRY": "2",
    # GDAL doubles the pause, and somewhat more at random, but takes the first as it is: each process has another.
    "GDAL_HTTP_RETRY_DELAY": f"{uniform(0.1, 0.3):.3f}",  # noqa: S311 - spreads load
    "GDAL_HTTP_MULTIPLEX": "YES",
    # The first request of a source brings its whole header.
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
    "VSI_CACHE": "YES",
    "VSI_CACHE_SIZE": "1000000",
    # Credentials come from the environment; nothing asks an instance's metadata service.
    "CPL_AWS_AUTODETECT_EC2": "NO",
}

_CERTIFICATES: Final = (Path("/etc/pki/tls/certs/ca-bundle.crt"), Path("/etc/ssl/certs/ca-certificates.crt"))
"""Amazon Linux's, where the wheel looks by itself, and Debian's."""

_registry = Lock()


def configure(regions: Mapping[str, str] | None = None) -> None:
    """Set every option and drop every other driver; calling it again follows a changed endpoint.

    Args:
        regions: Region by bucket, where it is not the function's own.
    """
    gdal.UseExceptions()
    osr.UseExceptions()
    osr.SetPROJEnableNetwork(False)  # noqa: FBT003 - takes no name
    for name, value in {**OPTIONS, **_endpoint_options(), **_certificate_options()}.items():
        gdal.SetConfigOption(name, value)
    for bucket, region in (regions or {}).items():
        gdal.SetPathSpecificOption(f"/vsis3/{bucket}/", "AWS_REGION", region)
    _drop_drivers()
    drop_file_systems()


@cache
def _drop_drivers() -> Mapping[str, Any]:
    """Drop drivers, and give those that are kept to write with."""
    writers: dict[str, Any] = {}
    for index in reversed(range(gdal.GetDriverCount())):
        driver = gdal.GetDriver(index)
        if driver.ShortName in WRITERS:
            writers[driver.ShortName] = driver
        if driver.ShortName not in DRIVERS:
            driver.Deregister()
    return writers


@contextmanager
def sources_unseen() -> Iterator[None]:
    """Within it GDAL opens no object on S3 in this thread, and asks S3 for none."""
    gdal.SetThreadLocalConfigOption("CPL_VSIL_CURL_ALLOWED_FILENAME", "none")
    try:
        yield
    finally:
        gdal.SetThreadLocalConfigOption("CPL_VSIL_CURL_ALLOWED_FILENAME", None)


def writer(name: str) -> Any:
    """A driver to write with: one of `WRITERS`."""
    return _drop_drivers()[name]


def _endpoint_options() -> Mapping[str, str | None]:
    address = endpoint()
    if address is None:
        return dict.fromkeys(("AWS_S3_ENDPOINT", "AWS_HTTPS", "AWS_VIRTUAL_HOSTING"))
    parts = urlsplit(address)
    return {
        "AWS_S3_ENDPOINT": f"{parts.netloc}{parts.path.rstrip('/')}",
        "AWS_HTTPS": "YES" if parts.scheme == "https" else "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
    }


def _certificate_options() -> Mapping[str, str]:
    if "CURL_CA_BUNDLE" in os.environ or _CERTIFICATES[0].exists() or not _CERTIFICATES[1].exists():
        return {}
    return {"CURL_CA_BUNDLE": str(_CERTIFICATES[1])}


@contextmanager
def quiet() -> Iterator[None]:
    """Keep GDAL's messages off the standard error stream; failures still raise, with GDAL's words."""
    with gdal.quiet_errors():
        yield


@contextmanager
def in_words() -> Iterator[None]:
    """Have what GDAL says raised as a `RuntimeError` even where it repeats bytes of a file that are no UTF-8.

    Its bindings cannot decode that, and raise a `UnicodeDecodeError`; here U+FFFD stands for each of those bytes.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise RuntimeError(error.object.decode("utf-8", "replace")) from error


@contextmanager
def sources_only() -> Iterator[None]:
    """While it lasts, a source of a VRT that is already open can be opened by the GTiff driver alone.

    VRT sources are opened when pixels are read, by any driver that is registered; an object that turned into a VRT
    after its header was read would otherwise be followed wherever it points.
    """
    driver = gdal.GetDriverByName("VRT")
    with _registry:
        driver.Deregister()
        try:
            yield
        finally:
            driver.Register()


@contextmanager
def memory_file(data: bytes | None = None, suffix: str = "") -> Iterator[str]:
    """A name in `/vsimem/` that nobody else has, with these bytes; whatever is there is removed at the end."""
    folder = f"/vsimem/{uuid4()}"
    path = f"{folder}/file{suffix}"
    if data is not None:
        gdal.FileFromMemBuffer(path, data)
    try:
        yield path
    finally:
        if gdal.VSIStatL(folder) is not None:
            gdal.RmdirRecursive(folder)


def read_memory_file(path: str) -> bytes:
    """Bytes of a file in `/vsimem/`."""
    with gdal.VSIFile(path, "rb") as file:
        return bytes(file.read())


def open_gtiff(path: str) -> Any:
    """Open a path with the GTiff driver and no other, without looking for files beside it.

    Raises:
        RuntimeError: The driver refuses, and its words are the message; or the file names another one.
    """
    dataset = gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_READONLY, allowed_drivers=["GTiff"], sibling_files=[])
    require_self_contained(dataset)
    return dataset


def open_vrt(document: str) -> Any:
    """Open a VRT from its XML with the VRT driver.

    Raises:
        RuntimeError: The driver refuses; its words are the message.
    """
    return gdal.OpenEx(document, gdal.OF_RASTER | gdal.OF_READONLY, allowed_drivers=["VRT"])
