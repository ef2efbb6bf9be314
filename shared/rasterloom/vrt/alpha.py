"""What `gdal.BuildVRT -addalpha` says of a source's mask once it has opened the source.

Everything else that it writes comes of the datasets that it is given; of a mask that becomes part of an alpha band it
asks the file itself. Where the file cannot be reached it leaves one element out, and this puts it there.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from xml.sax.saxutils import unescape

_MASK: Final = re.compile(
    rb"<SourceFilename[^>]*>([^<]*)</SourceFilename>\r?\n([ ]*)<SourceBand>mask,1</SourceBand>\r?\n"
    rb"(?![ ]*<SourceProperties)"
)


class MaskSize(NamedTuple):
    """A mask in pixels, and a block of it."""

    width: int
    height: int
    block_width: int
    block_height: int


def with_mask_properties(document: bytes, masks: Mapping[str, MaskSize]) -> bytes:
    """The document with `SourceProperties` wherever a mask has none.

    Args:
        document: A VRT.
        masks: By the name of the source, as it is opened.
    """

    def told(found: re.Match[bytes]) -> bytes:
        name, indent = unescape(found[1].decode(), {"&quot;": '"'}), found[2].decode()
        mask = masks.get(name)
        if mask is None:
            return found[0]
        size = f'RasterXSize="{mask.width}" RasterYSize="{mask.height}" DataType="Byte"'
        block = f'BlockXSize="{mask.block_width}" BlockYSize="{mask.block_height}"'
        return found[0] + f"{indent}<SourceProperties {size} {block} />\n".encode()

    return _MASK.sub(told, document)
