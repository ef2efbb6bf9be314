"""Answers on the wire, field by field as the published API names them.

They are typed dictionaries, so that an answer costs no more than its JSON; `rasterloom.http.openapi` reads them, their
docstrings included. Times are RFC 3339 in UTC; ids are UUIDs in lower case.
"""

from rasterloom.http.answers.about import Health
from rasterloom.http.answers.datasets import (
    BandAnswer,
    DatasetAnswer,
    DatasetList,
    DependentList,
    GroupAnswer,
    RasterAnswer,
    RecordType,
)
from rasterloom.http.answers.jobs import (
    Accepted,
    JobAnswer,
    JobCancelled,
    JobList,
    JobStatusEntry,
    JobStatusList,
    PublishedStep,
    RegistrationCounts,
    RegistrationResult,
    RegistrationResults,
    StaleCleanup,
    Step,
)
from rasterloom.http.answers.outputs import (
    FootprintDocument,
    RelativeVrt,
    SourceFootprint,
    SourceFootprintProperties,
)
from rasterloom.http.answers.preview import (
    FootprintCollection,
    FootprintFeature,
    FootprintProperties,
    GeometryAnswer,
    GridAnswer,
    PreviewAnswer,
)
from rasterloom.http.answers.refusals import (
    Busy,
    DependentVrt,
    FieldProblem,
    FindingContext,
    FindingEntry,
    HTTPValidationError,
    InUse,
    MembersGone,
    Problem,
)
from rasterloom.http.answers.uploads import CompletedUpload, PresignedUpload, UploadConfig
from rasterloom.http.answers.vrts import (
    ActiveGeneration,
    GenerationAnswer,
    GenerationList,
    SourceAnswer,
    SourceHealthAnswer,
    SourceList,
    VrtStatusAnswer,
)

__all__ = [
    "Accepted",
    "ActiveGeneration",
    "BandAnswer",
    "Busy",
    "CompletedUpload",
    "DatasetAnswer",
    "DatasetList",
    "DependentList",
    "DependentVrt",
    "FieldProblem",
    "FindingContext",
    "FindingEntry",
    "FootprintCollection",
    "FootprintDocument",
    "FootprintFeature",
    "FootprintProperties",
    "GenerationAnswer",
    "GenerationList",
    "GeometryAnswer",
    "GridAnswer",
    "GroupAnswer",
    "HTTPValidationError",
    "Health",
    "InUse",
    "JobAnswer",
    "JobCancelled",
    "JobList",
    "JobStatusEntry",
    "JobStatusList",
    "MembersGone",
    "PresignedUpload",
    "PreviewAnswer",
    "Problem",
    "PublishedStep",
    "RasterAnswer",
    "RecordType",
    "RegistrationCounts",
    "RegistrationResult",
    "RegistrationResults",
    "RelativeVrt",
    "SourceAnswer",
    "SourceFootprint",
    "SourceFootprintProperties",
    "SourceHealthAnswer",
    "SourceList",
    "StaleCleanup",
    "Step",
    "UploadConfig",
    "VrtStatusAnswer",
]
