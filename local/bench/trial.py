"""Whether the figures of a run may stand in `docs/`, beside prose and figures of runs that measured everything."""

from collections.abc import Mapping

from local.bench.parts.run import LIMIT_SECONDS, PAUSE_MS, REPEATS, SIZES, Plan
from local.bench.results import Figures, Part


def why_trial(plan: Plan, kept: Mapping[str, Part]) -> str | None:
    """Why a run is a trial, whose figures `docs/` must not have; None if it is as whole as what is kept.

    Args:
        plan: What shall be measured.
        kept: The parts that `docs/` has, by name. Those that the plan leaves out stay as they are.
    """
    if plan.repeats < REPEATS:
        return "what is quick is not repeated"
    if (plan.pause_ms, plan.limit) != (PAUSE_MS, LIMIT_SECONDS):
        asked = f"S3 waits {plan.pause_ms:g} ms and a process may take {plan.limit:g} s"
        return f"{asked}, not {PAUSE_MS:g} and {LIMIT_SECONDS:g}"
    shown = (_sizes(kept[part].figures) for part in plan.parts if part in kept)
    left_out = {*SIZES}.union(*shown) - {*plan.sizes}
    return f"not measured at {', '.join(f'{size:,}' for size in sorted(left_out))}" if left_out else None


def _sizes(figures: Figures) -> set[int]:
    """Each N at which a part was measured; none of a part that has no N."""
    sizes = {row["count"] for row in figures.get("rows", ()) if "count" in row}
    return sizes | ({figures["objects"]} if "objects" in figures else set())
