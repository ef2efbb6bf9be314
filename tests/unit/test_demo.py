"""The demo tells its whole story against a server that speaks the contract and an S3 on loopback."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from rich.console import Console

from local import aws, state, tokens
from local.demo import __main__ as command
from local.demo import story
from local.demo.report import Woven, describe, next_steps
from local.demo.story import Story
from local.paths import Layout
from local.samples import Group, write_samples
from local.state import StackState
from tests.support.contract_server import PNG, TOKEN, Contract, problem, serve

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:moto")


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def contract(s3_url: str) -> Iterator[Contract]:
    with serve(Contract(endpoint=s3_url)) as running:
        yield running


@pytest.fixture
def stack(contract: Contract, s3_url: str) -> StackState:
    for bucket in ("sources", "artifacts"):
        aws.s3(s3_url).create_bucket(Bucket=bucket)
    return StackState(
        name="main",
        stack_name="rasterloom-main",
        api_url=contract.url,
        endpoint_url=s3_url,
        region="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        bucket="artifacts",
        source_bucket="sources",
        table="t",
        functions={},
        queues={},
        outputs={},
        issuer="http://127.0.0.1:1",
        audience="a",
        pid=1,
        isolated=False,
        deployed="d",
        settings={},
    )


@pytest.fixture
def samples_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shared = tmp_path_factory.getbasetemp().parent / "sample-rasters"
    write_samples(shared)
    return shared


def woven(stack: StackState, folder: Path, **changes: Any) -> Woven:
    raster = {
        "epsg": 4326,
        "res_x": 1 / 15,
        "res_y": 1 / 15,
        "band_count": 3,
        "width": 1200,
        "height": 900,
        "bands": [{"index": index, "dtype": "uint8"} for index in (1, 2, 3)],
        "source_count": 12,
    }
    dataset = {"id": "d", "title": "T", "raster": raster | changes}
    return Woven(dataset, f"s3://{stack.bucket}/vrts/d/source.vrt", folder / "mosaic.png", None)


def told(stack: StackState, folder: Path, samples_folder: Path) -> str:
    written = StringIO()
    Story(stack, TOKEN, Console(file=written, width=100), folder).tell(samples_folder)
    return written.getvalue()


def test_the_story_uploads_registers_and_weaves_a_mosaic_and_a_stack(
    contract: Contract, stack: StackState, tmp_path: Path, samples_folder: Path
) -> None:
    told(stack, tmp_path / "demo", samples_folder)
    registered = [body for _, path, body in contract.requests if path == "/ingest/raster/register"]
    created = [body for _, path, body in contract.requests if path == "/ingest/vrt/create"]
    objects = aws.s3(stack.endpoint_url).list_objects_v2(Bucket="sources")["Contents"]
    assert len(registered) == 16
    assert {body["uri"] for body in registered} == {f"s3://sources/{item['Key']}" for item in objects}
    assert [(body["vrt_type"], len(body["source_dataset_ids"])) for body in created] == [
        ("mosaic", 12),
        ("band_stack", 4),
    ]


def test_the_story_ends_with_facts_pictures_and_how_to_go_on(
    stack: StackState, tmp_path: Path, samples_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = told(stack, tmp_path / "demo", samples_folder)
    for expected in (
        "Blue Marble: Europe to the Sahara\n",
        "  VRT        s3://artifacts/vrts/",
        "  size       1200 x 900 pixels\n",
        "  CRS        EPSG:4326\n",
        "  bands      3, uint8\n",
        "  quicklook  demo/mosaic.png\n",
        "  quicklook  demo/band_stack.png\n",
        "env $(cat demo/gdal.env) qgis\n",
        "make down stops the stack",
    ):
        assert expected in text
    assert (tmp_path / "demo" / "mosaic.png").read_bytes() == PNG
    assert TOKEN not in text


def test_commands_are_not_wrapped(stack: StackState, tmp_path: Path, samples_folder: Path) -> None:
    text = told(stack, tmp_path / "demo", samples_folder)
    url = next(line for line in text.splitlines() if "/vrt-sources/" in line)
    assert url.endswith(" | python3 -m json.tool")


def test_the_rasterio_command_reads_the_raster_from_s3(stack: StackState, tmp_path: Path, samples_folder: Path) -> None:
    """The VRT's place is taken by one of its tiles: what is proved is that the command and its environment work."""
    tile = samples_folder / Group.TILES / "marble_r0_c0.tif"
    aws.s3(stack.endpoint_url).put_object(Bucket="artifacts", Key="vrts/d/source.vrt", Body=tile.read_bytes())
    commands = dict(next_steps(stack, woven(stack, tmp_path), tmp_path, "demo"))
    script = commands["Read it with rasterio, straight from S3:"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    run = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=False, env=environment)
    assert run.stdout.startswith("EPSG:4326 BoundingBox(left=-20.0, bottom=55.0, right=0.0, top=75.0)"), run.stderr


def test_facts_name_every_data_type_once_and_a_missing_epsg_code(stack: StackState, tmp_path: Path) -> None:
    bands = [{"index": 1, "dtype": "uint8"}, {"index": 2, "dtype": "float32"}, {"index": 3, "dtype": "uint8"}]
    facts = dict(describe(woven(stack, tmp_path, epsg=None, bands=bands)))
    assert facts["bands"] == "3, uint8 and float32"
    assert facts["CRS"] == "without an EPSG code"


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples_folder: Path) -> Path:
    """Let the command find its folders in `tmp_path`."""
    monkeypatch.setattr("local.paths.LOCAL", tmp_path)
    monkeypatch.setattr(command, "LOCAL", tmp_path)
    monkeypatch.setattr(story, "write_samples", lambda _folder: write_samples(samples_folder))
    monkeypatch.setattr(tokens, "mint", lambda *_args, **_kwargs: TOKEN)
    return tmp_path


def test_the_command_without_a_stack_says_how_to_start_one(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not (at_home / "stack.json").exists()
    assert command.main([]) == 1
    assert "`make up` starts one" in capsys.readouterr().err


def test_the_command_succeeds_on_a_running_stack(
    at_home: Path, stack: StackState, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write(Layout(), stack)
    assert command.main([]) == 0
    assert (at_home / "demo" / "band_stack.png").exists()
    assert "Try next" in capsys.readouterr().out


def test_the_command_tells_of_the_stack_that_it_is_given(
    at_home: Path, stack: StackState, capsys: pytest.CaptureFixture[str]
) -> None:
    named = Layout("other")
    named.folder.mkdir()
    state.write(named, replace(stack, name="other"))
    assert command.main(["--name", "other"]) == 0
    assert (named.demo / "mosaic.png").exists()
    assert not (at_home / "demo").exists()
    assert "$(make -s token STACK=other USER=" in capsys.readouterr().out


def test_the_command_refuses_a_name_that_no_stack_can_have(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--name", "../x"])
    assert "stack name: expected lower-case letters" in capsys.readouterr().err


def test_the_command_on_a_stack_that_is_gone_says_how_to_bring_it_back(
    at_home: Path, stack: StackState, capsys: pytest.CaptureFixture[str]
) -> None:
    assert at_home.exists()
    state.write(Layout(), replace(stack, endpoint_url="http://127.0.0.1:9"))
    assert command.main([]) == 1
    assert "`make up` starts the stack, or brings it back" in capsys.readouterr().err


def test_the_command_shows_a_refusal_and_fails(
    at_home: Path, contract: Contract, stack: StackState, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write(Layout(), stack)
    contract.refusals = [problem(403, "missing_permission", "Missing permission: upload")]
    assert at_home.exists()
    assert command.main([]) == 1
    error = capsys.readouterr().err
    assert error.startswith(
        "error: POST /ingest/raster/register answered 403 Forbidden\n  - Missing permission: upload"
    )
    assert "Traceback" not in error
