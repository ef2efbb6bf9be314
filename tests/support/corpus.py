"""Sets of sources that a mosaic or a band stack is made of, ordinary and odd: keywords of `make_cog`."""

from __future__ import annotations

from typing import Any

import numpy as np

X, Y = 500_000.0, 5_200_000.0
RAINBOW = [(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (9, 9, 9, 255)]
GREYS = [(0, 0, 0, 255), (80, 80, 80, 255), (160, 160, 160, 255), (240, 240, 240, 255)]
USER_WKT = (
    'PROJCS["of our own",GEOGCS["a sphere",DATUM["of our own",SPHEROID["ball",6370000,0]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",1.25],'
    'PARAMETER["central_meridian",9.5],PARAMETER["scale_factor",0.9999],PARAMETER["false_easting",1],'
    'PARAMETER["false_northing",2],UNIT["metre",1]]'
)
TOWGS84 = (
    'PROJCS["DHDN strip 3",GEOGCS["DHDN",DATUM["Deutsches_Hauptdreiecksnetz",SPHEROID["Bessel 1841",6377397.155,'
    '299.1528128],TOWGS84[598.1,73.7,418.2,0.202,0.045,-2.455,6.7]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],'
    'PARAMETER["central_meridian",9],PARAMETER["scale_factor",1],PARAMETER["false_easting",3500000],'
    'PARAMETER["false_northing",0],UNIT["metre",1]]'
)

type Properties = dict[str, Any]


def at(x: float, y: float = 0.0, **more: Any) -> Properties:
    """Properties of a source whose corner lies so many CRS units east and south of the first one's."""
    return {"origin": (X + x, Y - y), **more}


def row(count: int, step: float = 640.0, **more: Any) -> list[Properties]:
    """Neighbours from west to east."""
    return [at(step * number, **more) for number in range(count)]


def each(first: Properties, *others: Properties) -> list[Properties]:
    """Neighbours that differ."""
    return [at(640.0 * number, **properties) for number, properties in enumerate((first, *others))]


def hole(_band: int, rows: Any, columns: Any) -> Any:
    """A mask that hides a disc."""
    return ((rows - 24) ** 2 + (columns - 30) ** 2 > 15**2) * 255


BIG: Properties = {"width": 600, "height": 500, "overviews": 2}
LONLAT: Properties = {"crs": 4326, "resolution": (0.01, 0.01)}
RGBA: Properties = {"bands": 4, "color_interp": ("Red", "Green", "Blue", "Alpha")}

CORPUS: dict[str, list[Properties]] = {
    "grid": row(3),
    "one source twice over": [at(0), at(0)],
    "mixed resolutions": [at(0), at(640, resolution=(20.0, 20.0)), at(1280, resolution=(15.0, 30.0))],
    "off-grid origins": [at(0), at(636.7, 3.3), at(1281.23456789, -7.7777777)],
    "off-grid and mixed": [at(0.1, resolution=(9.9999, 10.0001)), at(641.3, 11.17, resolution=(13.37, 7.7))],
    "overlapping": [at(0), at(320, 240), at(100, 100)],
    "a gap between": [at(0), at(6400, 4800)],
    "three bands": row(2, bands=3),
    "red, green and blue with descriptions": row(
        2, bands=3, color_interp=("Red", "Green", "Blue"), descriptions=("r", "g & <b>", 'it\'s "b"')
    ),
    "descriptions that differ": each({"descriptions": ("one",)}, {"descriptions": ("two",)}),
    "same nodata": row(2, nodata=0),
    "nodata differs": each({"nodata": 0}, {"nodata": 255}, {}),
    "nodata on the second only": each({}, {"nodata": 7}),
    "NaN nodata": each({"dtype": "float32", "nodata": float("nan")}, {"dtype": "float32", "nodata": -9999.0}),
    "infinite nodata": row(2, dtype="float64", nodata=float("-inf")),
    "lowest float nodata": row(2, dtype="float32", nodata=-3.4028234663852886e38),
    "lowest double nodata": row(2, dtype="float64", nodata=-1.7976931348623157e308),
    "nodata with many digits": row(2, dtype="float64", nodata=0.1 + 0.2),
    "int8": row(2, dtype="int8", nodata=-128),
    "int16": row(2, dtype="int16", nodata=-32768),
    "uint64 with the highest nodata": row(2, dtype="uint64", nodata=2**53 - 1),
    "int64": row(2, dtype="int64", nodata=-(2**53) + 1),
    "complex": row(2, dtype="complex64"),
    "double complex": row(2, dtype="complex128"),
    "alpha": row(2, **RGBA),
    "alpha on one of two": each({"bands": 2, "color_interp": ("Gray", "Alpha")}, {"bands": 2}),
    "alpha beside none": each({"bands": 3, "color_interp": ("Red", "Green", "Blue")}, RGBA),
    "alpha of 16 bits": row(2, dtype="uint16", **RGBA),
    "alpha and nodata": row(2, nodata=0, **RGBA),
    "alpha alone": row(2, color_interp=("Alpha",)),
    "masks": row(2, mask=hole),
    "a mask on the second only": each({}, {"mask": hole}),
    "a mask on the first only, three bands": each({"bands": 3, "mask": hole}, {"bands": 3}),
    "a mask beside nodata": each({"mask": hole}, {"nodata": 3}),
    "same palettes": row(2, color_table=RAINBOW),
    "palettes with other colours": each({"color_table": RAINBOW}, {"color_table": GREYS}),
    "palette and nodata": row(2, color_table=RAINBOW, nodata=3),
    "palettes of 16 bits": row(2, dtype="uint16", color_table=RAINBOW),
    "scale and offset": row(2, dtype="int16", scale=0.1, offset=-273.15),
    "scale per band": row(2, bands=2, scale=(0.5, 2.0), offset=(1.0, 0.0)),
    "scale differs": each({"scale": 0.5}, {"scale": 0.25}),
    "offset on one only": each({"offset": 4.0}, {}),
    "a scale of 1 beside none": each({"scale": 1.0, "offset": 0.0}, {}),
    "metadata that all share": row(2, metadata={"STATISTICS_MEAN": "3.5", "A": "1", "quoted": 'x < y & "z"'}),
    "metadata that partly differs": each({"metadata": {"B": "1", "A": "2"}}, {"metadata": {"B": "1", "A": "3"}}),
    "metadata with white space": row(2, metadata={"K": "  leading", "L": "line\nbreak"}),
    "overviews": [at(0, **BIG), at(6000, **BIG)],
    "overviews on one only": [at(0, **BIG), at(6000, width=600, height=500, overviews=0)],
    "overviews of a big and a small source": [at(0, **BIG), at(6000)],
    "overviews with an odd size": row(2, 6010.0, width=601, height=499, overviews=2),
    "overviews with other resolutions": [at(0, **BIG), at(6000, **BIG, resolution=(20.0, 20.0))],
    "large tiles": row(2, block_size=512),
    "tiles too small for a stub": row(2, block_size=16),
    "strips": row(2, cog=False),
    "strips beside tiles": each({"cog": False}, {}),
    "strips with masks": row(2, cog=False, mask=hole),
    "one pixel": row(2, 10.0, width=1, height=1),
    "one pixel high": row(2, width=64, height=1),
    "geographic": [{"origin": (10.0, 50.0), **LONLAT}, {"origin": (10.64, 50.0), **LONLAT}],
    "geographic in another datum": [{"origin": (10.0, 50.0), "crs": 4258, "resolution": (0.01, 0.01)}] * 2,
    "a CRS of our own": row(2, crs=USER_WKT),
    "a CRS with TOWGS84": row(2, crs=TOWGS84),
    "northing before easting": row(2, crs=31467),
    "CRS differs": each({}, {"crs": 32633}),
    "geographic beside projected": [at(0), {"origin": (10.0, 50.0), **LONLAT}],
    "the same CRS spelled twice": each({}, {"crs": "+proj=utm +zone=32 +datum=WGS84 +units=m"}),
    "no CRS": row(2, crs=None),
    "CRS on one only": each({}, {"crs": None}),
    "no geotransform": [{"origin": None}, {"origin": None}],
    "geotransform on one only": [at(0), {"origin": None}],
    "neither CRS nor geotransform": [{"origin": None, "crs": None}, {"origin": None, "crs": None}],
    "sizes differ without geotransform": [{"origin": None, "crs": None}, {"origin": None, "crs": None, "width": 32}],
    "rotated": [at(0), at(640, rotation=10.0)],
    "south up": [at(0), at(640, resolution=(10.0, -10.0))],
    "data types differ": each({"dtype": "uint8"}, {"dtype": "uint16"}),
    "band counts differ": each({"bands": 1}, {"bands": 3}),
    "colours differ": each({"bands": 3, "color_interp": ("Red", "Green", "Blue")}, {"bands": 3}),
    "palette beside none": each({"color_table": RAINBOW}, {}),
    "palettes of other lengths": each({"dtype": "uint16", "color_table": RAINBOW}, {"color_table": RAINBOW}),
    "a header of more than 16 KB": row(2, metadata={f"KEY_{n:04}": "x" * 60 for n in range(400)}),
    "a hundred bands": row(2, bands=100, width=16, height=16, fill=np.ones((100, 16, 16))),
    "ten sources of mixed resolution": [
        at(640.0 * n, 77.7 * n, resolution=(10 + n / 7, 10 - n / 9)) for n in range(10)
    ],
}
