"""JSON documents as short bytes: zlib (RFC 1950), with what most headers say known beforehand.

An item above 1 KB costs twice to write, and of a raster's item the header is the largest part: with the vocabulary it
has some 160 bytes in the place of 400. The bytes say by themselves whether they need a vocabulary, and which one: zlib
writes its Adler-32 behind the second byte.
"""

import json
import zlib
from typing import Final

from rasterloom.vrt.profile_codec import Json, to_bytes

LEVEL: Final = 6

VOCABULARY: Final = (
    b'{"dtype":"Float64","dtype":"Int32","dtype":"UInt32","dtype":"Int16","dtype":"Float32","dtype":"Byte",'
    b'"block":[1024,1024],"block":[256,256],"nodata":"nan","nodata":-32768.0,"nodata":-9999.0,"nodata":null,'
    b'"color_interpretation":"Undefined","color_interpretation":"Palette","color_interpretation":"Alpha",'
    b'"color_interpretation":"Red","color_interpretation":"Green","color_interpretation":"Blue",'
    b'"scale":0.0001,"offset":0.0,"unit":"m","unit":"metre","mask":"per_dataset"}],"mask":"alpha"}],'
    b'"mask":"all_valid"}],"compression":null,"compression":"ZSTD","compression":"LZW","compression":"LERC",'
    b'"compression":"JPEG","compression":"YCbCr JPEG","compression":"WEBP","stub_exact":false,"layout":[],'
    b'"side_files":[".ovr",".msk",".aux.xml"],"area_or_point":"Point","metadata":[["AREA_OR_POINT","Point"]],'
    b'{"width":10980,"height":10980,"bands":[{"dtype":"UInt16","block":[512,512],"nodata":0.0,'
    b'"color_interpretation":"Gray","color_table":null,"scale":null,"offset":null,"unit":"","description":"",'
    b'"metadata":[],"mask":"nodata"}],"crs":"","geotransform":[500000.0,10.0,0.0,5000000.0,0.0,-10.0],'
    b'"overviews":[[5490,5490],[2745,2745],[1373,1373],[687,687]],"tiled":true,"compression":"DEFLATE",'
    b'"area_or_point":"Area","metadata":[["AREA_OR_POINT","Area"]],"lonlat_bounds":null,"lonlat_bounds":['
    b'],"stub_exact":true,"layout":null,"side_files":[]}'
)
"""Never changes, for items are unpacked with it; what is likeliest stands last, where a reference to it is shortest."""


def pack(document: Json) -> bytes:
    """A document as an item holds it."""
    packer = zlib.compressobj(LEVEL, zdict=VOCABULARY)
    return packer.compress(to_bytes(document)) + packer.flush()


def pack_apart(document: Json) -> bytes:
    """A document as an object on S3 holds it, which any zlib reads."""
    return zlib.compress(to_bytes(document), LEVEL)


def unpack(packed: bytes) -> Json:
    """A document that was packed in either way.

    Raises:
        zlib.error: It was not, or with another vocabulary, or not all of it is here.
    """
    unpacker = zlib.decompressobj(zdict=VOCABULARY)
    document = unpacker.decompress(packed)
    if not unpacker.eof:
        raise zlib.error(f"{len(packed)} bytes of a longer document")
    return json.loads(document)
