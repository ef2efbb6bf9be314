"""How errors and findings are shown: to people as text, to programs as one JSON document."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from rasterloom_client.answers import Finding
from rasterloom_client.cli.exits import exit_code, job_of, next_step
from rasterloom_client.cli.text import cell, compact, plain
from rasterloom_client.errors import ApiError, JobError

_ID = 36
"""Characters of an id, which has to stay whole to be copied."""

SHOWN = 50
"""Findings that a person is shown; --json has all that the API listed."""


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
    console.print(Text.assemble(("error: ", "bold red"), plain(error), (_codes(error), "dim")), soft_wrap=True)
    if isinstance(error, ApiError) and _needs_table(error.findings):
        console.print(findings_view(error.findings, error.refusal.findings_total))
    console.print(Text.assemble(("next: ", "bold"), plain(next_step(error))), soft_wrap=True)
    if isinstance(error, ApiError) and error.request_id:
        console.print(Text(f"request id: {plain(error.request_id)}", style="dim"))


def findings_view(findings: Sequence[Finding], total: int) -> RenderableType:
    """A table of findings, and how many more there are."""
    table = Table(show_lines=True, expand=False)
    table.add_column("source", overflow="fold", min_width=_ID, max_width=_ID)
    table.add_column("finding", overflow="fold")
    for finding in findings[:SHOWN]:
        table.add_row(_place(finding), Text("\n").join(_lines(finding)))
    left = total - min(len(findings), SHOWN)
    return Group(table, Text(f"and {left} more; --json lists up to 1,000")) if left > 0 else table


def print_json(document: Any, console: Console) -> None:
    """Exactly one document, in ASCII."""
    console.file.write(json.dumps(document, indent=2) + "\n")


def _needs_table(findings: Sequence[Finding]) -> bool:
    """Whether the findings say more than the error's own sentence."""
    return len(findings) > 1 or any("source_id" in finding for finding in findings)


def _codes(error: Exception) -> str:
    return f" ({error.status} {plain(error.code)})" if isinstance(error, ApiError) else ""


def _place(finding: Finding) -> Text:
    """Which source, and its place in the request; of a finding that is about no source, the field."""
    source = finding.get("source_id")
    if source is None:
        return cell(".".join(str(part) for part in finding["loc"][1:]) or finding["loc"][0])
    index = finding["loc"][-1] if finding["loc"] else ""
    place = Text(f"\nno. {index + 1} of the list", style="dim") if isinstance(index, int) else Text()
    return cell(source) + place


def _lines(finding: Finding) -> Iterator[Text]:
    """The rule, the message, expected and actual, and the hint."""
    is_warning = finding.get("severity") == "warning"
    yield Text(plain(finding["type"]) + (" (warning)" if is_warning else ""), style="yellow" if is_warning else "red")
    yield Text(plain(finding["msg"]))
    context = finding.get("ctx") or {}
    for name in ("expected", "actual"):
        if context.get(name) is not None:
            yield Text.assemble((f"{name}: ", "dim"), compact(context[name]))
    if hint := context.get("hint"):
        yield Text.assemble(("hint: ", "dim"), plain(hint))
