"""What a registration answers beside the dataset."""

from rasterloom.domain.findings import Finding, Severity
from rasterloom.services.register_raster import Registered
from tests.support.factories import an_id, raster
from tests.unit.http.api import FakeUseCases, ask

ONE = an_id("one")
PATH = "/ingest/raster/register"


def test_findings_about_a_raster_point_to_its_uri_and_refuse_nothing(fakes: FakeUseCases) -> None:
    beside = Finding("side_file_ignored", ONE, 0, "side_files", "Not used", hint="…", severity=Severity.WARNING)
    fakes.answers["register_raster"] = Registered(raster(id=ONE), created=True, findings=(beside,))
    answered = ask(fakes, "POST", PATH, body={"uri": "s3://sources/tile.tif"})
    assert answered.status == 201
    (told,) = answered.json["findings"]
    assert (told["loc"], told["code"], told["severity"]) == (["body", "uri"], "side_file_ignored", "warning")


def test_a_raster_that_is_as_it_should_be_has_no_findings(fakes: FakeUseCases) -> None:
    fakes.answers["register_raster"] = Registered(raster(id=ONE), created=False)
    answered = ask(fakes, "POST", PATH, body={"uri": "s3://sources/tile.tif"})
    assert (answered.status, answered.json["findings"]) == (200, [])
