"""Which virtual file systems GDAL has in this process: memory and S3, and none that takes an address from a file.

Threat: a GeoTIFF may name another file, by its metadata `OVERVIEW_FILE` in the domain `OVERVIEWS`, and GDAL opens that
name with any driver as soon as somebody asks for overviews: `/vsicurl/http://…` would have this process ask any host
that it can reach. No option of GDAL forbids it, so the handlers themselves are removed.
"""

import ctypes
from functools import cache
from typing import Any, Final

from osgeo import _gdal, gdal

FILE_SYSTEMS: Final = frozenset({"/vsimem/", "/vsis3/"})
"""All that reading sources and writing a VRT needs; files of the system's own have no prefix."""

_UNLISTED: Final = ("/vsicurl?",)
"""Prefixes that GDAL has and does not list."""

OVERVIEWS: Final = "OVERVIEWS"
"""The metadata domain in which a file may name another one as its overviews."""


@cache
def drop_file_systems() -> None:
    """Remove every virtual file system but `FILE_SYSTEMS`, for the life of the process.

    The Python bindings do not have `VSIRemovePluginHandler`, which takes the prefix of any handler (`cpl_vsi.h`), so it
    is called in the library that they have loaded.

    Raises:
        AttributeError: This GDAL has no such function.
        RuntimeError: A handler is still there.
    """
    remove = ctypes.CDLL(_gdal.__file__).VSIRemovePluginHandler
    remove.argtypes, remove.restype = [ctypes.c_char_p], ctypes.c_int
    for prefix in (*gdal.GetFileSystemsPrefixes(), *_UNLISTED):
        if prefix not in FILE_SYSTEMS:
            remove(prefix.encode())
    left = set(gdal.GetFileSystemsPrefixes()) - FILE_SYSTEMS
    if left:
        raise RuntimeError(f"GDAL still has the virtual file systems {sorted(left)}: expected {sorted(FILE_SYSTEMS)}")


def require_self_contained(dataset: Any) -> None:
    """Refuse a file that names another one as its overviews, before anything asks for overviews.

    Raises:
        RuntimeError: It does; the message names what it names.
    """
    named = dataset.GetMetadata_List(OVERVIEWS)
    if named:
        raise RuntimeError(f"it takes its overviews from another file: {named[0][:200]}")
