"""One language as a template needs it: its words, and how it writes numbers and days."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from digest.rendering.plaintext import mixed
from digest.rendering.words.locales import (
    Locale,
    direction,
    listed,
    locale_of,
    primary_subtag,
    written_date,
    written_number,
    written_time,
)

LAST_RESORT = "en"

#: Entries of a language that are not words: the locale whose dates and lists it
#: writes, and its own date patterns (LDML, as in ``EEEE d MMMM y``).
MANNERS = frozenset({"locale", "date", "day"})
_A_MONDAY = date(2024, 1, 1)
_BLANK = re.compile(r"\{(\w+)\}")

Word = str | Mapping[str, str]
Vocabulary = Mapping[str, Word]


class WordMissing(Exception):
    """A template asked for a word that no language has, or forgot to fill it."""


def blanks(word: str) -> set[str]:
    """Return the names of what a word leaves to be filled in."""
    return set(_BLANK.findall(word))


class Speech:
    """One language as a template needs it."""

    def __init__(
        self, *, language: str, vocabularies: Sequence[tuple[str, Vocabulary]]
    ) -> None:
        """Take the vocabularies to look in, each with its language, the best first."""
        self.language = language
        self._vocabularies = tuple(words for _, words in vocabularies)
        own = primary_subtag(language)
        self._own = tuple(
            words for tag, words in vocabularies if primary_subtag(tag) == own
        )
        self._locale = locale_of(self._entry("locale") or language) or Locale("en")
        self.direction = direction(language)  #: ``"ltr"`` or ``"rtl"``

    def word(self, key: str, number: float | None) -> str:
        """Return the word, with its blanks (``{name}``) still in it."""
        word = self._word(key)
        if isinstance(word, str):
            return word
        if number is None:
            raise WordMissing(f"the word {word['other']!r} has plurals: pass n=…")
        return word.get(self.plural(number), word["other"])

    def forms(self, key: str) -> Mapping[str, str]:
        """Return the word for every plural category it tells apart; "other" is one."""
        word = self._word(key)
        return {"other": word} if isinstance(word, str) else word

    def plural(self, number: float) -> str:
        """Return the plural category of a number, such as "few" (Unicode CLDR)."""
        return self._locale.plural_form(number)

    def _word(self, key: str) -> Word:
        for vocabulary in self._vocabularies:
            if key in vocabulary and key not in MANNERS:
                return vocabulary[key]
        known = [key for words in self._vocabularies for key in words]
        near = get_close_matches(key, known, n=1)
        hint = f"did you mean `{near[0]}`" if near else "add it"
        raise WordMissing(f"words.yaml has no word `{key}`: {hint}")

    def filled(
        self, word: str, values: Mapping[str, object], shown: Callable[[object], str]
    ) -> str:
        """Fill the blanks of `word`; `shown` is asked for the values it has."""

        def value(blank: re.Match[str]) -> str:
            if blank[1] not in values:
                raise WordMissing(
                    f"`{{{blank[1]}}}` of {word!r} is not given: pass {blank[1]}=…"
                )
            return shown(values[blank[1]])

        return _BLANK.sub(value, word)

    def said(self, key: str, **values: object) -> str:
        """Return the word as plain text, its blanks filled."""
        return self.filled(self.word(key, None), values, str)

    def number(self, number: float) -> str:
        """Write a number the way the language does."""
        return written_number(number, self._locale)

    def mixed(self, text: str, direction: str) -> str:
        """Return `text` of a direction, marked where this language has the other."""
        return mixed(text, inner=direction, outer=self.direction)

    def listed(self, texts: Sequence[str], direction: str = "") -> str:
        """Return ``A, B and C``, in order even where they run the other way."""
        parts = [self.mixed(text, direction) for text in texts]
        return listed(parts, self._locale)

    def date(self, moment: datetime, timezone: str) -> str:
        """Return ``Monday 23 November 2026``, as the clocks of `timezone` say."""
        return self._date(moment, timezone, self._entry("date") or "full")

    def day(self, moment: datetime, timezone: str) -> str:
        """Return ``23 November 2026``."""
        return self._date(moment, timezone, self._entry("day") or "long")

    def time(self, moment: datetime, timezone: str) -> str:
        """Return ``07:00``, as the clocks of `timezone` say."""
        return written_time(moment.astimezone(ZoneInfo(timezone)).time(), self._locale)

    def weekday(self, number: int) -> str:
        """Return ``Monday`` for 0."""
        return written_date(_A_MONDAY + timedelta(days=number), "cccc", self._locale)

    def hour(self, number: int) -> str:
        """Return ``18:00``, or ``6:00 PM``, for 18."""
        return written_time(time(number), self._locale)

    def _date(self, moment: datetime, timezone: str, pattern: str) -> str:
        local = moment.astimezone(ZoneInfo(timezone))
        return written_date(local.date(), pattern, self._locale)

    def _entry(self, key: str) -> str:
        """Return one of `MANNERS`; another language's would be wrong here."""
        found = (words[key] for words in self._own if key in words)
        entry = next(found, "")
        return entry if isinstance(entry, str) else ""
