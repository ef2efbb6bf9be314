"""How errors are shown: to people as text, to programs as one JSON document."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from rasterloom_client.answers import Finding
from rasterloom_client.cli.exits import exit_code, job_of, next_step
from rasterloom_client.cli.findings import IN_JSON, findings_view, has_more, is_error, sentence
from rasterloom_client.cli.text import plain
from rasterloom_client.errors import ApiError, JobError


def error_document(error: Exception) -> dict[str, Any]:
    """An error as JSON."""
    told: dict[str, Any] = {
        "type": type(error).__name__,
        "message": str(error),
        "next": next_step(error),
        "exit_code": int(exit_code(error)),
    }
    if isinstance(error, ApiError):
        told |= {name: getattr(error, name) for name in ("status", "code", "request_id", "retry_after")}
        told |= {"findings": list(error.findings), "findings_total": error.refusal.findings_total}
    if isinstance(error, JobError):
        told["job"] = error.job
    if (job_id := job_of(error)) is not None:
        told["job_id"] = job_id
    return {"error": told}


def show_error(error: Exception, console: Console) -> None:
    """An error for people: what happened, every finding, what to do next."""
    said = plain(_sentence(error))
    console.print(Text.assemble(("error: ", "bold red"), said, (_codes(error), "dim")), soft_wrap=True)
    findings, total, others = _findings(error)
    if has_more(findings):
        console.print(findings_view(findings, total, said, others=others), soft_wrap=True)
    console.print(Text.assemble(("next: ", "bold"), plain(next_step(error))), soft_wrap=True)
    if isinstance(error, ApiError) and error.request_id:
        console.print(Text(f"request id: {plain(error.request_id)}", style="dim"), soft_wrap=True)


def print_json(document: Any, console: Console) -> None:
    """Exactly one document, in ASCII."""
    console.file.write(json.dumps(document, indent=2) + "\n")


def _findings(error: Exception) -> tuple[Sequence[Finding], int, str]:
    """What was found, how much of it there is, and where the rest is; of a job that failed, what it failed of."""
    match error:
        case ApiError():
            return error.findings, error.refusal.findings_total, IN_JSON
        case JobError(job=job):
            found = [finding for finding in job["findings"] if is_error(finding)]
            warnings = len(job["findings"]) - len(found)
            has_document = job["findings_url"] is not None
            others = f"`rasterloom findings {job['id']}` writes all" if has_document else "--json lists them"
            return found, job["findings_total"] - warnings, others
    return (), 0, IN_JSON


def _sentence(error: Exception) -> str:
    """What happened; of a command whose only fault is an option, by the option's name."""
    if isinstance(error, ApiError) and len(error.findings) == 1:
        return sentence(error.findings[0])
    return str(error)


def _codes(error: Exception) -> str:
    return f" ({error.status} {plain(error.code)})" if isinstance(error, ApiError) else ""
