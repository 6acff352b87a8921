"""A mail as the rules see it: its bytes, its header, its text and its HTML.

`Mail.read` takes a whole message, `Mail.of_page` a page alone. What is worked out of
it is worked out once, when the first rule asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.header import decode_header
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from digest.lint.clientfacts import STOCK, ClientFacts
from digest.lint.findings import Hit, Where
from digest.lint.looks import Look, looks
from digest.lint.page import Node, Page, Text
from digest.lint.parts import Part, parameters, read_parts, split

_LINK = re.compile(r"<(https?:[^>\s]+)>")
_URL = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+")
_WORD = re.compile(r"\w{2,}")
_FROM_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufefc]")

Found = TypeVar("Found")

#: Whose support counts when `lint.targets` says nothing else.
TARGETS = ("gmail", "gmail-app", "outlook-classic", "outlook", "apple", "ios", "yahoo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What a mail owes its reader and the law, as its sender knows it; "" if unknown."""

    recipient: str = ""  #: the reader's address
    unsubscribe_url: str = ""
    preferences_url: str = ""
    web_url: str = ""
    postal_address: str = ""
    language: str = ""
    domain: str = ""  #: of the sender's site
    #: What looks like a hole in a template and stands in an article's own words.
    quoted: frozenset[str] = frozenset()


class Field(NamedTuple):
    """One field of a header, folds and all."""

    name: str
    value: str
    line: int


@dataclass(kw_only=True, eq=False)
class Mail:
    """One mail, or one page."""

    content: bytes | None = None  #: None: there is only a page
    duties: Duties = field(default_factory=Duties)
    targets: tuple[str, ...] = TARGETS
    facts: ClientFacts = STOCK
    subject: str = ""
    text: str | None = None
    html: str | None = None
    _known: dict[object, list[Any]] = field(default_factory=dict)

    @classmethod
    def of_page(cls, html: str, **known: object) -> Mail:
        """Return what there is to say about a page alone."""
        page = html.replace("\r\n", "\n")
        return cls(html=page, **known)  # type: ignore[arg-type] # the fields above

    @classmethod
    def read(cls, content: bytes, **known: object) -> Mail:
        """Read a whole message."""
        mail = cls(content=content, **known)  # type: ignore[arg-type] # the fields above
        texts = {part.kind: part.text for part in reversed(mail.parts)}
        mail.text, mail.html = texts.get("text/plain"), texts.get("text/html")
        mail.subject = shown(mail.first("Subject"))
        return mail

    def once(self, find: Callable[[Mail], Iterable[Found]]) -> list[Found]:
        """Return what `find` finds in this mail; it looks only the first time."""
        known = self._known.get(find)
        if known is None:
            known = self._known[find] = list(find(self))
        return known

    # -- the message ----------------------------------------------------------

    @cached_property
    def fields(self) -> list[Field]:
        """The header's fields, in order."""
        header, _ = split(self.content or b"")
        found, line = [], 1
        for text in re.split(r"\r?\n(?![ \t])", header):
            name, colon, value = text.partition(":")
            if colon:
                found.append(Field(name, value.removeprefix(" "), line))
            line += text.count("\n") + 1
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[Field]]:
        found: dict[str, list[Field]] = {}
        for each in self.fields:
            found.setdefault(each.name.lower(), []).append(each)
        return found

    def named(self, name: str) -> list[Field]:
        """Return the fields of that name."""
        return self._by_name.get(name.lower(), [])

    def first(self, name: str) -> str:
        """Return the value of the first field of that name, or ""."""
        return next((field.value for field in self.named(name)), "")

    def header_hit(self, what: str, name: str = "") -> Hit:
        """Return a hit at a field, or about the header as a whole."""
        line = next((field.line for field in self.named(name)), 0)
        return Hit(what=what, where=Where.HEADER, line=line)

    @cached_property
    def lines(self) -> list[bytes]:
        """The message, parted where a line ends as it should."""
        return (self.content or b"").split(b"\r\n")

    @cached_property
    def boundary(self) -> str:
        """What parts the body, or ""."""
        return parameters(self.first("Content-Type")).get("boundary", "")

    @cached_property
    def parts(self) -> list[Part]:
        """The parts of the body, decoded."""
        return list(read_parts(self.content or b""))

    @cached_property
    def unsubscribe_url(self) -> str:
        """Where the reader leaves: as the sender knows it, or as the header says."""
        found = _LINK.search(self.first("List-Unsubscribe"))
        return self.duties.unsubscribe_url or (found[1] if found else "")

    # -- text and HTML --------------------------------------------------------

    @property
    def plain(self) -> str:
        """The text part; only for rules that need one."""
        assert self.text is not None
        return self.text

    def text_hit(self, what: str, offset: int | None = None) -> Hit:
        """Return a hit in the text part, at a place or about all of it."""
        line = 0 if offset is None else self.plain.count("\n", 0, offset) + 1
        clue = self.plain.split("\n")[line - 1].strip() if line else ""
        return Hit(
            what=what, where=Where.TEXT, line=line, clues=(clue,) if clue else ()
        )

    @cached_property
    def page(self) -> Page:
        """The HTML part; only for rules that need one."""
        assert self.html is not None
        return Page(self.html)

    @cached_property
    def octets(self) -> bytes:
        """The HTML part in UTF-8."""
        return (self.html or "").encode("utf-8", "replace")

    @cached_property
    def styled(self) -> list[Node]:
        """The first element of each different `style` attribute."""
        found: dict[str, Node] = {}
        for node in self.page.having("style"):
            found.setdefault(node.attrs["style"], node)
        return list(found.values())

    def declaring(self, *names: str) -> list[Node]:
        """Return those of `styled` that say something of these properties."""
        return [n for n in self.styled if not n.style.values.keys().isdisjoint(names)]

    @cached_property
    def looks(self) -> list[Look]:
        """How each element of the page looks, by its index."""
        return looks(self.page)

    @cached_property
    def unlike(self) -> list[Node]:
        """The first element of each different look."""
        found: dict[Look, Node] = {}
        for node, look in zip(self.page.nodes, self.looks, strict=True):
            found.setdefault(look, node)
        return list(found.values())

    @cached_property
    def shown(self) -> list[Text]:
        """Every run of text that a reader of the HTML can see."""
        seen = self.looks
        return [
            text
            for text in self.page.texts
            if text.node is not None
            and not text.value.isspace()
            and not seen[text.node.index].hidden
        ]

    def looking(self, wrong: Callable[[Look], object]) -> Iterator[tuple[Text, Look]]:
        """Yield the shown runs of text whose look is wrong, each with its look.

        There are few looks in a page and hundreds of texts, so looks are judged first.
        """
        looks = {look for look in self._looks_of_text if wrong(look)}
        if looks:
            for text in self.shown:
                assert text.node
                look = self.looks[text.node.index]
                if look in looks:
                    yield text, look

    @cached_property
    def _looks_of_text(self) -> set[Look]:
        return {self.looks[text.node.index] for text in self.shown if text.node}

    @cached_property
    def prose(self) -> str:
        """The shown text as one, with single spaces.

        A word that a run of text holds is in here, too; most rules look here first.
        """
        return " ".join(" ".join([text.value for text in self.shown]).split())

    def holding(self, *words: str) -> list[Text]:
        """Return the shown runs of text, or none if the page holds none of the words.

        The words have no spaces in them.
        """
        return self.shown if any(word in self.prose for word in words) else []

    @cached_property
    def word_count(self) -> int:
        """How many words there are on the page, parted by spaces."""
        return len(self.prose.split())

    @cached_property
    def from_the_right(self) -> list[tuple[Text, Node, Look]]:
        """The runs of text in scripts that are written from the right, as they look."""
        return [
            (text, text.node, self.looks[text.node.index])
            for text in self.shown
            if text.node and not text.value.isascii() and _FROM_RIGHT.search(text.value)
        ]

    @cached_property
    def links(self) -> list[str]:
        """The addresses of all links of the page, in order."""
        return [
            node.get("href").strip() for node in self.page["a"] if "href" in node.attrs
        ]

    @cached_property
    def text_links(self) -> set[str]:
        """The addresses in the text part."""
        found = set(_URL.findall(self.plain))
        return found | {url.rstrip(".,;:!?)") for url in found}


def shown(value: str) -> str:
    """Return an unstructured field as readers see it."""
    unfolded = re.sub(r"\r?\n([ \t])", r"\1", value)
    try:
        return "".join(
            text.decode(charset or "ascii", "replace")
            if isinstance(text, bytes)
            else text
            for text, charset in decode_header(unfolded)
        )
    except (LookupError, ValueError):
        return unfolded


def words(pieces: Iterable[str]) -> set[str]:
    """Return the words of some pieces of text, without those in addresses."""
    return set(_WORD.findall(_URL.sub(" ", " ".join(pieces)).lower()))
