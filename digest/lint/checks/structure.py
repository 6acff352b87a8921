"""The frame of the page: what it says of itself, its order, its tags."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.page import Node
from digest.lint.rules import ERROR, INFO, WARNING, page_rule, rule, told_rule

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z]{3})?(?:-[a-zA-Z]{4})?(?:-(?:[a-zA-Z]"
                       r"{2}|\d{3}))?(?:-[\w]+)*")  # fmt: skip
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_FRAME = (
    "<!DOCTYPE html><html lang='en' dir='ltr'><head>{}</head><body>{}</body></html>"
)


@page_rule(
    "doctype-missing",
    WARNING,
    fix="Begin with <!DOCTYPE html>.",
    bad="<html lang='en' dir='ltr'><body><p>Hello</p></body></html>",
    good=_FRAME.format("", "<p>Hello</p>"),
)
def doctype_missing(mail: Mail) -> Iterator[Hit]:
    """Without it browsers lay the page out as in 1998."""
    if not re.match(r"\s*<!doctype html", mail.page.source, re.IGNORECASE):
        yield mail.page.hit("no doctype at the beginning", 0, "<html")


@page_rule(
    "lang-html",
    ERROR,
    fix='Write <html lang="…"> with the language of the mail.',
    bad="<!DOCTYPE html><html dir='ltr'><body><p>Hello</p></body></html>",
    good=_FRAME.format("", "<p>Hello</p>"),
)
def lang_html(mail: Mail) -> Iterator[Hit]:
    """A screen reader pronounces the page in its own language if nothing says which."""
    html = mail.page.html
    if html is None:
        yield mail.page.hit("there is no <html> element")
    elif not html.get("lang").strip():
        yield html.hit("<html> has no lang")


@page_rule(
    "dir-html",
    WARNING,
    fix='Write <html dir="ltr">, or "rtl" for Arabic, Hebrew, Persian, Urdu.',
    bad="<!DOCTYPE html><html lang='en'><body><p>Hello</p></body></html>",
    good=_FRAME.format("", "<p>Hello</p>"),
)
def dir_html(mail: Mail) -> Iterator[Hit]:
    """A reader whose mail program is set to Arabic sees an English page turned around."""
    html = mail.page.html
    if html is not None and html.get("dir").lower() not in ("ltr", "rtl", "auto"):
        yield html.hit("<html> has no dir")


@page_rule(
    "lang-wrapper",
    WARNING,
    fix="Put lang and dir on the outermost element inside <body>, too.",
    bad=_FRAME.format("", "<div><p>Hello</p></div>"),
    good=_FRAME.format("", "<div lang='en' dir='ltr'><p>Hello</p></div>"),
)
def lang_wrapper(mail: Mail) -> Iterator[Hit]:
    """Gmail and Outlook.com throw <html> and <body> away, and the language with them."""
    tops = [n for n in mail.page.wrappers if not mail.looks[n.index].hidden]
    if tops and not any(n.get("lang") and n.get("dir") for n in tops):
        yield tops[0].hit("nothing inside <body> says lang and dir")


@rule(
    "lang-tag",
    WARNING,
    fix="Write a BCP 47 tag, such as en, pt-BR or zh-Hant.",
    bad='<p lang="english">Hello</p>',
    good='<p lang="en-GB">Hello</p>',
)
def lang_tag(mail: Mail) -> Iterator[Hit]:
    """A language nobody knows is as good as none."""
    for node in mail.page.having("lang"):
        language = node.get("lang")
        if language and not _LANGUAGE.fullmatch(language):
            yield node.hit(f"lang={language!r}")


@told_rule(
    "lang-mismatch",
    WARNING,
    fix="Let the template print the mail's own language.",
    bad="an English mail whose page says lang=de",
    good="an English mail whose page says lang=en",
)
def lang_mismatch(mail: Mail) -> Iterator[Hit]:
    """The page is read aloud in a language it is not written in."""
    html, wanted = mail.page.html, mail.duties.language.lower()
    if html is None or not wanted or not html.get("lang"):
        return
    if html.get("lang").lower().split("-")[0] != wanted.split("-")[0]:
        yield html.hit(f"the mail is in {wanted}, the page says {html.get('lang')}")


@page_rule(
    "title-missing",
    WARNING,
    fix="Print the subject in <title>.",
    bad=_FRAME.format("<title></title>", "<p>Hello</p>"),
    good=_FRAME.format("<title>Your digest</title>", "<p>Hello</p>"),
)
def title_missing(mail: Mail) -> Iterator[Hit]:
    """It names the tab when the mail is opened in a browser, and is read aloud first."""
    if not mail.page.title:
        yield mail.page.hit("there is no title, or an empty one", 0, "<title", "<head")


@told_rule(
    "title-differs",
    INFO,
    fix="Print the subject in <title>.",
    bad="a page called “Untitled” in a mail about trains",
    good="a page called as the mail's subject",
)
def title_differs(mail: Mail) -> Iterator[Hit]:
    """Filters count a title that has nothing to do with the subject."""
    title, subject = mail.page.title.casefold(), mail.subject.casefold()
    if title and subject and not set(title.split()) & set(subject.split()):
        yield mail.page["title"][0].hit(f"the title is {mail.page.title[:60]!r}")


@page_rule(
    "viewport-missing",
    WARNING,
    fix='Write <meta name="viewport" content="width=device-width, initial-scale=1">.',
    bad=_FRAME.format("<title>News</title>", "<p>Hello</p>"),
    good=_FRAME.format(
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        "<p>Hello</p>",
    ),
)
def viewport_missing(mail: Mail) -> Iterator[Hit]:
    """Without it phones show the page shrunk to the size of a stamp."""
    if mail.page["head"] and not any(
        n.get("name").lower() == "viewport" for n in mail.page["meta"]
    ):
        yield mail.page["head"][0].hit("no viewport")


@page_rule(
    "wrapper-role",
    INFO,
    fix='Give the outermost element role="article" and an aria-label.',
    bad=_FRAME.format("", "<div lang='en' dir='ltr'><p>Hello</p></div>"),
    good=_FRAME.format("", "<div role='article' aria-label='News' lang='en' dir='ltr'>"
                       "<p>Hello</p></div>"),
)  # fmt: skip
def wrapper_role(mail: Mail) -> Iterator[Hit]:
    """Inside a mail program it tells a screen reader where the mail begins and ends."""
    tops = mail.page.wrappers
    if tops and not any(n.get("role") in ("article", "main") for n in tops):
        yield tops[0].hit("no element with role=article around the mail")


@rule(
    "h1-count",
    WARNING,
    fix="Use one <h1>, for the name of the newsletter or of the story.",
    bad="<h1>The News</h1><h1>A story</h1>",
    good="<h1>The News</h1><h2>A story</h2>",
)
def h1_count(mail: Mail) -> Iterator[Hit]:
    """Who listens to a mail goes from heading to heading and begins at the one h1."""
    found = mail.page["h1"]
    if len(found) > 1:
        yield found[1].hit(f"{len(found)} <h1> elements")
    elif not found and (mail.page.all(*_HEADINGS) or _is_long(mail)):
        yield mail.page.hit("no <h1>")


@rule(
    "heading-skip",
    WARNING,
    fix="Go down one level at a time: h1, h2, h3.",
    bad="<h1>The News</h1><h3>A story</h3>",
    good="<h1>The News</h1><h2>A story</h2>",
)
def heading_skip(mail: Mail) -> Iterator[Hit]:
    """A level that is left out sounds like a part that is missing."""
    before = 0
    for node in mail.page.all(*_HEADINGS):
        level = int(node.tag[1])
        if before and level > before + 1:
            yield node.hit(f"h{level} follows h{before}")
        before = level


@rule(
    "heading-empty",
    WARNING,
    fix="Leave the heading out when there is nothing in it.",
    bad="<h1>News</h1><h2></h2>",
    good="<h1>News</h1><h2>A story</h2>",
)
def heading_empty(mail: Mail) -> Iterator[Hit]:
    """It is announced and says nothing."""
    for node in mail.page.all(*_HEADINGS):
        pictures = any(n.get("alt") for n in node.inside if n.tag == "img")
        if not node.text and not pictures:
            yield node.hit(f"an empty <{node.tag}>")


@rule(
    "heading-fake",
    INFO,
    fix="Use h2 or h3 for what is a heading.",
    bad='<p style="font-size:24px;font-weight:bold">A story</p>',
    good='<h2 style="font-size:24px">A story</h2>',
)
def heading_fake(mail: Mail) -> Iterator[Hit]:
    """A large bold line looks like a heading and is none to who listens."""
    for node, look in zip(mail.page.nodes, mail.looks, strict=True):
        large = look.bold and look.size >= 20  # noqa: PLR2004 as seen
        if large and node.tag in ("p", "div", "td") and not look.hidden:
            blocks = ("p", "div", "table", "td", "ul", "blockquote", *_HEADINGS)
            plain = not any(n.tag in blocks for n in node.inside)
            if plain and 0 < len(node.text) < 100 and not node.within(*_HEADINGS):  # noqa: PLR2004 a line
                yield node.hit(f"{node.text[:40]!r} looks like a heading")


@rule(
    "table-role",
    WARNING,
    fix='Write <table role="presentation"> on every table that is there for layout.',
    bad="<table><tr><td>A story</td></tr></table>",
    good='<table role="presentation"><tr><td>A story</td></tr></table>',
)
def table_role(mail: Mail) -> Iterator[Hit]:
    """Otherwise a screen reader reads the layout out: table, row 1 of 1, column 1 of 2."""
    for node in mail.page["table"]:
        if node.get("role") not in ("presentation", "none") and not _has_headers(node):
            yield node.hit("a layout table without role=presentation")


@rule(
    "table-scope",
    WARNING,
    fix='Write <th scope="col"> or <th scope="row">.',
    bad="<table><tr><th>City</th></tr><tr><td>Lyon</td></tr></table>",
    good='<table><tr><th scope="col">City</th></tr><tr><td>Lyon</td></tr></table>',
)
def table_scope(mail: Mail) -> Iterator[Hit]:
    """Without it nobody who listens knows which column a number stands in."""
    for node in mail.page["th"]:
        if not node.get("scope"):
            yield node.hit("<th> without scope")


@rule(
    "list-fake",
    INFO,
    fix="Use <ul> and <li>.",
    bad="<p>• One thing<br>• Another thing</p>",
    good="<ul><li>One thing</li><li>Another thing</li></ul>",
)
def list_fake(mail: Mail) -> Iterator[Hit]:
    """A real list says how many items it has and which one is read."""
    for text in mail.holding(*"•‣◦▪●"):
        node = text.node
        assert node
        if re.match(r"\s*[•‣◦▪●]\s*\w", text.value) and not node.within("li"):
            yield node.hit(f"{text.value.strip()[:40]!r} is a list item by hand")


@rule(
    "html-wellformed",
    WARNING,
    fix="Close every element you open, in order.",
    bad="<table role='presentation'><tr><td><b>News</td></tr></table>",
    good="<table role='presentation'><tr><td><b>News</b></td></tr></table>",
)
def html_wellformed(mail: Mail) -> Iterator[Hit]:
    """Every mail program mends a broken page in its own way, Outlook the worst."""
    for offset, what in mail.page.unbalanced:
        tag = re.search(r"</?\w+", what)
        yield mail.page.hit(what, offset, *([tag[0]] if tag else []))


@rule(
    "link-in-link",
    ERROR,
    fix="End the outer link before the inner one begins.",
    bad='<a href="https://news.example/a">A <a href="https://news.example/b">b</a></a>',
    good='<a href="https://news.example/a">A</a> <a href="https://news.example/b">b</a>',
)
def link_in_link(mail: Mail) -> Iterator[Hit]:
    """Which of the two opens differs from program to program."""
    for node in mail.page["a"]:
        if node.parent and node.parent.within("a"):
            yield node.hit("a link inside a link")


@rule(
    "id-duplicate",
    WARNING,
    fix="Use an id once, or a class.",
    bad='<p id="story">One</p><p id="story">Two</p>',
    good='<p id="story-1">One</p><p id="story-2">Two</p>',
)
def id_duplicate(mail: Mail) -> Iterator[Hit]:
    """Links and labels go to the first of them alone."""
    named = mail.page.having("id")
    for name, number in Counter([node.attrs["id"] for node in named]).items():
        if number > 1:
            twice = [node for node in named if node.attrs["id"] == name]
            yield twice[1].hit(f"id={name!r} stands there {number} times")


def _is_long(mail: Mail) -> bool:
    """Whether a mail is more than a note, which needs no heading."""
    return mail.word_count > 60  # noqa: PLR2004 words


def _has_headers(table: Node) -> bool:
    return any(node.tag == "th" for node in table.inside)
