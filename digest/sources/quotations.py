"""Quotations inside text: where one is still open, what was said and by whom.

Marks of English (“ ”, " "), French and Spanish (« »), German („ “, » «).
Single marks are left alone: they cannot be told from apostrophes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.model import Quote

#: What closes each opening mark; a German quotation ends in an English opening one.
_CLOSERS = {"“": "”", "„": "“”", "«": "»", '"': '"', "”": "”"}
_MARKS = re.compile('[“”„«»"]')
_SPEAKS = (
    r"said|says|told \w+|added|adds|warned|warns|explained|explains|recalled|insisted|argued|wrote|asked|declared|"
    r"a (?:dit|déclaré|affirmé|expliqué|ajouté|averti|confié|rappelé|insisté)|déclare|affirme|explique|ajoute"
    r"|dit|selon|confie|raconte|estime|prévient|insiste|témoigne|"
    r"sagte?|erklärte?|warnte?|meinte?|betonte?|erzählte?|so|ergänzte?|schrieb|"
    r"dijo|dice|afirmó|afirma|explicó|explica|declaró|declara|advirtió|advierte|añadió|contó|cuenta|aseguró|según|"
    r"(?:сказал|заявил|рассказал|объяснил|отметил|добавил|пояснил|признал)(?:а|и|ась|ся)?"
    r"|говорит|рассказывает|объясняет|считает|вспоминает|пишет|уверена?"
)
_NAME = r"(?P<{0}>[A-ZÀ-ÞŁŚŽА-ЯЁ][\w'’.-]*(?:\s+(?:(?:al|bin|da|de|del|der|di|du|el|la|van|von)\s+)*[A-ZÀ-ÞŁŚŽА-ЯЁ][\w'’-]*){{1,3}})"
#: "the harbour master" before a name.
_POST = r"[a-zà-öø-ÿ'’-]+(?:\s+[a-zà-öø-ÿ'’-]+){0,4}"
#: After the quotation: said NAME, role / NAME said; before it: NAME said:
_SAID_AFTER = re.compile(
    rf"\s*[,.!?]?\s*(?:(?:[—–]\s+)?(?i:{_SPEAKS})\s+(?P<post>{_POST},?\s+)?{_NAME.format('after')}|(?P<office>{_POST}\s+)?{_NAME.format('before')}(?:,\s*(?P<job>[^,.;:«»“”\"]{{3,80}}),)?,?\s+(?i:{_SPEAKS})\b"
    rf"|[—–-]\s*{_NAME.format('dash')})(?:,\s*(?P<role>[^\W\d][^,.;:«»“”\"—–]{{2,80}}))?"
)
_SAID_BEFORE = re.compile(
    rf"{_NAME.format('name')}(?:,\s*(?P<role>[^,.;:«»“”\"]{{3,80}}),)?\s+(?i:{_SPEAKS})(?:\s+\w+){{0,4}}\s*[:,]?\s*$"
)
#: A line below a quotation: "— NAME, role".
_SIGNATURE = re.compile(
    rf"[—–]\s*{_NAME.format('who')}(?:,\s*(?P<role>[^.]{{3,80}}))?\.?\s*"
)
#: Shorter is a word in inverted commas, longer is a speech.
_FEWEST_WORDS, _MOST_WORDS = 7, 80
#: What goes on with the story, where a role would stand: "said NAME, and left".
_GOES_ON = re.compile(r"(?:and|but|et|mais|puis|und|aber|y|e|pero)\b", re.IGNORECASE)
_NEAR = 200  #: characters before and after, in which the speaker is named


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each quotation begins and ends; -1: it has not ended yet."""
    start, closers = -1, ""
    for mark in _MARKS.finditer(text):
        if start < 0:
            # »…« is the German way round; ” opens only where none was open before.
            closers = "«" if mark[0] == "»" else _CLOSERS[mark[0]]
            start = mark.start()
        elif mark[0] in closers:
            yield start, mark.end()
            start = -1
    if start >= 0:
        yield start, -1


def is_open(text: str) -> bool:
    """Tell whether `text` ends in the middle of a quotation."""
    return any(end < 0 for _, end in _spans(text))


def find_quotes(text: str) -> tuple[Quote, ...]:
    """Return what people are quoted saying in one paragraph, with who they are.

    Only what is long enough to stand alone; names are taken from "said NAME,
    role", "NAME said" and their like beside the quotation.
    """
    spans = [(start, end) for start, end in _spans(text) if end >= 0]
    speakers = [
        _speaker(text[max(0, start - _NEAR) : start], text[end : end + _NEAR])
        for start, end in spans
    ]
    known = {speaker for speaker in speakers if speaker[0]}
    found = []
    for (start, end), speaker in zip(spans, speakers, strict=True):
        said = text[start + 1 : end - 1].strip(" \u00a0\u202f\t,")
        # Where one person speaks in a paragraph, all of it is theirs.
        who, role = next(iter(known)) if len(known) == 1 else speaker
        if _FEWEST_WORDS <= len(said.split()) <= _MOST_WORDS:
            found.append(Quote(text=said, who=who, role=role))
    return tuple(found)


def opening_quote(text: str) -> Quote | None:
    """Return the quotation that a text set apart begins with, and who it says spoke.

    None where the text does not begin with one, or holds nothing else.
    """
    start, end = next(_spans(text), (-1, -1))
    if start != 0 or end < 0 or not re.search(r"\w", text[end:]):
        return None
    who, role = _speaker("", text[end : end + _NEAR])
    return Quote(text=text[1 : end - 1].strip(" \u00a0\u202f\t,"), who=who, role=role)


def _speaker(before: str, after: str) -> tuple[str, str]:
    if said := _SAID_AFTER.match(after):
        who = said["after"] or said["before"] or said["dash"]
        job = said["post"] or said["office"] or said["job"]
        if job:
            return who, _role(job)
    elif said := _SAID_BEFORE.search(before):
        who = said["name"]
    else:
        return "", ""
    return who, _role(said["role"])


def _role(text: str | None) -> str:
    role = (text or "").strip(" ,\u00a0\u202f")
    return "" if _GOES_ON.match(role) else role


def is_quotation(text: str) -> bool:
    """Tell whether the whole of `text` is one quotation, and a long enough one."""
    spans = list(_spans(text))
    words = len(text.split())
    return spans == [(0, len(text.rstrip(" .,")))] and words >= _FEWEST_WORDS


def read_speaker(text: str) -> tuple[str, str] | None:
    """Return name and role when `text` only signs the quotation above it."""
    signed = _SIGNATURE.fullmatch(text)
    return (signed["who"], (signed["role"] or "").strip()) if signed else None
