"""Whatever sources are drawn, the builder's bytes are those of `gdal.BuildVRT` over the objects, or its words.

Sets are drawn around a common kind of source, so that most of them can be woven; each source may differ from it in a
few properties, so that many cannot.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rasterloom.domain.dataset import VrtType
from rasterloom.domain.options import Resampling, ResolutionStrategy, WeaveOptions
from tests.integration.gdal.exactness import oracle, ours, rules_refuse
from tests.support.corpus import GREYS, RAINBOW, hole
from tests.support.lab import Lab

EXAMPLES = int(os.environ.get("RASTERLOOM_EXAMPLES", "40"))

INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32")
DTYPES = (*INTEGERS, "float32", "float64", "complex64")
SIZES = st.integers(1, 90)
STEPS = st.sampled_from([10.0, 5.0, 20.0, 30.0, 10 / 3, 9.9999, 0.1]) | st.floats(0.01, 100.0)
OFFSETS = st.sampled_from([0.0, 640.0, -640.0, 320.0, 5.0, 0.3, 1234.56789]) | st.floats(-5000.0, 5000.0)
NODATA = st.none() | st.sampled_from([0, 1, 7, 127])


@st.composite
def kinds(draw: st.DrawFn) -> dict[str, Any]:
    """What the sources of a set have in common."""
    count = draw(st.integers(1, 3))
    dtype = draw(st.sampled_from(DTYPES))
    kind: dict[str, Any] = {"bands": count, "dtype": dtype, "crs": draw(st.sampled_from([32632, 3857, 2193, 31467]))}
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
            st.sampled_from([{}, {}, {}, {"mask": hole}, {"overviews": 1}, {"metadata": {"A": "1", "B": "x < y"}}])
        )
        source |= draw(
            st.sampled_from(
                [{}] * 12
                + [{"nodata": 9}, {"nodata": None}, {"dtype": "uint8"}, {"crs": 32633}, {"crs": None}, {"bands": 2}]
                + [{"resolution": (20.0, 20.0)}, {"resolution": (3.3, 7.7)}, {"rotation": 3.0}, {"scale": 2.0}]
                + [{"origin": None}, {"descriptions": ("first",)}]
            )
        )
        sources.append(_plain(source))
    return sources


def _plain(source: dict[str, Any]) -> dict[str, Any]:
    """Properties that hang together: no palette without its one band of bytes, no description of bands that are not."""
    if source.get("color_table") and (source["dtype"] != "uint8" or source["bands"] != 1):
        del source["color_table"]
    if "descriptions" in source:
        source["descriptions"] = source["descriptions"] * source["bands"]
    return source


OPTIONS = st.builds(WeaveOptions, st.sampled_from(ResolutionStrategy), st.sampled_from(Resampling), NODATA)


@given(properties=sets(), options=OPTIONS, vrt_type=st.sampled_from(VrtType))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_whatever_is_drawn_is_gdals(
    lab: Lab, properties: list[dict[str, Any]], options: WeaveOptions, vrt_type: VrtType
) -> None:
    members = lab.members(*properties)
    theirs = oracle(members, vrt_type, options)
    assert ours(lab, members, vrt_type, options) == theirs
    if isinstance(theirs, str):
        assert rules_refuse(members, vrt_type, options), f"GDAL refuses and no rule does: {theirs}"
