"""The list of rules in docs/lint.md, made from the rules themselves."""

from __future__ import annotations

from digest.lint import GROUPS, RULES, Rule, rules_of
from digest.lint.rules import Shows

MARK = "<!-- from here on written by `pytest tests/test_lint_rules.py --approve` -->"
LONGEST = 240  #: of an example

LANGUAGES = {
    Shows.BODY: "html",
    Shows.HEAD: "html",
    Shows.PAGE: "html",
    Shows.CSS: "css",
    Shows.HEADER: "text",
    Shows.TEXT: "text",
}


def manual() -> str:
    """Return every rule: why, what to do, a bad and a good example."""
    lines = [MARK, "", f"## The {len(RULES)} rules"]
    for group in GROUPS:
        lines += ["", f"### {group}"]
        for rule in rules_of(group):
            lines += ["", f"**{rule.id}** ({rule.severity}). {rule.why} {rule.fix}", ""]
            lines += examples(rule)
    return "\n".join(lines) + "\n"


def examples(rule: Rule) -> list[str]:
    if rule.shows is Shows.WORDS:
        return [f"Bad: {rule.bad}. Good: {rule.good}."]
    language = LANGUAGES[rule.shows]
    return [
        *("Bad:", f"```{language}", shortened(rule.bad), "```"),
        *("Good:", f"```{language}", shortened(rule.good), "```"),
    ]


def shortened(example: str) -> str:
    example = example.replace("\r\n", "\n")
    return example if len(example) <= LONGEST else f"{example[:LONGEST]} …"
