"""Many rasters come in at once."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rasterloom_client.answers import RegistrationResult
from rasterloom_client.cli.exits import Exit
from rasterloom_client.cli.progress import follow
from rasterloom_client.cli.session import Session
from rasterloom_client.cli.views import registration_failure, registrations_view

FROM: Final = 100
"""URIs from which on a job registers them; fewer are registered one by one, and answered at once."""
MOST: Final = 5_000
"""URIs of one job: a request may have 1 MiB."""


def requests_of(uris: Sequence[str], prefix: str | None, fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What `register_bulk` is asked for, once for each job."""
    if prefix is not None:
        yield {"prefix": prefix, **fields}
    for first in range(0, len(uris), MOST):
        yield {"uris": uris[first : first + MOST], **fields}


def register_in_bulk(session: Session, requests: Iterator[dict[str, Any]], timeout: float) -> int:
    """Have rasters registered by jobs, one after the other, and show what became of each object."""
    results = list(_results(session, requests, timeout))
    failed = [result for result in results if result["outcome"] == "failed"]
    ids = (result["dataset_id"] for result in results if result["dataset_id"] is not None)
    session.show({"registrations": results}, ids, lambda: registrations_view(results))
    if session.is_quiet:
        for result in failed:
            session.err.print(registration_failure(result), soft_wrap=True)
    return Exit.REFUSED if failed else Exit.OK


def _results(session: Session, requests: Iterator[dict[str, Any]], timeout: float) -> Iterator[RegistrationResult]:
    with session.client() as client:
        for request in requests:
            job_id = client.register_bulk(**request)["job_id"]
            follow(session, client, job_id, timeout)
            yield from client.registrations(job_id)
