"""How complete the words of each language are: what is missing, what cannot be right.

Two sources are measured, each against itself: the stock against its English, and a
set's own `words.yaml` against every key that any of its languages has. What a language
lacks its readers see in another one, so an editor wants to know before they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from digest.rendering.templates import TemplateFile
from digest.rendering.words.catalogues import read_catalogue
from digest.rendering.words.locales import plural_forms
from digest.rendering.words.sets import Words
from digest.rendering.words.speech import (
    LAST_RESORT,
    MANNERS,
    Vocabulary,
    Word,
    blanks,
)

#: A form for these alone may say "one story" without a number in it.
_SPELT_OUT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """How much of what should be said a language can say."""

    language: str
    words: int  #: how many there should be
    missing: tuple[str, ...] = ()  #: keys
    wrong: tuple[str, ...] = ()  #: what is wrong with words that are there

    @property
    def said(self) -> int:
        """How many words are there, right or wrong."""
        return self.words - len(self.missing)


def stock_completeness(catalogues: Mapping[str, TemplateFile]) -> list[Completeness]:
    """Measure every catalogue against the English one; in the languages' order.

    A catalogue of a variety (``en-US``) has its base's words as well.
    """
    read = {
        tag: read_catalogue(file.text, file=file.path, language=tag)
        for tag, file in catalogues.items()
    }
    model = read.get(LAST_RESORT, {})
    return [
        completeness(tag, {**read.get(tag.partition("-")[0], {}), **words}, model)
        for tag, words in sorted(read.items())
    ]


def own_completeness(words: Words) -> list[Completeness]:
    """Measure a set's `words.yaml`: every key that one of its languages has.

    What the stock says in a language, and what a base (``fr``) says for its variety
    (``fr-CA``), need not be repeated.
    """
    model: dict[str, Word] = {}
    for vocabulary in words.languages.values():
        model |= vocabulary
    model |= words.languages.get(LAST_RESORT, {})
    tags = dict.fromkeys((*words.languages, *words.spoken))
    return [completeness(tag, words.vocabulary(tag), model) for tag in tags]


def completeness(language: str, said: Vocabulary, model: Vocabulary) -> Completeness:
    """Measure what `said` has of `model`."""
    keys = [key for key in model if key not in MANNERS]
    wrong = (
        f"`{key}` {what}"
        for key in keys
        if key in said
        for what in _wrong(said[key], model[key], language)
    )
    return Completeness(
        language=language,
        words=len(keys),
        missing=tuple(key for key in keys if key not in said),
        wrong=tuple(wrong),
    )


def _wrong(word: Word, model: Word, language: str) -> Iterator[str]:
    """Yield what is wrong with a word: forms it lacks, blanks that differ."""
    wanted = blanks(model if isinstance(model, str) else model["other"])
    if isinstance(word, str):
        yield from _different("", blanks(word), wanted)
        return
    counted = plural_forms(language)
    lacking = [form for form in counted if form not in word]
    if lacking:
        yield f"lacks the plural form {', '.join(lacking)}"
    for form, text in word.items():
        # "One story" is right where one is all that the form is for; in Russian the
        # form of one is that of twenty-one, too.
        spelt_out = form in counted and max(counted[form]) <= _SPELT_OUT
        free = {"n"} if spelt_out else set()
        yield from _different(form, blanks(text) - free, wanted - free)


def _different(form: str, found: set[str], wanted: set[str]) -> Iterator[str]:
    where = f"({form}) " if form else ""
    if strange := sorted(found - wanted):
        yield f"{where}has a blank {{{strange[0]}}} that nobody fills"
    if lost := sorted(wanted - found):
        yield f"{where}lacks the blank {{{lost[0]}}}"
