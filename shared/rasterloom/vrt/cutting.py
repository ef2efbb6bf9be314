"""A VRT cut into VRTs of the same mosaic, each with those sources alone that reach into a window of it.

GDAL holds some kilobytes for each source of an open VRT, and looks at all of them at each read. So threads that read
side by side open small VRTs, which together hold little more than the one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rasterloom.vrt.thinning import SOURCE, Place, place_of

type Window = tuple[float, float, float, float]
"""Column, row, width and height in the mosaic, in its pixels; it may begin and end within one."""


@dataclass(frozen=True, slots=True)
class Cuttable:
    """A VRT document as pieces of text that give the document, put together."""

    texts: tuple[bytes, ...]
    places: tuple[Place | None, ...]
    """Where each of them lies that is a source; None for what every part needs."""
    common: tuple[int, ...]
    """Positions of what every part needs."""
    sources: tuple[int, ...]
    """Positions of everything else."""

    def reaching(self, window: Window, sources: Iterable[int], margin: float = 0.0) -> list[int]:
        """Those of the sources that reach into a window, or come nearer to it than the margin, in pixels."""
        left, top = window[0] - margin, window[1] - margin
        right, bottom = window[0] + window[2] + margin, window[1] + window[3] + margin
        return [
            position
            for position in sources
            if (place := self.places[position]) is not None
            and place[0] < right
            and place[1] < bottom
            and place[0] + place[2] > left
            and place[1] + place[3] > top
        ]

    def document(self, sources: Iterable[int]) -> bytes:
        """The VRT with these sources alone, in the order of the whole one."""
        return b"".join(self.texts[position] for position in sorted((*self.common, *sources)))


def cuttable(document: bytes) -> Cuttable:
    """Take what `gdal.BuildVRT` wrote to pieces."""
    texts: list[bytes] = []
    places: list[Place | None] = []
    position = 0
    for match in SOURCE.finditer(document):
        if match.start() > position:
            texts.append(document[position : match.start()])
            places.append(None)
        texts.append(match.group())
        places.append(place_of(match.group()))
        position = match.end()
    texts.append(document[position:])
    places.append(None)
    common = tuple(index for index, place in enumerate(places) if place is None)
    sources = tuple(index for index, place in enumerate(places) if place is not None)
    return Cuttable(tuple(texts), tuple(places), common, sources)
