"""Write the sample rasters, once: a stamp beside them says that they are complete and by which generator.

GDAL works in a child process, so that a caller which has rasterio loaded may ask for the samples too.
"""

import hashlib
import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from filelock import FileLock

from local.samples.catalogue import Sample, catalogue

_STAMP = ".complete.json"


def write_samples(out: Path) -> list[Sample]:
    """Make sure that every sample is on disk under ``out``, and list them.

    Concurrent callers wait for each other. A folder that another version of the generator filled is written anew.
    """
    samples = catalogue(out)
    out.mkdir(parents=True, exist_ok=True)
    with FileLock(out.with_name(f".{out.name}.lock")):
        if not _is_complete(out, samples):
            _write_all(out, samples)
    return samples


def _write_all(out: Path, samples: list[Sample]) -> None:
    (out / _STAMP).unlink(missing_ok=True)
    for folder in {sample.path.parent for sample in samples}:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as child:
        child.submit(_render, samples).result()
    sizes = {str(sample.path.relative_to(out)): sample.path.stat().st_size for sample in samples}
    (out / _STAMP).write_text(json.dumps({"generator": _generator(), "sizes": sizes}, indent=1))


def _render(samples: list[Sample]) -> None:
    """Run in the child process: only there is GDAL loaded."""
    from local.samples.render import render

    render(samples)


def _is_complete(out: Path, samples: list[Sample]) -> bool:
    try:
        stamp = json.loads((out / _STAMP).read_text())
        sizes = {str(sample.path.relative_to(out)): sample.path.stat().st_size for sample in samples}
    except (OSError, ValueError):
        return False
    return bool(stamp == {"generator": _generator(), "sizes": sizes})


def _generator() -> str:
    """Digest what the pixels depend on: this package's source and the versions of GDAL and the imagery."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for package in ("gdal-wheel", "basemap-data", "matplotlib", "pillow"):
        digest.update(f"{package}={version(package)}\n".encode())
    return digest.hexdigest()
