"""What a command shows of a change that was accepted."""

from collections.abc import Callable

from rasterloom_client.answers import Accepted, Job
from rasterloom_client.cli.progress import follow
from rasterloom_client.cli.session import Session
from rasterloom_client.cli.views import dataset_facts, facts, job_facts
from rasterloom_client.client import Client


def conclude(session: Session, change: Callable[[Client], Accepted], *, wait: bool, timeout: float) -> None:
    """Make a change and show its job, or with `wait` what came of it."""
    with session.client() as client:
        accepted = change(client)
        job_id = accepted["job_id"]
        if wait:
            show_ended(session, client, follow(session, client, job_id, timeout))
            return
    told = [("accepted", f"job {job_id}"), ("next", f"rasterloom wait {job_id}")]
    session.show(accepted, [job_id], lambda: facts(told))


def show_ended(session: Session, client: Client, job: Job) -> None:
    """Show a job that ended well, and the VRT that it published."""
    vrt_id = job["dataset_id"]
    if vrt_id is None or not session.is_chatty:
        session.show(job, [vrt_id or job["id"]], lambda: facts(job_facts(job)))
        return
    told = [*job_facts(job), *dataset_facts(client.dataset(vrt_id)), ("next", f"rasterloom download {vrt_id}")]
    session.show(job, [], lambda: facts(told))
