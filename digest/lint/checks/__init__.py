"""The rules, by what they look at; `RULES` is all of them.

    message, leaving, inbox     the header, the way out, what the inbox shows
text, size                  the text part; octets and encodings
structure, accessibility    the page's frame; whether everybody can read it
images, links, urls         pictures; what links say, and where they go
code, clients, outlook      what is removed, not shown, or shown to Outlook alone
dark, languages             dark mode; direction, joined letters, spaces
content                     remains of templates and drafts
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from digest.lint.checks import (
    accessibility,
    clients,
    code,
    content,
    dark,
    images,
    inbox,
    languages,
    leaving,
    links,
    message,
    outlook,
    size,
    structure,
    text,
    urls,
)
from digest.lint.rules import Rule

GROUPS: Mapping[str, ModuleType] = {
    "The message": message,
    "The way to leave": leaving,
    "The inbox": inbox,
    "The text part": text,
    "Size and encoding": size,
    "The page's frame": structure,
    "Accessibility": accessibility,
    "Pictures": images,
    "Links": links,
    "Addresses": urls,
    "Code that is removed": code,
    "Mail programs": clients,
    "Outlook": outlook,
    "Dark mode": dark,
    "Languages": languages,
    "Content": content,
}


def rules_of(group: str) -> list[Rule]:
    """Return the rules of a group, in the order of its module."""
    return [rule for rule in vars(GROUPS[group]).values() if isinstance(rule, Rule)]


RULES: Mapping[str, Rule] = {
    rule.id: rule for group in GROUPS for rule in rules_of(group)
}
