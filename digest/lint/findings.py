"""What the linter says: how bad something is, where it stands, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  #: the mail is broken, unlawful or unreadable; it is not sent
    WARNING = "warning"  #: some readers get less than they should
    INFO = "info"  #: worth knowing


class Where(StrEnum):
    """The part of a mail that lines are counted in."""

    HEADER = "header"
    TEXT = "text"
    HTML = "html"
    MAIL = "mail"  #: the message as it leaves, encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One place where a rule is broken, as the rule found it."""

    what: str  #: what was found, without the rule's reasons
    where: Where = Where.HTML
    line: int = 0  #: 1-based, in that part; 0: it is about all of it
    #: What the line of a template that wrote this would hold, the most telling first.
    clues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where a rule is broken, with all there is to say about it."""

    rule: str  #: the id
    severity: Severity
    what: str
    why: str
    fix: str
    where: Where
    line: int = 0
    times: int = 1  #: how often the same was found
    template: str = ""  #: ``file:line`` of the template that wrote it, where found
    mail: str = ""  #: which of several mails it was found in
