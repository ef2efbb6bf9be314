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
    StaleCleanup,
)
from rasterloom.http.answers.refusals import DependentVrt, FieldProblem, FindingContext, FindingEntry, InUse, Problem
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
    "DatasetAnswer",
    "DatasetList",
    "DependentList",
    "DependentVrt",
    "FieldProblem",
    "FindingContext",
    "FindingEntry",
    "GenerationAnswer",
    "GenerationList",
    "Health",
    "InUse",
    "JobAnswer",
    "JobCancelled",
    "JobList",
    "JobStatusEntry",
    "JobStatusList",
    "Problem",
    "RasterAnswer",
    "RecordType",
    "SourceAnswer",
    "SourceHealthAnswer",
    "SourceList",
    "StaleCleanup",
    "VrtStatusAnswer",
]
