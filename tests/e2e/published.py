"""The published API's own generated client, and a look at all that it parsed.

The client degrades silently: what it cannot parse stays a dictionary or a text, and a field that is missing becomes
`Unset`. So every attribute of a parsed answer is held against the type that the client itself declares for it, and
against what our answer promises.
"""

import random
import sys
import time
import typing
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import geolens.models
import httpx
from attrs import fields, has
from geolens.client import AuthenticatedClient
from geolens.types import UNSET

from local.state import StackState
from rasterloom.http import answers
from tests.e2e.stack import PATIENCE

PROMISED: Final[Mapping[str, Any]] = {
    "VrtCreateResponse": answers.Accepted,
    "VrtMutationResponse": answers.Accepted,
    "UploadResponse": answers.Accepted,
    "PresignedUploadResponse": answers.PresignedUpload,
    "JobStatusResponse": answers.JobAnswer,
    "JobStatusBatchResponse": answers.JobStatusList,
    "JobStatusBatchEntry": answers.JobStatusEntry,
    "JobCancelResponse": answers.JobCancelled,
    "StaleCleanupResponse": answers.StaleCleanup,
    "DatasetListResponse": answers.DatasetList,
    "DatasetResponse": answers.DatasetAnswer,
    "GroupRef": answers.GroupAnswer,
    "RasterMetadata": answers.RasterAnswer,
    "RasterBandInfo": answers.BandAnswer,
    "VrtSourceListResponse": answers.SourceList,
    "VrtSourceItem": answers.SourceAnswer,
    "VrtStatusResponse": answers.VrtStatusAnswer,
    "VrtActiveGeneration": answers.ActiveGeneration,
    "VrtSourceHealth": answers.SourceHealthAnswer,
    "VrtGenerationListResponse": answers.GenerationList,
    "VrtGenerationItem": answers.GenerationAnswer,
    "UploadConfigResponse": answers.UploadConfig,
    "ProblemDetail": answers.Problem,
    "ProblemDetailDetailType1": None,
}
"""The client's models by name, and our answers that they parse; None where we promise no fields."""

EXTRA: Final = "additional_properties"
"""Where the client keeps the fields of an answer that it does not know."""


class Patient(httpx.HTTPTransport):
    """Waits where the stack throttles, which the generated client does not."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request until it is not throttled."""
        deadline = time.monotonic() + PATIENCE
        while True:
            response = super().handle_request(request)
            if response.status_code != 429 or time.monotonic() > deadline:
                return response
            response.close()
            time.sleep(random.uniform(0.1, 0.6))  # noqa: S311 - spreads load


def signed_in(stack: StackState, token: str | None) -> AuthenticatedClient:
    """The published client of somebody with a token."""
    assert token is not None
    return AuthenticatedClient(base_url=stack.api_url, token=token, httpx_args={"transport": Patient()})


def parsed(model: type, answer: object) -> Any:
    """What the client made of an answer, which is its own model, right down to the last field."""
    assert type(answer) is model, answer
    assert list(misparsed(answer, model)) == []
    return answer


def misparsed(value: Any, hint: Any, path: str = "") -> Iterator[str]:
    """Where a parsed answer is not what the client declares, or lacks what we promise."""
    if not _is_of(value, hint):
        yield f"{path or '.'}: {value!r} is no {hint}"
    elif isinstance(value, list):
        item = next((get_args(each)[0] for each in _choices(hint) if get_origin(each) is list), Any)
        for index, each in enumerate(value):
            yield from misparsed(each, item, f"{path}[{index}]")
    elif has(type(value)):
        yield from _misparsed_fields(value, path)


def _misparsed_fields(model: Any, path: str) -> Iterator[str]:
    module = sys.modules[type(model).__module__]
    hints = get_type_hints(type(model), vars(module) | vars(typing), vars(geolens.models))
    declared = {field.name for field in fields(type(model))} - {EXTRA}
    promise = PROMISED[type(model).__name__]
    promised: frozenset[str] = promise.__required_keys__ if promise else frozenset()
    for name in sorted(declared):
        value = getattr(model, name)
        if value is not UNSET:
            yield from misparsed(value, hints[name], f"{path}.{name}")
        elif name.removesuffix("_") in promised:
            yield f"{path}.{name}: promised, and not there"
    for name in sorted(promised - {name.removesuffix("_") for name in declared} - set(getattr(model, EXTRA))):
        yield f"{path}.{name}: promised, and not there"


def _choices(hint: Any) -> tuple[Any, ...]:
    """The types of a union; of anything else, itself."""
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


def _is_of(value: Any, hint: Any) -> bool:
    """Whether a value is of one of the types that are declared."""
    return any(_is_of_one(value, choice) for choice in _choices(hint))


def _is_of_one(value: Any, choice: Any) -> bool:
    """Whether a value is of a type. JSON has one kind of number, so a whole one is a float too; no truth is either."""
    kind = get_origin(choice) or choice
    if kind is Any:
        return True
    if kind is Literal:
        return value in get_args(choice)
    if kind is float:
        kind = (int, float)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
