"""Whatever sources are drawn, the builder's bytes are those of `gdal.BuildVRT` over the objects, or its words.

Sets are drawn around a common kind of source, so that most of them can be woven; each source may differ from it in a
few properties, so that many cannot.
"""

from __future__ import annotations

import os
from math import inf, nan
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import gdal

from rasterloom.adapters.gdal_environment import quiet
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds
from tests.integration.gdal.exactness import ends_gdal, left_out, oracle, ours, rules_refuse
from tests.support.corpus import GREYS, RAINBOW, USER_WKT, hole
from tests.support.lab import Lab

EXAMPLES = int(os.environ.get("RASTERLOOM_EXAMPLES", "40"))

INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32")
WIDE = ("int64", "uint64")
DTYPES = (*INTEGERS, *WIDE, "float32", "float64", "complex64", "complex128")
CRSS = (32632, 3857, 2193, 31467, 4979, "EPSG:32632+5773", USER_WKT)
TEXTS = ("first", ' x < y & "z"\n', "\u200b\uffff", "H\u00f6he")
SIZES = st.integers(1, 90)
STEPS = st.sampled_from([10.0, 5.0, 20.0, 30.0, 10 / 3, 9.9999, 0.1]) | st.floats(0.01, 100.0)
OFFSETS = st.sampled_from([0.0, 640.0, -640.0, 320.0, 5.0, 0.3, 1234.56789]) | st.floats(-5000.0, 5000.0)
NODATA = st.none() | st.sampled_from([0, 1, 7, 127])


@st.composite
def kinds(draw: st.DrawFn) -> dict[str, Any]:
    """What the sources of a set have in common."""
    count = draw(st.integers(1, 3))
    dtype = draw(st.sampled_from(DTYPES))
    kind: dict[str, Any] = {"bands": count, "dtype": dtype, "crs": draw(st.sampled_from(CRSS))}
    kind["nodata"] = draw(NODATA)
    kind["resolution"] = (draw(STEPS), draw(STEPS))
    kind["block_size"] = draw(st.sampled_from([16, 32, 128]))
    kind["cog"] = draw(st.sampled_from([True, True, True, False]))
    if dtype in INTEGERS and draw(st.booleans()):
        kind |= {"scale": draw(st.sampled_from([0.5, 0.1])), "offset": draw(st.sampled_from([0.0, -273.15]))}
    if dtype == "uint8" and count == 1 and draw(st.booleans()):
        kind["color_table"] = draw(st.sampled_from([RAINBOW, GREYS]))
    return kind


@st.composite
def sets(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Two to four sources of one kind, of which some differ."""
    kind = draw(kinds())
    sources = []
    for _ in range(draw(st.integers(2, 4))):
        source = kind | {"width": draw(SIZES), "height": draw(SIZES)}
        source["origin"] = (500_000.0 + draw(OFFSETS), 5_200_000.0 + draw(OFFSETS))
        source |= draw(
            st.sampled_from([{}, {}, {}, {"mask": hole}, {"overviews": 1}, {"metadata": {"A": "1", "B": TEXTS[1]}}])
        )
        if kind["bands"] > 1:
            source |= draw(st.sampled_from([{}, {}, {"color_interp": (*["Gray"] * (kind["bands"] - 1), "Alpha")}]))
        source |= draw(
            st.sampled_from(
                [{}] * 12
                + [{"nodata": 9}, {"nodata": None}, {"dtype": "uint8"}, {"crs": 32633}, {"crs": None}, {"bands": 2}]
                + [{"resolution": (20.0, 20.0)}, {"resolution": (3.3, 7.7)}, {"rotation": 3.0}, {"scale": 2.0}]
                + [{"origin": None}, {"scale": inf}, {"offset": nan}, {"nodata": 2**62 + 1}]
                + [{"descriptions": (text,)} for text in TEXTS]
            )
        )
        sources.append(_plain(source))
    return sources


def _plain(source: dict[str, Any]) -> dict[str, Any]:
    """Properties that hang together: no palette without its one band of bytes, no description of bands that are not."""
    if source.get("color_table") and (source["dtype"] != "uint8" or source["bands"] != 1):
        del source["color_table"]
    if source["bands"] != len(source.get("color_interp", ())):
        source.pop("color_interp", None)
    if source["nodata"] is not None and source["nodata"] > 127 and source["dtype"] not in WIDE:
        source["nodata"] = -9999.5
    if "descriptions" in source:
        source["descriptions"] = source["descriptions"] * source["bands"]
    return source


@st.composite
def extents(draw: st.DrawFn) -> Bounds:
    """Somewhere around the sources; many cut them, some leave one out."""
    (x, y), (width, height) = (draw(OFFSETS), draw(OFFSETS)), (draw(st.floats(1.0, 4000.0)), draw(st.floats(1.0, 4e3)))
    return Bounds(500_000.0 + x, 5_200_000.0 + y - height, 500_000.0 + x + width, 5_200_000.0 + y)


@st.composite
def options(draw: st.DrawFn, vrt_type: VrtType) -> WeaveOptions:
    """Any that go together."""
    resolution = draw(st.none() | st.tuples(STEPS, STEPS))
    return WeaveOptions(
        draw(st.sampled_from(ResolutionStrategy)),
        draw(st.sampled_from(Resampling)),
        draw(NODATA),
        add_alpha=vrt_type is VrtType.MOSAIC and draw(st.booleans()),
        target_extent=draw(st.none() | extents()),
        target_resolution=resolution,
        target_aligned_pixels=resolution is not None and draw(st.booleans()),
    )


@given(properties=sets(), vrt_type=st.sampled_from(VrtType), data=st.data())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_whatever_is_drawn_is_gdals(
    lab: Lab, properties: list[dict[str, Any]], vrt_type: VrtType, data: st.DataObject
) -> None:
    members = lab.members(*properties)
    chosen = data.draw(options(vrt_type))
    if ends_gdal(members, chosen):
        assert "alpha_beside_mask" in rules_refuse(members, vrt_type, chosen)
        return
    theirs = oracle(members, vrt_type, chosen)
    assert ours(lab, members, vrt_type, chosen) == theirs
    if left_out(members, theirs) or not opens(theirs):
        assert rules_refuse(members, vrt_type, chosen), (
            f"GDAL does not take all of them and no rule says so: {theirs!r}"
        )


def opens(made: bytes | str) -> bool:
    """Whether GDAL opens what it made."""
    with quiet():
        try:
            document = made.decode() if isinstance(made, bytes) else made
            return gdal.OpenEx(document, allowed_drivers=["VRT"]) is not None
        except RuntimeError:
            return False
