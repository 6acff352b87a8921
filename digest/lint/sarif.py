"""Findings as SARIF 2.1.0, which code-scanning tools read (OASIS, 2020)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from digest.lint.checks import RULES
from digest.lint.findings import Finding, Severity

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS: Mapping[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}


def as_sarif(findings: Iterable[Finding], *, version: str) -> dict[str, object]:
    """Return findings as one run of one tool.

    A finding stands at its template's line if that is known, and otherwise at the line
    of the mail it was found in.
    """
    found = list(findings)
    used = {finding.rule: RULES[finding.rule] for finding in found}
    index = {name: number for number, name in enumerate(used)}
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.why},
            "help": {"text": rule.fix},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }
        for rule in used.values()
    ]
    results = [
        {
            "ruleId": finding.rule,
            "ruleIndex": index[finding.rule],
            "level": _LEVELS[finding.severity],
            "message": {"text": f"{finding.what}. {finding.fix}"},
            "locations": [{"physicalLocation": _location(finding)}],
            "occurrenceCount": finding.times,
        }
        for finding in found
    ]
    driver = {"name": "digest lint", "version": version, "rules": rules}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _location(finding: Finding) -> dict[str, object]:
    path, _, line = finding.template.rpartition(":")
    if not path:
        path, line = finding.mail or "mail", str(finding.line)
    location: dict[str, object] = {
        "artifactLocation": {"uri": path.replace(" ", "%20")}
    }
    if int(line or 0) > 0:
        location["region"] = {"startLine": int(line)}
    return location
