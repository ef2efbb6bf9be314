"""One run: the files, then one part after the other, each saved when it has ended."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from local.bench import corpus, results
from local.bench.parts.run import ADMITTED, Measure, Plan
from local.bench.results import Part
from local.bench.running import PEERS_PYTHON
from local.bench.server.nginx import version
from local.terminal import StepError, say, step

PARTS: Final = ("heads", "assembly", "peers", "service", "coldstart", "memory", "cost", "bulk")
"""What a run measures, in this order: those that share a stack stand together. Each has a module in `local.bench.parts`
with `measure(plan)`."""
APART: Final = ("cogeo-mosaic", "rasterio", "rio-vrt", "stac-vrt")


def measure(plan: Plan, folder: Path) -> dict[str, Part]:
    """Measure every part of the plan, and save each when it has ended.

    Args:
        plan: What shall be measured.
        folder: Where the parts are saved.

    Returns:
        The parts by name.

    Raises:
        StepError: There is no such part, or one could not be measured.
    """
    for part in plan.parts:
        if part not in PARTS:
            raise StepError(f"part {part!r}: expected some of {', '.join(PARTS)}")
    corpus.make(max(*plan.sizes, ADMITTED) + 1)
    found = dict[str, Part]()
    for part in plan.parts:
        say(f"part {part} …")
        with step(f"part {part}"):
            work: Measure = import_module(f"local.bench.parts.{part}").measure
            found[part] = results.save(part, work(plan), versions(), folder)
    return found


def versions() -> Mapping[str, str]:
    """Of the server, and of the peers that have an environment of their own."""
    folder = str(PEERS_PYTHON.parent.parent / "lib" / "python3.13" / "site-packages")
    found = {each.name.replace("_", "-"): each.version for each in distributions(path=[folder])}
    return {"nginx": version(), **{name: found[name] for name in APART if name in found}}
