"""A pytest plugin that takes terms out of the catalogue's conditions, one at a time, and asks which test notices.

Loaded with `-p tests.support.condition_mutants`, it first runs the collected tests as they are and records every
condition that they have sent. Then, for each term of each condition, it runs tests that sent the condition, without the
term, until one fails. What it found goes into the file that `RASTERLOOM_MUTANTS` names, as JSON.

The tests run on a table in memory, which is quick; that the table judges conditions as DynamoDB does is tested apart.
"""

import ast
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

import rasterloom.adapters.catalog_dynamodb as package
from rasterloom.adapters.catalog_dynamodb import Catalog, open_catalog
from rasterloom.adapters.catalog_dynamodb.values import Blobs
from rasterloom.adapters.catalog_dynamodb.writes import Delete, Put, Update
from tests.support import catalogs, table
from tests.support.condition_killers import TABLE_FILE
from tests.support.expressions import pruned, terms_of, without
from tests.support.memory_dynamo import MemoryDynamo

PACKAGE: Final = Path(str(package.__file__)).parent
FROM_TESTS: Final = {"write", "transact", ""}
"""Steps of tests themselves, which write what no step of the catalogue would."""

type Term = tuple[str, str]
"""The step that sends a condition, with the kind of item that it is about; and one term of it."""


@dataclass
class Bench:
    """What was sent by whom, and which term is missing now."""

    sent_by: dict[Term, list[str]] = field(default_factory=lambda: defaultdict(list))
    running: str = ""
    missing: Term | None = None
    made_at: set[tuple[str, int]] = field(default_factory=set)
    """Lines of the package that made a write."""


BENCH: Final = Bench()


@dataclass
class Conditioned:
    """A client that records conditions, and leaves out the term that is missing now."""

    client: Any

    def __getattr__(self, name: str) -> Any:
        """Look at writes, and pass the rest through."""
        method = getattr(self.client, name)
        judge = {"put_item": _of_put, "update_item": _of_update, "transact_write_items": _of_transaction}.get(name)
        return method if judge is None else lambda **request: method(**judge(request))


def _of_put(request: dict[str, Any]) -> dict[str, Any]:
    return _judged("Put", request)


def _of_update(request: dict[str, Any]) -> dict[str, Any]:
    return _judged("Update", request)


def _of_transaction(request: dict[str, Any]) -> dict[str, Any]:
    writes = [{verb: _judged(verb, write)} for item in request["TransactItems"] for verb, write in item.items()]
    return {**request, "TransactItems": writes}


def _judged(verb: str, request: dict[str, Any]) -> dict[str, Any]:
    expression, step = request.get("ConditionExpression"), _step()
    if not expression or step in FROM_TESTS:
        return request
    step = f"{step}: {verb} {_kind(request.get('Key') or request['Item'])}"
    for term in terms_of(expression):
        if BENCH.running not in BENCH.sent_by[step, term]:
            BENCH.sent_by[step, term].append(BENCH.running)
    if BENCH.missing is None or BENCH.missing[0] != step:
        return request
    return pruned({**request, "ConditionExpression": without(expression, BENCH.missing[1])})


def _step() -> str:
    """The method of a port that this call comes from: the outermost frame within the package."""
    frame: FrameType | None = sys._getframe()
    sender = ""
    while frame is not None:
        if frame.f_code.co_filename.startswith(str(PACKAGE)):
            sender = frame.f_code.co_qualname
        elif sender:
            break
        frame = frame.f_back
    return sender


def _kind(key: Mapping[str, Any]) -> str:
    """The kind of an item, by its key."""
    partition, sort = (key[name]["S"].partition("#")[0] for name in ("pk", "sk"))
    return partition if sort == "META" else f"{partition}/{sort}"


@contextmanager
def _catalog_in_memory(blobs: Blobs) -> Iterator[Catalog]:
    yield open_catalog(Conditioned(MemoryDynamo(remembers_tokens=False)), table.TABLE, blobs, table.AT_ONCE)  # type: ignore[arg-type]


def _record_places() -> None:
    """Note which lines of the package make a write."""
    for write in (Put, Update, Delete):
        original = write.__init__

        @wraps(original)
        def noted(self: Any, *arguments: Any, _original: Any = original, **parameters: Any) -> None:
            frame = sys._getframe(1)
            BENCH.made_at.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
            _original(self, *arguments, **parameters)

        write.__init__ = noted  # type: ignore[method-assign]


def _places() -> Iterator[tuple[str, int, int]]:
    """Every place in the package that makes a write: file, first line, last line."""
    for path in sorted(PACKAGE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"Put", "Update", "Delete"}
            ):
                yield path.name, node.lineno, node.end_lineno or node.lineno


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only what has a catalogue can notice."""
    items[:] = [item for item in items if "catalog" in getattr(item, "fixturenames", ())]


def _fails(item: pytest.Item) -> bool:
    BENCH.running = item.nodeid
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _killer(missing: Term, items: Iterable[pytest.Item]) -> str:
    BENCH.missing = missing
    try:
        return next((item.nodeid for item in items if _fails(item)), "")
    finally:
        BENCH.missing = None


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the tests as they are, then without each term."""
    known = json.loads(TABLE_FILE.read_text(encoding="utf-8")) if TABLE_FILE.exists() else {}
    broken = [item.nodeid for item in session.items if _fails(item)]
    items = {item.nodeid: item for item in session.items}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for (step, term), senders in sorted(BENCH.sent_by.items()):
        first = known.get(step, {}).get(term)
        ordered = sorted(senders, key=lambda sender: sender != first)
        found[step][term] = _killer((step, term), (items[sender] for sender in ordered))
    unmade = [f"{file}:{first}" for file, first, last in _places() if not _made(file, first, last)]
    report = {"broken": broken, "killers": found, "unmade": unmade}
    Path(os.environ["RASTERLOOM_MUTANTS"]).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return True


def _made(file: str, first: int, last: int) -> bool:
    return any(name == file and first <= line <= last for name, line in BENCH.made_at)


# Before any test asks for a catalogue.
catalogs.empty_catalog = _catalog_in_memory
_record_places()
