"""What a rule is: data that people read, and a small function that looks.

A rule is written as a function; its docstring says why the rule exists. `bad` and
`good` are shown in docs/lint.md and are the fixtures of the rule's test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from digest.lint.findings import Hit, Severity
from digest.lint.mail import Mail

Find = Callable[[Mail], Iterator[Hit]]

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


class Needs(StrEnum):
    """What a mail must have for a rule to look at it."""

    HEADER = "header"
    TEXT = "text"
    HTML = "html"
    BOTH = "both"  #: text and HTML, to compare them
    MAIL = "mail"  #: whole messages only


class Shows(StrEnum):
    """What a rule's examples are a piece of."""

    BODY = "body"  #: of the HTML's body
    HEAD = "head"  #: of the HTML's head
    CSS = "css"  #: of a `<style>`
    PAGE = "page"  #: the whole page
    HEADER = "header"  #: a field of the message
    TEXT = "text"  #: of the text part
    WORDS = "words"  #: too long to show, so it is described


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule."""

    id: str
    severity: Severity
    why: str
    fix: str
    bad: str
    good: str
    shows: Shows
    needs: Needs
    find: Find


def rule(
    name: str,
    severity: Severity,
    *,
    fix: str,
    bad: str,
    good: str,
    shows: Shows = Shows.BODY,
    needs: Needs = Needs.HTML,
) -> Callable[[Find], Rule]:
    """Make a rule of the function below; its docstring becomes `why`."""

    def made(find: Find) -> Rule:
        return Rule(
            id=name,
            severity=severity,
            why=" ".join((find.__doc__ or "").split()),
            fix=fix,
            bad=bad,
            good=good,
            shows=shows,
            needs=needs,
            find=find,
        )

    return made


header_rule = partial(rule, shows=Shows.HEADER, needs=Needs.HEADER)
text_rule = partial(rule, shows=Shows.TEXT, needs=Needs.TEXT)
both_rule = partial(rule, shows=Shows.WORDS, needs=Needs.BOTH)
mail_rule = partial(rule, shows=Shows.WORDS, needs=Needs.MAIL)
page_rule = partial(rule, shows=Shows.PAGE)
head_rule = partial(rule, shows=Shows.HEAD)
css_rule = partial(rule, shows=Shows.CSS)
told_rule = partial(rule, shows=Shows.WORDS)  #: of a page, but too long to show
