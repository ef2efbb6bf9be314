"""Routes that change a VRT: what they pass on, and what they answer."""

from dataclasses import replace
from datetime import timedelta

from rasterloom.domain.errors import DatasetBusyError, IncompatibleSourcesError, TooFewSourcesError
from rasterloom.domain.findings import Finding
from rasterloom.domain.lifecycle import GenerationStatus
from rasterloom.ports import GenerationPage
from rasterloom.services.read_generations import Generations
from rasterloom.services.terms import NO_TERMS
from tests.support.factories import NOW, an_id, generation
from tests.unit.http.api import FakeUseCases, ask

VRT, SOURCE, JOB = an_id("vrt"), an_id("source"), an_id("job")


def test_a_change_answers_202_with_its_job_and_passes_ids_in_lower_case(fakes: FakeUseCases) -> None:
    fakes.answers |= {"add": JOB, "remove": JOB, "regenerate": JOB}
    body = {"source_dataset_id": SOURCE.upper()}
    answers = [
        ask(fakes, "POST", f"/ingest/vrt/{VRT.upper()}/sources/", body=body),
        ask(fakes, "DELETE", f"/ingest/vrt/{VRT}/sources/{SOURCE.upper()}/"),
        ask(fakes, "POST", f"/datasets/{VRT}/vrt/regenerate"),
    ]
    assert [(answer.status, answer.json["job_id"], answer.json["status"]) for answer in answers] == [
        (202, JOB, "accepted")
    ] * 3
    assert [(name, args[1:]) for name, args, _ in fakes.calls] == [
        ("add", (VRT, SOURCE, NO_TERMS)),
        ("remove", (VRT, SOURCE, NO_TERMS)),
        ("regenerate", (VRT, NO_TERMS)),
    ]


def test_one_key_on_two_resources_has_two_digests(fakes: FakeUseCases) -> None:
    fakes.answers["regenerate"] = JOB
    for vrt in (VRT, VRT.upper(), an_id("other")):
        ask(fakes, "POST", f"/datasets/{vrt}/vrt/regenerate/", headers={"Idempotency-Key": "k"})
    first, again, other = (args[2].idempotency.body_digest for _, args, _ in fakes.calls)
    assert first == again
    assert first != other


def test_a_busy_vrt_is_a_409_that_names_its_job(fakes: FakeUseCases) -> None:
    fakes.answers["regenerate"] = DatasetBusyError(VRT, JOB)
    answer = ask(fakes, "POST", f"/datasets/{VRT}/vrt/regenerate/")
    assert (answer.status, answer.json["code"], answer.json["job_id"]) == (409, "dataset_busy", JOB)
    assert answer.json["detail"]["code"] == "dataset_busy"
    assert answer.headers["retry-after"] == "2"


def test_findings_about_an_added_source_point_at_its_field(fakes: FakeUseCases) -> None:
    finding = Finding("source_not_found", SOURCE, 0, "id", "No raster dataset")
    fakes.answers["add"] = IncompatibleSourcesError([finding])
    answer = ask(fakes, "POST", f"/ingest/vrt/{VRT}/sources/", body={"source_dataset_id": SOURCE})
    assert answer.json["detail"][0]["loc"] == ["body", "source_dataset_id"]


def test_too_few_sources_is_a_422_about_the_path(fakes: FakeUseCases) -> None:
    fakes.answers["remove"] = TooFewSourcesError(VRT, 2, 2)
    answer = ask(fakes, "DELETE", f"/ingest/vrt/{VRT}/sources/{SOURCE}/")
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["path", "source_dataset_id"]
    assert "has 2 sources; at least 2 have to stay" in answer.json["detail"][0]["msg"]


def test_generations_tell_their_times_and_hide_authors_and_errors_from_strangers(fakes: FakeUseCases) -> None:
    failed = replace(
        generation(VRT),
        status=GenerationStatus.FAILED,
        started_at=NOW,
        ended_at=NOW + timedelta(seconds=2.5),
        error_message="GDAL refuses",
    )
    for is_owner in (True, False):
        fakes.answers["read_generations"] = Generations(GenerationPage((failed,), 7), is_owner=is_owner, version="1-a")
        answer = ask(fakes, "GET", f"/datasets/{VRT}/vrt/generations/", query="offset=3&limit=1").json
        (told,) = answer["generations"]
        assert (answer["total"], told["duration_seconds"], told["status"]) == (7, 2.5, "failed")
        assert (told["error_message"], told["triggered_by"]) == (
            ("GDAL refuses", failed.triggered_by) if is_owner else (None, None)
        )
    assert fakes.calls[-1][2] == {"limit": 1, "skip": 3}
