"""Client of Rasterloom: weave Cloud-Optimized GeoTIFFs on S3 into one GDAL VRT.

from rasterloom_client import Client

with Client("https://host/api", token) as client:
    tiles = [client.register(uri)["id"] for uri in uris]
    job = client.wait(client.create(tiles, "My survey")["job_id"])
    client.download(job["dataset_id"], Path("survey.vrt"))
"""

from rasterloom_client.client import Client
from rasterloom_client.errors import (
    ApiError,
    BusyError,
    ChangedError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    InUseError,
    JobCancelledError,
    JobError,
    JobFailedError,
    KeyringError,
    MissingTokenError,
    MissingUrlError,
    NotFoundError,
    RasterloomError,
    Refusal,
    RefusedError,
    ServerError,
    UnauthenticatedError,
    UnavailableError,
    UnexpectedAnswerError,
    UnreachableError,
    WaitTimeoutError,
)
from rasterloom_client.retries import Clock, RetryPolicy
from rasterloom_client.transport import Options
from rasterloom_client.version import __version__

__all__ = [
    "ApiError",
    "BusyError",
    "ChangedError",
    "Client",
    "Clock",
    "ConfigurationError",
    "ConflictError",
    "ForbiddenError",
    "InUseError",
    "JobCancelledError",
    "JobError",
    "JobFailedError",
    "KeyringError",
    "MissingTokenError",
    "MissingUrlError",
    "NotFoundError",
    "Options",
    "RasterloomError",
    "Refusal",
    "RefusedError",
    "RetryPolicy",
    "ServerError",
    "UnauthenticatedError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "UnreachableError",
    "WaitTimeoutError",
    "__version__",
]
