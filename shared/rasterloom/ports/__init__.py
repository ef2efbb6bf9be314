"""What the use cases need of the world, as Protocols.

Every method may raise `UnavailableError` when the service behind it throttles or fails. Methods that change state
are conditional writes: they never read, decide and write in separate steps.
"""

from rasterloom.domain.geojson import Polygons
from rasterloom.ports.assembly import Assembler, Assembly
from rasterloom.ports.bulk import BulkJobs, HeaderBatches, Listing, RasterBatches, Registered, Take
from rasterloom.ports.catalogue import (
    FREELY,
    DatasetPage,
    Datasets,
    DeletionMark,
    DueDeletion,
    EditTerms,
    GenerationPage,
    JobPage,
    Jobs,
    PendingEdit,
)
from rasterloom.ports.lock import Admission, Claim, ClaimOutcome, Failure, IdempotencyRecord, Lock
from rasterloom.ports.marks import Marks
from rasterloom.ports.outputs import CrsDocuments, TileIndexes
from rasterloom.ports.reports import BuildReport, BuildResult, ReportBuild, unreported
from rasterloom.ports.storage import CrsEquality, Footprints, HeaderRead, Headers, Objects, Puts
from rasterloom.ports.sweeps import OrphanStore, Standing, Sweeps
from rasterloom.ports.uploads import Uploads, UploadStore
from rasterloom.ports.world import BuildQueue, Clock, NewId, RegistrationQueue, Remaining, TokenVerifier

__all__ = [
    "FREELY",
    "Admission",
    "Assembler",
    "Assembly",
    "BuildQueue",
    "BuildReport",
    "BuildResult",
    "BulkJobs",
    "Claim",
    "ClaimOutcome",
    "Clock",
    "CrsDocuments",
    "CrsEquality",
    "DatasetPage",
    "Datasets",
    "DeletionMark",
    "DueDeletion",
    "EditTerms",
    "Failure",
    "Footprints",
    "GenerationPage",
    "HeaderBatches",
    "HeaderRead",
    "Headers",
    "IdempotencyRecord",
    "JobPage",
    "Jobs",
    "Listing",
    "Lock",
    "Marks",
    "NewId",
    "Objects",
    "OrphanStore",
    "PendingEdit",
    "Polygons",
    "Puts",
    "RasterBatches",
    "Registered",
    "RegistrationQueue",
    "Remaining",
    "ReportBuild",
    "Standing",
    "Sweeps",
    "Take",
    "TileIndexes",
    "TokenVerifier",
    "UploadStore",
    "Uploads",
    "unreported",
]
