"""Jobs are waited for, listed, tried again and given up."""

from typing import Any, get_args
from uuid import UUID

import click

from rasterloom_client.answers import JobStatus
from rasterloom_client.cli.commands.outcomes import conclude, show_ended
from rasterloom_client.cli.exits import AllToldError
from rasterloom_client.cli.parameters import JOB, timeout, waits
from rasterloom_client.cli.progress import follow
from rasterloom_client.cli.session import Session
from rasterloom_client.cli.targets import target_of
from rasterloom_client.cli.views import jobs_view
from rasterloom_client.errors import NotFoundError
from rasterloom_client.waiting import ENDED


@click.command("wait")
@JOB
@timeout
@click.pass_obj
def wait_for_job(session: Session, /, job: UUID, timeout: float) -> None:
    """Wait until a job has ended. Ctrl-C ends the waiting, not the job."""
    with session.client() as client:
        show_ended(session, client, follow(session, client, str(job), timeout))


@click.command("jobs")
@click.option("--status", type=click.Choice(get_args(JobStatus)), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="Most jobs to list.")
@click.pass_obj
def list_jobs(session: Session, /, status: str | None, limit: int) -> None:
    """List your jobs, newest first."""
    with session.client() as client:
        found = client.jobs(status=status, limit=limit)
    session.show(found, (job["id"] for job in found["jobs"]), lambda: jobs_view(found["jobs"]))


@click.command()
@JOB
@click.option(
    "-o", "--output", metavar="FILE", help="Where to, a file or a folder [default: JOB.jsonl.gz, in this folder]."
)
@click.pass_obj
def findings(session: Session, /, job: UUID, output: str | None) -> None:
    """Write all findings of a job into a file.

    Of one that has more than it tells itself: gzipped JSON lines.
    """
    target = target_of(output, f"{job}.jsonl.gz")
    with session.client() as client:
        try:
            size = client.download_findings(job, target)
        except NotFoundError as error:
            found = client.job(job)
            if found["findings_url"] is None and found["status"] in ENDED:
                raise AllToldError(found["id"]) from error
            raise
    session.show({"file": str(target), "bytes": size}, [target], lambda: f"{target}: {size} bytes")


@click.command()
@JOB
@waits
@click.pass_obj
def retry(session: Session, /, job: UUID, **following: Any) -> None:
    """Try a failed job's change again."""
    conclude(session, lambda client: client.retry(job), **following)


@click.command()
@JOB
@click.pass_obj
def cancel(session: Session, /, job: UUID) -> None:
    """Give a job up; what is served stays."""
    with session.client() as client:
        cancelled = client.cancel(job)
    how = "was cancelled before" if cancelled["already"] else "is cancelled"
    session.show(cancelled, [cancelled["id"]], lambda: f"job {cancelled['id']} {how}")
