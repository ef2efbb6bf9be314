"""A mask that becomes part of an alpha band is described as GDAL describes it that has opened the file.

That the bytes are GDAL's is held by `tests/integration/gdal/test_assembly_equals_gdal.py`.
"""

from rasterloom.vrt.alpha import MaskSize, with_mask_properties

SOURCE = """\
    <ComplexSource>
      <SourceFilename relativeToVRT="0">/vsis3/b/{name}</SourceFilename>
      <SourceBand>{band}</SourceBand>
{more}      <SrcRect xOff="0" yOff="0" xSize="64" ySize="48" />
    </ComplexSource>
"""
TOLD = """\
      <SourceProperties RasterXSize="64" RasterYSize="48" DataType="Byte" BlockXSize="128" BlockYSize="16" />
"""
MASKS = {'/vsis3/b/a & <"b">.tif': MaskSize(64, 48, 128, 16)}


def source(name: str = "a &amp; &lt;&quot;b&quot;&gt;.tif", band: str = "mask,1", more: str = "") -> str:
    return SOURCE.format(name=name, band=band, more=more)


def test_only_a_mask_that_nothing_is_said_of_gets_its_properties_by_the_name_of_its_source() -> None:
    others = source(band="4") + source(more=TOLD) + source(name="c.tif")
    found = with_mask_properties((source() + others + source()).encode(), MASKS).decode()
    assert found == source(more=TOLD) + others + source(more=TOLD)


def test_a_document_without_masks_stays_as_it_is() -> None:
    assert with_mask_properties(source(band="1").encode(), MASKS) == source(band="1").encode()
