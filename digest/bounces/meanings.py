"""What mail servers write in their own words, in the languages they speak.

Rows are tried from the top: a domain that does not exist is no mailbox that does not,
and a mail held for spam names the recipient, too.
"""

from __future__ import annotations

import re

#: What the words come to in the standard's codes (RFC 3463).
_MEANINGS = {
    "4.4.7": (
        r"retry time(?:out)?(?: not reached)? exceeded",
        r"message (?:has )?expired",
        r"(?:gave|giving) up",
        r"has been in the queue too long",
        r"could not be delivered for",
        r"connection timed out",
        r"délai (?:de remise )?(?:dépassé|expiré)",
        r"zeitüberschreitung",
        r"配信期限",
    ),
    "5.1.2": (
        r"(?:domain|host)(?: name)? (?:unknown|not found|does(?:n't| not) exist)",
        r"unrouteable mail domain",
        r"no such (?:domain|host)",
        r"unknown host",
        r"couldn't find any host",
        r"nom de domaine inconnu",
        r"domain existiert nicht",
        r"dominio no existe",
    ),
    "5.2.2": (
        r"(?:mailbox|inbox|mail ?box|folder|account) (?:is |has become )?(?:full|over)",
        (
            r"(?:over|exceed\w*|past) (?:the |its |his |her |their |disk |storage )*"
            r"(?:quota|limit)"
        ),
        r"quota exceeded",
        r"mailbox (?:has )?exceed",
        r"not enough (?:storage|disk) space",
        r"bo[iî]te (?:aux lettres |de réception )?(?:du destinataire )?(?:est )?pleine",
        r"quota dépassé",
        r"postfach (?:des empfängers )?(?:ist )?(?:voll|überfüllt)",
        r"buzón (?:está )?lleno",
        r"cuota (?:de disco )?(?:excedida|superada)",
        r"casella (?:di posta )?piena",
        r"caixa (?:postal )?cheia",
        r"容量(?:が|を)?(?:超|いっぱい)",
        r"メールボックスがいっぱい",
        r"空き容量がない",
        r"邮箱已满",
        r"переполнен",
    ),
    "5.2.1": (
        (
            r"(?:mailbox|account|user|address) (?:is |has been |was )*"
            r"(?:disabled|closed|deactivated|suspended|inactive"
            r"|no longer (?:active|valid|in use))"
        ),
        r"compte (?:désactivé|fermé|suspendu)",
        r"konto (?:gesperrt|deaktiviert)",
        r"cuenta (?:desactivada|cerrada|suspendida)",
    ),
    "5.7.1": (
        r"\bspam\b",
        r"black-?list",
        r"block-?list",
        r"\bblocked\b",
        r"reputation",
        r"unsolicited",
        r"content (?:policy|filter)",
        r"spamverdacht",
        r"contenu (?:refusé|indésirable)",
    ),
    "5.1.1": (
        (
            r"(?:user|recipient|mailbox|address|account|addressee)(?:'s)?(?: \S{1,80})? "
            r"(?:is |was )?(?:unknown|not found|invalid|not listed|not known"
            r"|does(?:n't| not) exist)"
        ),
        (
            r"(?:no such|unknown|invalid) (?:local )?"
            r"(?:user|mailbox|recipient|address|person|account)"
        ),
        r"no mailbox here by that name",
        r"invalid final delivery userid",
        r"user does(?:n't| not) have an? \S+ account",
        r"address is (?:wrong|no longer valid)",
        r"recipient name is not recogni[sz]ed",
        r"unrouteable address",
        r"not listed in (?:the )?(?:domino|public name)",
        r"not a (?:valid|known) (?:user|mailbox|recipient)",
        (
            r"(?:utilisateur|destinataire|adresse)(?: \S{1,80})? "
            r"(?:est )?(?:inconnue?|inexistante?|introuvable)"
        ),
        r"adresse de messagerie[^.\n]{0,60} introuvable",
        r"n['’]existe (?:pas|plus)",
        (
            r"(?:empfänger|benutzer|adresse|postfach)(?: \S{1,80})? (?:ist )?"
            r"(?:unbekannt|nicht bekannt|existiert nicht)"
        ),
        r"adresse konnte nicht gefunden werden",
        r"nicht im domino-verzeichnis",
        (
            r"(?:usuario|destinatario|buzón)(?: \S{1,80})? (?:es )?"
            r"(?:desconocid|inexistente)"
        ),
        r"(?:dirección|cuenta|usuario|buzón)[^\n]{0,80} no existe",
        r"(?:utente|casella)[^\n]{0,40} (?:sconosciut|inesistent)",
        r"non esiste",
        r"(?:usuário|endereço)[^\n]{0,40} (?:desconhecid|inexistente)",
        r"não existe",
        r"(?:宛先|メール ?アドレス|ユーザー?)[^。\n]{0,40}(?:存在し|不明|見つかり)",
        r"(?:用户|收件人|邮箱)[^。\n]{0,20}不存在",
        r"не существует",
        r"nie istnieje",
        r"bestaat niet",
    ),
}
_WORDS = tuple(
    (status, re.compile("|".join(words), re.IGNORECASE))
    for status, words in _MEANINGS.items()
)


def meaning(said: str) -> tuple[str, int] | None:
    """Return the code that a text comes to, and where its words begin."""
    for status, words in _WORDS:
        if found := words.search(said):
            return status, found.start()
    return None
