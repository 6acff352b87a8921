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
    r"afwezig|automatis(?:ch antwoord|che reactie)|"
    r"autosvar|automatiskt? svar|frånvaro|automaattinen|"
    r"automatyczna odpowiedź|poza biurem|nieobecn|automatická odpověď|"
    r"automatikus válasz|răspuns automat|otomatik yanıt|αυτόματη απάντηση|"
    r"自動(?:返信|応答|回覆)|不在|自动(?:回复|答复)|자동 ?(?:회신|응답)|부재중|"
    r"автоответ|автоматический ответ|автоматична відповідь|"
    r"رد تلقائي|תשובה אוטומטית|trả lời tự động|balasan otomatis",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"(?:confirm|verify|prove) (?:that )?(?:you(?:r| are)|sender)|challenge|"
    r"sender verification|action required to deliver|awaiting (?:your )?approval|"
    r"allow your (?:mail|message)",
    re.IGNORECASE,
)


#: A subject that answers ours, as no server's does.
_ANSWER = re.compile(
    r"(?:re|aw|antw(?:ort)?|sv|rép|rif|odp|vs|回复|答复|回覆)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)


def says_so(message: Message) -> bool:
    """Return whether the subject is one of an automatic reply, whoever sent it.

    Programs that answer for a person send without a return path, as servers do with
    what they could not deliver (RFC 3834 section 3.3).
    """
    subject = header(message, "Subject")
    return bool(_ANSWER.match(subject) or _AWAY.search(subject))


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
