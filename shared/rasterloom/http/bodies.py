"""Bodies that routes take. Only routes with a body load this module, and pydantic with it."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from rasterloom.domain.access import Visibility
from rasterloom.domain.dataset import ResolutionStrategy, VrtType
from rasterloom.http.errors import FieldsError
from rasterloom.http.findings import jsonable
from rasterloom.services.create_vrt import CreateRequest
from rasterloom.services.edit_dataset import EditRequest
from rasterloom.services.register_raster import RegisterRequest

MAX_SOURCES: Final = 10_000
MAX_GROUPS: Final = 20
MAX_JOBS: Final = 100
MAX_ECHO: Final = 200
"""Characters of a refused value that an answer repeats."""

_LINE_BREAKS: Final = frozenset("\n\r\t")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "Input should not be blank")
    return text


def _one_line(text: str) -> str:
    return _without_control(text, frozenset())


def _lines(text: str) -> str:
    return _without_control(text, _LINE_BREAKS)


def _without_control(text: str, allowed: frozenset[str]) -> str:
    for position, char in enumerate(text):
        if unicodedata.category(char) == "Cc" and char not in allowed:
            context = {"character": f"U+{ord(char):04X}", "position": position}
            raise PydanticCustomError(
                "control_character", "Input has the control character {character} at {position}", context
            )
    return text


type Title = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_one_line), AfterValidator(_not_blank)]
type Summary = Annotated[str, Field(max_length=5000), AfterValidator(_lines)]
type Group = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_one_line), AfterValidator(_not_blank)]
type Groups = Annotated[list[Group], Field(max_length=MAX_GROUPS)]


class Body(BaseModel):
    """Base of all bodies: a field that is not known is refused, so that a typo never silently changes anything."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class RegisterRasterBody(Body):
    """One COG on S3 to be registered."""

    uri: Annotated[str, Field(min_length=1, max_length=2048, examples=["s3://bucket/scenes/one.tif"])]
    """`s3://bucket/key`; nothing in the key is decoded."""
    title: Title | None = None
    """The last part of the key if none is given."""
    summary: Summary | None = None
    visibility: Visibility | None = None
    """`private` if none is given."""
    groups: Groups | None = None
    """Groups that may read the dataset while it is `restricted`."""

    def request(self) -> RegisterRequest:
        """What the use case takes."""
        groups = None if self.groups is None else tuple(self.groups)
        return RegisterRequest(self.uri, self.title, self.summary, self.visibility, groups)


class CreateVrtBody(Body):
    """A VRT to be woven of registered rasters."""

    source_dataset_ids: Annotated[list[UUID], Field(min_length=2, max_length=MAX_SOURCES)]
    """Ids of raster datasets; of sources that overlap, the later one is on top. Each may be listed once."""
    vrt_type: VrtType
    """`mosaic` lays sources side by side; `band_stack` makes one band of each source of one band, on one grid."""
    resolution_strategy: ResolutionStrategy
    """Which pixel size a mosaic takes when its sources differ."""
    title: Title
    summary: Summary | None = None
    visibility: Visibility = Visibility.PRIVATE
    """Not wider than that of the least visible source."""
    groups: Groups = []
    """Groups that may read the VRT while it is `restricted`."""

    def request(self) -> CreateRequest:
        """What the use case takes."""
        return CreateRequest(
            source_ids=tuple(str(source) for source in self.source_dataset_ids),
            vrt_type=self.vrt_type,
            strategy=self.resolution_strategy,
            title=self.title,
            summary=self.summary,
            visibility=self.visibility,
            groups=tuple(self.groups),
        )


class JobStatusBody(Body):
    """Jobs to be told of."""

    job_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_JOBS)]
    """Ids that are repeated are answered once."""


class UpdateDatasetBody(Body):
    """What shall change of a dataset: at least one field. What is left out, or null, stays as it is."""

    title: Title | None = None
    summary: Summary | None = None
    """Null takes it away."""
    visibility: Visibility | None = None
    """Of a VRT, not wider than its least visible source's; of a raster, not narrower than that of VRTs that use it."""
    groups: Groups | None = None
    """Groups that may read the dataset while it is `restricted`."""

    @model_validator(mode="after")
    def _require_something(self) -> Self:
        if "summary" not in self.model_fields_set and not any((self.title, self.visibility, self.groups is not None)):
            raise PydanticCustomError("nothing_to_change", "Input should change at least one field")
        return self

    def request(self) -> EditRequest:
        """What the use case takes."""
        return EditRequest(
            title=self.title,
            summary=self.summary,
            clears_summary=self.summary is None and "summary" in self.model_fields_set,
            visibility=self.visibility,
            groups=None if self.groups is None else tuple(self.groups),
        )


class DeleteDatasetBody(Body):
    """The confirmation of a deletion."""

    confirm_title: str | None = None
    """The dataset's title; with another one nothing is deleted."""


class AddSourceBody(Body):
    """A source to be appended to a VRT."""

    source_dataset_id: UUID
    """Id of a raster dataset."""


def validated[M: BaseModel](model: type[M], document: object) -> M:
    """Hold a JSON document against a model.

    Raises:
        FieldsError: It does not fit; every field that does not is named.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise FieldsError([_entry(found) for found in error.errors(include_url=False)]) from None


def _entry(found: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of a 422's `detail`; a long value is not repeated, and a missing one cannot be."""
    entry: dict[str, Any] = {"loc": ["body", *found["loc"]], "msg": found["msg"], "type": found["type"]}
    given = found.get("input")
    if found["type"] != "missing" and isinstance(given, str | int | float | bool | None):
        entry["input"] = jsonable(given[:MAX_ECHO] if isinstance(given, str) else given)
    if "ctx" in found:
        entry["ctx"] = jsonable(found["ctx"])
    return entry
