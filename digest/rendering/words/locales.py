"""What Unicode knows about languages, by way of Babel: the only module that asks it.

Dates, lists, numbers and digits, plural categories, which way a script runs; and the
messages of gettext catalogues. A language nobody knows is written like its base, or
like English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from gettext import c2py
from io import StringIO

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from digest.rendering.simplifying import RowMarks

__all__ = [
    "Catalogue",
    "Locale",
    "NotACatalogue",
    "Translation",
    "comma",
    "direction",
    "language_name",
    "listed",
    "locale_of",
    "plural_forms",
    "read_messages",
    "row_marks",
    "written_date",
    "written_number",
    "written_time",
]

#: Written from right to left, with the comma of the others.
_HEBREW_LETTERS = frozenset({"he", "yi"})
_NO_SPACES = frozenset({"ja", "zh"})
#: Colon and semicolon, where they are not ": " and "; ".
_ROW_MARKS = {
    "fr": ("\u00a0: ", "\u00a0; "),
    "ja": ("：", "；"),
    "km": ("៖ ", "; "),
    "zh": ("：", "；"),
}

#: Where the digits begin of numbering systems that languages prefer; Babel writes 0-9.
_ZEROS = {
    "arab": 0x0660,
    "arabext": 0x06F0,
    "beng": 0x09E6,
    "deva": 0x0966,
    "mymr": 0x1040,
}

#: Enough numbers to meet every plural category that a mail's numbers have.
EVERYDAY = range(201)


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale | None:
    """Return what is known about a language, or about its base; None: nothing is."""
    try:
        return Locale.parse(language.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        base = language.replace("_", "-").rpartition("-")[0]
        return locale_of(base) if base else None


def primary_subtag(language: str) -> str:
    """Return a language without its script and country (RFC 5646 section 2.2.1)."""
    return language.replace("_", "-").partition("-")[0].casefold()


def direction(language: str) -> str:
    """Return which way a language is written; an unknown one goes to the right."""
    locale = locale_of(language)
    return locale.text_direction if locale else "ltr"


def comma(language: str) -> str:
    """Return what a language writes between a name and a place."""
    locale = locale_of(language)
    if locale is None:
        return ", "
    if locale.language in _NO_SPACES:
        return "、"
    arabic = locale.text_direction == "rtl" and locale.language not in _HEBREW_LETTERS
    return "، " if arabic else ", "


def row_marks(language: str) -> RowMarks:
    """Return what a language writes in the row of a table, read as a line.

    French colons and semicolons hold on to the word before them.
    """
    colon, semicolon = _ROW_MARKS.get(primary_subtag(language), (": ", "; "))
    if comma(language) == "، ":
        semicolon = "؛ "
    return RowMarks(colon, semicolon, comma(language))


def language_name(language: str) -> str:
    """Return what a language calls itself, such as "français"; "" if unknown."""
    locale = locale_of(language)
    return (locale.get_display_name() or "") if locale else ""


def plural_forms(language: str) -> Mapping[str, list[int]]:
    """Return the plural categories of everyday numbers, with the numbers."""
    locale = locale_of(language) or Locale("en")
    found: dict[str, list[int]] = {}
    for number in EVERYDAY:
        found.setdefault(locale.plural_form(number), []).append(number)
    return found


# -- how a language writes ----------------------------------------------------


@lru_cache(maxsize=1024)  # readers subscribed on a few hundred days
def written_date(day: date, pattern: str, locale: Locale) -> str:
    """Return a day by a pattern (LDML) or by one of Unicode's: full, long."""
    return format_date(day, pattern, locale=locale).translate(_digits(locale))


def written_time(moment: time, locale: Locale) -> str:
    """Return ``07:00``, or ``7:00 AM`` where that is how it is written."""
    return format_time(moment, "short", locale=locale).translate(_digits(locale))


@lru_cache(maxsize=1024)  # an issue says a thousand times that a story takes 3 minutes
def written_number(number: float, locale: Locale) -> str:
    """Return a number with the language's digits and separators."""
    written: str = format_decimal(number, locale=locale, numbering_system="default")
    return written.translate(_digits(locale))


def listed(texts: Sequence[str], locale: Locale) -> str:
    """Return ``A, B and C``."""
    return format_list(texts, locale=locale)


@lru_cache(maxsize=64)
def _digits(locale: Locale) -> Mapping[int, int]:
    """Return a language's own digits by ours: Persian counts from ۰ to ۹."""
    zero = _ZEROS.get(locale.default_numbering_system)
    return {ord("0") + n: zero + n for n in range(10)} if zero else {}


# -- catalogues ---------------------------------------------------------------


class NotACatalogue(Exception):
    """A text is no gettext catalogue; `line` is where one sees it, from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(line, what)
        self.line, self.what = line, what


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """One message of a catalogue: which it is, and what it says here."""

    context: str  #: `msgctxt`, "" without one
    source: tuple[str, ...]  #: `msgid`, and `msgid_plural` where there is one
    said: tuple[str, ...]  #: `msgstr` in all its forms; "" where it is missing
    fuzzy: bool  #: somebody has to look at it
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A gettext catalogue as it was read."""

    language: str  #: of its head: ``en_GB``; may be empty
    rule: Callable[[int], int]  #: which form a number takes
    messages: tuple[Translation, ...]


def read_messages(text: str) -> Catalogue:
    """Read a `.po` file; raise `NotACatalogue` when it is none."""
    try:
        catalog = read_po(StringIO(text), abort_invalid=True)
        rule = c2py(catalog.plural_expr)
    except PoFileError as error:
        raise NotACatalogue((error.lineno or 0) + 1, str(error)) from error
    except ValueError as error:
        raise NotACatalogue(
            1, f"`Plural-Forms` cannot be read ({error}): write nplurals and plural"
        ) from error

    def messages() -> Iterator[Translation]:
        for message in catalog:
            source, said = message.id, message.string
            if source:  # the head has none
                yield Translation(
                    context=message.context or "",
                    source=(source,) if isinstance(source, str) else tuple(source),
                    said=(said,) if isinstance(said, str) else tuple(said or ()),
                    fuzzy=message.fuzzy,
                    line=message.lineno or 1,
                )

    return Catalogue(
        language=catalog.locale_identifier or "", rule=rule, messages=tuple(messages())
    )
