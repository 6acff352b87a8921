"""Words out of gettext catalogues: one `.po` file per language, as translators know them.

A message's `msgctxt` is the word's key, its `msgid` the English, so that every tool for
translators shows what is to be translated. Gettext numbers its plural forms by a rule
in the file's head; here they get the names that Unicode gives them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from digest.errors import TemplateProblem
from digest.rendering.words.locales import (
    EVERYDAY,
    Locale,
    NotACatalogue,
    locale_of,
    read_messages,
)
from digest.rendering.words.speech import LAST_RESORT, Vocabulary, Word

#: Large ones first: where a catalogue is of another mind than Unicode, everyday
#: numbers decide.
_NUMBERS = (1_000_000, 100_000, 1_000, *EVERYDAY)


@lru_cache(maxsize=64)  # texts stay the same from one issue to the next
def read_catalogue(text: str, *, file: str, language: str) -> Vocabulary:
    """Return the words of a gettext catalogue, by their `msgctxt`.

    What is not translated, or only in part or in doubt ("fuzzy"), is not there: it
    comes from the next language. Raises `TemplateProblem` with the line.
    """
    try:
        catalogue = read_messages(text)
        places = _places(catalogue.rule, language)
    except NotACatalogue as error:
        raise TemplateProblem(file, error.line, error.what) from error
    except (ValueError, ArithmeticError) as error:
        what = f"`Plural-Forms` fails for a number ({error}): correct its rule"
        raise TemplateProblem(file, 1, what) from error
    words: dict[str, Word] = {}
    if catalogue.language:  # English writes days as in en-GB, en-US as in en-US
        words["locale"] = catalogue.language.replace("_", "-")
    for message in catalogue.messages:
        what = ""
        if not message.context:
            what = f"{message.source[0]!r} has no `msgctxt`: write which word it is"
        elif len(message.source) > 1 and max(places.values()) >= len(message.said):
            what = (
                f"`{message.context}` has {len(message.said)} forms, fewer than "
                "`Plural-Forms` asks for: add the others"
            )
        if what:
            raise TemplateProblem(file, message.line, what)
        if message.fuzzy or not all(message.said):
            continue
        words[message.context] = (
            {category: message.said[place] for category, place in places.items()}
            if len(message.source) > 1
            else message.said[0]
        )
    return words


def _places(rule: Callable[[int], int], language: str) -> dict[str, int]:
    """Return which of gettext's numbered forms each plural category of Unicode is."""
    locale = locale_of(language) or Locale(LAST_RESORT)
    found = {locale.plural_form(number): rule(number) for number in _NUMBERS}
    return {"other": max(found.values())} | found
