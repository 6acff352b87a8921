"""The nouns of a newsroom's digests: what every room of the house talks about.

Everything here is a value: frozen, slotted, keyword-only, free of behaviour that
needs a clock, a disk or a network, and importing nothing of ours. Read this
module first; the words are explained in docs/design.md.

    newsletter > issue > digest > message

A *newsletter* recurs; an *issue* is one dated, frozen, ranked set of articles; a
*digest* is what one reader receives of an issue; a *message* is the bytes that
leave. Datetimes are aware and in UTC; a language is a BCP 47 tag ("fr", "pt-BR").
"""

from __future__ import annotations

from digest.model.articles import (
    ADDED,
    Article,
    Fetched,
    Image,
    Link,
    Problem,
    Quote,
    SourceRecord,
    Validators,
)
from digest.model.deliveries import (
    Bounce,
    Envelope,
    Message,
    Outcome,
    State,
)
from digest.model.newsletters import (
    Approval,
    Chosen,
    Digest,
    Issue,
    Limits,
    Mailbox,
    Newsletter,
    Notice,
    Schedule,
    Section,
    Topic,
)
from digest.model.readers import (
    Agreed,
    Consent,
    Format,
    Length,
    Preferences,
    Status,
    Subscriber,
)

__all__ = [
    "ADDED",
    "Agreed",
    "Approval",
    "Article",
    "Bounce",
    "Chosen",
    "Consent",
    "Digest",
    "Envelope",
    "Fetched",
    "Format",
    "Image",
    "Issue",
    "Length",
    "Limits",
    "Link",
    "Mailbox",
    "Message",
    "Newsletter",
    "Notice",
    "Outcome",
    "Preferences",
    "Problem",
    "Quote",
    "Schedule",
    "Section",
    "SourceRecord",
    "State",
    "Status",
    "Subscriber",
    "Topic",
    "Validators",
]
