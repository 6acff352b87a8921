"""The linter: a mail's final bytes in, findings out.

    findings, rules    what is said; what a rule is
    page, css          the HTML and its style sheets, read once, as they stand
    looks              what each element looks like, light and dark
    mail               header, text and page, with what the sender owes
    clientfacts        which mail program shows what
    checks/            the rules
    linter             all rules over one mail
    places             the template's line behind a finding
    sarif              findings for code-scanning tools

Pure: it opens nothing and asks nobody.
"""

from digest.lint.checks import GROUPS, RULES, rules_of
from digest.lint.checks.content import holes
from digest.lint.clientfacts import CLIENTS, STOCK, ClientFacts, read_facts
from digest.lint.findings import Finding, Severity, Where
from digest.lint.linter import errors, lint, merged, ordered
from digest.lint.mail import TARGETS, Duties, Mail
from digest.lint.places import TemplateLines
from digest.lint.rules import Rule
from digest.lint.sarif import as_sarif

__all__ = [
    "CLIENTS",
    "GROUPS",
    "RULES",
    "STOCK",
    "TARGETS",
    "ClientFacts",
    "Duties",
    "Finding",
    "Mail",
    "Rule",
    "Severity",
    "TemplateLines",
    "Where",
    "as_sarif",
    "errors",
    "holes",
    "lint",
    "merged",
    "ordered",
    "read_facts",
    "rules_of",
]
