"""What the use cases need of the world, as Protocols.

Every method may raise `UnavailableError` when the service behind it throttles or fails. Methods that change state
are conditional writes: they never read, decide and write in separate steps.
"""

from rasterloom.ports.assembly import Assembler, Assembly
from rasterloom.ports.catalogue import DatasetPage, Datasets, GenerationPage, JobPage, Jobs
from rasterloom.ports.lock import Admission, Claim, ClaimOutcome, Failure, IdempotencyRecord, Lock
from rasterloom.ports.storage import CrsEquality, HeaderRead, Headers, Objects
from rasterloom.ports.world import BuildQueue, Clock, NewId, Remaining, TokenVerifier

__all__ = [
    "Admission",
    "Assembler",
    "Assembly",
    "BuildQueue",
    "Claim",
    "ClaimOutcome",
    "Clock",
    "CrsEquality",
    "DatasetPage",
    "Datasets",
    "Failure",
    "GenerationPage",
    "HeaderRead",
    "Headers",
    "IdempotencyRecord",
    "JobPage",
    "Jobs",
    "Lock",
    "NewId",
    "Objects",
    "Remaining",
    "TokenVerifier",
]
