"""Routes that change and delete datasets: what they pass on, and what they answer."""

from typing import Any

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.errors import (
    BeingDeletedError,
    DatasetInUseError,
    ForbiddenError,
    IncompatibleSourcesError,
    TitleMismatchError,
)
from rasterloom.domain.findings import Finding
from rasterloom.services.dependents import ToldDependents
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.terms import NO_TERMS
from tests.support.factories import an_id, principal, raster
from tests.unit.http.api import FakeUseCases, ask

ONE, VRT = an_id("one"), an_id("vrt")
PATH = f"/datasets/{ONE}"


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        ({"title": "Alps"}, EditRequest(title="Alps")),
        ({"summary": None}, EditRequest(clears_summary=True)),
        ({"summary": ""}, EditRequest(summary="")),
        ({"groups": []}, EditRequest(groups=())),
        ({"title": None, "visibility": "internal"}, EditRequest(visibility=Visibility.INTERNAL)),
        (
            {"title": "A", "summary": "B", "visibility": "restricted", "groups": ["survey"]},
            EditRequest("A", "B", visibility=Visibility.RESTRICTED, groups=("survey",)),
        ),
    ],
)
def test_an_edit_reaches_the_use_case_as_it_was_meant(fakes: FakeUseCases, body: Any, request_: EditRequest) -> None:
    fakes.answers["edit_dataset"] = raster(id=ONE)
    answered = ask(fakes, "PATCH", f"/datasets/{ONE.upper()}/", body=body)
    assert (answered.status, answered.json["id"], answered.json["record_status"]) == (200, ONE, "ready")
    ((_, args, _),) = fakes.calls
    assert args[1:] == (ONE, request_, NO_TERMS)


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ({}, ["body"], "nothing_to_change"),
        ({"title": None, "groups": None}, ["body"], "nothing_to_change"),
        ({"title": ""}, ["body", "title"], "string_too_short"),
        ({"title": "x" * 501}, ["body", "title"], "string_too_long"),
        ({"title": " "}, ["body", "title"], "blank"),
        ({"summary": "x" * 5001}, ["body", "summary"], "string_too_long"),
        ({"visibility": "secret"}, ["body", "visibility"], "enum"),
        ({"groups": ["a"] * 21}, ["body", "groups"], "too_long"),
        ({"owner": "bob"}, ["body", "owner"], "extra_forbidden"),
    ],
)
def test_fields_that_are_not_valid_are_named(fakes: FakeUseCases, body: Any, loc: list[str], kind: str) -> None:
    answered = ask(fakes, "PATCH", PATH, body=body)
    assert answered.status == 422
    assert [(entry["loc"], entry["type"]) for entry in answered.json["detail"]] == [(loc, kind)]
    assert fakes.calls == []


def test_a_deletion_answers_204_and_passes_the_titles_that_were_confirmed(fakes: FakeUseCases) -> None:
    fakes.answers["delete_dataset"] = None
    answers = [
        ask(fakes, "DELETE", PATH),
        ask(fakes, "DELETE", PATH, body={"confirm_title": "Tile"}),
        ask(fakes, "DELETE", f"{PATH}/", query="confirm_title=A%20tile"),
        ask(fakes, "DELETE", PATH, query="confirm_title=", body={"confirm_title": None}),
    ]
    assert [(answer.status, answer.body) for answer in answers] == [(204, b"")] * 4
    assert [args[1:] for _, args, _ in fakes.calls] == [
        (ONE, [], NO_TERMS),
        (ONE, ["Tile"], NO_TERMS),
        (ONE, ["A tile"], NO_TERMS),
        (ONE, [""], NO_TERMS),
    ]


def test_a_body_of_a_deletion_is_held_against_its_fields(fakes: FakeUseCases) -> None:
    assert ask(fakes, "DELETE", PATH, body="{").status == 400
    assert ask(fakes, "DELETE", PATH, body={"title": "Tile"}).status == 422
    assert ask(fakes, "DELETE", PATH, body=[]).status == 422


def test_a_title_that_does_not_match_is_a_400(fakes: FakeUseCases) -> None:
    fakes.answers["delete_dataset"] = TitleMismatchError(ONE)
    answered = ask(fakes, "DELETE", PATH, body={"confirm_title": "Other"})
    assert (answered.status, answered.json["code"]) == (400, "title_mismatch")


def test_a_raster_in_use_is_a_409_that_names_its_dependents_and_counts_the_hidden_ones(fakes: FakeUseCases) -> None:
    fakes.answers |= {
        name: DatasetInUseError("VRTs use it", [(VRT, "Mosaic")], 2) for name in ("edit_dataset", "delete_dataset")
    }
    for answered in (ask(fakes, "DELETE", PATH), ask(fakes, "PATCH", PATH, body={"visibility": "private"})):
        assert (answered.status, answered.json["code"]) == (409, "dataset_in_use")
        assert answered.json["detail"] == {
            "message": "VRTs use it",
            "dependent_vrts": [{"vrt_dataset_id": VRT, "vrt_dataset_title": "Mosaic"}],
            "hidden": 2,
        }
        assert "retry-after" not in answered.headers


def test_a_raster_that_is_being_deleted_is_worth_another_try(fakes: FakeUseCases) -> None:
    fakes.answers["delete_dataset"] = BeingDeletedError(ONE)
    answered = ask(fakes, "DELETE", PATH)
    assert (answered.status, answered.json["code"], answered.headers["retry-after"]) == (409, "being_deleted", "2")
    fakes.answers["read_dataset"] = raster(id=ONE, deletion="one")
    assert ask(fakes, "GET", PATH).json["record_status"] == "deleting"


def test_a_vrt_that_would_be_too_visible_is_a_422_about_its_visibility(fakes: FakeUseCases) -> None:
    finding = Finding("visibility_exceeds_source", VRT, 1, "visibility", "Too visible", "private", "public")
    fakes.answers["edit_dataset"] = IncompatibleSourcesError([finding])
    answered = ask(fakes, "PATCH", PATH, body={"visibility": "public"})
    assert answered.status == 422
    (entry,) = answered.json["detail"]
    assert (entry["loc"], entry["type"], entry["source_id"]) == (
        ["body", "visibility"],
        "visibility_exceeds_source",
        VRT,
    )


def test_who_may_not_write_is_refused_before_the_fields_are_looked_at(fakes: FakeUseCases) -> None:
    fakes.caller = principal(permissions=frozenset())
    assert ask(fakes, "PATCH", PATH, body={"nonsense": 1}).status == 403
    assert ask(fakes, "DELETE", PATH, body={"nonsense": 1}).status == 403
    fakes.caller = principal()
    fakes.answers["edit_dataset"] = ForbiddenError("not yours")
    assert ask(fakes, "PATCH", PATH, body={"title": "A"}).status == 403


def test_dependents_are_listed_for_those_who_may_not_write_too(fakes: FakeUseCases) -> None:
    fakes.caller = principal(permissions=frozenset())
    fakes.answers["read_dependents"] = ToldDependents(((VRT, "Mosaic"),), 3)
    answered = ask(fakes, "GET", f"{PATH}/dependents")
    assert answered.json == {
        "dependents": [{"vrt_dataset_id": VRT, "vrt_dataset_title": "Mosaic"}],
        "hidden": 3,
    }
