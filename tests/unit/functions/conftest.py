"""The functions as Lambda loads them, over a container that only records."""

import importlib.util
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]

type Load = Callable[[str], ModuleType]
type Logged = Callable[[], list[dict[str, Any]]]
type Measured = Callable[[str], list[dict[str, Any]]]


@dataclass
class Context:
    """An invocation's context."""

    aws_request_id: str = "invocation-1"
    function_name: str = "rasterloom-test"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:rasterloom-test"
    remaining: int = 42_500

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining


@dataclass
class Sample:
    """Events of `events/`."""

    root: Path = ROOT / "events"

    def __call__(self, name: str) -> Any:
        return json.loads((self.root / f"{name}.json").read_text("utf-8"))


@dataclass
class Recorder:
    """Answers what it was given, one after the other, and keeps what it was asked."""

    answers: list[Any] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def __call__(self, *args: Any) -> Any:
        self.calls.append(args)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Logged:
    """What the functions write to their log, line by line."""
    from rasterloom.observability import logger

    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def measured(capsys: pytest.CaptureFixture[str]) -> Measured:
    """What CloudWatch is told of a metric: its dimensions and `value`, in order; may be asked for several names."""
    lines: list[dict[str, Any]] = []

    def of(name: str) -> list[dict[str, Any]]:
        lines.extend(json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line)
        found = []
        for line in lines:
            (described,) = line["_aws"]["CloudWatchMetrics"]
            if described["Metrics"][0]["Name"] == name:
                (dimensions,) = described["Dimensions"]
                found.append({each: line[each] for each in dimensions} | {"value": line[name][0]})
        return found

    return of


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def sample() -> Sample:
    return Sample()


@pytest.fixture
def load() -> Iterator[Load]:
    """Load a function's `app.py` under a name of its own, since all of them are called `app`."""
    loaded: list[str] = []

    def load_app(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"function_{name}", ROOT / "functions" / name / "app.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        loaded.append(spec.name)
        spec.loader.exec_module(module)
        return module

    yield load_app
    for name in loaded:
        del sys.modules[name]
