"""MosaicJSON 0.0.3: which sources to read for which tile of the Web Mercator pyramid."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from rasterloom.domain.dataset import Member, MosaicSummary
from rasterloom.domain.framing import moved_east, turns
from rasterloom.domain.geojson import Polygons, bounding_box, boxes
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.outputs import NotInThisFormatError
from rasterloom.domain.raster import Bounds

_TILE: Final = 256
"""Pixels along a side of a tile."""
_FINEST: Final = 24
"""Zoom at which a pixel is a centimetre."""
_NORTHERNMOST: Final = 85.0511287798066
"""Latitude in degrees where the square world of Web Mercator ends."""
PER_SOURCE: Final = 4
"""Entries per source that the index may have on average: a source of a tile's size touches so many at most."""
_EDGE: Final = 1e-9
"""Share of a tile's side by which a source may overlap the next tile and not be listed there."""

type _Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the Web Mercator world, from its upper left corner."""


def mosaic_json(
    name: str,
    members: Sequence[Member],
    outlines: Sequence[Polygons | None],
    summary: MosaicSummary,
    options: WeaveOptions = WeaveOptions(),  # noqa: B008 - it cannot be changed
) -> bytes:
    """The document. In every tile the topmost source comes first, as readers take the first pixel that they find.

    A source is listed wherever the box around its footprint reaches, so never missed, and at times asked in vain.

    Args:
        name: What the mosaic is called in it.
        members: In the mosaic's order, the last one on top.
        outlines: Where each lies.
        summary: The mosaic's grid.
        options: How it is woven.

    Raises:
        NotInThisFormatError: A source lies nowhere on Earth, or all of them beyond the edge of Web Mercator; or the
            mosaic shows a source in part.
    """
    _require_whole(members, summary, options)
    placed = [
        (member.ref.uri, _require_outline(member, outline)) for member, outline in zip(members, outlines, strict=True)
    ]
    world = [[box for part in boxes(outline) if (box := _in_world(part)) is not None] for _, outline in placed]
    if not any(world):
        raise NotInThisFormatError("mosaicjson", "all of it lies beyond 85.05 degrees of latitude")
    least, most = zooms(members, summary)
    quadkey_zoom = index_zoom(world, most)
    bounds = _plain(bounding_box(tuple(part for _, outline in placed for part in outline)))
    prefix = _common_folder([uri for uri, _ in placed])
    names = [uri.removeprefix(prefix) for uri, _ in placed]
    document = {
        "mosaicjson": "0.0.3",
        "name": name,
        "version": "1.0.0",
        "minzoom": least,
        "maxzoom": most,
        "quadkey_zoom": quadkey_zoom,
        "bounds": bounds,
        "center": [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2, least],
        "asset_type": "COG",
        "asset_prefix": prefix,
        "tiles": _sources_by_tile(names, world, quadkey_zoom),
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _sources_by_tile(names: Sequence[str], world: Sequence[Sequence[_Box]], zoom: int) -> dict[str, list[str]]:
    """The sources of each tile of a zoom by its quadkey, the topmost first.

    Args:
        names: Of the sources, the last one on top.
        world: The boxes of each.
        zoom: Of the tiles.
    """
    tiles = defaultdict[str, list[str]](list)
    for name, parts in reversed(list(zip(names, world, strict=True))):
        for quadkey in {key for box in parts for key in quadkeys(box, zoom)}:
            tiles[quadkey].append(name)
    return dict(sorted(tiles.items()))


def _require_whole(members: Sequence[Member], summary: MosaicSummary, options: WeaveOptions) -> None:
    """That no source reaches over the target extent by a pixel of the mosaic: readers of the document show all of it.

    Raises:
        NotInThisFormatError: One does.
    """
    extent = options.target_extent
    if extent is None:
        return
    (x_size, y_size), ours = summary.resolution, summary.bounds
    counts = turns([member.profile for member in members], extent)
    for member, count in zip(members, counts, strict=True):
        box = moved_east(member.profile, count).bounds
        if box is None or (
            max(ours.x_min - box.x_min, box.x_max - ours.x_max) >= x_size
            or max(ours.y_min - box.y_min, box.y_max - ours.y_max) >= y_size
        ):
            raise NotInThisFormatError(
                "mosaicjson", f"its target_extent cuts {member.ref.uri} off, and readers would show all of it"
            )


def _require_outline(member: Member, outline: Polygons | None) -> Polygons:
    if outline is None:
        raise NotInThisFormatError("mosaicjson", f"{member.ref.uri} cannot be placed on Earth")
    return outline


def _in_world(box: Bounds) -> _Box | None:
    """A box in degrees as shares of the world; None beyond its northern and southern edge."""
    if box.y_min >= _NORTHERNMOST or box.y_max <= -_NORTHERNMOST:
        return None
    return (box.x_min + 180) / 360, _down(box.y_max), (box.x_max + 180) / 360, _down(box.y_min)


def _down(latitude: float) -> float:
    """How far a latitude lies below the world's northern edge, as a share of its height (EPSG:3857)."""
    within = math.radians(min(max(latitude, -_NORTHERNMOST), _NORTHERNMOST))
    return min(max(0.5 - math.asinh(math.tan(within)) / (2 * math.pi), 0.0), 1.0)


def _common_folder(uris: Sequence[str]) -> str:
    """The longest text with a slash at its end that all begin with."""
    first, last = min(uris), max(uris)
    length = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[: first.rindex("/", 0, length) + 1]


def zooms(members: Sequence[Member], summary: MosaicSummary) -> tuple[int, int]:
    """The coarsest zoom that every source has an overview for, and the one where a pixel is a pixel of the mosaic.

    Raises:
        NotInThisFormatError: The mosaic lies nowhere on Earth.
    """
    bounds = summary.lonlat_bounds
    if bounds is None:
        raise NotInThisFormatError("mosaicjson", "the mosaic cannot be placed on Earth")
    turns = (bounds.x_max - bounds.x_min) / 360
    width = turns if turns > 0 else turns + 1
    pixel = min(width / summary.width, (_down(bounds.y_min) - _down(bounds.y_max)) / summary.height)
    exact = math.log2(1 / (_TILE * pixel)) if pixel > 0 else _FINEST
    # A tile whose pixels are hardly larger than the mosaic's shows all there is.
    most = min(max(math.ceil(exact - 0.1), 0), _FINEST)
    return max(0, most - min(map(_levels, members))), most


def _levels(member: Member) -> int:
    """How many zooms a source can be read coarser at the cost of one tile of it."""
    profile = member.profile
    width, height = profile.overviews[-1] if profile.overviews else (profile.width, profile.height)
    by_overviews = math.log2(max(profile.width / max(width, 1), 1.0))
    in_one_tile = math.log2(_TILE / max(width, height, 1)) if max(width, height) < _TILE else 0.0
    return round(by_overviews) + max(0, math.floor(in_one_tile))


def index_zoom(world: Sequence[Sequence[_Box]], most: int) -> int:
    """The finest zoom up to `most` whose index has no more than `PER_SOURCE` entries per source on average."""
    for zoom in range(most, 0, -1):
        if sum(_count(box, zoom) for parts in world for box in parts) <= PER_SOURCE * len(world):
            return zoom
    return 0


def _count(box: _Box, zoom: int) -> int:
    columns, rows = _tiles(box, zoom)
    return len(columns) * len(rows)


def _tiles(box: _Box, zoom: int) -> tuple[range, range]:
    """Columns and rows of the tiles that a box reaches."""
    side = 1 << zoom
    left, top, right, bottom = (share * side for share in box)
    return _steps(left, right, side), _steps(top, bottom, side)


def _steps(start: float, end: float, side: int) -> range:
    first = min(math.floor(start + _EDGE), side - 1)
    return range(first, max(first + 1, min(math.ceil(end - _EDGE), side)))


def quadkeys(box: _Box, zoom: int) -> Iterator[str]:
    """Quadkeys of the tiles that a box reaches: one digit per zoom, 1 for an eastern half, 2 more for a southern."""
    columns, rows = _tiles(box, zoom)
    for row in rows:
        for column in columns:
            digits = ((column >> bit & 1) + 2 * (row >> bit & 1) for bit in range(zoom - 1, -1, -1))
            yield "".join(map(str, digits))


def _plain(box: Bounds) -> list[float]:
    """Bounds that every reader takes: all longitudes where they cross ±180°, latitudes within the world."""
    west, east = (box.x_min, box.x_max) if box.x_min <= box.x_max else (-180.0, 180.0)
    return [west, max(box.y_min, -_NORTHERNMOST), east, min(box.y_max, _NORTHERNMOST)]
