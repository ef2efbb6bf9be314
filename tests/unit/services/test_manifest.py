"""Manifests: lists of sources on S3, read with the caller's right, each refusal naming its line."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from rasterloom.domain.access import Principal, Visibility
from rasterloom.domain.dataset import RasterDataset, VrtType
from rasterloom.domain.errors import (
    ForbiddenError,
    IncompatibleSourcesError,
    InvalidInputError,
    ObjectMissingError,
    ObjectUnreadableError,
)
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.options import WeaveOptions
from rasterloom.domain.refusals import MOST_TOLD, InvalidInputsError
from rasterloom.http.present_preview import preview_answer
from rasterloom.http.problems import at_job, problem
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.preview_vrt import PreviewRequest
from rasterloom.services.read_manifest import MAX_MANIFEST_BYTES, MOST_MEMBERS, Manifest, ReadManifest
from rasterloom.services.staged_sources import read_staged
from tests.support.factories import band, principal, profile
from tests.support.uploads import BUCKET
from tests.support.world import MOST_IN_TESTS, World
from tests.unit.services.test_uploads import requested

ALICE = principal()
LIST = ObjectRef("lists", "survey.jsonl")
IDS = [str(UUID(int=number)) for number in range(1, 8)]


def read(world: World, content: bytes | str, ref: ObjectRef = LIST, who: Principal = ALICE) -> Manifest:
    world.objects.texts[ref] = content.encode() if isinstance(content, str) else content
    return world.create.read_manifest(who, ref.uri)


def refused(world: World, content: bytes | str) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        read(world, content)
    return caught.value


def every_refusal(world: World, content: bytes | str) -> InvalidInputsError:
    with pytest.raises(InvalidInputsError) as caught:
        read(world, content)
    assert all(error.data["expected"] for error in caught.value.errors)
    return caught.value


def lines_refused(world: World, content: str) -> list[tuple[str, tuple[str | int, ...], object]]:
    """(code, loc, found) of every line that is refused."""
    return [(error.reason, error.loc, error.data["actual"]) for error in every_refusal(world, content).errors]


def request(uri: str = LIST.uri, **changes: object) -> CreateRequest:
    values: dict[str, object] = {"vrt_type": VrtType.MOSAIC, "options": WeaveOptions(), "title": "Survey"}
    return CreateRequest(source_ids=(), manifest_uri=uri, **{**values, **changes})  # type: ignore[arg-type]


def listing(rasters: list[RasterDataset]) -> bytes:
    return "\n".join(json.dumps({"source_dataset_id": raster.id}) for raster in rasters).encode()


# --- reading one ---


def test_a_line_is_an_object_with_one_field_or_only_its_text(world: World) -> None:
    text = f'{{"source_dataset_id": "{IDS[0]}"}}\n"{IDS[1]}"\n  {{ "source_dataset_id" : "{IDS[2]}" }}  \n'
    assert read(world, text) == Manifest(tuple(IDS[:3]), (1, 2, 3))


def test_empty_lines_are_skipped_and_counted(world: World) -> None:
    assert read(world, f'\n"{IDS[0]}"\r\n\r\n  \n"{IDS[1]}"') == Manifest((IDS[0], IDS[1]), (2, 5))


def test_ids_may_be_in_upper_case_and_the_text_may_begin_with_a_byte_order_mark(world: World) -> None:
    mixed = "ABCDEF00-0000-4000-8000-000000000001"
    assert read(world, f'\ufeff"{mixed}"\n"{IDS[0]}"').source_ids == (mixed.lower(), IDS[0])


def test_a_gzipped_manifest_is_read_whatever_its_name(world: World) -> None:
    text = "\n".join(json.dumps(each) for each in IDS).encode()
    halves = gzip.compress(text[:100], mtime=0) + gzip.compress(text[100:])
    for packed in (gzip.compress(text, mtime=0), halves):
        assert read(world, packed).source_ids == tuple(IDS)


def test_every_line_that_names_no_source_is_named(world: World) -> None:
    one, two = IDS[:2]
    text = "\n".join(
        [
            f'"{one}"',
            one,
            f'{{"source_dataset_id": "{two}", "position": 1}}',
            f'{{"dataset_id": "{two}"}}',
            '["a"]',
            '"not-a-uuid"',
            f'"{{{two}}}"',
            "17",
            f'"{two}"',
        ]
    )
    assert [(code, loc) for code, loc, _ in lines_refused(world, text)] == [
        ("manifest_line", ("body", "manifest_uri", number)) for number in (2, 3, 4, 5, 6, 7, 8)
    ]
    assert lines_refused(world, text)[0][2] == one


def test_a_long_line_is_not_repeated_whole(world: World) -> None:
    ((_, _, found),) = lines_refused(world, "x" * 100_000)
    assert found == "x" * 120


def test_a_line_that_is_nested_without_end_is_refused_like_any_other(world: World) -> None:
    assert [loc[-1] for _, loc, _ in lines_refused(world, "[" * 200_000)] == [1]


def test_a_repetition_is_named_with_both_lines(world: World) -> None:
    with pytest.raises(InvalidInputsError) as caught:
        read(world, f'"{IDS[0]}"\n"{IDS[1]}"\n\n"{IDS[0]}"\n{{"source_dataset_id": "{IDS[0]}"}}')
    told = [(error.reason, error.loc[-1], error.message) for error in caught.value.errors]
    assert told == [
        ("duplicate_source", 4, f"Line 4 repeats source {IDS[0]}, which is on line 1"),
        ("duplicate_source", 5, f"Line 5 repeats source {IDS[0]}, which is on line 1"),
    ]


@pytest.mark.parametrize(("count", "taken"), [(0, False), (1, False), (2, True), (50, True), (51, False)])
def test_a_manifest_lists_as_many_sources_as_a_request_can_hold(world: World, count: int, *, taken: bool) -> None:
    text = "\n".join(f'"{UUID(int=number)}"' for number in range(count))
    if taken:
        assert len(read(world, text).source_ids) == count
    else:
        told = count if count < MOST_IN_TESTS else f"more than {MOST_IN_TESTS}"
        error = refused(world, text) if count < MOST_IN_TESTS else every_refusal(world, text).errors[0]
        assert (error.reason, error.loc) == ("source_count", ("body", "manifest_uri"))
        assert (error.data["expected"], error.data["actual"]) == (f"2 to {MOST_IN_TESTS}", told)


@pytest.mark.parametrize("packing", [bytes, gzip.compress])
def test_of_lines_that_are_wrong_in_masses_the_first_are_told_and_no_more_read_than_may_be_listed(
    world: World, packing: Callable[[bytes], bytes]
) -> None:
    most = 2 * MOST_TOLD
    world.objects.texts[LIST] = packing(b"x\n\n" * (MAX_MANIFEST_BYTES // 3))
    reader = world.create.read_manifest
    assert isinstance(reader, ReadManifest)
    with pytest.raises(InvalidInputsError, match=f"^{most + 1} places") as caught:
        replace(reader, most=most)(ALICE, LIST.uri)
    first, *lines = caught.value.errors
    assert (first.reason, first.loc) == ("source_count", ("body", "manifest_uri"))
    assert (
        f"has more than {most} lines that are not empty; it was not read from line {2 * most + 1} on" in first.message
    )
    assert [error.loc[-1] for error in lines] == [2 * number + 1 for number in range(MOST_TOLD)]
    answer = json.loads(problem(caught.value, "r").body)
    assert (answer["status"], answer["findings_total"], len(answer["detail"])) == (422, most + 1, MOST_TOLD)


def test_all_lines_that_are_wrong_are_counted_where_no_more_are_listed_than_may_be(world: World) -> None:
    error = every_refusal(world, "x\n" * MOST_IN_TESTS)
    assert (error.total, {each.reason for each in error.errors}) == (MOST_IN_TESTS, {"manifest_line"})


def test_a_line_may_have_every_character_escaped_and_is_not_read_when_it_is_longer_than_any(world: World) -> None:
    field, value = ("".join(f"\\u{ord(each):04x}" for each in text) for text in ("source_dataset_id", IDS[0]))
    assert read(world, f'{{ "{field}" : "{value}" }}\n"{IDS[1]}"').source_ids == (IDS[0], IDS[1])
    long = f'{{"source_dataset_id": {" " * 1_000}"{IDS[2]}"}}'
    assert [loc[-1] for _, loc, _ in lines_refused(world, f'"{IDS[0]}"\n{long}')] == [2]


def test_pieces_of_a_gzipped_manifest_are_bounded_for_each_may_hold_nothing(world: World) -> None:
    text = f'"{IDS[0]}"\n"{IDS[1]}"'.encode()
    pieces = gzip.compress(b"", mtime=0) * (MOST_MEMBERS - 1) + gzip.compress(text, mtime=0)
    assert read(world, pieces).source_ids == (IDS[0], IDS[1])
    assert refused(world, gzip.compress(b"", mtime=0) + pieces).reason == "manifest_unreadable"


def test_bytes_are_bounded_packed_and_unpacked(world: World) -> None:
    bomb = gzip.compress(b"\n" * (MAX_MANIFEST_BYTES + 1))
    assert len(bomb) < MAX_MANIFEST_BYTES / 500
    for content in (b"\n" * (MAX_MANIFEST_BYTES + 1), bomb):
        assert refused(world, content).reason == "manifest_too_large"
    assert refused(world, gzip.compress(b"\n" * MAX_MANIFEST_BYTES, mtime=0)).reason == "source_count"


def test_text_that_is_no_utf_8_is_named_by_its_line(world: World) -> None:
    error = refused(world, f'"{IDS[0]}"\n"'.encode() + b'\xff"')
    assert (error.reason, error.loc, error.data["actual"]) == (
        "manifest_line",
        ("body", "manifest_uri", 2),
        "byte 0xff",
    )


@pytest.mark.parametrize("content", [b"\x1f\x8bnonsense", gzip.compress(b"x" * 100, mtime=0)[:20]])
def test_a_broken_gzip_is_refused(world: World, content: bytes) -> None:
    assert refused(world, content).reason == "manifest_unreadable"


def test_a_manifest_that_is_not_there_is_told_at_its_field(world: World) -> None:
    with pytest.raises(InvalidInputError) as caught:
        world.create.read_manifest(ALICE, "s3://lists/nothing.jsonl")
    assert (caught.value.reason, caught.value.loc) == ("object_missing", ("body", "manifest_uri"))


def test_a_manifest_that_may_not_be_read_is_told_at_its_field(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise ObjectUnreadableError(LIST.uri, "may not be read")

    monkeypatch.setattr(world.objects, "read_source", forbidden)
    with pytest.raises(InvalidInputError) as caught:
        world.create.read_manifest(ALICE, LIST.uri)
    assert (caught.value.reason, caught.value.loc) == ("object_unreadable", ("body", "manifest_uri"))


@pytest.mark.parametrize("uri", ["lists/survey.jsonl", "https://lists/survey.jsonl", "s3://lists", "s3://", ""])
def test_what_is_no_s3_uri_is_told_at_its_field(world: World, uri: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        world.create.read_manifest(ALICE, uri)
    assert (caught.value.reason, caught.value.loc) == ("invalid_uri", ("body", "manifest_uri"))


# --- whose ---


@pytest.mark.parametrize("ref", [ObjectRef("elsewhere", "survey.jsonl"), ObjectRef(BUCKET, "staging/a/b.json.gz")])
def test_a_manifest_lies_where_rasters_may_be_registered_from(world: World, ref: ObjectRef) -> None:
    with pytest.raises(ForbiddenError):
        read(world, f'"{IDS[0]}"\n"{IDS[1]}"', ref)


def test_a_manifest_may_be_an_upload_of_the_callers_own(world: World) -> None:
    upload = requested(world, name="survey.jsonl")
    text = f'"{IDS[0]}"\n"{IDS[1]}"'
    assert read(world, text, ObjectRef(BUCKET, upload.key)).source_ids == (IDS[0], IDS[1])
    with pytest.raises(ForbiddenError):
        read(world, text, ObjectRef(BUCKET, upload.key), principal("bob"))


# --- creating of one ---


def test_a_vrt_is_made_of_what_a_manifest_lists_in_its_order(world: World) -> None:
    rasters = world.registered(3)
    world.objects.texts[LIST] = listing(rasters[::-1])
    job_id = world.create(ALICE, request())
    staged = read_staged(world.objects, str(world.generation(job_id).change.staged_key))
    assert [source.id for source in staged.sources] == [raster.id for raster in rasters[::-1]]


def test_findings_about_sources_point_to_their_lines(world: World) -> None:
    one, two = world.registered(2)
    (other,) = world.registered(1, profile=profile(bands=(band(dtype="Float32"),)))
    del world.objects.sources[two.ref]
    world.objects.texts[LIST] = b"\n" + listing([one, two]) + b"\n\n\n" + listing([other])
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.create(ALICE, request())
    found = [(finding.code, finding.line) for finding in caught.value.findings]
    assert found == [("object_missing", 3), ("dtype_mismatch", 6)]


def test_a_trial_reads_the_manifest_and_tells_the_line_of_each_finding(world: World) -> None:
    (one,) = world.registered(1)
    (other,) = world.registered(1, profile=profile(bands=(band(dtype="Float32"),)))
    world.objects.texts[LIST] = b"\n" + listing([one]) + b"\n\n" + listing([other])
    told = world.preview(ALICE, PreviewRequest((), VrtType.MOSAIC, WeaveOptions(), manifest_uri=LIST.uri))
    assert [entry["loc"] for entry in preview_answer(told)["findings"]] == [["body", "manifest_uri", 4]]


def test_a_vrt_of_a_manifest_is_not_more_visible_than_its_sources(world: World) -> None:
    world.objects.texts[LIST] = listing(world.registered(2))
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.create(ALICE, request(visibility=Visibility.PUBLIC))
    assert {finding.code for finding in caught.value.findings} == {"visibility_exceeds_source"}


def test_what_a_job_of_a_manifest_tells_points_to_lines_and_its_retry_too(world: World) -> None:
    rasters = world.registered(3, profile=profile(layout=None, tiled=True, side_files=(".ovr",)))
    world.objects.texts[LIST] = listing(rasters[:1]) + b"\n\n \n" + listing(rasters[1:])
    job_id = world.create(ALICE, request())
    assert {finding.line for finding in world.job(job_id).findings} == {1, 4, 5}
    stat = world.objects.sources[rasters[1].ref]
    world.objects.sources[rasters[1].ref] = ObjectMissingError(rasters[1].ref.uri)
    world.run()
    told = {(finding.index, finding.line) for finding in world.job(job_id).findings if finding.code == "object_missing"}
    assert told == {(1, 4)}
    world.objects.sources[rasters[1].ref] = stat
    again = world.retry(ALICE, job_id)
    assert {finding.line for finding in world.job(again).findings} == {1, 4, 5}


def test_the_refusal_of_a_retry_points_to_lines_as_that_of_the_request_does(world: World) -> None:
    one, two = world.registered(2)
    world.objects.texts[LIST] = listing([one]) + b"\n\n\n" + listing([two])
    job_id = world.create(ALICE, request())
    del world.objects.sources[two.ref]
    world.run()
    with pytest.raises(IncompatibleSourcesError) as caught:
        world.retry(ALICE, job_id)
    assert [(finding.code, at_job(finding)) for finding in caught.value.findings] == [
        ("object_missing", ("body", "manifest_uri", 4))
    ]


def test_a_list_in_the_request_has_no_lines(world: World) -> None:
    job_id = world.created(world.registered(2, profile=profile(layout=None, tiled=True, side_files=(".ovr",))))
    assert {finding.line for finding in world.job(job_id).findings} == {None}


def test_without_upload_no_manifest_is_read(world: World) -> None:
    with pytest.raises(ForbiddenError, match="Missing permission"):
        world.create(principal(permissions=frozenset()), request("s3://lists/nothing.jsonl"))
