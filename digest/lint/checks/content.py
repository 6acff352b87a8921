"""What should never be read by anybody: holes in templates, remains of drafts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.page import Node
from digest.lint.rules import ERROR, INFO, WARNING, header_rule, rule, told_rule

#: What templates of many makers look like when nobody filled them.
HOLE = re.compile(
    r"\{\{.{0,60}?\}\}|\{%.{0,60}?%\}|\*\|\w+\|\*|%%\w+%%|%recipient[\w.-]*%"
    r"|\[\[\w[\w .-]{0,40}\]\]|\$\{[\w.]{1,40}\}|<%=?.{0,40}?%>|\{[$#]\w+\}"
)
_UNDEFINED = re.compile(r"(?:None|Undefined|undefined|null|nan|NaN|\[object Object\])")
_UNDEFINED_SIGNS = ("None", "ndefined", "null", "nan", "NaN", "[object")
_PIECES = re.compile(r"<[^>]*>|\n")
_MOJIBAKE = re.compile("\ufffd|Ã[\x80-\xbf©¨ªà¤¶¼Ÿ]|â€[™œ\x9d“”¦\x93\x94]|Â[«»°· ]")
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#\d{2,5});")
_DRAFT = re.compile(r"\b(?:TODO|FIXME|XXX|TBD|TK TK|LOREM)\b")
_DRAFT_SIGNS = ("TODO", "FIXME", "XXX", "TBD", "TK", "LOREM")
_MOJIBAKE_SIGNS = ("\ufffd", "Ã", "â€", "Â")


_HOLE_SIGNS = ("{{", "{%", "*|", "%%", "%recipient", "[[", "${", "<%", "{$", "{#")


def _suspect(text: str) -> bool:
    """Whether a text can hold a hole at all; most hold none, and this is quick."""
    return any(sign in text for sign in _HOLE_SIGNS)


def holes(text: str) -> frozenset[str]:
    """Return what in a text of somebody's own these rules would take for a mistake."""
    found = {piece.strip() for piece in _PIECES.split(text)}
    words = {piece for piece in found if _UNDEFINED.fullmatch(piece)}
    return frozenset(words.union(HOLE.findall(text) if _suspect(text) else ()))


def _visible(mail: Mail, *signs: str) -> Iterator[tuple[str, Node | None]]:
    """Yield every text a reader may see that can hold such a sign, with its place.

    Code samples are left out.
    """
    if mail.subject:
        yield mail.subject, None
    for text in mail.holding(*signs):
        assert text.node
        if not text.node.within("code", "pre"):
            yield text.value, text.node
    yield from mail.once(_unusual_attributes)


def _unusual_attributes(mail: Mail) -> Iterator[tuple[str, Node]]:
    for node in mail.page.all("a", "img"):
        for name in ("href", "src", "alt", "title", "aria-label"):
            value = node.attrs.get(name)
            if value and ("{" in value or "[" in value or "%" in value or "|" in value):
                yield value, node


def _there(mail: Mail, node: Node | None, what: str) -> Hit:
    return node.hit(what) if node else mail.header_hit(what, "Subject")


@rule(
    "unresolved-token",
    ERROR,
    fix="Correct the name in the template; in an article, write it as code.",
    bad="<p>Good morning {{ first_name }}</p>",
    good="<p>Good morning Ana</p>",
)
def unresolved_token(mail: Mail) -> Iterator[Hit]:
    """No filter catches it; every reader does."""
    for value, node in _visible(mail, *_HOLE_SIGNS):
        if _suspect(value):
            for found in HOLE.finditer(value):
                if found[0] not in mail.duties.quoted:
                    yield _there(mail, node, f"{found[0][:40]} was never filled")
    text = mail.text or ""
    for found in HOLE.finditer(text) if _suspect(text) else ():
        if found[0] not in mail.duties.quoted:
            yield mail.text_hit(f"{found[0][:40]} was never filled", found.start())


@rule(
    "undefined-printed",
    ERROR,
    fix="Ask for the value before you print it: {% if … %}.",
    bad="<p>None</p>",
    good="<p>Nobody was there.</p>",
)
def undefined_printed(mail: Mail) -> Iterator[Hit]:
    """A value that was not there is printed as a word of the programming language."""
    for text in mail.holding(*_UNDEFINED_SIGNS):
        said = text.value.strip()
        if _UNDEFINED.fullmatch(said) and said not in mail.duties.quoted:
            assert text.node
            yield text.node.hit(f"{said!r} is all that stands there")


@rule(
    "placeholder-text",
    WARNING,
    fix="Put your own words there.",
    bad="<p>Lorem ipsum dolor sit amet, consectetur.</p>",
    good="<p>The river has a new bridge.</p>",
)
def placeholder_text(mail: Mail) -> Iterator[Hit]:
    """It was meant to be replaced."""
    for text in mail.shown if "lorem ipsum" in mail.prose.lower() else ():
        if "lorem ipsum" in text.value.lower():
            assert text.node
            yield text.node.hit(f"{text.value.strip()[:40]!r}")


@rule(
    "draft-mark",
    WARNING,
    fix="Finish it, or take the mark out.",
    bad="<p>TODO check the number of bridges</p>",
    good="<p>The town has nine bridges.</p>",
)
def draft_mark(mail: Mail) -> Iterator[Hit]:
    """A note to the editor is about to be read by everybody."""
    for value, node in _visible(mail, *_DRAFT_SIGNS):
        if found := _DRAFT.search(value):
            yield _there(
                mail, node, f"{value[found.start() : found.start() + 40].strip()!r}"
            )


@rule(
    "mojibake",
    WARNING,
    fix="Read the source in its own encoding, mostly UTF-8.",
    bad="<p>Le cafÃ© est ouvert</p>",
    good="<p>Le café est ouvert</p>",
)
def mojibake(mail: Mail) -> Iterator[Hit]:
    """Letters were read in the wrong encoding somewhere."""
    for text in mail.holding(*_MOJIBAKE_SIGNS):
        if found := _MOJIBAKE.search(text.value):
            assert text.node
            near = text.value[max(0, found.start() - 12) : found.end() + 12]
            yield text.node.hit(f"{near.strip()!r}")


@rule(
    "double-escaped",
    WARNING,
    fix="Escape once: mark what is HTML already as such.",
    bad="<p>Fish &amp;amp; chips</p>",
    good="<p>Fish &amp; chips</p>",
)
def double_escaped(mail: Mail) -> Iterator[Hit]:
    """Readers see the code of a letter instead of the letter."""
    for text in mail.holding("&"):
        found = _ESCAPED.search(text.value) if "&" in text.value else None
        if found and text.node and not text.node.within("code", "pre"):
            yield text.node.hit(f"{found[0]} is read as it stands")


@rule(
    "story-twice",
    WARNING,
    fix="Show each story once.",
    bad='<h2><a href="https://news.example/a">A bridge opens</a></h2>'
    '<h2><a href="https://news.example/a">A bridge opens</a></h2>',
    good='<h2><a href="https://news.example/a">A bridge opens</a></h2>'
    '<h2><a href="https://news.example/b">A bridge closes</a></h2>',
)
def story_twice(mail: Mail) -> Iterator[Hit]:
    """The same headline twice looks like a mistake, and is one."""
    seen: set[str] = set()
    for node in mail.page.all("h2", "h3", "h4"):
        for link in node.inside:
            url = link.get("href").partition("#")[0] if link.tag == "a" else ""
            if url and url in seen:
                yield node.hit(f"{node.text[:50]!r} is there already")
            seen.add(url)


@told_rule(
    "page-empty",
    ERROR,
    fix="Look at the template: nothing of the digest is printed.",
    bad="a page without a word",
    good="a page with a story",
)
def page_empty(mail: Mail) -> Iterator[Hit]:
    """A mail without a word is worse than none."""
    if not re.search(r"\w", mail.prose):
        yield mail.page.hit("not a word can be seen")


@told_rule(
    "why-missing",
    INFO,
    fix="Say why the reader gets the mail, and at which address.",
    bad="a page that does not name the reader's address",
    good="a page that says to which address it was sent",
)
def why_missing(mail: Mail) -> Iterator[Hit]:
    """Who has forgotten that they asked for it reports it."""
    address = mail.duties.recipient
    if (
        address
        and address.casefold() not in mail.prose.replace("\u200e", "").casefold()
    ):
        yield mail.page.hit("nothing says to which address it was sent")


@header_rule(
    "hole-in-header",
    ERROR,
    fix="Fill it before the mail leaves.",
    bad="X-Campaign: %FIRST_NAME%",
    good="X-Campaign: spring",
)
def hole_in_header(mail: Mail) -> Iterator[Hit]:
    """Filters know these marks and count them heavily."""
    for field in mail.fields:
        name = field.name.lower()
        if name not in ("subject", "dkim-signature") and "=?" not in field.value:
            found = re.search(r"%[A-Z_]{3,}%", field.value) or HOLE.search(field.value)
            if found:
                yield mail.header_hit(f"{field.name} holds {found[0][:40]}", field.name)
