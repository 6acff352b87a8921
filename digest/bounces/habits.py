"""Mails of programs that follow no standard: how each is used to saying it.

flufl.bounce (Mailman's) knows a dozen programs by the shape of their mails; what it
misses is known here by words, in the languages servers speak. A refusal for good is
believed only where the words say so: that a mail is a bounce says nothing about why.
"""

from __future__ import annotations

import re
from email.message import Message

from flufl.bounce import all_failures

from digest.bounces.meanings import meaning
from digest.bounces.parts import header, outer, text
from digest.bounces.report import Effect, Kind
from digest.bounces.statuses import Told, told_by_words

_MOST_TEXT = 8_000  #: characters in which a program says what it has to say

#: From here on it is our own mail, whose words say nothing of the address.
_COPY = re.compile(
    r"^(?:[->_= |]*(?:original message|this is a copy of|below this line is a copy|"
    r"message headers? follows?|mensaje original|message d'origine|"
    r"ursprüngliche nachricht|the header of the original|unsent message below|"
    r"returned (?:message|mail)|start of returned message|message text follows|元のメッセージ|原邮件)|received: from|return-path: )",
    re.IGNORECASE | re.MULTILINE,
)

#: Who writes when a server writes.
_DAEMON = re.compile(
    r"mailer[-_ ]?daemon|postmaster|mail delivery|mail administrator|mdaemon|"
    r"microsoftexchange[0-9a-f]{6,}|delivery (?:sub)?system|système de messagerie|"
    r"\bndr@|mail[-_ ]?system|maildelivery|returned mail|bounce[-_]?(?:handler|notification)",
    re.IGNORECASE,
)

#: What the subject of a mail says whose mail came back.
_RETURNED = re.compile(
    r"undeliver|non[- ]?deliver|not delivered|deliver(?:y|ing)? (?:status|fail|notif|"
    r"problem|report)|fail(?:ed|ure) (?:notice|to deliver|delivery)|mail delivery|"
    r"returned (?:mail|to sender)|could not (?:be )?(?:send|sent|deliver)|"
    r"non remis|échec de (?:la )?(?:remise|distribution)|non distribu|"
    r"unzustellbar|nicht zugestellt|zustellung fehlgeschlagen|"
    r"no (?:se ha podido|se pudo|ha sido) entrega|entrega fallida|no entregado|"
    r"mancat[oa] (?:recapito|consegna)|falha na entrega|não entregue|"
    r"配信不能|配信できません|届けできません|送信できません|退信|"
    r"недоставлен|не доставлен|niedostarcz|onbestelbaar|"
    r"zustell(?:fehler|ung verzögert)|remise (?:différée|retardée)|配信の遅延",
    re.IGNORECASE,
)

#: What a mail says whose server goes on trying.
_STILL_TRYING = re.compile(
    r"will (?:continue|keep|be retried)|attempts? will continue|still trying|"
    r"no action is required|not yet been delivered|delivery (?:has been |is )?delayed|"
    r"do(?:n't| not) need to resend|weitere zustellversuche|weiterhin versucht|"
    r"noch nicht zugestellt|nouvelles tentatives|n['’]a pas encore été remis|"
    r"se seguirá intentando|引き続き(?:試|再試行)|まだ配信されていません",
    re.IGNORECASE,
)

#: What a mail of such a server says that otherwise looks like one that gave up.
_WARNING = re.compile(r"warning (?:message )?only|delayed mail", re.IGNORECASE)

#: A line that quotes a server's reply.
_QUOTED = re.compile(
    r"(?:^|[\s:;<>(\"'|])([45]\d\d[ \-](?:#?[45]\.\d{1,3}\.\d{1,3}\b|[^\d\s]).*)"
    r"|((?:^|[\s(#])#?[45]\.\d{1,3}\.\d{1,3}(?![\d.]).*)",
    re.MULTILINE,
)
_MANY_BLANKS = re.compile(r"[ \t]*\n[ \t>|]*(?=\S)")


def from_a_program(message: Message) -> bool:
    """Return whether the sender is a mail server, by its name or by having none."""
    return (
        named_as_one(message) or header(message, "Return-Path").replace(" ", "") == "<>"
    )


def named_as_one(message: Message) -> bool:
    """Return whether its From is a mail server's, or nobody's."""
    sender = header(message, "From")
    return not sender or _DAEMON.search(sender) is not None


def told_by_habit(message: Message) -> Told | None:
    """Return what a bounce without a delivery status says; None: it is none."""
    said, subject = prose(message), header(message, "Subject")
    daemon = _DAEMON.search(header(message, "From")) is not None
    returned = _RETURNED.search(subject) is not None
    for_now, for_good = _shapes(message)
    trying = _STILL_TRYING.search(said) is not None
    if not (
        header(message, "X-Failed-Recipients")
        or for_now
        or for_good
        or (returned and (daemon or from_a_program(message)))
        or (daemon and (trying or _words(said)))
    ):
        return None
    if trying and (not for_good or _WARNING.search(f"{subject}\n{said}")):
        return Told(kind=Kind.DELAYED, words=_first_line(said))
    words = _words(said)
    if not words and for_now and not for_good:
        return Told(kind=Kind.DELAYED, words=_first_line(said))
    if not words:
        return Told(kind=Kind.BOUNCE, effect=Effect.SOFT, words=subject)
    return told_by_words(words[1], status=words[0])


def _shapes(message: Message) -> tuple[bool, bool]:
    """Return whether flufl.bounce finds readers refused for now, and for good."""
    try:
        for_now, for_good = all_failures(message)
    except Exception:  # noqa: BLE001 whatever a strange mail makes it stumble over
        return False, False
    return bool(for_now), bool(for_good)


def prose(message: Message) -> str:
    """Return what the program says itself, before the mail it returns."""
    texts = [text(p) for p in outer(message) if p.get_content_type() == "text/plain"]
    if not texts:
        pages = (text(p) for p in outer(message) if p.get_content_type() == "text/html")
        texts = [re.sub(r"<[^<>]*>", " ", page) for page in pages]
    said = "\n".join(texts)[: 4 * _MOST_TEXT]
    copy = _COPY.search(said)
    return said[: copy.start() if copy else _MOST_TEXT][:_MOST_TEXT]


def _words(said: str) -> tuple[str, str] | None:
    """Return the status that the words come to, or "", and the words themselves."""
    quoted = _QUOTED.search(said)
    if quoted:
        # A bare status stands behind the words it is about.
        begin = (
            quoted.start(1) if quoted[1] else said.rfind("\n", 0, quoted.start(2)) + 1
        )
        # A reply goes on over several lines, to the end of its paragraph.
        return "", _MANY_BLANKS.sub(" ", said[begin:].partition("\n\n")[0])
    if found := meaning(said):
        status, at = found
        begin = said.rfind("\n\n", 0, at) + 1
        return status, said[begin:].strip().partition("\n\n")[0]
    return None


def _first_line(said: str) -> str:
    return next((line.strip() for line in said.splitlines() if line.strip()), "")[:500]
