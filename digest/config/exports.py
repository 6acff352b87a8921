"""Whose file it is: columns of other programs' exports, recognised by their names.

A column of theirs becomes one of ours, and their word for a status becomes ours. What
we have no column for is left out; `--map` names what is to be taken from it. Sources:
the exports of listmonk, Mailchimp (its three files), Ghost, Buttondown and Postorius
(Mailman 3), whose CSV is a column of addresses alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: What a program calls a status: what it is to us.
Statuses = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What one program's export looks like."""

    program: str
    #: names that make it certain, in lower case, with one of each group
    marks: tuple[tuple[str, ...], ...]
    #: our column: theirs, the first that holds something counts
    columns: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...] = ()  #: joined, they are the name
    statuses: Statuses = field(default_factory=dict)
    status: str = "active"  #: where no column says it


#: The field may be renamed; all that is in capitals may not.
_MAILCHIMP_ADDRESS = ("email address", "email")
_MAILCHIMP = {
    "address": _MAILCHIMP_ADDRESS,
    "consent_at": ("confirm_time", "optin_time"),
}
_MAILCHIMP_NAMES = ("first name", "last name")

EXPORTS = (
    Export(
        program="listmonk",
        marks=(("uuid",), ("email",), ("attributes", "attribs"), ("status",)),
        columns={
            "address": ("email",),
            "name": ("name",),
            "status": ("status",),
            "consent_at": ("created_at",),
        },
        statuses={
            "enabled": "active",
            "disabled": "unsubscribed",
            "blocklisted": "unsubscribed",
        },
    ),
    Export(
        program="Mailchimp (unsubscribed)",
        marks=(_MAILCHIMP_ADDRESS, ("unsub_time",)),
        columns=_MAILCHIMP,
        names=_MAILCHIMP_NAMES,
        status="unsubscribed",
    ),
    Export(
        program="Mailchimp (cleaned)",
        marks=(_MAILCHIMP_ADDRESS, ("clean_time",)),
        columns=_MAILCHIMP,
        names=_MAILCHIMP_NAMES,
        status="bounced",
    ),
    Export(
        program="Mailchimp",
        marks=(_MAILCHIMP_ADDRESS, ("optin_time", "confirm_time", "member_rating")),
        columns=_MAILCHIMP,
        names=_MAILCHIMP_NAMES,
    ),
    Export(
        program="Ghost",
        marks=(("email",), ("subscribed_to_emails",)),
        columns={
            "address": ("email",),
            "name": ("name",),
            "status": ("subscribed_to_emails",),
            "consent_at": ("created_at",),
        },
        statuses={"true": "active", "false": "unsubscribed"},
    ),
    Export(
        program="Buttondown",
        marks=(
            ("email", "email_address"),
            ("type", "subscriber_type"),
            ("creation_date",),
        ),
        columns={
            "address": ("email", "email_address"),
            "status": ("type", "subscriber_type"),
            "consent_at": ("creation_date",),
        },
        statuses={
            "regular": "active",
            "premium": "active",
            "gifted": "active",
            "trialed": "active",
            "unactivated": "pending",
            "unpaid": "active",
            "past_due": "active",
            "paused": "active",  # of what they pay for; mail they still get
            "churned": "unsubscribed",
            "churning": "active",
            "removed": "unsubscribed",
            "unsubscribed": "unsubscribed",
            "complained": "unsubscribed",
            "blocked": "unsubscribed",
            "disabled": "unsubscribed",
            "spammy": "unsubscribed",
            "undeliverable": "bounced",
        },
    ),
    Export(program="Mailman", marks=(("email",),), columns={"address": ("email",)}),
)


def recognised(header: Sequence[str]) -> Export | None:
    """Return whose export has these columns; None: nobody's that we know."""
    names = {name.strip().lower() for name in header}
    for export in EXPORTS:
        if all(any(mark in names for mark in group) for group in export.marks):
            if export.program == "Mailman" and len(names) > 1:
                continue  # an "email" among others is no sign of anybody
            return export
    return None
