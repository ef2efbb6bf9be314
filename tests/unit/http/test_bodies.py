"""Bodies: size, JSON, fields, in the order that the contract gives the checks."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds
from rasterloom.http import bodies
from rasterloom.http.calls import MAX_BODY_BYTES
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.register_raster import Registered, RegisterRequest
from tests.support.factories import an_id, principal, raster
from tests.unit.http.api import Answered, FakeUseCases, ask

CREATE = "/ingest/vrt/create"
REGISTER = "/ingest/raster/register"
ONE, TWO, JOB = an_id("one"), an_id("two"), an_id("job")


def body(**changes: Any) -> dict[str, Any]:
    made = {
        "source_dataset_ids": [ONE, TWO],
        "vrt_type": "mosaic",
        "resolution_strategy": "finest",
        "title": "Alps",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ...}


def refusals(answered: Answered) -> list[tuple[list[Any], str]]:
    assert answered.status == 422, answered.body
    assert answered.json["code"] == "invalid_fields"
    return [(entry["loc"], entry["type"]) for entry in answered.json["detail"]]


def test_a_create_reaches_the_use_case_as_it_was_meant(fakes: FakeUseCases) -> None:
    fakes.answers["create_vrt"] = JOB
    sent = body(
        source_dataset_ids=[TWO.upper(), ONE],
        vrt_type="band_stack",
        resolution_strategy="coarsest",
        summary="Two\nlines",
        visibility="restricted",
        groups=["survey"],
        add_alpha=False,
        target_extent=[-1.5, 0, 2, 1],
        target_resolution=[0.1, 2],
        target_aligned_pixels=True,
    )
    answered = ask(fakes, "POST", CREATE, body=sent)
    assert answered.status == 202
    assert answered.json["job_id"] == JOB
    assert answered.json["status"] == "accepted"
    expected = CreateRequest(
        (TWO, ONE),
        VrtType.BAND_STACK,
        WeaveOptions(
            ResolutionStrategy.COARSEST,
            target_extent=Bounds(-1.5, 0, 2, 1),
            target_resolution=(0.1, 2),
            target_aligned_pixels=True,
        ),
        "Alps",
        "Two\nlines",
        Visibility.RESTRICTED,
        ("survey",),
    )
    assert fakes.calls == [("create_vrt", (fakes.caller, expected, None), {})]


@pytest.mark.parametrize(
    ("changes", "loc", "kind"),
    [
        ({"source_dataset_ids": ...}, ["body"], "one_list_of_sources"),
        ({"source_dataset_ids": [ONE]}, ["body", "source_dataset_ids"], "too_short"),
        ({"source_dataset_ids": [ONE] * 10_001}, ["body", "source_dataset_ids"], "too_long"),
        ({"source_dataset_ids": [ONE, "two"]}, ["body", "source_dataset_ids", 1], "uuid_parsing"),
        ({"source_dataset_ids": [ONE, 2]}, ["body", "source_dataset_ids", 1], "uuid_type"),
        ({"source_dataset_ids": ONE}, ["body", "source_dataset_ids"], "list_type"),
        ({"vrt_type": "timeseries"}, ["body", "vrt_type"], "enum"),
        ({"vrt_type": ...}, ["body", "vrt_type"], "missing"),
        ({"resolution_strategy": "highest"}, ["body", "resolution_strategy"], "enum"),
        ({"title": ...}, ["body", "title"], "missing"),
        ({"title": None}, ["body", "title"], "string_type"),
        ({"title": 7}, ["body", "title"], "string_type"),
        ({"title": ""}, ["body", "title"], "string_too_short"),
        ({"title": " \u2003"}, ["body", "title"], "blank"),
        ({"title": "x" * 501}, ["body", "title"], "string_too_long"),
        ({"title": "two\nlines"}, ["body", "title"], "control_character"),
        ({"title": "nul\x00"}, ["body", "title"], "control_character"),
        ({"title": "half \ud800 pair"}, ["body", "title"], "string_unicode"),
        ({"summary": "x" * 5001}, ["body", "summary"], "string_too_long"),
        ({"summary": "bell\x07"}, ["body", "summary"], "control_character"),
        ({"visibility": "secret"}, ["body", "visibility"], "enum"),
        ({"visibility": None}, ["body", "visibility"], "enum"),
        ({"groups": ["g"] * 21}, ["body", "groups"], "too_long"),
        ({"groups": [""]}, ["body", "groups", 0], "string_too_short"),
        ({"groups": ["x" * 129]}, ["body", "groups", 0], "string_too_long"),
        ({"resolution": "finest"}, ["body", "resolution"], "extra_forbidden"),
    ],
)
def test_a_field_that_does_not_hold_is_named(
    fakes: FakeUseCases, changes: dict[str, Any], loc: list[Any], kind: str
) -> None:
    assert (loc, kind) in refusals(ask(fakes, "POST", CREATE, body=body(**changes)))
    assert fakes.calls == []


@pytest.mark.parametrize(
    ("document", "loc", "msg", "ctx"),
    [
        ([], ["body"], "Input should be an object", {"actual": "a list of 0"}),
        (None, ["body"], "Input should be an object", None),
        (body(source_dataset_ids=[ONE, 2]), ["body", "source_dataset_ids", 1], "as a string", None),
        (body(source_dataset_ids={"a": ONE}), ["body", "source_dataset_ids"], "a valid list", {"actual": "an object"}),
        (body(title=["x"]), ["body", "title"], "a valid string", {"actual": "a list of 1"}),
        (body(target_extent=[1, 2, 3]), ["body", "target_extent"], "four numbers", {"actual": "a list of 3"}),
        (body(target_resolution=[1, 2, 3]), ["body", "target_resolution"], "two numbers", {"actual": "a list of 3"}),
        (body(add_alpha=1), ["body", "add_alpha"], "true or false", None),
    ],
)
def test_a_value_of_another_type_is_told_in_words_of_json(
    fakes: FakeUseCases, document: Any, loc: list[Any], msg: str, ctx: Any
) -> None:
    (entry,) = ask(fakes, "POST", CREATE, body=json.dumps(document)).json["detail"]
    assert entry["loc"] == loc
    assert msg in entry["msg"]
    assert entry.get("ctx") == ctx
    assert "Body" not in entry["msg"]


@pytest.mark.parametrize("title", ["x", "x" * 500, "Höhe 高さ 🗻", " padded "])
def test_titles_are_taken_as_they_are(fakes: FakeUseCases, title: str) -> None:
    fakes.answers["create_vrt"] = JOB
    assert ask(fakes, "POST", CREATE, body=body(title=title)).status == 202
    assert fakes.calls[0][1][1].title == title


def test_ten_thousand_sources_are_taken(fakes: FakeUseCases) -> None:
    fakes.answers["create_vrt"] = JOB
    ids = [an_id(str(number)) for number in range(10_000)]
    assert ask(fakes, "POST", CREATE, body=body(source_dataset_ids=ids)).status == 202
    assert fakes.calls[0][1][1].source_ids == tuple(ids)


def test_of_a_longer_list_a_manifest_is_named(fakes: FakeUseCases) -> None:
    ids = [an_id(str(number)) for number in range(10_001)]
    (entry,) = ask(fakes, "POST", CREATE, body=body(source_dataset_ids=ids)).json["detail"]
    assert entry["msg"] == "Input should have at most 10000 items, and has 10001"
    assert "manifest_uri" in entry["ctx"]["hint"]


@pytest.mark.parametrize(
    ("changes", "msg", "ctx"),
    [
        (
            {"source_dataset_ids": [ONE]},
            "Input should have at least 2 items, and has 1",
            {"min_length": 2, "actual_length": 1},
        ),
        (
            {"groups": ["x"] * 21},
            "Input should have at most 20 items, and has 21",
            {"max_length": 20, "actual_length": 21},
        ),
        (
            {"title": ""},
            "Input should have at least 1 character, and has 0",
            {"min_length": 1, "actual_length": 0},
        ),
        (
            {"title": "x" * 501},
            "Input should have at most 500 characters, and has 501",
            {"max_length": 500, "actual_length": 501},
        ),
    ],
)
def test_a_length_is_told_beside_its_limit(
    fakes: FakeUseCases, changes: dict[str, Any], msg: str, ctx: dict[str, int]
) -> None:
    (entry,) = ask(fakes, "POST", CREATE, body=body(**changes)).json["detail"]
    assert (entry["msg"], entry["ctx"]) == (msg, ctx)


def test_of_a_field_that_there_is_not_the_ones_that_there_are_are_named(fakes: FakeUseCases) -> None:
    answered = ask(fakes, "POST", CREATE, body=body(target_extend=[0, 0, 1, 1], colour="red"))
    near, far = answered.json["detail"]
    assert near["msg"] == "No field has this name; is target_extent meant?"
    assert far["msg"] == "No field has this name"
    assert {"target_extent", "title", "source_dataset_ids"} < set(near["ctx"]["expected"])
    many = {f"target_extend_{number}": 1 for number in range(20)}
    guessed = ask(fakes, "POST", CREATE, body=body(**many)).json["detail"]
    assert {entry["msg"] for entry in guessed} == {"No field has this name"}, "guessing for many takes too long"


def test_a_field_that_there_is_not_within_another_one_is_not_told_the_names_of_the_body(fakes: FakeUseCases) -> None:
    parts = [{"part_number": 1, "etag": "x", "size": 3}]
    path = f"/ingest/upload/presigned/{ONE}/complete"
    (entry,) = ask(fakes, "POST", path, body=json.dumps({"parts": parts})).json["detail"]
    assert (entry["loc"], entry["msg"]) == (["body", "parts", 0, "size"], "No field has this name")
    assert "ctx" not in entry


def test_a_field_that_has_to_be_null_is_told_in_words_of_json(fakes: FakeUseCases) -> None:
    asked = {"filename": "a.tif", "file_size": 1, "kind": "tileset", "content_type": "\n"}
    answered = ask(fakes, "POST", "/ingest/upload/presigned", body=json.dumps(asked))
    assert {entry["loc"][1]: entry["msg"] for entry in answered.json["detail"]} == {
        "kind": "Input should be null",
        "content_type": r"Input should match the pattern ^[\x20-\x7e]{1,255}$",
    }


def test_of_many_refusals_a_thousand_are_listed(fakes: FakeUseCases) -> None:
    answered = ask(fakes, "POST", CREATE, body=body(source_dataset_ids=["x"] * 5000))
    assert len(refusals(answered)) == 1000
    assert answered.json["findings_total"] == 5000


def test_a_long_value_is_not_repeated(fakes: FakeUseCases) -> None:
    entry = ask(fakes, "POST", CREATE, body=body(visibility="x" * 9000)).json["detail"][0]
    assert entry["input"] == "x" * 200


@pytest.mark.parametrize("sent", ["[]", '"text"', "7", "null", "true"])
def test_a_body_that_is_no_object_is_refused(fakes: FakeUseCases, sent: str) -> None:
    assert [loc for loc, _ in refusals(ask(fakes, "POST", CREATE, body=sent))] == [["body"]]


def test_a_body_that_was_not_sent_is_missing(fakes: FakeUseCases) -> None:
    assert refusals(ask(fakes, "POST", CREATE)) == [(["body"], "missing")]


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ("{", "line 1 column 2"),
        ('{\n "title": \n}', "line 3 column 1"),
        ('{"title": NaN}', "NaN"),
        ('{"title": -Infinity}', "-Infinity"),
        ("[" * 100_000, "deeply"),
        ("1" * 5000, "a whole number has 5000 digits; at most 1000"),
        ("", None),
        ("not json", "line 1 column 1"),
        ("{} {}", "line 1 column 4"),
    ],
)
def test_what_is_no_json_is_a_400_that_says_where(fakes: FakeUseCases, sent: str, place: str | None) -> None:
    answered = ask(fakes, "POST", CREATE, body=sent)
    if place is None:
        assert answered.status == 422
        return
    assert answered.status == 400
    assert answered.json["code"] == "malformed_json"
    assert place in answered.json["detail"]


def test_bytes_that_are_no_utf_8_are_no_json(fakes: FakeUseCases) -> None:
    from tests.unit.http.api import answer_to, event

    sent = event("POST", CREATE, body="x", is_base64=True)
    sent["body"] = base64.b64encode(b'{"title":\n"\xff"}').decode()
    answered = answer_to(fakes, sent)
    assert answered.status == 400
    assert "line 2 column 2" in answered.json["detail"]


def test_base64_that_is_damaged_is_refused(fakes: FakeUseCases) -> None:
    from tests.unit.http.api import answer_to, event

    sent = event("POST", CREATE, body="x", is_base64=True) | {"body": "####"}
    assert answer_to(fakes, sent).status == 400


def test_a_body_in_base64_is_read(fakes: FakeUseCases) -> None:
    fakes.answers["create_vrt"] = JOB
    assert ask(fakes, "POST", CREATE, body=body(), is_base64=True).status == 202


@pytest.mark.parametrize("is_base64", [False, True])
@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 422), (MAX_BODY_BYTES + 1, 413)])
def test_a_body_may_have_one_megabyte(fakes: FakeUseCases, size: int, status: int, *, is_base64: bool) -> None:
    text = '{"x":"' + "x" * (size - 8) + '"}'
    answered = ask(fakes, "POST", CREATE, body=text, is_base64=is_base64)
    assert answered.status == status
    assert len(answered.body) < 5000


def test_the_size_of_a_body_counts_bytes_not_characters(fakes: FakeUseCases) -> None:
    assert ask(fakes, "POST", CREATE, body='"' + "ä" * (MAX_BODY_BYTES // 2) + '"').status == 413


class TestOrder:
    """Size, then JSON, then 401, then 403, then fields, then the use case."""

    def test_a_large_body_is_refused_before_anything_else(self, fakes: FakeUseCases) -> None:
        assert ask(fakes, "POST", CREATE, token=None, body="x" * (MAX_BODY_BYTES + 1)).status == 413

    def test_json_comes_before_the_token(self, fakes: FakeUseCases) -> None:
        assert ask(fakes, "POST", CREATE, token=None, body="{").status == 400

    def test_the_token_comes_before_the_permission(self, fakes: FakeUseCases) -> None:
        assert ask(fakes, "POST", CREATE, token=None, body="{}").status == 401

    def test_the_permission_comes_before_the_fields(self) -> None:
        fakes = FakeUseCases(caller=principal(permissions=frozenset()))
        answered = ask(fakes, "POST", CREATE, body={"typo": 1})
        assert answered.status == 403
        assert answered.json["detail"] == "Missing permission: upload"

    def test_an_admin_may_write(self) -> None:
        fakes = FakeUseCases(caller=principal(permissions=frozenset({"admin"})), answers={"create_vrt": JOB})
        assert ask(fakes, "POST", CREATE, body=body()).status == 202

    def test_fields_come_before_the_use_case(self, fakes: FakeUseCases) -> None:
        assert ask(fakes, "POST", CREATE, body={}).status == 422
        assert fakes.calls == []


class TestIdempotencyKey:
    """A caller's promise that two requests are one."""

    def digest(self, sent: object, path: str = CREATE) -> str:
        made = Registered(raster(), created=True)
        fakes = FakeUseCases(answers={"create_vrt": JOB, "register_raster": made})
        ask(fakes, "POST", path, body=sent, headers={"iDeMpOtEnCy-KeY": "k1"})
        key = fakes.calls[0][1][2]
        assert key.key == "k1"
        digest: str = key.body_digest
        return digest

    def test_spelling_and_order_and_defaults_do_not_count(self) -> None:
        plain = self.digest(body())
        shuffled = dict(
            reversed(body(visibility="private", summary=None, source_dataset_ids=[ONE.upper(), TWO]).items())
        )
        assert self.digest(shuffled) == plain

    @pytest.mark.parametrize(
        "changes", [{"title": "Andes"}, {"source_dataset_ids": [TWO, ONE]}, {"visibility": "public"}, {"groups": ["g"]}]
    )
    def test_what_is_meant_counts(self, changes: dict[str, Any]) -> None:
        assert self.digest(body(**changes)) != self.digest(body())

    @pytest.mark.parametrize("key", ["", "x" * 256, "two words", "ключ", "tab\t"])
    def test_a_key_that_is_no_key_is_refused(self, fakes: FakeUseCases, key: str) -> None:
        answered = ask(fakes, "POST", CREATE, body=body(), headers={"Idempotency-Key": key})
        assert refusals(answered) == [(["header", "Idempotency-Key"], "invalid_idempotency_key")]


def test_a_registration_reaches_the_use_case(fakes: FakeUseCases) -> None:
    fakes.answers["register_raster"] = Registered(raster(id=ONE), created=True)
    answered = ask(fakes, "POST", REGISTER, body={"uri": "s3://b/k.tif", "title": "T", "groups": ["g"]})
    assert (answered.status, answered.json["id"]) == (201, ONE)
    assert fakes.calls[0][1][1] == RegisterRequest("s3://b/k.tif", "T", None, None, ("g",))


def test_a_known_object_answers_200(fakes: FakeUseCases) -> None:
    fakes.answers["register_raster"] = Registered(raster(id=ONE), created=False)
    assert ask(fakes, "POST", REGISTER, body={"uri": "s3://b/k.tif"}).status == 200


@pytest.mark.parametrize(
    ("sent", "loc"), [({}, "uri"), ({"uri": 1}, "uri"), ({"uri": ""}, "uri"), ({"uri": "s3://b/k", "url": "x"}, "url")]
)
def test_a_registration_s_fields_are_named(fakes: FakeUseCases, sent: dict[str, Any], loc: str) -> None:
    assert [found for found, _ in refusals(ask(fakes, "POST", REGISTER, body=sent))] == [["body", loc]]


def test_a_model_is_loaded_with_its_own_module_only() -> None:
    code = (
        "import sys; from rasterloom.http.bodies import CreateVrtBody; "
        "print(*sorted(name for name in sys.modules if name.startswith('rasterloom.http.bodies.')))"
    )
    shared = str(Path(bodies.__file__).parents[3])
    run = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": shared}, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [f"rasterloom.http.bodies.{name}" for name in ("base", "options", "vrts")]


def test_every_name_of_the_package_is_found() -> None:
    assert [name for name in bodies.__all__ if getattr(bodies, name).__name__ != name] == []
