"""Goes through all rules; one finding per rule and kind of mistake."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from digest.lint.checks import RULES
from digest.lint.findings import Finding, Hit, Severity, Where
from digest.lint.mail import Mail
from digest.lint.rules import Needs, Rule

#: Where a hit stands in a template: ``file:line``, or "" when it cannot be told.
Place = Callable[[Hit], str]

_ORDER = list(Severity)


def lint(
    mail: Mail,
    *,
    ignore: Collection[str] = (),
    place: Place = lambda _: "",
    name: str = "",
) -> list[Finding]:
    """Return what is wrong with a mail, the worst first.

    `ignore` are ids of rules; `place` finds the line of a template; `name` says which
    of several mails this is.
    """
    found: dict[tuple[str, str], Finding] = {}
    needs = _met(mail)
    for rule in RULES.values():
        if rule.needs not in needs or rule.id in ignore:
            continue
        for hit in rule.find(mail):
            key = (rule.id, hit.what)
            known = found.get(key)
            if known is None:
                found[key] = _finding(rule, hit, place(hit), name)
            else:
                found[key] = _counted(known)
    return ordered(found.values())


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings, the worst first, then by place."""
    parts = list(Where)
    return sorted(
        findings,
        key=lambda f: (_ORDER.index(f.severity), parts.index(f.where), f.line, f.rule),
    )


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings of several mails, each mistake once, with how often."""
    found: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        # A template's line says more than the words that happen to stand there.
        key = (finding.rule, finding.template, "" if finding.template else finding.what)
        known = found.get(key)
        found[key] = _counted(known, finding.times) if known else finding
    return ordered(found.values())


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Return those that stop a send."""
    return [f for f in findings if f.severity is Severity.ERROR]


def _met(mail: Mail) -> set[Needs]:
    """Return what rules may need and the mail has."""
    whole, text, html = (
        part is not None for part in (mail.content, mail.text, mail.html)
    )
    there = {
        Needs.HEADER: whole,
        Needs.MAIL: whole,
        Needs.TEXT: text,
        Needs.HTML: html,
        Needs.BOTH: text and html,
    }
    return {need for need, met in there.items() if met}


def _finding(rule: Rule, hit: Hit, template: str, name: str) -> Finding:
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        what=hit.what,
        why=rule.why,
        fix=rule.fix,
        where=hit.where,
        line=hit.line,
        template=template,
        mail=name,
    )


def _counted(finding: Finding, more: int = 1) -> Finding:
    return replace(finding, times=finding.times + more)
