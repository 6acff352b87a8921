"""The words of a template set: its own `words.yaml`, and the stock behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from digest.errors import TemplateProblem
from digest.rendering.templates import TemplateFile, TemplateSet
from digest.rendering.words.catalogues import read_catalogue
from digest.rendering.words.locales import direction
from digest.rendering.words.speech import LAST_RESORT, Speech, Vocabulary, Word
from digest.yamltext import Document, read_yaml

WORDS = "words.yaml"
_PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All words of a template set: language, then key, then word."""

    languages: Mapping[str, Vocabulary]  #: the set's own
    stock: Mapping[str, TemplateFile] = field(default_factory=dict)
    #: Whether every language of the stock is spoken, or only those of `languages`.
    spoken_everywhere: bool = False

    @classmethod
    def of(cls, templates: TemplateSet) -> Words:
        """Return the words of a set, the stock's among them.

        A shipped set, and one without `words.yaml`, speaks every language of the
        stock. Any other speaks the languages of its `words.yaml`: half of a mail in
        another language would be worse than all of it. Raises `TemplateProblem` or
        `FileProblems` when `words.yaml` is impossible; a catalogue is read when its
        language is first spoken.
        """
        stock = templates.catalogues
        if WORDS not in templates.files and stock:
            return cls.of_stock(stock)
        file = templates.file(WORDS)
        own = cls.read(file.text, file=file.path).languages
        return cls(languages=own, stock=stock, spoken_everywhere=templates.shipped)

    @classmethod
    def of_stock(cls, catalogues: Mapping[str, TemplateFile]) -> Words:
        """Return the words that are shipped, in every language there is."""
        return cls(languages={}, stock=catalogues, spoken_everywhere=True)

    @classmethod
    def read(cls, text: str, *, file: str) -> Words:
        """Read `words.yaml`; raise `TemplateProblem` or `FileProblems`."""
        return cls(languages=_checked(read_yaml(text, file=file), file))

    def speech(self, wanted: str, *, otherwise: str) -> Speech:
        """Return the best there is for a reader of `wanted`."""
        spoken: list[str] = []
        chain: list[tuple[str, Vocabulary]] = []
        for language in dict.fromkeys((wanted, otherwise, LAST_RESORT)):
            own, stock = _tags(language, self.languages), _tags(language, self.stock)
            chain += [(tag, self.languages[tag]) for tag in own]
            tags = own + stock if self.spoken_everywhere else own
            spoken += sorted(tags, key=len, reverse=True)  # fr-CA before fr
            if own or self.spoken_everywhere or language == LAST_RESORT:
                chain += [(tag, self._of_stock(tag)) for tag in stock]
        return Speech(language=spoken[0] if spoken else LAST_RESORT, vocabularies=chain)

    @property
    def spoken(self) -> list[str]:
        """The languages readers can have their mail in."""
        mine = {tag.casefold() for tag in self.languages}
        stock = sorted(self.stock) if self.spoken_everywhere else []
        return [*self.languages, *(tag for tag in stock if tag.casefold() not in mine)]

    def vocabulary(self, language: str) -> Vocabulary:
        """Return all that is said in `language` itself, the set's own words first."""
        said = [self.languages[tag] for tag in _tags(language, self.languages)]
        said += [self._of_stock(tag) for tag in _tags(language, self.stock)]
        return {key: word for words in reversed(said) for key, word in words.items()}

    def tried(self, otherwise: str) -> list[str]:
        """Return the languages with which a check finds what is wrong with templates.

        These are the set's own, the newsletter's (`otherwise`), English, and one that
        runs from right to left: the words of the stock differ in nothing else.
        """
        stock = sorted(self.stock) if self.spoken_everywhere else []
        leftward = [tag for tag in stock if direction(tag) == "rtl"][:1]
        return list(dict.fromkeys((*self.languages, otherwise, LAST_RESORT, *leftward)))

    def _of_stock(self, tag: str) -> Vocabulary:
        file = self.stock[tag]
        return read_catalogue(file.text, file=file.path, language=tag)


def _tags(language: str, known: Iterable[str]) -> list[str]:
    """Return which of ``zh-hant-tw``, ``zh-hant``, ``zh`` are known, as written there."""
    written = {tag.casefold(): tag for tag in known}
    tag, found = language.replace("_", "-").casefold(), []
    while tag:
        found += [written[tag]] if tag in written else []
        tag = tag.rpartition("-")[0]
    return found


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
        if (same := language.replace("_", "-")) != language and same in languages:
            raise problem(
                f"`{language}` is `{same}` again: put them together", language
            )
        for key, word in words.items():
            what = _wrong(word)
            if what:
                raise problem(f"`{key}` {what}", language, key)
    # As gettext writes them (`pt_BR`) or as the web does (`pt-BR`).
    return {tag.replace("_", "-"): words for tag, words in languages.items()}


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
