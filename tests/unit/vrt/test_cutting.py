"""A VRT cut into parts holds in each what reaches into it, in the order of the whole."""

from rasterloom.adapters.coverage import covered
from rasterloom.adapters.mosaic_gdal import Rectangle
from rasterloom.adapters.pieces import LARGE, SMALL, Sides, halved_pieces
from rasterloom.vrt.cutting import cuttable
from rasterloom.vrt.thinning import Place
from tests.unit.vrt.test_thinning import EVERYWHERE, TILES, document, names

SIDES = Sides(50, 50, 100, 100)


def test_with_all_of_its_sources_it_is_the_whole_document() -> None:
    made = document(TILES, TILES)
    whole = cuttable(made)
    assert whole.document(whole.sources) == made


def test_a_part_has_what_reaches_into_its_window_in_each_band_and_what_touches_it_does_not() -> None:
    whole = cuttable(document(TILES, TILES))
    part = whole.document(whole.reaching((0, 0, 10, 5), whole.sources))
    assert names(part) == ["1-0", "1-1", "2-0", "2-1"]


def test_pieces_cover_each_pixel_once_and_have_few_sources() -> None:
    pieces = list(halved_pieces(SIDES, cuttable(document(TILES, TILES)), 2))
    pixels = [
        (piece.row + row, piece.column + column)
        for piece, _ in pieces
        for row in range(piece.height)
        for column in range(piece.width)
    ]
    assert sorted(pixels) == [(row, column) for row in range(50) for column in range(50)]
    assert len(pieces) > 4
    assert all(len(sources) <= 2 * LARGE for _, sources in pieces)


def test_a_place_of_many_sources_is_not_halved_for_ever() -> None:
    pieces = [piece for piece, _ in halved_pieces(SIDES, cuttable(document([EVERYWHERE] * 200)), 1)]
    assert all(SMALL / 2 <= max(piece.width, piece.height) <= SMALL for piece in pieces)


def test_what_any_source_covers_is_covered_whatever_lies_above_or_below_it() -> None:
    places: list[Place] = [(0, 0, 50, 20), (40, 10, 20, 20), (40, 10, 20, 20), (-10, 90, 30, 50), (200, 0, 9, 9)]
    wanted = bytearray(50 * 50)
    for left, top, width, height in places:
        for row in range(max(0, int(top) // 2), min(50, int(top + height) // 2)):
            for column in range(max(0, int(left) // 2), min(50, int(left + width) // 2)):
                wanted[row * 50 + column] = 255
    assert covered(SIDES, [Rectangle(*place) for place in places]) == wanted
