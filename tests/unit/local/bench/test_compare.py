"""Two runs beside each other."""

import json
from pathlib import Path

import pytest

from local.bench import compare


def test_ratios_beyond_the_tolerance_are_counted_and_come_first() -> None:
    text, beyond = compare.report({"near": 100.0, "far": 10.0}, {"near": 129.0, "far": 14.0})
    assert beyond == 1
    assert text.splitlines() == [
        "2 ratios in both runs, 1 of them differ by more than 30%",
        "  ! far: 10 and 14 (+40%)",
        "    near: 100 and 129 (+29%)",
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
