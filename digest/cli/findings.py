"""How commands speak of what the linter found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digest.cli.output import line, plural, said, table, warned
from digest.lint import Finding, Severity
from digest.linting import Looked, counted, notes, place

SCREENFUL = 40  #: findings in a table; --json has them all
FEW = 5  #: findings named by commands that are about something else


def show(looked: Looked, *, everything: bool) -> None:
    """Print a table of findings and the sums."""
    found = [
        finding
        for finding in looked.findings
        if everything or finding.severity is not Severity.INFO
    ]
    if found:
        table(("", "rule", "where", "what, and what to do"), rows(found[:SCREENFUL]))
    if len(found) > SCREENFUL:
        line(f"… and {len(found) - SCREENFUL} more; --json has them all")
    said(f"{plural(looked.mails, 'mail')}: {sums(looked.findings)}")
    if len(found) < len(looked.findings):
        line("`digest lint --all` shows the notes, too.")


def rows(findings: Iterable[Finding]) -> list[Sequence[str]]:
    """Return findings as rows of a table."""
    return [
        (
            finding.severity,
            finding.rule,
            place(finding),
            f"{finding.what}{often(finding)}. {finding.fix}",
        )
        for finding in findings
    ]


def often(finding: Finding) -> str:
    """Return " (3 times)", or nothing for what was found once."""
    return f" ({finding.times} times)" if finding.times > 1 else ""


def sums(findings: Iterable[Finding]) -> str:
    """Return "no errors, 2 warnings, 3 notes"."""
    counts = counted(findings)
    names = {
        Severity.ERROR: "error",
        Severity.WARNING: "warning",
        Severity.INFO: "note",
    }
    return ", ".join(
        plural(counts[severity], name) if counts[severity] else f"no {name}s"
        for severity, name in names.items()
    )


def mention(looked: Looked, how: str) -> None:
    """Say in a few lines what was found, for commands that are about something else.

    `how` is what to type to see all of it.
    """
    found = notes(looked)
    for note in found[:FEW]:
        warned(note)
    if found:
        left = f"{len(found) - FEW} more findings; " if len(found) > FEW else ""
        warned(f"{left}`{how}` shows all of them.")
