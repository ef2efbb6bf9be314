"""Files that their senders put straight into the bucket of the deployed stack, with the published client too."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
import urllib3
from botocore.exceptions import ClientError
from geolens.api.datasets import (
    complete_presigned_upload_ingest_upload_presigned_job_id_complete_post as complete_upload,
)
from geolens.api.datasets import (
    request_presigned_upload_ingest_upload_presigned_post as request_upload,
)
from geolens.client import AuthenticatedClient
from geolens.models import (
    PresignedCompleteRequest,
    PresignedPartInfo,
    PresignedUploadRequest,
    PresignedUploadResponse,
    ProblemDetail,
    UploadResponse,
)

from local import aws
from local.samples import Group
from local.state import StackState
from rasterloom.adapters.catalog_dynamodb.names import job_key
from tests.e2e.rasters import read_file, read_with_gdal
from tests.e2e.stack import Answer, Caller, caller
from tests.support.cogs import make_cog

type Paths = Callable[[Group], list[Path]]

SIDE = 2560
"""Pixels of the large file."""
ORIGIN = (500_000.0, 5_200_000.0)
RESOLUTION = 10.0

PUTS = urllib3.PoolManager(retries=False, timeout=30.0)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A COG of several parts: noise does not compress."""
    path = tmp_path_factory.mktemp("cogs") / "large.tif"
    noise = np.random.default_rng(7).integers(1, 65_535, (1, SIDE, SIDE))
    make_cog(path, width=SIDE, height=SIDE, dtype="uint16", fill=noise)
    return path


@pytest.fixture(scope="module")
def geolens(stack: StackState, alice: Caller) -> Iterator[AuthenticatedClient]:
    """The published client, as alice."""
    assert alice.token is not None
    with AuthenticatedClient(base_url=stack.api_url, token=alice.token, timeout=httpx.Timeout(40.0)) as client:
        yield client


def requested(who: Caller, size: int, filename: str = "scene.tif") -> Any:
    answer = who.post("/ingest/upload/presigned", {"filename": filename, "file_size": size})
    assert answer.status == 201, answer.body
    return answer.json


def put(url: str, content: bytes) -> str:
    """Send one part as any HTTP client does, without a credential, and give its ETag."""
    answer = PUTS.request("PUT", url, body=content)
    assert answer.status == 200, answer.data
    return answer.headers["ETag"]


def sent(upload: Any, content: bytes) -> list[dict[str, Any]]:
    """Send every part, and give what completes the upload."""
    size = upload["part_size"] or len(content)
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    assert len(parts) == len(upload["urls"])
    return [
        {"part_number": number, "etag": put(url, part)}
        for number, (url, part) in enumerate(zip(upload["urls"], parts, strict=True), start=1)
    ]


def completed(who: Caller, upload: Any, parts: list[dict[str, Any]] | None = None) -> Answer:
    return who.post(f"/ingest/upload/presigned/{upload['job_id']}/complete", {"parts": parts or []})


def problems(answer: Answer) -> list[tuple[str, list[Any]]]:
    assert answer.status == 422, answer.body
    return [(entry["type"], entry["loc"]) for entry in answer.json["detail"]]


def test_a_cog_goes_up_in_parts_and_is_a_source_of_mosaics_pixel_for_pixel(
    stack: StackState, alice: Caller, large: Path, tmp_path: Path
) -> None:
    upload = requested(alice, large.stat().st_size, "large.tif")
    assert upload["part_size"] == 8 << 20
    assert len(upload["urls"]) >= 2
    assert alice.get(f"/jobs/{upload['job_id']}").json["status"] == "pending"
    answer = completed(alice, upload, sent(upload, large.read_bytes()))
    assert answer.status == 200, answer.body
    job = alice.get(f"/jobs/{upload['job_id']}").json
    assert (job["status"], job["source_filename"], job["progress"]) == ("complete", "large.tif", 1.0)
    dataset = alice.get(f"/datasets/{job['dataset_id']}").json
    assert (dataset["title"], dataset["visibility"]) == ("large.tif", "private")
    assert dataset["raster"]["size_bytes"] == large.stat().st_size
    assert dataset["raster"]["s3_uri"] == upload["s3_uri"]
    corner = (ORIGIN[0] + SIDE * RESOLUTION, ORIGIN[1])
    other = make_cog(tmp_path / "east.tif", dtype="uint16", origin=corner)
    twin = requested(alice, other.stat().st_size, "east.tif")
    sent(twin, other.read_bytes())
    east = completed(alice, twin).json["dataset_id"]
    vrt = alice.get(f"/datasets/{alice.built([job['dataset_id'], east])}").json
    told = read_with_gdal(stack, vrt["raster"]["s3_uri"].replace("s3://", "/vsis3/"), tmp_path)
    assert (told.pixels[:, :SIDE, :SIDE] == read_file(large)[0]).all()


def test_the_published_client_uploads_in_one_request_and_in_parts(
    geolens: AuthenticatedClient, alice: Caller, large: Path, paths: Paths
) -> None:
    for path in (paths(Group.TILES)[0], large):
        size = path.stat().st_size
        begun = request_upload.sync(
            client=geolens, body=PresignedUploadRequest(filename=path.name, file_size=size, content_type="image/tiff")
        )
        assert isinstance(begun, PresignedUploadResponse)
        assert isinstance(begun.job_id, UUID)
        assert (begun.part_size is None) == (begun.upload_id is None) == (len(begun.urls) == 1)
        expires = datetime.fromisoformat(begun.additional_properties["expires_at"])
        assert expires > datetime.now(UTC)
        parts = sent({"urls": begun.urls, "part_size": begun.part_size}, path.read_bytes())
        told = PresignedCompleteRequest(parts=[PresignedPartInfo(**part) for part in parts])
        done = complete_upload.sync(begun.job_id, client=geolens, body=told)
        assert isinstance(done, UploadResponse)
        assert (done.job_id, done.status) == (begun.job_id, "complete")
        again = complete_upload.sync(begun.job_id, client=geolens, body=PresignedCompleteRequest())
        assert again == done
        assert alice.get(f"/datasets/{done.additional_properties['dataset_id']}").json["title"] == path.name


def test_the_published_client_is_refused_with_a_problem_that_it_can_read(geolens: AuthenticatedClient) -> None:
    refused = request_upload.sync(
        client=geolens, body=PresignedUploadRequest(filename="city.3tz", file_size=10, kind="tiles3d")
    )
    assert isinstance(refused, ProblemDetail)
    unknown = complete_upload.sync(uuid4(), client=geolens, body=PresignedCompleteRequest())
    assert isinstance(unknown, ProblemDetail)
    assert unknown.status == 404


def test_an_upload_that_is_asked_for_again_under_its_key_is_the_same_one(alice: Caller, large: Path) -> None:
    body = {"filename": "large.tif", "file_size": large.stat().st_size}
    key = {"Idempotency-Key": str(uuid4())}
    first, again = (alice.post("/ingest/upload/presigned", body, headers=key).json for _ in range(2))
    assert (again["job_id"], again["upload_id"]) == (first["job_id"], first["upload_id"])
    other = alice.post("/ingest/upload/presigned", body | {"filename": "other.tif"}, headers=key)
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert completed(alice, first, sent(again, large.read_bytes())).status == 200
    ended = alice.post("/ingest/upload/presigned", body, headers=key)
    assert (ended.status, ended.json["code"]) == (409, "upload_ended")


def test_ten_completions_at_once_make_one_dataset(alice: Caller, large: Path) -> None:
    upload = requested(alice, large.stat().st_size)
    parts = sent(upload, large.read_bytes())
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: completed(alice, upload, parts), range(10)))
    # An emulator that assembles the object twice may answer 503 in between; it promises to be asked again.
    assert {answer.status for answer in answers} <= {200, 503}
    datasets = {answer.json["dataset_id"] for answer in answers if answer.status == 200}
    assert len(datasets) == 1
    page = alice.get(f"/jobs/?dataset_id={datasets.pop()}").json
    assert [job["id"] for job in page["jobs"]] == [upload["job_id"]]


def test_parts_that_are_missing_or_others_are_named_and_may_be_sent_again(alice: Caller, large: Path) -> None:
    content = large.read_bytes()
    upload = requested(alice, len(content))
    size = upload["part_size"]
    one = {"part_number": 1, "etag": put(upload["urls"][0], content[:size])}
    assert problems(completed(alice, upload, [{**one, "etag": "f" * 32}])) == [
        ("part_etag_mismatch", ["body", "parts", 0, "etag"]),
        *[("part_missing", ["body", "parts"])] * (len(upload["urls"]) - 1),
    ]
    assert alice.get(f"/jobs/{upload['job_id']}").json["status"] == "pending"
    assert completed(alice, upload, sent(upload, content)).status == 200


def test_a_file_that_has_not_arrived_is_named(alice: Caller) -> None:
    upload = requested(alice, 1000)
    assert problems(completed(alice, upload)) == [("part_missing", ["body", "parts"])]


def test_a_file_that_is_no_geotiff_fails_its_job(alice: Caller) -> None:
    content = b"no tiff " * 100
    upload = requested(alice, len(content), "broken.tif")
    sent(upload, content)
    assert problems(completed(alice, upload)) == [("object_unreadable", ["path", "job_id"])]
    job = alice.get(f"/jobs/{upload['job_id']}").json
    assert (job["status"], job["error_code"], job["can_retry"]) == ("failed", "object_unreadable", False)
    assert [finding["loc"] for finding in job["findings"]] == [["path", "job_id"]]
    answer = completed(alice, upload)
    assert (answer.status, answer.json["code"]) == (409, "upload_ended")
    retry = alice.post(f"/jobs/{upload['job_id']}/retry", {})
    assert (retry.status, retry.json["code"]) == (409, "job_not_retryable")


@pytest.mark.parametrize("filename", ["Zürich 日本 (100%) #1 & +.tif", " lead 'n' \"trail\" .TIFF", "😀.tif"])
def test_a_file_of_any_name_is_that_object(alice: Caller, paths: Paths, filename: str) -> None:
    content = paths(Group.TILES)[0].read_bytes()
    upload = requested(alice, len(content), filename)
    assert upload["s3_key"].endswith(f"/{upload['job_id']}/{filename}")
    sent(upload, content)
    dataset = alice.get(f"/datasets/{completed(alice, upload).json['dataset_id']}").json
    assert (dataset["title"], dataset["raster"]["s3_uri"]) == (filename, upload["s3_uri"])


def test_another_callers_upload_looks_like_none_and_its_object_is_not_theirs(
    stack: StackState, alice: Caller, paths: Paths
) -> None:
    content = paths(Group.TILES)[0].read_bytes()
    upload = requested(alice, len(content))
    sent(upload, content)
    bob, reader = caller(stack), caller(stack, permissions=())
    unknown = f"/ingest/upload/presigned/{uuid4()}/complete"
    for answer in (completed(bob, upload), bob.post(unknown, {})):
        assert (answer.status, answer.json["code"]) == (404, "not_found")
    for body in ({"uri": upload["s3_uri"]}, {"uri": upload["s3_uri"].rsplit("/uploads/")[0] + "/vrts/x/source.vrt"}):
        assert bob.post("/ingest/raster/register", body).status == 403
    assert completed(reader, upload).status == 403
    assert reader.post("/ingest/upload/presigned", {"filename": "a.tif", "file_size": 1}).status == 403
    assert alice.post("/ingest/raster/register", {"uri": upload["s3_uri"]}).status == 201


def test_a_cancelled_upload_takes_no_part_any_more(stack: StackState, alice: Caller, large: Path) -> None:
    upload = requested(alice, large.stat().st_size)
    put(upload["urls"][0], large.read_bytes()[: upload["part_size"]])
    answer = alice.post(f"/jobs/{upload['job_id']}/cancel", {})
    assert answer.json == {"id": upload["job_id"], "status": "cancelled", "run_id": None, "already": False}
    with pytest.raises(ClientError, match="NoSuchUpload"):
        aws.s3(stack.endpoint_url).list_parts(Bucket=stack.bucket, Key=upload["s3_key"], UploadId=upload["upload_id"])
    statuses = alice.post("/jobs/status/", {"job_ids": [upload["job_id"]]}).json["jobs"]
    assert [entry["status"] for entry in statuses] == ["cancelled"]
    assert completed(alice, upload).json["code"] == "upload_ended"


def test_what_nobody_completes_is_removed_by_the_reconciler(stack: StackState, alice: Caller, paths: Paths) -> None:
    content = paths(Group.TILES)[0].read_bytes()
    left, kept = (requested(alice, len(content)) for _ in range(2))
    for upload in (left, kept):
        sent(upload, content)
    dataset_id = completed(alice, kept).json["dataset_id"]
    assert alice.request("DELETE", f"/datasets/{dataset_id}").status == 204
    s3, table = aws.s3(stack.endpoint_url), aws.client("dynamodb", stack.endpoint_url)
    for upload in (left, kept):
        pk, sk = job_key(upload["job_id"])
        table.update_item(
            TableName=stack.table,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="SET due = :now",
            ExpressionAttributeValues={":now": {"N": "0"}},
        )
    assert alice.wait(left["job_id"])["error_code"] == "upload_expired"
    for upload in (left, kept):
        _until_gone(s3, stack.bucket, upload["s3_key"])


def _until_gone(s3: Any, bucket: str, key: str) -> None:
    waiter = s3.get_waiter("object_not_exists")
    waiter.wait(Bucket=bucket, Key=key, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
