"""What stands against weaving a raster that was registered."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from rasterloom_client.answers import Dataset, Finding
from rasterloom_client.cli.findings import findings_view, is_error
from rasterloom_client.cli.session import Session
from rasterloom_client.cli.text import plain

_ONE: Final = "registered, but no VRT can take it yet:"


def show_noticed(session: Session, registered: Sequence[Dataset]) -> None:
    """Tell a person what keeps rasters out of every VRT, and in a line for each rule what they are warned of."""
    findings = [finding for dataset in registered for finding in dataset.get("findings", [])]
    errors = [finding for finding in findings if is_error(finding)]
    if errors:
        refused = len({finding.get("source_id") for finding in errors})
        session.remark(_ONE if len(registered) == 1 else f"registered, but no VRT can take {refused} of them yet:")
        titles = {dataset["id"]: dataset["title"] for dataset in registered}
        session.remark(findings_view(errors, len(errors), titles=titles))
    for line in _warnings(finding for finding in findings if not is_error(finding)):
        session.note(line)


def _warnings(findings: Iterable[Finding]) -> Iterable[str]:
    """A line for each rule: what it says of the first raster, and of how many more it says something alike."""
    for rule, alike in groupby(sorted(findings, key=_rule), _rule):
        first, *others = alike
        more = f" (and of {len(others)} more)" if others else ""
        yield plain(f"warning: {rule}: {first['msg']}{more}")


def _rule(finding: Finding) -> str:
    return finding["type"]
