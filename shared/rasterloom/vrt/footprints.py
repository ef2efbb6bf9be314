"""Where the sources of a VRT lie, as GeoJSON."""

import json
from collections.abc import Sequence

from rasterloom.domain.dataset import Member
from rasterloom.domain.geojson import Polygons, coordinates


def footprints_document(members: Sequence[Member], outlines: Sequence[Polygons | None]) -> bytes:
    """A `FeatureCollection` of RFC 7946: one feature per source, in order.

    A source is called what the VRT calls it, and nothing more is said of it: whoever may read the VRT may read this.
    """
    features = [
        {
            "type": "Feature",
            "id": position,
            "geometry": None if outline is None else {"type": "MultiPolygon", "coordinates": coordinates(outline)},
            "properties": {"position": position, "uri": member.ref.uri},
        }
        for position, (member, outline) in enumerate(zip(members, outlines, strict=True))
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":")).encode()
