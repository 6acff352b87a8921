"""Languages: direction, letters that join, spaces before marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.rules import INFO, WARNING, rule

_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufefc]")
_ADDRESS = re.compile(r"https?://\S+|[\w.+-]+@[\w-]+\.[\w.]+")
_FRENCH = re.compile(r"(?<=\w) [;:?!»](?!\w)|« (?=\w)")
_FEW = 3
_SENTENCE = 16  #: letters; what is shorter may stand at the end of a row


@rule(
    "rtl-align",
    WARNING,
    fix="Mirror it: text-align:right, or leave it out and let dir decide.",
    bad='<p dir="rtl" lang="ar" style="text-align:left">أخبار اليوم من المدينة</p>',
    good='<p dir="rtl" lang="ar" style="text-align:right">أخبار اليوم من المدينة</p>',
)
def rtl_align(mail: Mail) -> Iterator[Hit]:
    """Text that runs from the right and hangs on the left is hard to read."""
    for text, node, look in mail.from_the_right:
        turned = look.direction == "rtl" and look.align == "left"
        if turned and len(_RIGHT_TO_LEFT.findall(text.value)) > _SENTENCE:
            yield node.hit(f"{text.value.strip()[:30]!r} is aligned left")


@rule(
    "rtl-direction",
    WARNING,
    fix='Write dir="rtl" on it.',
    bad='<p lang="ar">أخبار اليوم من المدينة، وفيها كل جديد.</p>',
    good='<p lang="ar" dir="rtl">أخبار اليوم من المدينة، وفيها كل جديد.</p>',
)
def rtl_direction(mail: Mail) -> Iterator[Hit]:
    """Full stops and numbers jump to the wrong end of the line."""
    for text, node, look in mail.from_the_right:
        letters = len(_RIGHT_TO_LEFT.findall(text.value))
        if letters > _SENTENCE and 2 * letters > len(text.value):
            declared = node.get("dir") == "auto" or _auto(mail, node.index)
            if look.direction != "rtl" and not declared:
                yield node.hit(f"{text.value.strip()[:30]!r} runs from the left")


@rule(
    "arabic-spacing",
    WARNING,
    fix="Set letter-spacing:0 for Arabic.",
    bad='<p dir="rtl" lang="ar" style="letter-spacing:1px">أخبار اليوم</p>',
    good='<p dir="rtl" lang="ar">أخبار اليوم</p>',
)
def arabic_spacing(mail: Mail) -> Iterator[Hit]:
    """Letter spacing tears Arabic letters apart that have to join."""
    for text, node, look in mail.from_the_right:
        spaced = look.letter_spacing
        if spaced and len(_ARABIC.findall(text.value)) > _FEW:
            yield node.hit(f"{text.value.strip()[:30]!r} is spaced out")


@rule(
    "arabic-italic",
    INFO,
    fix="Stress Arabic by weight or colour.",
    bad='<p dir="rtl" lang="ar"><em>أخبار اليوم</em></p>',
    good='<p dir="rtl" lang="ar"><b>أخبار اليوم</b></p>',
)
def arabic_italic(mail: Mail) -> Iterator[Hit]:
    """Arabic has no italics; programs slant the letters, and badly."""
    for text, node, look in mail.from_the_right:
        if look.italic and len(_ARABIC.findall(text.value)) > _FEW:
            yield node.hit(f"{text.value.strip()[:30]!r} is slanted")


@rule(
    "mixed-direction",
    WARNING,
    fix='Wrap it in <span dir="ltr">.',
    bad='<p dir="rtl" lang="ar">اكتبوا إلى desk@news.example.</p>',
    good='<p dir="rtl" lang="ar">اكتبوا إلى <span dir="ltr">desk@news.example</span>.</p>',
)
def mixed_direction(mail: Mail) -> Iterator[Hit]:
    """In text from the right, the parts of an address change places."""
    for text, node, look in mail.from_the_right:
        if look.direction == "rtl":
            found = _ADDRESS.search(text.value)
            if found and _RIGHT_TO_LEFT.search(text.value):
                yield node.hit(f"{found[0][:40]!r} inside text from the right")


@rule(
    "french-spaces",
    INFO,
    fix="Write no-break spaces (U+202F or U+00A0) there.",
    bad='<p lang="fr">Qui a gagné ? Personne ne sait.</p>',
    good='<p lang="fr">Qui a gagné\u202f? Personne ne sait.</p>',
)
def french_spaces(mail: Mail) -> Iterator[Hit]:
    """Otherwise a question mark stands alone on the next line."""
    for text, _ in mail.looking(lambda look: look.language.startswith("fr")):
        node = text.node
        assert node
        if found := _FRENCH.search(text.value):
            near = text.value[max(0, found.start() - 15) : found.end() + 5]
            yield node.hit(f"{near.strip()!r}")


def _auto(mail: Mail, index: int) -> bool:
    node = mail.page.nodes[index]
    while node is not None:
        if node.get("dir"):
            return node.get("dir") == "auto"
        if node.parent is None:
            return False
        node = node.parent
    return False
