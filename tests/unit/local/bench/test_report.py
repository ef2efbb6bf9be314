"""The document from figures."""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from local.bench import results
from local.bench.measuring import PARTS
from local.bench.report import document, plots, waterfall_plot
from local.bench.report import heads as heads_report
from local.bench.report.sections import SECTIONS
from local.bench.report.tables import count, megabytes, seconds, spread, table, times
from local.bench.results import Part
from local.terminal import StepError

GDAL_SECONDS = 22.0


def part(name: str, **figures: Any) -> Part:
    """A part of a run on a machine."""
    facts = {"processor": "a processor", "cores": 2, "memory_gb": 24, "system": "Linux 6", "load": 0.5}
    return Part(name, "2026-11-27T23:00:00+00:00", facts, {"python": "3.13.0"}, figures)


def heads(parsed: float = 0.4, fetched: float = 0.2) -> Part:
    """Headers of 1,000 tiles."""
    row = {
        "count": 1000,
        "fetched": [fetched],
        "parsed": [parsed],
        "parsed_requests": 1000,
        "parsed_bytes": 16_000_000,
        "registered": [1.0],
        "registered_requests": 3000,
    }
    return part("heads", pause_ms=20.0, concurrency=128, opening=[0.03], rows=[row])


def peers(sha256: str = "same") -> Part:
    """The best-tuned GDAL at 1,000, and too slow at 10,000."""
    ran = {
        "peer": "buildvrt_tuned",
        "count": 1000,
        "left_out": None,
        "seconds": [GDAL_SECONDS],
        "requests": 1000,
        "bytes": 33_000_000,
        "peak": 90_000_000,
        "sha256": sha256,
    }
    slow = {"peer": "buildvrt_tuned", "count": 10_000, "left_out": "22.0 s at 1,000, so more than 100 s", "seconds": []}
    return part("peers", pause_ms=20.0, limit_seconds=100.0, rows=[ran, slow])


def assembly() -> Part:
    """An assembly of 1,000."""
    row = {"count": 1000, "seconds": [0.1, 0.08, 0.12], "sha256": "same", "size": 443_571, "peak_before": 1, "peak": 2}
    return part("assembly", rows=[row])


def service() -> Part:
    """One mosaic of 1,000 over HTTP."""
    row = {
        "count": 1000,
        "product": "source.vrt",
        "invocations": 1,
        "complete": [2.0],
        "accepted": [0.6],
        "waterfall": {
            "create": {
                "request": {"load": 0.1, "rules": 0.3, "else": 0.2},
                "queued": 0.05,
                "build": {"assemble": 0.9, "new part": 0.25, "account": 0.0001, "else": 0.2},
            },
            "add one": {"request": {"vrt": 0.1}, "queued": 0.0, "build": {"assemble": 0.9}},
        },
        "add_one": [1.0],
        "add_accepted": [0.1],
        "remove_one": [0.9],
        "remove_accepted": [0.1],
        "cogs_requests": 3000,
        "cogs_bytes": 1_000_000,
        "others_requests": 8,
        "add_requests": 5,
        "remove_requests": 2,
        "peaks": {"api": 130_000_000, "builder": 240_000_000},
    }
    admission = {"count": 500, "accepted": [0.3], "round": [0.1]}
    return part(
        "service",
        pause_ms=20.0,
        rows=[row],
        refused={"10000": "503"},
        admission=admission,
        reads={"job": [4.0, 6.0, 5.0]},
    )


def parts_of(*parts: Part) -> dict[str, Part]:
    return {each.part: each for each in parts}


def rows_of(text: str, heading: str) -> list[list[str]]:
    """Cells of the first table below a heading, without its head."""
    below = text[text.index(f"## {heading}\n") :].split("\n\n")[1]
    return [[cell.strip() for cell in line.split(" | ")] for line in below.splitlines()[2:]]


@pytest.mark.parametrize(("parsed", "verdict"), [(0.4, "met"), (0.5, "**missed**")])
def test_a_goal_is_met_or_missed_by_the_ratio_of_the_same_run(parsed: float, verdict: str) -> None:
    text = document.render(parts_of(heads(parsed), peers()))
    (row,) = (row for row in rows_of(text, "Goals") if "fetched and parsed" in row[0])
    assert row[2:] == [f"{GDAL_SECONDS / parsed:.0f}x", f"{verdict} |"]


@pytest.mark.parametrize(("fetched", "said"), [(0.26, ["1.4x", "met |"]), (0.28, ["1.6x", "**missed** |"])])
def test_opening_connections_is_no_part_of_what_is_held_against_the_ideal(fetched: float, said: list[str]) -> None:
    text = document.render(parts_of(heads(fetched=fetched)))
    (row,) = (row for row in rows_of(text, "Goals") if "fetching alone" in row[0])
    assert row[2:] == said


def test_without_the_peer_nothing_is_said_of_a_ratio() -> None:
    text = document.render(parts_of(heads()))
    assert not [row for row in rows_of(text, "Goals") if "beside" in row[0]]
    assert document.ratios(parts_of(heads())) == {}


@pytest.mark.parametrize(("theirs", "said"), [("same", "identical"), ("another", "other bytes at [1000]")])
def test_bytes_are_compared_with_those_of_the_same_run(theirs: str, said: str) -> None:
    text = document.render(parts_of(assembly(), peers(theirs)))
    (row,) = (row for row in rows_of(text, "Goals") if row[0].startswith("| bytes"))
    assert row[2] == said


def test_a_peer_that_was_not_run_is_said_to_be_and_no_figure_stands_for_it() -> None:
    text = document.render(parts_of(peers()))
    (row,) = (row for row in rows_of(text, "The others") if "best tuned" in row[0])
    assert row[1:] == ["22.0", "not run: 22.0 s at 1,000, so more than 100 s |"]


def test_where_nobody_registered_one_by_one_no_figure_stands() -> None:
    (row,) = heads().figures["rows"]
    rest = {name: value for name, value in row.items() if not name.startswith("registered")}
    figures = {**heads().figures, "rows": [rest | {"count": 100_000, "parsed_requests": 100_000}]}
    assert "| 100,000 | 15.6 | 0.200 | 0.400 | 100,000 | 16.0 | — | — |" in heads_report.render(figures)


def test_every_part_is_rendered_and_what_is_missing_is_named() -> None:
    text = document.render(parts_of(heads(), assembly(), peers(), service()))
    assert "2 cores of a processor" in text
    assert rows_of(text, "Goals")
    assert "10,000 sources, what has no figures above: 503." in text
    assert text.count("## Registration in bulk\n\nNot measured in this run.") == 1
    assert "## How it is measured\n\nEvery request" in text


def test_a_change_that_failed_leaves_the_figures_of_those_before_it_and_a_second_invocation_is_told() -> None:
    whole = service().figures
    (row,) = whole["rows"]
    found = {**row, "add_one": [], "add_accepted": [], "add_requests": None, "invocations": 2}
    text = document.render(parts_of(part("service", **{**whole, "rows": [found]})))
    (times_row,) = rows_of(text, "From request to published mosaic")
    assert times_row[2:6] == ["0.600", "2.00", "—", "—"]
    assert "1,000 sources: a change took 2 invocations of the builder" in text


def test_where_the_time_goes_has_a_row_for_each_part_in_order_and_none_for_what_takes_nothing() -> None:
    text = document.render(parts_of(service()))
    below = text[text.index("| create, N =") :].split("\n\n")[0]
    cells = [[cell.strip() for cell in line.split("|")] for line in below.splitlines()]
    assert [row[1] for row in cells[2:]] == [
        "request: load",
        "request: rules",
        "request: else",
        "queued",
        "build: assemble",
        "build: new part",
        "build: else",
    ]
    assert [row[2] for row in (cells[0], cells[2], cells[5])] == ["1,000", "0.100", "0.050"]
    assert "| add one, N = |" in text


def test_the_picture_shows_small_parts_with_what_is_else() -> None:
    (row,) = service().figures["rows"]
    pieces = row["waterfall"]["create"]
    found = [*waterfall_plot.bars({**pieces, "request": {"load": 0.6, "rules": 0.004, "else": 0.001}})]
    assert found[:3] == [
        ("request", "load", 0.6),
        ("request", "else", pytest.approx(0.005)),
        ("queued", "queued", 0.05),
    ]
    assert [name for side, name, _ in found if side == "build"] == ["assemble", "new part", "else"]


def test_the_ratios_of_a_run_are_ours_to_the_peers_and_those_of_the_parts() -> None:
    found = document.ratios(parts_of(assembly(), peers(), part("bulk", ratios={"bulk beside single": 12.0})))
    assert found == {"assembly, 1000: times faster than the best-tuned GDAL": 220.0, "bulk beside single": 12.0}


def test_every_part_that_a_run_measures_has_a_section_and_every_section_s_part_is_measured() -> None:
    shown = {section.part for section in SECTIONS if section.part is not None}
    assert shown == set(PARTS)
    assert all(callable(import_module(f"local.bench.parts.{part}").measure) for part in PARTS)


def test_a_part_that_no_section_shows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="part 'other': expected one of the parts"):
        document.write(parts_of(part("other")), document.Place(tmp_path / "performance.json"))


def test_a_trial_tells_of_what_it_measured_and_of_no_run_that_is_kept() -> None:
    text = document.render(parts_of(heads(), peers()), trial="what is quick is not repeated")
    headings = re.findall("^## (.+)$", text, re.MULTILINE)
    assert headings == ["Goals", "How it is measured", "Headers of many COGs", "The others"]
    assert "**A trial**: what is quick is not repeated." in text
    assert "What was missed, and why" in document.render(parts_of(heads(), peers()))


def test_the_pictures_that_a_trial_s_prose_shows_are_drawn_beside_it(tmp_path: Path) -> None:
    place = document.Place(tmp_path / "performance.json", trial="what is quick is not repeated")
    file = document.write(parts_of(heads(), peers(), service()), place)
    shown = re.findall(r"!\[.*\]\((.+)\)", file.read_text("utf-8"))
    assert len(shown) == 2
    assert all((tmp_path / each).exists() for each in shown)


def test_what_is_kept_is_read_as_it_was_written(tmp_path: Path) -> None:
    place = document.Place(tmp_path / "performance.json")
    assert results.kept(place.figures) == {}
    document.write(parts_of(heads(), peers()), place)
    assert results.kept(place.figures) == parts_of(heads(), peers())
    place.figures.write_text('{"ratios": {}}')
    with pytest.raises(ValueError, match=r"performance\.json: expected the JSON beside a performance\.md"):
        results.kept(place.figures)


def test_the_document_is_what_the_kept_figures_and_the_prose_make() -> None:
    assert results.KEPT.with_suffix(".md").read_text("utf-8") == document.render(results.kept(results.KEPT))


def test_without_any_part_there_is_no_document() -> None:
    with pytest.raises(StepError, match="nothing was measured yet"):
        document.render({})


def test_plots_are_drawn_of_what_there_is(tmp_path: Path) -> None:
    figures = {name: each.figures for name, each in parts_of(heads(), peers(), service()).items()}
    assert [file.name for file in plots.draw(figures, tmp_path)] == [plots.GROWTH, plots.WATERFALL]
    assert [file.name for file in plots.draw({"heads": figures["heads"]}, tmp_path)] == [plots.GROWTH]
    assert (tmp_path / plots.GROWTH).read_bytes().startswith(b"\x89PNG")
    assert plots.draw({}, tmp_path) == []


def test_the_bars_of_the_picture_name_their_side_and_its_axes_their_unit() -> None:
    (axes,) = (panel for panel in waterfall_plot.draw(service().figures).axes if "create" in panel.get_title())
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [
        "request: load",
        "request: rules",
        "request: else",
        "queued",
        "build: assemble",
        "build: new part",
        "build: else",
    ]
    assert axes.get_xlabel() == "seconds"


def test_a_part_is_saved_with_the_machine_and_replaces_the_one_before(tmp_path: Path) -> None:
    results.save("heads", {"it": 1}, {}, tmp_path)
    saved = results.save("heads", {"it": 2}, {"nginx": "1.22"}, tmp_path)
    (file,) = tmp_path.iterdir()
    assert results.read(file) == saved
    assert saved.figures == {"it": 2}
    assert saved.versions["nginx"] == "1.22"
    assert saved.machine["cores"] >= 1


def test_a_file_that_is_no_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text(json.dumps({"part": "odd"}))
    with pytest.raises(ValueError, match=r"odd\.json: expected the figures of a part"):
        results.read(tmp_path / "odd.json")


def test_numbers_have_the_digits_that_count() -> None:
    assert [seconds(each) for each in (0.0123, 1.234, 12.34, 1234.5, None)] == ["0.012", "1.23", "12.3", "1,234", "—"]
    assert [times(each) for each in (1.26, 236.4, None)] == ["1.3x", "236x", "—"]
    assert (count(10_000), megabytes(1_500_000)) == ("10,000", "1.5")
    assert spread([0.3, 0.1, 0.2]) == "0.200 (0.100 to 0.300)"
    assert spread([0.3]) == "0.300"


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 2 cells; found 1"):
        table(["a", "b"], [["1"]])
