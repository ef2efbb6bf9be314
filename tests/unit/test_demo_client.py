"""The demo's client is patient with a busy server and explains every refusal."""

from collections.abc import Iterator

import pytest

from local.demo import journey
from local.demo.client import Api, ApiError, UnreachableError
from local.demo.journey import JobError
from tests.support.contract_server import TOKEN, Contract, problem, serve

BODY = {"uri": "s3://sources/a.tif", "title": "A"}


@pytest.fixture
def contract() -> Iterator[Contract]:
    with serve(Contract()) as running:
        yield running


@pytest.fixture
def api(contract: Contract) -> Api:
    return Api(contract.url, TOKEN)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_with_the_same_idempotency_key(contract: Contract, api: Api, status: int) -> None:
    contract.refusals = [problem(status, "busy", "later", {"Retry-After": "0"})] * 2
    assert journey.register(api, **BODY)
    assert [request[0] for request in contract.requests] == ["POST"] * 3
    assert len(set(contract.keys)) == 1
    assert contract.keys[0] is not None


def test_two_writes_carry_different_idempotency_keys(contract: Contract, api: Api) -> None:
    journey.register(api, **BODY)
    journey.register(api, **BODY)
    assert len(set(contract.keys)) == 2


def test_a_refusal_is_explained_entry_by_entry(contract: Contract, api: Api) -> None:
    finding = {
        "loc": ["body", "source_dataset_ids", 3],
        "msg": "expected EPSG:4326, found EPSG:32633",
        "type": "crs_mismatch",
        "ctx": {"hint": "warp it"},
    }
    contract.refusals = [problem(422, "incompatible_sources", [finding, finding | {"ctx": None, "loc": []}])]
    with pytest.raises(ApiError) as caught:
        journey.create_vrt(api, "mosaic", "t", "s", ["a", "b"])
    assert str(caught.value).splitlines() == [
        "POST /ingest/vrt/create answered 422 Unprocessable Content",
        "  - body.source_dataset_ids.3: expected EPSG:4326, found EPSG:32633 (warp it)",
        "  - expected EPSG:4326, found EPSG:32633",
        "  code: incompatible_sources",
        "  request_id: r-1",
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"message": "Forbidden"}', "Forbidden"),
        (b'{"detail": {"code": "dataset_busy", "message": "a build is running"}}', "a build is running"),
        (b"<html>Bad Gateway</html>", "<html>Bad Gateway</html>"),
        (b"", "(the answer says no more)"),
    ],
)
def test_what_a_gateway_or_a_proxy_says_is_shown_too(contract: Contract, api: Api, body: bytes, said: str) -> None:
    contract.refusals = [(502, {}, body)]
    with pytest.raises(ApiError) as caught:
        api.get("/datasets/")
    assert str(caught.value) == f"GET /datasets/ answered 502 Bad Gateway\n  - {said}"
    assert caught.value.status == 502


def test_a_server_that_stays_busy_ends_as_its_last_refusal(contract: Contract) -> None:
    contract.refusals = [problem(503, "busy", "later")] * 2
    impatient = Api(contract.url, TOKEN, attempts=1)
    with pytest.raises(ApiError, match="503 Service Unavailable"):
        impatient.get("/datasets/")
    assert len(contract.requests) == 2


def test_a_missing_token_is_explained(contract: Contract) -> None:
    with pytest.raises(ApiError, match="401 Unauthorized"):
        Api(contract.url, "another").get("/datasets/")


def test_nobody_listening_is_not_an_answer() -> None:
    with pytest.raises(UnreachableError, match=r"no answer"):
        Api("http://127.0.0.1:9", TOKEN).get("/datasets/")


def test_a_job_is_polled_when_the_server_says_until_it_is_complete(api: Api) -> None:
    slept: list[float] = []
    job_id = journey.create_vrt(api, "mosaic", "t", "s", ["a", "b"])
    seen = list(journey.watch(api, job_id, sleep=slept.append))
    assert [(job.step, job.progress) for job in seen] == [("queued", 0.0), ("building", 0.4), ("complete", 1.0)]
    assert slept == [0.0, 0.0]


def test_a_failed_job_ends_the_wait_with_its_message_and_code(contract: Contract, api: Api) -> None:
    contract.steps = (("running", "building", 0.4), ("failed", "building", 0.4))
    job_id = journey.create_vrt(api, "mosaic", "t", "s", ["a", "b"])
    with pytest.raises(JobError, match=rf"job {job_id} failed: s3://sources/a.tif is gone \(object_missing\)"):
        list(journey.watch(api, job_id))


def test_a_job_that_never_ends_is_given_up(contract: Contract, api: Api) -> None:
    contract.steps = (("running", "building", 0.4),)
    job_id = journey.create_vrt(api, "mosaic", "t", "s", ["a", "b"])
    with pytest.raises(JobError, match="expected an end within 0 s, found running at building"):
        list(journey.watch(api, job_id, patience=0.0))


def test_the_vrt_is_where_its_download_leads(contract: Contract, api: Api) -> None:
    expected = "s3://artifacts/vrts/d/g/a/source.vrt"
    assert journey.vrt_uri(api, {"id": "d", "raster": {"connect": None}}, "artifacts") == expected
    contract.endpoint, contract.bucket = "https://artifacts.s3.eu-west-1.amazonaws.com", "."
    with pytest.raises(ValueError, match="expected an object in artifacts"):
        journey.vrt_uri(api, {"id": "d", "raster": {}}, "artifacts")


def test_the_vrt_is_where_its_dataset_says_if_it_says_so(api: Api) -> None:
    dataset = {"id": "d", "raster": {"connect": {"s3_uri": "s3://b/k.vrt"}}}
    assert journey.vrt_uri(api, dataset, "artifacts") == "s3://b/k.vrt"
