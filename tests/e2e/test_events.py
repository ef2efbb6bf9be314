"""Every sample event, handed by the real runtime interface client to the built function, on the running stack.

The samples are as AWS sends them; a test puts a token and ids that exist in the place of the sample's own.
"""

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
import urllib3

from local import aws
from local.deploy import WATCHED_PREFIX, WATCHER
from local.runtime_api import FunctionError, RuntimeApi
from local.samples import Group
from local.state import StackState
from rasterloom.adapters.catalog_dynamodb.names import job_key
from rasterloom.services.hold_edits import Held
from rasterloom.services.mark_users import Told
from rasterloom.services.reconcile import Action
from rasterloom.services.refresh_vrts import Refreshed
from rasterloom.services.resume_bulk import ResumedBulk
from rasterloom.services.resume_deletions import Resumed
from rasterloom.services.sweep_orphans import Look
from rasterloom.services.sweep_uploads import Swept
from tests.e2e.desk import Desk, open_desk
from tests.e2e.events import (
    CHANGES,
    DATASET,
    EVENTS,
    GENERATION,
    JOB,
    OTHERS,
    PREFIX,
    PUBLIC,
    RASTERS,
    READS,
    SOURCES,
    TOKEN,
    URI,
    WITH_TOKEN,
    Pending,
    body,
    problem,
    sample,
)
from tests.e2e.functions import running_function
from tests.e2e.stack import PATIENCE, Caller, Sources, caller

type Paths = Callable[[Group], list[Path]]
type Accept = Callable[[str, dict[str, str]], Pending]
type Create = Callable[[], Pending]

COUNTED: Final = {
    *Action,
    *(f"bulk_{resumed}" for resumed in ResumedBulk),
    *(f"uploads_{swept}" for swept in Swept),
    *(f"deletions_{resumed}" for resumed in Resumed),
    *(f"edits_{held}" for held in Held),
    *(f"swept_{look}" for look in Look),
    *(f"changed_{told}" for told in Told),
    *(f"marked_{refreshed}" for refreshed in Refreshed),
}
"""What a run of the reconciler may count, whoever else uses the stack."""

KEY: Final = "bluemarble/n00e000.tif"
"""The object that the samples of S3's events name."""

SIZE: Final = r"\"file_size\": 1048576"
"""What the sample of an upload says of its file."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("functions")


@pytest.fixture(scope="module")
def desk(stack: StackState, folder: Path) -> Iterator[Desk]:
    with open_desk(stack, folder) as desk:
        yield desk


@pytest.fixture(scope="module")
def api(desk: Desk) -> RuntimeApi:
    return desk.api


@pytest.fixture(scope="module")
def builder(stack: StackState, folder: Path) -> Iterator[RuntimeApi]:
    with running_function(stack, "builder", folder) as function:
        yield function


@pytest.fixture(scope="module")
def reconciler(stack: StackState, folder: Path) -> Iterator[RuntimeApi]:
    with running_function(stack, "reconciler", folder) as function:
        yield function


@pytest.fixture(scope="module")
def registrar(stack: StackState, folder: Path) -> Iterator[RuntimeApi]:
    with running_function(stack, "registrar", folder) as function:
        yield function


@pytest.fixture(scope="module")
def token(alice: Caller) -> dict[str, str]:
    """What makes a sample event one of alice's."""
    assert alice.token is not None
    return {TOKEN: alice.token}


@pytest.fixture(scope="module")
def source_ids(alice: Caller, sources: Sources, paths: Paths) -> list[str]:
    return [alice.register(sources.put(path, path.name)) for path in paths(Group.TILES)[: len(SOURCES)]]


@pytest.fixture(scope="module")
def accept(desk: Desk, alice: Caller) -> Accept:
    return lambda name, ids: desk.accept(alice, name, ids)


@pytest.fixture(scope="module")
def create(accept: Accept, source_ids: list[str]) -> Create:
    """Replay the sample event that creates a VRT; it spells one of its ids in upper case."""
    ids = dict(zip(SOURCES, [source_ids[0].upper(), source_ids[1]], strict=True))
    return lambda: accept("http/create_vrt", ids)


@pytest.fixture(scope="module")
def built(alice: Caller, source_ids: list[str]) -> dict[str, str]:
    """What makes a sample event one about a VRT that exists, by its job and its dataset."""
    job_id = alice.create(source_ids, title="From Iceland to Lapland")
    return {JOB: job_id, DATASET: alice.wait(job_id)["dataset_id"]}


def test_every_sample_event_is_replayed_here() -> None:
    events = {file.relative_to(EVENTS).with_suffix("").as_posix() for file in EVENTS.rglob("*.json")}
    assert events - {"env"} == {*PUBLIC, *WITH_TOKEN, *OTHERS}


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_open_to_everybody_needs_no_token(api: RuntimeApi, name: str) -> None:
    answer = api.invoke(sample(name))
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, PUBLIC[name])
    assert answer["body"]


@pytest.mark.parametrize("name", WITH_TOKEN)
def test_a_sample_without_a_token_of_the_issuer_is_401(api: RuntimeApi, name: str) -> None:
    event = sample(name)
    forged = api.invoke(event)
    del event["headers"]["authorization"]
    missing = api.invoke(event)
    assert problem(forged) == problem(missing) == (401, "unauthenticated")
    assert forged["headers"]["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "name", [*READS, *CHANGES, *RASTERS, "http/cancel_job", "http/complete_upload", "http/list_registrations"]
)
def test_a_sample_about_what_does_not_exist_is_404(api: RuntimeApi, token: dict[str, str], name: str) -> None:
    status, _ = problem(api.invoke(sample(name, token)))
    assert status == 404


def test_the_sample_registration_registers_a_cog(
    api: RuntimeApi, alice: Caller, token: dict[str, str], sources: Sources, paths: Paths
) -> None:
    uri = sources.put(paths(Group.TILES)[0], "registered.tif")
    answer = api.invoke(sample("http/register_raster", {**token, URI: uri}))
    assert answer["statusCode"] == 201
    told = body(answer)
    assert told.pop("findings") == []
    assert (told["title"], told["raster"]["band_count"]) == ("Blue Marble, Africa", 3)
    assert alice.get(f"/datasets/{told['id']}").json == told


def test_the_sample_registration_of_an_object_that_is_not_allowed_registers_nothing(
    api: RuntimeApi, token: dict[str, str]
) -> None:
    assert problem(api.invoke(sample("http/register_raster", token))) == (403, "forbidden")


def test_the_samples_of_an_upload_take_a_file_and_register_it(
    api: RuntimeApi, alice: Caller, token: dict[str, str], paths: Paths
) -> None:
    content = paths(Group.TILES)[0].read_bytes()
    answer = api.invoke(sample("http/request_upload", {**token, SIZE: SIZE.replace("1048576", str(len(content)))}))
    assert answer["statusCode"] == 201
    upload = body(answer)
    assert urllib3.request("PUT", upload["urls"][0], body=content, timeout=10.0).status == 200
    done = body(api.invoke(sample("http/complete_upload", {**token, JOB: upload["job_id"]})))
    assert (done["job_id"], done["status"]) == (upload["job_id"], "complete")
    limits = body(api.invoke(sample("http/read_upload_config", token)))
    assert limits["presigned_threshold_bytes"] >= len(content)
    assert alice.get(f"/datasets/{done['dataset_id']}").json["title"] == "n00e000.tif"


def test_the_samples_of_a_bulk_registration_take_a_prefix_list_it_and_register_it(
    api: RuntimeApi, registrar: RuntimeApi, token: dict[str, str], sources: Sources, paths: Paths
) -> None:
    for path in paths(Group.TILES)[:3]:
        uri = sources.put(path, f"bulk/{path.name}")
    accepted = api.invoke(sample("http/register_rasters", {**token, PREFIX: uri.rpartition("/")[0] + "/"}))
    assert accepted["statusCode"] == 202
    job_id = body(accepted)["job_id"]
    # The stack's own registrar has these messages, too; what is done is not done again.
    assert registrar.invoke(sample("bulk_listing", {JOB: job_id})) == {"batchItemFailures": []}
    assert registrar.invoke(sample("bulk_part", {JOB: job_id})) == {"batchItemFailures": []}
    read_job = sample("http/read_job", {**token, JOB: job_id})
    deadline = time.monotonic() + PATIENCE
    while body(api.invoke(read_job))["status"] != "complete" and time.monotonic() < deadline:
        time.sleep(0.2)
    counts = body(api.invoke(read_job))["registrations"]
    assert (counts["objects"], counts["created"], counts["failed"]) == (3, 3, 0)
    page = body(api.invoke(sample("http/list_registrations", {**token, JOB: job_id})))
    assert ([each["outcome"] for each in page["results"]], page["next"]) == (["created"] * 2, "?limit=2&cursor=0.2")


def test_the_sample_creation_of_unknown_sources_names_them(api: RuntimeApi, token: dict[str, str]) -> None:
    answer = api.invoke(sample("http/create_vrt", token))
    assert problem(answer) == (422, "incompatible_sources")
    assert {finding["source_id"] for finding in body(answer)["detail"]} == {source.lower() for source in SOURCES}


def test_the_sample_creation_is_accepted_and_its_build_message_builds_it(
    api: RuntimeApi, builder: RuntimeApi, create: Create, token: dict[str, str]
) -> None:
    pending = create()
    read_job = sample("http/read_job", {**token, JOB: pending.job_id})
    assert body(api.invoke(read_job))["status"] == "pending"
    assert builder.invoke(sample("build_message", pending.fields())) == {"batchItemFailures": []}
    job = body(api.invoke(read_job))
    assert (job["status"], job["progress"], job["error_code"]) == ("complete", 1.0, None)
    dataset = body(api.invoke(sample("http/read_dataset", {**token, DATASET: job["dataset_id"]})))
    assert (dataset["title"], dataset["raster"]["status"]) == ("Blue Marble", "ready")


def test_the_samples_that_change_a_vrt_are_accepted_and_their_build_messages_build_them(
    builder: RuntimeApi, alice: Caller, accept: Accept, source_ids: list[str], sources: Sources, paths: Paths
) -> None:
    dataset_id = alice.built(source_ids)
    first = alice.get(f"/datasets/{dataset_id}/vrt/generations/").json["generations"][0]["id"]
    added = alice.register(sources.put(paths(Group.TILES)[2], "added.tif"))
    for name, ids, expected in (
        ("http/add_vrt_source", {SOURCES[0].lower(): added}, [*source_ids, added]),
        ("http/remove_vrt_source", {SOURCES[0].lower(): source_ids[0]}, [source_ids[1], added]),
        ("http/regenerate_vrt", {}, [source_ids[1], added]),
        ("http/replace_vrt_sources", {SOURCES[0].lower(): added, SOURCES[1]: source_ids[0]}, [source_ids[0], added]),
        ("http/update_vrt_options", {}, [source_ids[0], added]),
        ("http/roll_back_vrt", {GENERATION: first}, source_ids),
    ):
        pending = accept(name, {DATASET: dataset_id, **ids})
        assert builder.invoke(sample("build_message", pending.fields())) == {"batchItemFailures": []}
        assert alice.get(f"/jobs/{pending.job_id}").json["status"] == "complete"
        listed = alice.get(f"/datasets/{dataset_id}/vrt-sources/").json["sources"]
        assert [source["dataset_id"] for source in listed] == expected


def test_the_sample_trial_tells_what_the_creation_would_be_refused_for(
    api: RuntimeApi, token: dict[str, str], source_ids: list[str]
) -> None:
    unknown = body(api.invoke(sample("http/validate_vrt", token)))
    assert (unknown["valid"], [each["code"] for each in unknown["findings"]]) == (False, ["source_not_found"] * 2)
    ids = dict(zip(SOURCES, source_ids, strict=False))
    told = body(api.invoke(sample("http/validate_vrt", {**token, **ids})))
    assert (told["valid"], told["footprints_total"], told["grid"]["crs_epsg"]) == (True, 2, 4326)


def test_the_samples_about_a_job_try_it_again_and_cancel_it(
    api: RuntimeApi, reconciler: RuntimeApi, create: Create, accept: Accept, token: dict[str, str]
) -> None:
    failed = create()
    assert reconciler.invoke(sample("dead_letter", failed.fields())) == {"batchItemFailures": []}
    again = accept("http/retry_job", {JOB: failed.job_id})
    assert again.message["dataset"] == failed.message["dataset"]
    cancelled = body(api.invoke(sample("http/cancel_job", {**token, JOB: again.job_id})))
    assert (cancelled["status"], cancelled["run_id"]) == ("cancelled", again.message["generation"])


def test_the_samples_about_a_raster_edit_it_show_who_uses_it_and_delete_it(
    api: RuntimeApi, alice: Caller, token: dict[str, str], sources: Sources, paths: Paths
) -> None:
    dataset_id = alice.register(sources.put(paths(Group.TILES)[3], "edited.tif"))
    replaced = {**token, SOURCES[0].lower(): dataset_id}
    edited = api.invoke(sample("http/update_dataset", replaced))
    assert (edited["statusCode"], body(edited)["title"], body(edited)["visibility"]) == (200, "Tile 32TPS", "internal")
    assert body(api.invoke(sample("http/list_dependents", replaced))) == {"dependents": [], "hidden": 0}
    assert api.invoke(sample("http/delete_dataset", replaced))["statusCode"] == 204
    assert alice.get(f"/datasets/{dataset_id}").status == 404


def test_the_sample_clean_up_is_for_admins(stack: StackState, token: dict[str, str], tmp_path: Path) -> None:
    admin = caller(stack, permissions=("admin",)).token
    assert admin is not None
    # Not at the desk: it would send jobs of the whole stack that are due into its own queue.
    with running_function(stack, "api", tmp_path) as api:
        assert problem(api.invoke(sample("http/clean_up_stale_jobs", token))) == (403, "forbidden")
        assert api.invoke(sample("http/clean_up_stale_jobs", {TOKEN: admin}))["statusCode"] == 200


def test_a_build_message_of_an_unknown_generation_is_acknowledged(builder: RuntimeApi) -> None:
    assert builder.invoke(sample("build_message")) == {"batchItemFailures": []}


def test_a_build_message_that_is_not_understood_is_given_back(builder: RuntimeApi) -> None:
    event = sample("build_message", {GENERATION: "none"})
    message_id = event["Records"][0]["messageId"]
    assert builder.invoke(event) == {"batchItemFailures": [{"itemIdentifier": message_id}]}


def test_the_dead_letter_of_a_pending_job_fails_it(reconciler: RuntimeApi, alice: Caller, create: Create) -> None:
    pending = create()
    assert reconciler.invoke(sample("dead_letter", pending.fields())) == {"batchItemFailures": []}
    job = alice.get(f"/jobs/{pending.job_id}").json
    assert (job["status"], job["error_code"], job["can_retry"]) == ("failed", "delivery_exhausted", True)


def test_the_dead_letter_of_an_unknown_generation_is_acknowledged(reconciler: RuntimeApi) -> None:
    assert reconciler.invoke(sample("dead_letter")) == {"batchItemFailures": []}


def test_the_schedule_sends_a_job_that_is_due_again(
    stack: StackState, reconciler: RuntimeApi, alice: Caller, create: Create
) -> None:
    table = aws.client("dynamodb", stack.endpoint_url)
    # The stack's own reconciler runs every few seconds and may be first; hardly so thrice.
    for _ in range(3):
        job_id = create().job_id
        pk, sk = job_key(job_id)
        table.update_item(
            TableName=stack.table,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="SET due = :now",
            ExpressionAttributeValues={":now": {"N": "0"}},
        )
        counts = reconciler.invoke(sample("schedule"))
        assert counts.keys() <= COUNTED
        if counts.get(Action.RESENT.value):
            break
    assert counts[Action.RESENT.value] >= 1
    assert alice.wait(job_id)["status"] == "complete"


def test_the_sample_listing_has_the_callers_vrts(api: RuntimeApi, token: dict[str, str], built: dict[str, str]) -> None:
    listed = body(api.invoke(sample("http/list_datasets", token)))["datasets"]
    assert built[DATASET] in {dataset["id"] for dataset in listed}
    assert {dataset["record_type"] for dataset in listed} == {"vrt_dataset"}


def test_the_samples_about_a_vrt_read_it(
    api: RuntimeApi, token: dict[str, str], built: dict[str, str], source_ids: list[str]
) -> None:
    def read(name: str, constant: str = DATASET) -> Any:
        answer = api.invoke(sample(f"http/{name}", {**token, constant: built[constant]}))
        assert answer["statusCode"] == 200, answer
        return body(answer)

    assert (read("read_job", JOB)["status"], read("read_job", JOB)["dataset_id"]) == ("complete", built[DATASET])
    assert read("read_latest_job")["id"] == built[JOB]
    assert read("list_jobs") == {"jobs": [], "total": 0}, "the sample asks for failed ones"
    assert [each["status"] for each in read("read_job_statuses", JOB)["jobs"]] == ["complete"]
    assert read("read_dataset")["title"] == "From Iceland to Lapland"
    assert [source["dataset_id"] for source in read("list_vrt_sources")["sources"]] == source_ids
    assert [each["status"] for each in read("list_vrt_generations")["generations"]] == ["completed"]
    assert (read("read_vrt_status")["status"], read("read_vrt_status")["source_count"]) == ("ready", len(source_ids))


def test_the_sample_quicklook_is_a_picture_of_the_size_that_it_asks_for(
    api: RuntimeApi, token: dict[str, str], built: dict[str, str]
) -> None:
    answer = api.invoke(sample("http/read_quicklook", {**token, DATASET: built[DATASET]}))
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, "image/png")
    assert answer["isBase64Encoded"]
    picture = base64.b64decode(answer["body"])
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert max(int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == 512


def test_the_sample_download_leads_to_the_vrt(api: RuntimeApi, token: dict[str, str], built: dict[str, str]) -> None:
    answer = api.invoke(sample("http/download_vrt", {**token, DATASET: built[DATASET]}))
    assert answer["statusCode"] == 307
    document = urllib3.request("GET", answer["headers"]["location"], timeout=10.0).data
    assert document.startswith(b"<VRTDataset ")


def test_the_samples_of_other_formats_lead_to_them(
    api: RuntimeApi, token: dict[str, str], built: dict[str, str], source_ids: list[str]
) -> None:
    def read(name: str) -> Any:
        return api.invoke(sample(f"http/{name}", {**token, DATASET: built[DATASET]}))

    index = read("download_output")
    assert index["statusCode"] == 307
    assert urllib3.request("GET", index["headers"]["location"], timeout=10.0).data.startswith(b"SQLite format 3")
    assert body(read("locate_relative_vrt"))["s3_uri"].endswith("/source.relative.vrt")
    assert len(body(read("read_footprints"))["features"]) == len(source_ids)


def test_an_event_of_no_trigger_fails_its_invocation_and_nothing_else(api: RuntimeApi) -> None:
    with pytest.raises(FunctionError, match="KeyError: 'requestContext'"):
        api.invoke({"detail-type": "Object Created"})
    assert api.invoke(sample("http/healthz"))["statusCode"] == 200


def place_of(stack: StackState, uri: str) -> dict[str, str]:
    """What makes a sample event of S3 one of this object."""
    return {r"\"name\":\"sources\"": rf"\"name\":\"{stack.source_bucket}\"", KEY: uri.split("/", 3)[3]}


def test_events_of_s3_register_an_object_of_a_watched_place_and_mark_it_once_it_is_gone(
    stack: StackState, registrar: RuntimeApi, paths: Paths
) -> None:
    watched, watcher = Sources(stack, f"{WATCHED_PREFIX}{uuid4()}/"), caller(stack, WATCHER)
    uri = watched.put(paths(Group.TILES)[0], "tile.tif")
    place = place_of(stack, uri)
    assert registrar.invoke(sample("object_created", place)) == {"batchItemFailures": []}
    raster_id = watcher.register(uri)
    created = watcher.get(f"/datasets/{raster_id}").json
    assert (created["created_by_display"], created["raster"]["object_state"]) == (WATCHER, "present")
    # The event says that it was archived; the object, which is looked at, says that it can be read.
    assert registrar.invoke(sample("object_archived", place)) == {"batchItemFailures": []}
    assert watcher.get(f"/datasets/{raster_id}").json["raster"]["object_state"] == "present"
    watched.clear()
    assert registrar.invoke(sample("object_deleted", place)) == {"batchItemFailures": []}
    assert watcher.get(f"/datasets/{raster_id}").json["raster"]["object_state"] == "missing"
    assert watcher.request("DELETE", f"/datasets/{raster_id}").status == 204


def test_an_event_that_comes_again_brings_nothing_back_that_was_deleted_until_the_object_is_put_again(
    stack: StackState, registrar: RuntimeApi, paths: Paths
) -> None:
    watched, watcher = Sources(stack, f"{WATCHED_PREFIX}{uuid4()}/"), caller(stack, WATCHER)
    name, file = f"{uuid4()}.tif", paths(Group.TILES)[0]
    event = sample("object_created", place_of(stack, watched.put(file, name)))

    def told() -> list[str]:
        """Ids of what stands in the catalogue once the event was worked off."""
        assert registrar.invoke(event) == {"batchItemFailures": []}
        listed = watcher.get("/datasets/?record_type=raster_dataset&limit=200").json["datasets"]
        return [each["id"] for each in listed if each["title"] == name]

    (first,) = told()
    assert watcher.request("DELETE", f"/datasets/{first}").status == 204
    assert told() == told() == []
    time.sleep(1.1)  # S3 tells to the second when an object was put there
    watched.put(file, name)
    (second,) = told()
    assert second != first
    assert watcher.request("DELETE", f"/datasets/{second}").status == 204
    watched.clear()
