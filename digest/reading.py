"""How long a text takes to read."""

from __future__ import annotations

import re

WORDS_PER_MINUTE = 238  #: adults reading non-fiction silently (Brysbaert 2019)
CHARACTERS_PER_MINUTE = 500  #: of Chinese, Japanese or Korean

#: Han, kana, Hangul: no spaces tell words apart, so characters are counted.
_CJK = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)

#: From a letter or digit to the next space or dash: an apostrophe, a hyphen or a vowel
#: sign (Hindi, Arabic) inside does not make two words of one.
_WORD = re.compile(r"[^\W_][^\s—–]*")


def reading_minutes(text: str) -> int:
    """Return the minutes, rounded, for plain text; never below 1."""
    characters = len(_CJK.findall(text))
    words = len(_WORD.findall(_CJK.sub(" ", text)))
    minutes = words / WORDS_PER_MINUTE + characters / CHARACTERS_PER_MINUTE
    return max(1, round(minutes))
