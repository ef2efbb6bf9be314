"""From a request to a published mosaic."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Final

from local.bench.report import waterfall
from local.bench.report.ratios import ours_over
from local.bench.report.tables import count, megabytes, spread, table, times
from local.bench.report.verdicts import Verdict
from local.bench.results import Figures

COMPLETE: Final = {1_000: 15.0, 10_000: 30.0}
"""How many times faster than the best-tuned GDAL, by N."""
ADD_ONE_AT: Final = 10_000
ADD_ONE: Final = 100.0
ROUNDS: Final = 2.0
"""Rounds of HEADs that an admission may take as long as."""
READ_MS: Final = 5.0
WORKER_MB: Final = {10_000: 512.0, 100_000: 1024.0}


def render(figures: Figures) -> str:
    """Times and where they go, requests and memory."""
    blocks = [_times(figures), waterfall.render(figures), _asked(figures), _admission(figures), _reads(figures)]
    return "\n\n".join([*blocks, *_again(figures), *_refused(figures)])


def _again(figures: Figures) -> Iterator[str]:
    """Where one invocation of the builder was not enough."""
    for row in figures["rows"]:
        if row["invocations"] > 1:
            tiles, most = row["count"], row["invocations"]
            yield f"{tiles:,} sources: a change took {most} invocations of the builder."


def _refused(figures: Figures) -> Iterator[str]:
    for tiles, why in figures["refused"].items():
        yield f"{int(tiles):,} sources, what has no figures above: {why}."


def _times(figures: Figures) -> str:
    head = (
        "N",
        "published as",
        "create: to 202, s",
        "create: to `complete`, s",
        "add one, s",
        "to 202, s",
        "remove one, s",
        "to 202, s",
    )
    return table(
        head,
        (
            (
                count(row["count"]),
                f"`{row['product']}`",
                spread(row["accepted"]),
                spread(row["complete"]),
                spread(row["add_one"]),
                spread(row["add_accepted"]),
                spread(row["remove_one"]),
                spread(row["remove_accepted"]),
            )
            for row in figures["rows"]
        ),
    )


def _asked(figures: Figures) -> str:
    functions = sorted({name for row in figures["rows"] for name in row["peaks"]})
    head = [
        "N",
        "requests for tiles",
        "MB",
        "other requests",
        "add one",
        "remove one",
        *(f"{each}, MB" for each in functions),
    ]
    rows = [
        [
            count(row["count"]),
            count(row["cogs_requests"]),
            megabytes(row["cogs_bytes"]),
            count(row["others_requests"]),
            count(row["add_requests"]),
            count(row["remove_requests"]),
            *(megabytes(row["peaks"].get(each)) for each in functions),
        ]
        for row in figures["rows"]
    ]
    words = "What S3 was asked by a create, an addition and a removal, and the largest memory of any process so far:"
    return f"{words}\n\n{table(head, rows)}"


def _admission(figures: Figures) -> str:
    found = figures["admission"]
    accepted, asked = spread(found["accepted"]), spread(found["round"])
    words = "one concurrent round of HEADs over the same objects takes"
    return f"A create of {found['count']} sources is accepted after {accepted} s; {words} {asked} s."


def _reads(figures: Figures) -> str:
    found = [
        f"{name} {median(taken):.1f} ({min(taken):.1f} to {max(taken):.1f})" for name, taken in figures["reads"].items()
    ]
    words = "Milliseconds of a warm GET in the function, event to answer by the real runtime interface client"
    return f"{words}: {', '.join(found)}."


def goals(parts: Mapping[str, Figures]) -> Iterator[Verdict]:
    """Against the best-tuned GDAL, against one round of HEADs, and in milliseconds and MB."""
    figures = parts["service"]
    yield from _beside_gdal(parts)
    admission = figures["admission"]
    rounds = median(admission["accepted"]) / median(admission["round"])
    what = f"a create of {admission['count']} accepted, beside one round of HEADs"
    yield Verdict(what, f"at most {ROUNDS:.0f}x", times(rounds), rounds <= ROUNDS)
    for name, taken in figures["reads"].items():
        middle = median(taken)
        what = f"warm GET of a {name}, in the function"
        yield Verdict(what, f"at most {READ_MS:.0f} ms", f"{middle:.1f} ms", middle <= READ_MS)
    for row in figures["rows"]:
        most, peak = WORKER_MB.get(row["count"]), row["peaks"].get("builder")
        if most is not None and peak is not None:
            what, found = f"memory of the builder at {row['count']:,}", peak / 1e6
            yield Verdict(what, f"at most {most:.0f} MB", f"{found:.0f} MB", found <= most)


def _beside_gdal(parts: Mapping[str, Figures]) -> Iterator[Verdict]:
    made, added = ours_over(parts, "create"), ours_over(parts, "add one")
    for each, wanted in COMPLETE.items():
        if each in made:
            what = f"POST to `complete` of {each:,}, beside the best-tuned GDAL"
            yield Verdict(what, f"at least {wanted:.0f}x", times(made[each]), made[each] >= wanted)
    if ADD_ONE_AT in added:
        what = f"one source added to {ADD_ONE_AT:,}, POST to `complete`, beside the best-tuned GDAL"
        yield Verdict(what, f"at least {ADD_ONE:.0f}x", times(added[ADD_ONE_AT]), added[ADD_ONE_AT] >= ADD_ONE)
