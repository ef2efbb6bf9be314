"""Uploads: their parts, their keys, and what they may be called."""

import pytest

from rasterloom.domain.lifecycle import JobStatus, JobStep
from rasterloom.domain.uploads import (
    FEW_PARTS,
    GIB,
    MAX_FILE_BYTES,
    MAX_PART_BYTES,
    MAX_PARTS,
    MIB,
    SINGLE_PUT_BYTES,
    filename_problem,
    job_of_key,
    part_size_of,
    upload_key,
    upload_prefix,
)
from tests.support.factories import upload

S3_SMALLEST_PART = 5 * MIB


@pytest.mark.parametrize(
    ("size", "part_size", "count"),
    [
        (1, None, 1),
        (SINGLE_PUT_BYTES, None, 1),
        (SINGLE_PUT_BYTES + 1, 8 * MIB, 2),
        (24 * MIB, 8 * MIB, 3),
        (FEW_PARTS * 8 * MIB, 8 * MIB, FEW_PARTS),
        (FEW_PARTS * 8 * MIB + 1, 9 * MIB, 445),
        (GIB * 1024, 2098 * MIB, 500),
        (FEW_PARTS * MAX_PART_BYTES, MAX_PART_BYTES, FEW_PARTS),
        (MAX_FILE_BYTES, MAX_PART_BYTES, MAX_PARTS),
    ],
)
def test_a_file_has_as_few_parts_as_fit_an_answer(size: int, part_size: int | None, count: int) -> None:
    made = upload(size_bytes=size, part_size=part_size_of(size))
    assert (made.part_size, made.part_count) == (part_size, count)


@pytest.mark.parametrize("size", [1, SINGLE_PUT_BYTES + 1, 10**9, 10**12 + 7, MAX_FILE_BYTES - 1, MAX_FILE_BYTES])
def test_the_parts_are_the_file_and_s3_takes_each(size: int) -> None:
    made = upload(size_bytes=size, part_size=part_size_of(size))
    lengths = [made.bytes_of(number) for number in range(1, made.part_count + 1)]
    assert sum(lengths) == size
    assert len(lengths) <= MAX_PARTS
    assert all(S3_SMALLEST_PART <= length <= MAX_PART_BYTES for length in lengths[:-1])
    assert 0 < lengths[-1] <= MAX_PART_BYTES


@pytest.mark.parametrize(
    "filename",
    [
        "scene.tif",
        "Ünïcödé 日本.TIFF",
        "a b (1) [x] 100%.tif",
        "\u0646\u0642\u0634\u0647\u200c\u0647\u0627.tif",
        "...a.tif",
        "x" * 251 + ".tif",
    ],
)
def test_names_of_all_languages_are_taken_as_they_are(filename: str) -> None:
    assert filename_problem(filename) is None


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("../../vrts/x.tif", "a name without a path: no slash, no backslash"),
        ("a/b.tif", "a name without a path: no slash, no backslash"),
        ("C:\\scans\\b.tif", "a name without a path: no slash, no backslash"),
        ("a\nb.tif", "a name without the character U+000A"),
        ("a\x00.tif", "a name without the character U+0000"),
        ("a\x85.tif", "a name without the character U+0085"),
        ("invoice\u202efit.tif", "a name without the character U+202E"),
        ("line\u2028.tif", "a name without the character U+2028"),
        ("lone\ud800.tif", "a name without the character U+D800"),
        ("no\ufffe.tif", "a name without the character U+FFFE"),
        (".tif", "a name before its suffix"),
        ("....tif", "a name before its suffix"),
        (" .jsonl.gz", "a name before its suffix"),
        ("ü" * 126 + ".tif", "a name of at most 255 bytes of UTF-8"),
    ],
)
def test_a_hostile_name_is_refused_with_its_reason(filename: str, expected: str) -> None:
    assert filename_problem(filename) == expected


@pytest.mark.parametrize("owner", ["alice", "../alice", "alice/..", "a#b", "", "日本", "\ud800", "x" * 2000])
def test_every_caller_has_a_folder_of_their_own_whatever_their_subject_holds(owner: str) -> None:
    prefix = upload_prefix(owner)
    assert prefix.isascii()
    assert len(prefix.split("/")) == len(("uploads", "who", ""))
    assert prefix != upload_prefix(f"{owner}x")


def test_the_key_of_an_upload_names_its_job() -> None:
    assert job_of_key(upload_key("alice", "the-job", "scene.tif")) == "the-job"


@pytest.mark.parametrize("key", ["vrts/a/b", "uploads/alice/job/x.tif", f"uploads/{'0' * 64}/x.tif"])
def test_the_key_of_another_object_names_none(key: str) -> None:
    assert job_of_key(key) is None


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (JobStatus.PENDING, JobStep.QUEUED),
        (JobStatus.RUNNING, JobStep.VALIDATING),
        (JobStatus.COMPLETE, JobStep.COMPLETE),
        (JobStatus.FAILED, JobStep.VALIDATING),
        (JobStatus.CANCELLED, JobStep.QUEUED),
    ],
)
def test_an_upload_shows_a_step_as_jobs_do_and_is_never_retried(status: JobStatus, step: JobStep) -> None:
    made = upload(status=status)
    assert (made.step, made.progress, made.is_retryable) == (step, step.progress, False)
