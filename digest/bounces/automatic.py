"""Mails that a program sends for a person: away, read, "prove that you are human"."""

from __future__ import annotations

import re
from email.message import Message

from digest.bounces.parts import header, report_type

_AWAY = re.compile(
    r"out[- ]of[- ](?:the[- ])?office|auto(?:matic|mated)?[- ]?(?:reply|response)|"
    r"auto:|on vacation|\bvacation\b|away from (?:my|the)|"
    r"abwesen|automatische antwort|autoantwort|"
    r"réponse automatique|absen(?:t|ce)|en congés?\b|"
    r"respuesta automática|fuera de (?:la )?oficina|ausencia|"
    r"risposta automatica|fuori sede|resposta automática|"
    r"afwezig|automatisch antwoord|autosvar|automaattinen|"
    r"自動(?:返信|応答)|不在|自动回复|автоответ|автоматический ответ",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"(?:confirm|verify|prove) (?:that )?(?:you(?:r| are)|sender)|challenge|"
    r"sender verification|action required to deliver|awaiting (?:your )?approval|"
    r"allow your (?:mail|message)",
    re.IGNORECASE,
)


def is_automatic(message: Message) -> bool:
    """Return whether nobody but a program of the reader's wrote this (RFC 3834)."""
    submitted = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    subject = header(message, "Subject")
    return bool(
        submitted not in ("", "no")
        or report_type(message) == "disposition-notification"
        or header(message, "X-Autoreply", "X-Autorespond", "X-Autoresponder")
        or header(message, "X-Auto-Reply-From", "X-MS-Exchange-Inbox-Rules-Loop")
        or header(message, "Precedence").lower() in ("auto_reply", "auto-reply")
        or _AWAY.search(subject)
        or _CHALLENGE.search(subject)
    )
