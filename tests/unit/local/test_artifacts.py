"""What a function gets to see: merged layers, a clean environment, its own code."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from local import bootstrap, trees

_CLIENT = "import json, os, sys; print(json.dumps([dict(os.environ), sys.argv[1], sys.path]))"


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_later_layers_win_and_both_are_there(tmp_path: Path) -> None:
    gdal = _tree(tmp_path / "gdal", {"python/six.py": "old", "lib/libgdal.so": "so"})
    own = _tree(tmp_path / "own", {"python/six.py": "new", "python/rasterloom/__init__.py": ""})
    trees.overlay([gdal, own], tmp_path / "opt")
    assert (tmp_path / "opt/python/six.py").read_text() == "new"
    assert (tmp_path / "opt/lib/libgdal.so").read_text() == "so"
    assert (tmp_path / "opt/python/rasterloom/__init__.py").exists()
    assert (gdal / "python/six.py").read_text() == "old"


def test_byte_code_is_deployed_but_does_not_count_as_a_source(tmp_path: Path) -> None:
    source = _tree(tmp_path / "layer", {"python/a.py": "a"})
    before = trees.digest([source], source)
    _tree(source, {"python/__pycache__/a.pyc": "x"})
    assert trees.digest([source], source) == before
    trees.overlay([source], tmp_path / "opt")
    assert (tmp_path / "opt/python/__pycache__/a.pyc").exists()


def test_a_digest_tells_contents_names_and_executable_bits_apart(tmp_path: Path) -> None:
    one = _tree(tmp_path / "one", {"a": "x", "b": "y"})
    digests = {trees.digest([one], one)}
    (one / "a").write_text("z")
    digests.add(trees.digest([one], one))
    (one / "a").rename(one / "c")
    digests.add(trees.digest([one], one))
    (one / "c").chmod(0o755)
    digests.add(trees.digest([one], one))
    assert len(digests) == 4


def test_deployed_files_outlive_the_build(tmp_path: Path) -> None:
    built = _tree(tmp_path / "build", {"app.py": "first"})
    trees.overlay([built], tmp_path / "deploy")
    (built / "app.py").unlink()
    (built / "app.py").write_text("second")
    assert (tmp_path / "deploy/app.py").read_text() == "first"


@pytest.fixture
def started(tmp_path: Path) -> tuple[dict[str, str], list[str]]:
    """The environment and search path in which a plain process starts, with a stand-in for the runtime client."""
    runtime = _tree(tmp_path / "runtime", {"awslambdaric/__init__.py": "", "awslambdaric/__main__.py": _CLIENT})
    layers = _tree(tmp_path / "layers", {"python/six.py": ""})
    task = _tree(tmp_path / "task", {"app.py": ""})
    script = task / "bootstrap"
    script.write_text(bootstrap.render(["TABLE_NAME", "ALLOWED"], layers, runtime, isolated=False))
    script.chmod(0o755)
    env = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(tmp_path),
        "HOME": "/home/someone",
        "SECRET_OF_THE_HOST": "x",
        "AWS_LAMBDA_FUNCTION_NAME": "api",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1",
        "_HANDLER": "app.handler",
        "TABLE_NAME": "catalog",
        "ALLOWED": '[{"bucket": "a b",\n"prefix": ""}]',
    }
    done = subprocess.run([str(script)], env=env, cwd=task, capture_output=True, text=True, check=True)
    variables, handler, path = json.loads(done.stdout)
    assert handler == "app.handler"
    return variables, path


def test_a_function_gets_its_own_variables_unchanged_and_none_of_the_host(
    started: tuple[dict[str, str], list[str]],
) -> None:
    variables, _ = started
    assert variables["TABLE_NAME"] == "catalog"
    assert variables["ALLOWED"] == '[{"bucket": "a b",\n"prefix": ""}]'
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert not {"HOME", "SECRET_OF_THE_HOST"} & variables.keys()


def test_a_function_finds_its_layers_before_the_runtime_and_no_packages_of_the_host(
    started: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    _, path = started
    assert path.index(str(tmp_path / "layers/python")) < path.index(str(tmp_path / "runtime"))
    assert not [entry for entry in path if "site-packages" in entry]
