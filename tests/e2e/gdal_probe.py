"""What GDAL alone makes of paths on the stack's S3, run as a process of its own.

`gdal_probe.py build TARGET OPTION... -- PATH...` writes what `gdal.BuildVRT` builds of real files;
`gdal_probe.py read TARGET PATH` writes all pixels of a dataset, and prints what it is as JSON.
"""

import json
import sys
from pathlib import Path

from osgeo import gdal

gdal.UseExceptions()


def build(target: Path, options: list[str], paths: list[str]) -> None:
    """Build a VRT with GDAL and nothing else."""
    name = "/vsimem/reference.vrt"
    gdal.BuildVRT(name, paths, options=["-strict", "-write_absolute_path", *options]).FlushCache()
    with gdal.VSIFile(name, "rb") as file:
        target.write_bytes(file.read())


def read(target: Path, path: str) -> None:
    """Read every pixel."""
    with gdal.Open(path) as dataset:
        target.write_bytes(dataset.ReadRaster())
        band = dataset.GetRasterBand(1)
        described = {
            "shape": [dataset.RasterCount, dataset.RasterYSize, dataset.RasterXSize],
            "dtype": gdal.GetDataTypeName(band.DataType),
            "transform": dataset.GetGeoTransform(),
            "nodata": band.GetNoDataValue(),
        }
    sys.stdout.write(json.dumps(described))


if __name__ == "__main__":
    command, output, *rest = sys.argv[1:]
    if command == "build":
        end = rest.index("--")
        build(Path(output), rest[:end], rest[end + 1 :])
    else:
        read(Path(output), rest[0])
