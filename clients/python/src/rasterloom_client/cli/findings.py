"""Findings as people read them: a paragraph for each source, or each option of the command."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from rasterloom_client.answers import Finding
from rasterloom_client.cli.names import is_about_source, place, spoken
from rasterloom_client.cli.text import cell, compact, plain

SHOWN: Final = 50
"""Findings that a person is shown; --json has all that the API listed."""

_INDENT: Final = "  "


@dataclass(frozen=True)
class Line:
    """A line of a paragraph, broken between words at a terminal and nowhere else: a URI stays whole, a pipe too."""

    name: str
    """What its first words say of the others."""
    style: str
    """Of the name."""
    text: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give it as lines that nobody breaks again."""
        whole = f"{self.name}: {self.text}" if self.text else self.name
        parts = [_INDENT + whole]
        if console.is_terminal:
            parts = textwrap.wrap(
                whole,
                max(options.max_width, 20),
                initial_indent=_INDENT,
                subsequent_indent=_INDENT * 2,
                break_long_words=False,
                break_on_hyphens=False,
            )
        for number, part in enumerate(parts):
            line = Text(part, no_wrap=True, overflow="ignore")
            if number == 0:
                line.stylize(self.style, len(_INDENT), len(_INDENT) + len(self.name))
            yield line


IN_JSON: Final = "--json lists up to 1,000"
"""Where the others are, of a request."""


def findings_view(
    findings: Sequence[Finding],
    total: int,
    said: str = "",
    titles: Mapping[str, str] | None = None,
    others: str = IN_JSON,
) -> RenderableType:
    """What was found, and how much more there is.

    Args:
        findings: In the order of the API.
        total: How many there are in all.
        said: What was told before; a message in it is not told again.
        titles: What people call sources, by id.
        others: Where those are that are not shown.
    """
    parts: list[RenderableType] = []
    above = ""
    for finding in findings[:SHOWN]:
        heading = _heading(finding, titles or {})
        if heading.plain != above:
            parts.append(heading)
        above = heading.plain
        parts.extend(_lines(finding, said))
    left = total - min(len(findings), SHOWN)
    if left > 0:
        parts.append(Text(f"and {left} more; {others}"))
    return Group(*parts)


def is_error(finding: Finding) -> bool:
    """Whether it refuses the source; a warning travels with the job."""
    return finding.get("severity") != "warning"


def sentence(finding: Finding) -> str:
    """What a finding says by itself: of an option it does not say which, so that is put before it."""
    said = spoken(str(finding.get("msg") or finding.get("type")))
    loc = finding.get("loc", [])
    if "source_id" in finding or not loc[1:] or place(loc) in said:
        return said
    return f"{place(loc)}: {said}"


def has_more(findings: Sequence[Finding]) -> bool:
    """Whether findings say more than the sentence of a single one."""
    return len(findings) > 1 or any("source_id" in each or (each.get("ctx") or {}).get("hint") for each in findings)


def _heading(finding: Finding, titles: Mapping[str, str]) -> Text:
    """Which source, and its place in the request; of a finding that is about no source, the option."""
    loc, source = finding.get("loc", []), finding.get("source_id")
    if source is None or not is_about_source(finding):
        return _whole(cell(place(loc if source is None else ["body", finding.get("field", "")]), "bold"))
    told = [titles.get(source), place(loc) if loc and isinstance(loc[-1], int) else None]
    beside = ", ".join(part for part in told if part)
    return _whole(Text.assemble(cell(source, "bold"), cell(f" ({beside})" if beside else "", "dim")))


def _whole(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ignore"
    return text


def _lines(finding: Finding, said: str) -> Iterator[Line]:
    """The rule and its message, expected and actual, and the hint."""
    is_warning = not is_error(finding)
    name = plain(finding["type"]) + (" (warning)" if is_warning else "")
    message = plain(spoken(finding["msg"]))
    yield Line(name, "yellow" if is_warning else "red", "" if message in said else message)
    context = finding.get("ctx") or {}
    for label in ("expected", "actual"):
        if context.get(label) is not None:
            yield Line(label, "dim", compact(context[label]))
    if hint := context.get("hint"):
        yield Line("hint", "dim", plain(spoken(hint)))
