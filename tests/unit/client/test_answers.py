"""The client's idea of an answer is the contract's."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import TypeAdapter

from rasterloom_client import answers, fields

CONTRACT = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text(encoding="utf-8"))
SCHEMAS: dict[str, Any] = CONTRACT["components"]["schemas"]

COUNTERPARTS = {
    "Accepted": "Accepted",
    "ActiveGeneration": "ActiveGeneration",
    "Band": "BandAnswer",
    "Dataset": "DatasetAnswer",
    "DatasetList": "DatasetList",
    "Generation": "GenerationAnswer",
    "GenerationList": "GenerationList",
    "Grid": "GridAnswer",
    "GroupOfReaders": "GroupAnswer",
    "Job": "JobAnswer",
    "JobCancelled": "JobCancelled",
    "JobList": "JobList",
    "Raster": "RasterAnswer",
    "RegistrationCounts": "RegistrationCounts",
    "RegistrationResult": "RegistrationResult",
    "RegistrationResults": "RegistrationResults",
    "RelativeVrt": "RelativeVrt",
    "Source": "SourceAnswer",
    "SourceHealth": "SourceHealthAnswer",
    "SourceList": "SourceList",
    "Validation": "PreviewAnswer",
    "VrtStatus": "VrtStatusAnswer",
}
"""Answer of the client -> schema of the contract."""


def shape(schema: Any, definitions: dict[str, Any]) -> Any:
    """What a value may be, without what is said about it; objects of their own are compared on their own."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        return {"type": "object"} if "properties" in target else shape(target, definitions)
    if "const" in schema:
        return {"enum": [schema["const"]], "type": schema.get("type")}
    kept = {name: schema[name] for name in ("type", "enum") if name in schema}
    for name in ("items", "additionalProperties"):
        if schema.get(name, True) is not True:
            kept[name] = shape(schema[name], definitions)
    if "anyOf" in schema:
        kept["anyOf"] = [shape(each, definitions) for each in schema["anyOf"]]
    return kept


def takes(ours: Any, theirs: Any) -> bool:
    """Whether our type has room for all that the contract allows; texts of ours may be choices of theirs."""
    if ours in ({}, theirs):
        return True
    if "anyOf" in ours and "anyOf" in theirs:
        return all(any(takes(one, other) for one in ours["anyOf"]) for other in theirs["anyOf"])
    return bool(ours == {name: each for name, each in theirs.items() if name != "enum"})


def fields_of(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The fields of an object by name."""
    return {name: shape(each, definitions) for name, each in schema["properties"].items()}


@pytest.mark.parametrize(("ours", "theirs"), COUNTERPARTS.items())
def test_an_answer_takes_all_that_the_contract_allows(ours: str, theirs: str) -> None:
    schema = TypeAdapter(getattr(answers, ours)).json_schema()
    expected, found = fields_of(SCHEMAS[theirs], SCHEMAS), fields_of(schema, schema.get("$defs", {}))
    assert set(found) <= set(expected)
    assert [name for name, each in found.items() if not takes(each, expected[name])] == []
    assert set(schema["required"]) <= set(SCHEMAS[theirs]["required"])


def test_every_answer_is_held_against_the_contract() -> None:
    known = {name for name, each in vars(answers).items() if isinstance(each, type) and hasattr(each, "__total__")}
    assert known - set(COUNTERPARTS) == {"Context", "Finding"}


def test_a_finding_has_the_fields_of_both_kinds_of_the_contract() -> None:
    expected = set(SCHEMAS["FindingEntry"]["properties"]) | set(SCHEMAS["FieldProblem"]["properties"])
    assert set(answers.Finding.__annotations__) == expected
    assert set(answers.Context.__annotations__) == set(SCHEMAS["FindingContext"]["properties"])


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("VrtType", "VrtType"),
        ("ResolutionStrategy", "ResolutionStrategy"),
        ("Resampling", "Resampling"),
        ("Visibility", "Visibility"),
    ],
)
def test_a_choice_has_the_words_of_the_contract(alias: str, name: str) -> None:
    assert set(cast("Any", getattr(answers, alias)).__args__) == set(SCHEMAS[name]["enum"])


@pytest.mark.parametrize(
    ("ours", "theirs", "beside"),
    [
        (fields.RasterFields, "RegisterRasterBody", {"uri"}),
        (fields.Weave, "CreateVrtBody", {"source_dataset_ids", "title"}),
        (fields.Weave, "ValidateVrtBody", {"source_dataset_ids", "title"}),
        (fields.VrtOptions, "WeaveOptionsBody", set()),
    ],
)
def test_what_callers_say_by_keyword_is_what_the_contract_takes(ours: Any, theirs: str, beside: set[str]) -> None:
    assert set(ours.__annotations__) | beside == set(SCHEMAS[theirs]["properties"])
