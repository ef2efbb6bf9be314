"""`make exactness`: the differential harness with the layer's GDAL and with the one before it, and its document.

Every set of the corpus is built by `gdal.BuildVRT` over real objects and by the application, in every way of weaving.
"""

import os
import subprocess
import sys
from typing import Final

from local.paths import LOCAL, ROOT

HARNESS: Final = ("tests/integration/gdal/test_assembly_equals_gdal.py", "tests/integration/gdal/test_antimeridian.py")
ROWS: Final = LOCAL / "exactness"
OTHER_GDAL: Final = LOCAL / "gdal-before"
DOCUMENT: Final = ROOT / "docs" / "exactness.md"

HEAD: Final = """\
# Exactness

Written by `make exactness` with GDAL {version}; a test holds every row. Each set of sources is made as files, put on an
S3 server, registered, and woven in seven ways: `finest`, `coarsest` and `average`, two kinds of resampling, three
nodata values that override. A mosaic is woven in seven more (a band stack, which GDAL gives no alpha band, in six):
with an alpha band; with an extent that cuts through its sources, one beyond all of them, and that of the last source
alone; with pixels of another size; with edges that are multiples of them; and with several of these at once.

*Identical bytes* means that the builder's VRT and that of `gdal.BuildVRT` over the objects are the same file. Where
GDAL refuses, the builder says the same words, and the rules have refused the set before anything was accepted; they
also refuse what GDAL would weave and nobody wants, and what GDAL would leave out without a word. *More rules* are those
that refuse only what the options make of a set, but for `outside_target_extent`, which every source gets that lies
outside.

The same harness passes with GDAL {before}. Mosaics across ±180° are compared with GDAL's of moved files
(`tests/integration/gdal/test_antimeridian.py`).

| set of sources | type | gdal.BuildVRT and the builder | rules | with alpha, extent, pixels, edges | more rules |
|---|---|---|---|---|---|
"""


def main() -> int:
    """Run the harness twice and write the document; answer the exit code."""
    ROWS.mkdir(parents=True, exist_ok=True)
    for row in ROWS.glob("*.row"):
        row.unlink()
    written = run({"RASTERLOOM_EXACTNESS": str(ROWS.relative_to(ROOT))})
    before = run({"PYTHONPATH": str(OTHER_GDAL)})
    if written or before:
        return written or before
    versions = {"version": gdal_version({}), "before": gdal_version({"PYTHONPATH": str(OTHER_GDAL)})}
    rows = "".join(row.read_text(encoding="utf-8") for row in sorted(ROWS.glob("*.row")))
    DOCUMENT.write_text(HEAD.format(**versions) + rows, encoding="utf-8")
    print(f"{DOCUMENT.relative_to(ROOT)}: {rows.count('\n')} rows, GDAL {versions['version']} and {versions['before']}")
    return 0


def run(settings: dict[str, str]) -> int:
    """The harness under these environment variables: pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", *HARNESS]
    return subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=False).returncode


def gdal_version(settings: dict[str, str]) -> str:
    """Which GDAL a process under these environment variables loads."""
    command = [sys.executable, "-c", "from osgeo import gdal; print(gdal.__version__)"]
    return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
