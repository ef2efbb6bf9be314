"""What hostile documents make of GDAL once the builder has configured it, run as a process of its own.

`gdal_attacks.py HOST` prints one JSON object: where GDAL was loaded from, and for each attack the words of the refusal,
or null where nothing refused.
"""

import json
import sys
from collections.abc import Callable
from functools import partial

from osgeo import gdal

from rasterloom.adapters.gdal_environment import OPTIONS, configure, open_gtiff, quiet

VRT = (
    '<VRTDataset rasterXSize="8" rasterYSize="8"><VRTRasterBand dataType="Byte" band="1" {}</VRTRasterBand>'
    "</VRTDataset>"
)
PYTHON = (
    'subClass="VRTDerivedRasterBand"><PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python'
    "</PixelFunctionLanguage><PixelFunctionCode><![CDATA[\ndef f(in_ar, out_ar, *a, **k):\n    out_ar[:] = 1\n"
    "]]></PixelFunctionCode>"
)
RAW = (
    'subClass="VRTRawRasterBand"><SourceFilename relativeToVRT="0">/etc/passwd</SourceFilename>'
    "<ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>8</LineOffset>"
)
SOURCE = (
    "><SimpleSource><SourceFilename>{}</SourceFilename><SourceBand>1</SourceBand>"
    '<SrcRect xOff="0" yOff="0" xSize="8" ySize="8"/><DstRect xOff="0" yOff="0" xSize="8" ySize="8"/></SimpleSource>'
)


def pointing(target: str) -> str:
    """A GeoTIFF that takes its overviews from elsewhere."""
    path = "/vsimem/pointing.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(path, 64, 64, 1)
    dataset.SetMetadataItem("OVERVIEW_FILE", target, "OVERVIEWS")
    dataset.Close()
    return path


def read(name: str) -> None:
    """Read every pixel of whatever opens."""
    dataset = gdal.Open(name)
    dataset.GetRasterBand(1).ReadRaster()


def overviews(name: str) -> None:
    """Open as a source is opened, and ask for overviews."""
    open_gtiff(name).GetRasterBand(1).GetOverviewCount()


def main(host: str) -> dict[str, object]:
    """Try all of them."""
    configure()
    gdal.FileFromMemBuffer("/vsimem/renamed.tif", VRT.format(SOURCE.format("/etc/passwd")).encode())
    url = f"/vsicurl/http://{host}/a.tif"
    attacks: dict[str, Callable[[], None]] = {
        "a pixel function in Python": lambda: read(VRT.format(PYTHON)),
        "a raw band": lambda: read(VRT.format(RAW)),
        "a VRT renamed .tif": lambda: overviews("/vsimem/renamed.tif"),
        "a source on the web": lambda: read(VRT.format(SOURCE.format(url))),
        "overviews on the web": lambda: overviews(pointing(url)),
        "a URL": lambda: read(f"http://{host}/a.tif"),
        "a file of another driver": lambda: read(f'{{"type": "Feature", "a": "{url}"}}'),
    }
    for prefix in ("/vsicurl/", "/vsicurl?url=", "/vsicurl_streaming/", "/vsiwebhdfs/", "/vsigzip//vsicurl/"):
        attacks[f"the file system {prefix}"] = partial(read, f"{prefix}http://{host}/a.tif")
    words: dict[str, str | None] = {}
    for name, attack in attacks.items():
        try:
            with quiet():
                attack()
            words[name] = None
        except RuntimeError as error:
            words[name] = str(error)
    drivers = sorted(gdal.GetDriver(index).ShortName for index in range(gdal.GetDriverCount()))
    return {
        "gdal": gdal.__file__,
        "refused": words,
        "differs": [name for name in OPTIONS if gdal.GetConfigOption(name) != OPTIONS[name]],
        "drivers": drivers,
        "file_systems": sorted(gdal.GetFileSystemsPrefixes()),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1])))
