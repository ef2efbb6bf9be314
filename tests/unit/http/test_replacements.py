"""Routes that weave a VRT of other sources, or otherwise: what they pass on, and what they answer."""

import math
from typing import Any

import pytest

from rasterloom.domain.errors import (
    IncompatibleSourcesError,
    InvalidInputError,
)
from rasterloom.domain.findings import Finding
from rasterloom.domain.options import Resampling, ResolutionStrategy
from rasterloom.domain.raster import Bounds
from rasterloom.domain.refusals import GenerationNotCompletedError, MembersGoneError
from rasterloom.services.change_vrt import OptionsRequest
from rasterloom.services.terms import NO_TERMS
from tests.support.factories import an_id, vrt
from tests.unit.http.api import FakeUseCases, ask

VRT, ONE, TWO, JOB, GENERATION = (an_id(word) for word in ("vrt", "one", "two", "job", "generation"))
OPTIONS, ROLL_BACK = f"/datasets/{VRT}/vrt/", f"/datasets/{VRT}/vrt/rollback/{GENERATION}"


def test_a_list_of_sources_is_passed_on_in_its_order(fakes: FakeUseCases) -> None:
    fakes.answers["replace_sources"] = JOB
    for path in (f"/ingest/vrt/{VRT}/sources/", f"/ingest/vrt/{VRT.upper()}/sources"):
        answered = ask(fakes, "PUT", path, body={"source_dataset_ids": [TWO.upper(), ONE]})
        assert (answered.status, answered.json["job_id"]) == (202, JOB)
    assert [args[1:] for _, args, _ in fakes.calls] == [(VRT, (TWO, ONE), NO_TERMS)] * 2


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        ({"resolution_strategy": "coarsest"}, OptionsRequest(ResolutionStrategy.COARSEST)),
        ({"resampling": "lanczos"}, OptionsRequest(resampling=Resampling.LANCZOS)),
        ({"nodata_override": 0}, OptionsRequest(nodata_override=0)),
        ({"nodata_override": -9999.5}, OptionsRequest(nodata_override=-9999.5)),
        ({"nodata_override": None}, OptionsRequest(clears=frozenset({"nodata_override"}))),
        ({"resampling": None, "nodata_override": 2**63}, OptionsRequest(nodata_override=2**63)),
        ({"add_alpha": True}, OptionsRequest(add_alpha=True)),
        (
            {"add_alpha": False, "target_resolution": [10, 0.5]},
            OptionsRequest(add_alpha=False, target_resolution=(10, 0.5)),
        ),
        ({"target_extent": [-1, 0, 1.5, 2]}, OptionsRequest(target_extent=Bounds(-1, 0, 1.5, 2))),
        ({"target_aligned_pixels": None}, OptionsRequest(clears=frozenset({"target_aligned_pixels"}))),
        (
            {"add_alpha": None, "target_extent": None, "target_resolution": None, "resampling": "mode"},
            OptionsRequest(
                resampling=Resampling.MODE, clears=frozenset({"add_alpha", "target_extent", "target_resolution"})
            ),
        ),
    ],
)
def test_options_reach_the_use_case_as_they_were_meant(
    fakes: FakeUseCases, body: Any, request_: OptionsRequest
) -> None:
    fakes.answers["weave_otherwise"] = JOB
    assert ask(fakes, "PATCH", OPTIONS, body=body).status == 202
    ((_, args, _),) = fakes.calls
    assert args[1:] == (VRT, request_, NO_TERMS)
    assert isinstance(args[2].nodata_override, type(request_.nodata_override)), "an integer stays one"


def test_auto_regenerate_alone_builds_nothing_and_answers_the_vrt(fakes: FakeUseCases) -> None:
    fakes.answers["switch_auto_regenerate"] = vrt(id=VRT, auto_regenerate=True, is_stale=False)
    answered = ask(fakes, "PATCH", OPTIONS, body={"auto_regenerate": True, "resampling": None})
    assert (answered.status, answered.json["id"]) == (200, VRT)
    assert (answered.json["raster"]["auto_regenerate"], answered.json["raster"]["stale"]) == (True, False)
    assert answered.headers["etag"]
    assert [(name, args[1:], options) for name, args, options in fakes.calls] == [
        ("switch_auto_regenerate", (VRT,), {"wanted": True, "terms": NO_TERMS})
    ]


def test_auto_regenerate_beside_options_goes_with_them(fakes: FakeUseCases) -> None:
    fakes.answers["weave_otherwise"] = JOB
    assert ask(fakes, "PATCH", OPTIONS, body={"auto_regenerate": False, "add_alpha": True}).status == 202
    assert fakes.calls[0][1][2] == OptionsRequest(add_alpha=True, auto_regenerate=False)


def test_nan_has_a_name_in_json(fakes: FakeUseCases) -> None:
    fakes.answers["weave_otherwise"] = JOB
    assert ask(fakes, "PATCH", OPTIONS, body={"nodata_override": "nan"}).status == 202
    assert math.isnan(fakes.calls[0][1][2].nodata_override)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"resampling": None},
        {"auto_regenerate": None},
        {"auto_regenerate": 1},
        {"resampling": "gauss"},
        {"resolution_strategy": "user"},
        {"nodata_override": "0"},
        {"nodata_override": True},
        '{"nodata_override": 1e999}',
        {"nodata": 0},
        {"add_alpha": 1},
        {"target_extent": [0, 0, 1]},
        {"target_extent": [0, 1, 1, 1]},
        {"target_extent": {"x_min": 0}},
        '{"target_extent": [0, 0, 1, 1e999]}',
        {"target_resolution": 10},
        {"target_resolution": [10, 0]},
        '{"target_resolution": [1e999, 1]}',
    ],
)
def test_options_that_are_none_are_refused(fakes: FakeUseCases, body: Any) -> None:
    answered = ask(fakes, "PATCH", OPTIONS, body=body)
    assert (answered.status, answered.json["code"], fakes.calls) == (422, "invalid_fields", [])


def test_an_extent_that_goes_the_wrong_way_around_is_told_how_to_go_across(fakes: FakeUseCases) -> None:
    answered = ask(fakes, "PATCH", OPTIONS, body={"target_extent": [179, -1, -179, 1]})
    (entry,) = answered.json["detail"]
    assert (entry["loc"], entry["type"]) == (["body", "target_extent"], "extent_out_of_order")
    assert entry["msg"].endswith("with x_min < x_max, and is [179.0, -1.0, -179.0, 1.0]")
    assert entry["ctx"] == {
        "expected": "x_min < x_max",
        "actual": [179, -1, -179, 1],
        "hint": "In degrees, an extent across 180 goes on beyond it: [179, -1, 181, 1].",
    }


def test_a_member_that_other_options_refuse_points_at_the_vrt(fakes: FakeUseCases) -> None:
    outside = Finding("outside_target_extent", ONE, 3, "bounds", "…", "something within", "elsewhere", hint="…")
    fakes.answers["weave_otherwise"] = IncompatibleSourcesError([outside])
    answered = ask(fakes, "PATCH", OPTIONS, body={"target_extent": [0, 0, 1, 1]})
    (entry,) = answered.json["detail"]
    assert (answered.status, entry["loc"], entry["source_id"]) == (422, ["path", "dataset_id"], ONE)


def test_a_nodata_value_that_a_band_cannot_have_points_at_its_field(fakes: FakeUseCases) -> None:
    fakes.answers["weave_otherwise"] = InvalidInputError(
        "nodata_not_representable", "Band 1 is Byte", loc=("body", "nodata_override"), value=-1
    )
    answered = ask(fakes, "PATCH", OPTIONS, body={"nodata_override": -1})
    assert answered.status == 422
    (entry,) = answered.json["detail"]
    assert (entry["loc"], entry["type"], entry["input"]) == (
        ["body", "nodata_override"],
        "nodata_not_representable",
        -1,
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "loc"),
    [
        ("PATCH", OPTIONS, {"target_resolution": [1e-9, 1e-9]}, ["body", "target_resolution"]),
        ("PUT", f"/ingest/vrt/{VRT}/sources/", {"source_dataset_ids": [ONE, TWO]}, ["body", "source_dataset_ids", 0]),
    ],
)
def test_an_option_that_is_to_blame_is_pointed_at_where_the_body_may_have_it(
    fakes: FakeUseCases, method: str, path: str, body: Any, loc: list[Any]
) -> None:
    blamed = Finding("target_too_large", ONE, 0, "target_resolution", "too fine", option="target_resolution")
    fakes.answers |= {each: IncompatibleSourcesError([blamed]) for each in ("weave_otherwise", "replace_sources")}
    answered = ask(fakes, method, path, body=body)
    (entry,) = answered.json["detail"]
    assert (answered.status, entry["loc"], entry["source_id"]) == (422, loc, ONE)


def test_going_back_passes_the_generation_on(fakes: FakeUseCases) -> None:
    fakes.answers["roll_back"] = JOB
    assert (
        ask(
            fakes, "POST", ROLL_BACK.upper().replace("/DATASETS", "/datasets").replace("/VRT/ROLLBACK", "/vrt/rollback")
        ).status
        == 202
    )
    ((_, args, _),) = fakes.calls
    assert args[1:] == (VRT, GENERATION, NO_TERMS)


def test_members_that_are_gone_are_a_409_that_names_each(fakes: FakeUseCases) -> None:
    gone = Finding("source_not_found", ONE, 3, "id", "No raster dataset")
    fakes.answers["roll_back"] = MembersGoneError(GENERATION, [gone])
    answered = ask(fakes, "POST", ROLL_BACK)
    assert (answered.status, answered.json["code"], answered.json["findings_total"]) == (409, "members_gone", 1)
    detail = answered.json["detail"]
    assert (detail["code"], detail["message"]) == (
        "members_gone",
        f"Generation {GENERATION} cannot be built again; members that are gone: 1",
    )
    assert [(entry["source_id"], entry["loc"]) for entry in detail["findings"]] == [(ONE, ["path", "generation_id"])]


def test_a_generation_that_never_was_published_is_a_409(fakes: FakeUseCases) -> None:
    fakes.answers["roll_back"] = GenerationNotCompletedError(GENERATION, "failed")
    answered = ask(fakes, "POST", ROLL_BACK)
    assert (answered.status, answered.json["code"]) == (409, "generation_not_completed")
