"""The words of a template in the reader's language, and how it writes numbers.

`words.yaml` holds, per language, every word a template says by itself ("Also
read"), with plural forms where a number stands in it. A word that a language
lacks comes from the next one: ``fr-CA``, ``fr``, the newsletter's language, then
English. Babel knows dates, lists, numbers, plural rules and which way a script
runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

from digest.errors import TemplateProblem
from digest.rendering.plaintext import mixed
from digest.yamltext import Document, read_yaml

LAST_RESORT = "en"

#: Written from right to left, with the comma of the others.
_HEBREW_LETTERS = frozenset({"he", "yi"})
_NO_SPACES = frozenset({"ja", "zh"})

#: Entries of a language that are not words: the locale whose dates and lists it
#: writes, and its own date patterns (LDML, as in ``EEEE d MMMM y``).
_MANNERS = frozenset({"locale", "date", "day"})
_PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})
_BLANK = re.compile(r"\{(\w+)\}")

Word = str | Mapping[str, str]


class WordMissing(Exception):
    """A template asked for a word that no language has, or forgot to fill it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Everything in `words.yaml`: language, then key, then word."""

    file: str
    languages: Mapping[str, Mapping[str, Word]]

    @classmethod
    def read(cls, text: str, *, file: str) -> Words:
        """Read `words.yaml`; raise `TemplateProblem` or `FileProblems`."""
        document = read_yaml(text, file=file)
        return cls(file=file, languages=_checked(document, file))

    def speech(self, wanted: str, *, otherwise: str) -> Speech:
        """Return the best there is for a reader of `wanted`."""
        named = {tag.casefold(): tag for tag in self.languages}
        chain = [
            named[tag]
            for language in (wanted, otherwise, LAST_RESORT)
            for tag in _shorter(language.replace("_", "-").casefold())
            if tag in named
        ]
        return Speech(
            language=chain[0] if chain else LAST_RESORT,
            vocabularies={tag: self.languages[tag] for tag in chain},
        )


class Speech:
    """One language as a template needs it."""

    def __init__(
        self, *, language: str, vocabularies: Mapping[str, Mapping[str, Word]]
    ) -> None:
        """Take the vocabularies to look in, the best first."""
        self.language = language
        self._vocabularies = tuple(vocabularies.values())
        own = language.partition("-")[0].casefold()
        self._own = tuple(
            words
            for tag, words in vocabularies.items()
            if tag.partition("-")[0].casefold() == own
        )
        self._locale = _locale(self._entry("locale") or language) or Locale("en")
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
            if key in vocabulary and key not in _MANNERS:
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

    def number(self, number: float) -> str:
        """Write a number the way the language does."""
        written: str = format_decimal(number, locale=self._locale)
        return written

    def mixed(self, text: str, direction: str) -> str:
        """Return `text` of a direction, marked where this language has the other."""
        return mixed(text, inner=direction, outer=self.direction)

    def listed(self, texts: Sequence[str], direction: str = "") -> str:
        """Return ``A, B and C``, in order even where they run the other way."""
        parts = [self.mixed(text, direction) for text in texts]
        return format_list(parts, locale=self._locale)

    def date(self, moment: datetime, timezone: str) -> str:
        """Return ``Monday 23 November 2026``, as the clocks of `timezone` say."""
        return self._date(moment, timezone, self._entry("date") or "full")

    def day(self, moment: datetime, timezone: str) -> str:
        """Return ``23 November 2026``."""
        return self._date(moment, timezone, self._entry("day") or "long")

    def _date(self, moment: datetime, timezone: str, pattern: str) -> str:
        local = moment.astimezone(ZoneInfo(timezone))
        return _written_date(local.date(), pattern, self._locale)

    def _entry(self, key: str) -> str:
        """Return one of `_MANNERS`; another language's would be wrong here."""
        found = (words[key] for words in self._own if key in words)
        entry = next(found, "")
        return entry if isinstance(entry, str) else ""


@lru_cache(maxsize=1024)  # readers subscribed on a few hundred days
def _written_date(day: date, pattern: str, locale: Locale) -> str:
    return format_date(day, pattern, locale=locale)


def direction(language: str) -> str:
    """Return which way a language is written; an unknown one goes to the right."""
    locale = _locale(language)
    return locale.text_direction if locale else "ltr"


def comma(language: str) -> str:
    """Return what a language writes between a name and a place."""
    locale = _locale(language)
    if locale is None:
        return ", "
    if locale.language in _NO_SPACES:
        return "、"
    arabic = locale.text_direction == "rtl" and locale.language not in _HEBREW_LETTERS
    return "، " if arabic else ", "


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale | None:
    try:
        return Locale.parse(language.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        base = language.replace("_", "-").rpartition("-")[0]
        return _locale(base) if base else None


def _shorter(language: str) -> Iterator[str]:
    """Yield ``zh-hant-tw``, ``zh-hant``, ``zh``."""
    while language:
        yield language
        language = language.rpartition("-")[0]


def _checked(document: Document, file: str) -> dict[str, dict[str, Word]]:
    """Return the words, or raise `TemplateProblem` at the first impossible one."""

    def problem(what: str, *place: str) -> TemplateProblem:
        mark = document.marks.get(place)
        return TemplateProblem(file, mark.line if mark else 1, what)

    languages = document.value
    if not isinstance(languages, dict) or not languages:
        raise problem("words are kept per language: write `en:` and its words below")
    for language, words in languages.items():
        if not isinstance(words, dict):
            raise problem(f"`{language}` holds no words: write `key: word`", language)
        for key, word in words.items():
            what = _wrong(word)
            if what:
                raise problem(f"`{key}` {what}", language, key)
    return languages


def _wrong(word: object) -> str:
    """Return what is impossible about a word, or ""."""
    if isinstance(word, str):
        return ""
    if not isinstance(word, dict):
        return f"is {word!r}, not a text: put it in quotes"
    if strange := sorted(str(form) for form in word if form not in _PLURALS):
        known = ", ".join(sorted(_PLURALS))
        return f"has the plural form `{strange[0]}`: the forms are {known}"
    if "other" not in word:
        return "lacks the plural form `other`: every language needs it"
    if not all(isinstance(form, str) for form in word.values()):
        return "has a form that is not a text: put it in quotes"
    return ""
