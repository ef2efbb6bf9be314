"""Pictures of deep mosaics are drawn from what lies on top."""

from xml.etree import ElementTree as ET

from rasterloom.vrt.thinning import DEPTH, Place, on_top, thinned


def document(*bands: list[Place]) -> bytes:
    """A VRT with these sources, named by band and position."""
    text = '<VRTDataset rasterXSize="100" rasterYSize="100">\n'
    for number, places in enumerate(bands, 1):
        text += f'  <VRTRasterBand band="{number}">\n    <NoDataValue>0</NoDataValue>\n'
        for index, (left, top, width, height) in enumerate(places):
            kind = "ComplexSource" if index % 2 else "SimpleSource"
            text += f"    <{kind}>\n      <SourceFilename>{number}-{index}</SourceFilename>\n"
            text += f'      <DstRect xOff="{left}" yOff="{top}" xSize="{width}" ySize="{height}" />\n    </{kind}>\n'
        text += "  </VRTRasterBand>\n"
    return f"{text}</VRTDataset>\n".encode()


def names(made: bytes) -> list[str]:
    return [str(each.text) for each in ET.fromstring(made).iter("SourceFilename")]  # noqa: S314 - made by this test


TILES: list[Place] = [(column * 5.0, row * 5.0, 5.0, 5.0) for row in range(20) for column in range(20)]
EVERYWHERE: Place = (0.0, 0.0, 100.0, 100.0)


def test_a_mosaic_of_tiles_side_by_side_is_as_it_was() -> None:
    made = document(TILES, TILES)
    assert thinned(made, (100, 100)) == made


def test_of_many_sources_in_one_place_the_last_ones_stay_in_each_band() -> None:
    made = document([EVERYWHERE] * 50, [EVERYWHERE] * 50)
    left = thinned(made, (100, 100))
    assert names(left) == [f"{band}-{index}" for band in (1, 2) for index in range(50 - DEPTH, 50)]
    assert left.count(b"<NoDataValue>0</NoDataValue>") == 2


def test_a_source_that_is_deep_here_and_on_top_there_stays() -> None:
    places = [EVERYWHERE, *[(0.0, 0.0, 50.0, 100.0)] * 40]
    kept = on_top(places, (100, 100))
    assert kept == [True, *[False] * (40 - DEPTH), *[True] * DEPTH]


def test_sources_that_hang_over_the_edge_or_are_thinner_than_a_cell_are_counted_somewhere() -> None:
    places: list[Place] = [(99.9999, 99.9999, 0.0001, 0.0001), (-5.0, -5.0, 10.0, 10.0), (100.0, 0.0, 5.0, 5.0)]
    assert on_top(places, (100, 100)) == [True, True, True]
