"""Two runs beside each other."""

import json
from pathlib import Path

import pytest

from local.bench import compare, results


def test_ratios_beyond_the_tolerance_are_counted_and_come_first() -> None:
    text, beyond = compare.report({"near": 100.0, "far": 10.0}, {"near": 129.0, "far": 14.0})
    assert beyond == 1
    assert text.splitlines() == [
        "2 ratios in both runs, 1 of them differ by more than 30% of the smaller one",
        "  ! far: 10 and 14 (40% apart)",
        "    near: 100 and 129 (29% apart)",
    ]


def test_it_does_not_matter_which_run_comes_first() -> None:
    one, other = {"it": 13.1}, {"it": 10.0}
    assert compare.report(one, other)[1] == compare.report(other, one)[1] == 1


def test_a_ratio_of_one_run_only_is_named_and_not_counted() -> None:
    text, beyond = compare.report({"it": 1.0, "new": 5.0}, {"it": 1.0})
    assert beyond == 0
    assert "new: only in one of them" in text


@pytest.mark.parametrize("text", ["[]", "{}", '{"ratios": 3}', "no JSON", '{"ratios": {"it": "x"}}'])
def test_another_kind_of_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "it.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"it\.json: expected the JSON beside"):
        compare.ratios(file)


def test_the_ratios_of_a_run_are_those_of_its_json(tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    file.write_text(json.dumps({"ratios": {"it": 2}}))
    assert compare.ratios(file) == {"it": 2.0}


def test_how_quick_the_machine_was_in_each_part_is_told_beside_the_ratios(tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    parts = {"heads": {"machine": {"yardstick_ms": 12, "new_memory_ms": 100}}, "peers": {"machine": {"load": 1.0}}}
    file.write_text(json.dumps({"ratios": {}, "parts": parts}))
    assert compare.yardsticks(file) == {"heads": 12.0, "heads, new memory": 100.0}
    assert compare.machines({"heads": 12.0, "peers": 10.0}, {"heads": 18.0}).splitlines() == [
        "for the same work the machine took, at the end of each part",
        "  heads: 12 and 18 ms (+50%)",
    ]
    assert compare.machines({}, {"heads": 18.0}) == "how quick the machine was is not told by both runs"


def test_the_yardsticks_are_times_of_real_work() -> None:
    told = results.machine()
    assert min(results.yardstick_ms(), results.new_memory_ms(), told["yardstick_ms"], told["new_memory_ms"]) > 0
