"""Trying whether a VRT could be created: what is passed on, and what it answers."""

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import VrtType
from rasterloom.domain.findings import Finding, Severity
from rasterloom.domain.options import ResolutionStrategy, WeaveOptions
from rasterloom.domain.raster import Bounds
from rasterloom.http.present_preview import geometry
from rasterloom.services.preview_vrt import Footprint, Preview, PreviewRequest
from tests.support.factories import an_id, raster, summary
from tests.unit.http.api import FakeUseCases, ask

ONE, TWO = an_id("one"), an_id("two")
PATH = "/ingest/vrt/validate"
CLOCKWISE = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0))


def test_the_body_of_a_creation_is_a_body_of_its_trial(fakes: FakeUseCases) -> None:
    fakes.answers["preview_vrt"] = Preview((), None, (), 0)
    body = {"source_dataset_ids": [ONE.upper(), TWO], "vrt_type": "band_stack"}
    targets = {"add_alpha": None, "target_extent": [0, 0, 2, 1], "target_resolution": [1, 2]}
    more = targets | {
        "target_aligned_pixels": True,
        "resolution_strategy": "average",
        "title": "A",
        "summary": None,
        "visibility": "internal",
        "groups": ["a"],
    }
    assert ask(fakes, "POST", PATH, body=body).status == 200
    assert ask(fakes, "POST", f"{PATH}/", body=body | more).status == 200
    assert [args[1] for _, args, _ in fakes.calls] == [
        PreviewRequest((ONE, TWO), VrtType.BAND_STACK, WeaveOptions()),
        PreviewRequest(
            (ONE, TWO),
            VrtType.BAND_STACK,
            WeaveOptions(
                ResolutionStrategy.AVERAGE,
                target_extent=Bounds(0, 0, 2, 1),
                target_resolution=(1, 2),
                target_aligned_pixels=True,
            ),
            Visibility.INTERNAL,
            ("a",),
        ),
    ]


def test_fields_that_are_not_valid_are_refused_as_by_a_creation(fakes: FakeUseCases) -> None:
    body = {"source_dataset_ids": [ONE], "vrt_type": "pile", "title": ""}
    answered = ask(fakes, "POST", PATH, body=body)
    assert answered.status == 422
    assert [entry["loc"] for entry in answered.json["detail"]] == [
        ["body", "source_dataset_ids"],
        ["body", "vrt_type"],
        ["body", "title"],
    ]


def test_findings_are_an_answer_and_no_refusal(fakes: FakeUseCases) -> None:
    wrong = Finding("dtype_mismatch", TWO, 1, "dtype", "Band 1 is Byte", "UInt16", "Byte", ONE, "gdal_translate")
    fakes.answers["preview_vrt"] = Preview((wrong,) * 501, None, (), 2)
    answered = ask(fakes, "POST", PATH, body={"source_dataset_ids": [ONE, TWO], "vrt_type": "mosaic"})
    assert answered.status == 200
    told = answered.json
    assert (told["valid"], told["findings_total"], len(told["findings"]), told["grid"]) == (False, 501, 500, None)
    assert (told["findings"][0]["loc"], told["findings"][0]["code"]) == (
        ["body", "source_dataset_ids", 1],
        "dtype_mismatch",
    )


def test_a_trial_answers_grid_and_footprints(fakes: FakeUseCases) -> None:
    warning = Finding("nodata_collision", TWO, 1, "nodata", "…", severity=Severity.WARNING)
    sources = (Footprint(raster(id=ONE), 0, ((CLOCKWISE,),)), Footprint(raster(id=TWO), 1, None))
    fakes.answers["preview_vrt"] = Preview((warning,), summary(), sources, 2)
    told = ask(fakes, "POST", PATH, body={"source_dataset_ids": [ONE, TWO], "vrt_type": "mosaic"}).json
    assert told["valid"] is True
    assert {name: told["grid"][name] for name in ("width", "height", "resolution_x", "bbox", "crs_epsg")} == {
        "width": 2048,
        "height": 1024,
        "resolution_x": 10.0,
        "bbox": [500_000.0, 4_989_760.0, 520_480.0, 5_000_000.0],
        "crs_epsg": 32632,
    }
    one, two = told["footprints"]["features"]
    assert (one["id"], one["properties"]["position"], two["geometry"]) == (ONE, 0, None)
    assert told["footprints_total"] == 2


def test_outer_rings_run_counterclockwise_and_inner_ones_clockwise() -> None:
    (polygon,) = geometry(((CLOCKWISE, CLOCKWISE[::-1]),))["coordinates"]
    assert polygon == [[list(point) for point in CLOCKWISE[::-1]], [list(point) for point in CLOCKWISE]]
