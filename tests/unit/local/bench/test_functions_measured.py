"""Shares of a processor, imports by package, and what an operation uses beside what was counted on the wire."""

import pytest

from local.bench.functions.shares import PERIOD_US, quota_us
from local.bench.parts.coldstart import by_package
from local.bench.parts.cost import whole
from local.bench.pricing.scenarios import BUILD, CREATE, EVENTS, EVENTS_SEEN

IMPORTS = """
import time: self [us] | cumulative | imported package
import time:       500 |        500 |   _json
import time:      2500 |       3000 | rasterloom.domain.raster
import time:      1000 |       4000 |   rasterloom.domain.dataset
import time:      9000 |       9000 |     botocore.session
a line of a log
"""


@pytest.mark.parametrize(("memory", "share"), [(1769, 1.0), (512, 0.2894), (3008, 1.7004), (10240, 2.0)])
def test_a_share_is_in_proportion_to_memory_as_far_as_there_are_processors(memory: int, share: float) -> None:
    assert quota_us(memory, processors=2) / PERIOD_US == pytest.approx(share, abs=0.001)


def test_imports_are_added_up_by_package_and_ours_by_part() -> None:
    found = by_package(IMPORTS)
    assert list(found) == ["botocore", "rasterloom.domain", "all others", "all"]
    assert list(found.values()) == pytest.approx([9.0, 3.5, 0.5, 13.0])


def test_a_request_uses_the_gateway_and_a_build_takes_a_message() -> None:
    asked = whole(CREATE, {"sqs requests": 1.0, "own log bytes": 600.0}, seconds=0.5, memory_mb=2048)
    assert (asked["api gateway requests"], asked["sqs requests"], asked["traces"]) == (1, 1, 1)
    assert asked["lambda GB-seconds"] == pytest.approx(1.0)
    built = whole(BUILD, {"own log bytes": 600.0}, seconds=2.0, memory_mb=512)
    assert (built["api gateway requests"], built["sqs requests"], built["lambda invocations"]) == (0, 2, 1)
    assert built["lambda GB-seconds"] == pytest.approx(1.0)
    seen = whole(EVENTS_SEEN, {}, seconds=1.0, memory_mb=1024)
    assert (seen["sqs requests"], seen["lambda invocations"]) == (EVENTS + 2, 1)
    assert 600 < built["log bytes"] < asked["log bytes"]
