"""Every message as it leaves and as it arrives, under the eyes of `mail_lint`.

Of the sample newsroom, and of one whose feed, folder and readers are as hostile as
a stranger can make them, in every format, length and language.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from digest.cli.project import make_newsroom
from digest.config import load_settings
from digest.issues import PlannedDigest
from digest.lint import Severity
from digest.linting import Linter
from digest.model import Message, State, Subscriber
from digest.newsroom import Newsroom
from digest.postbox import Postbox
from digest.rendering import Rendered
from digest.settings import Security, SmtpDelivery
from digest.transports import open_transport
from tests.mail_lint import fields_of, lint, page, parts_of, tokens, unresolved
from tests.projects import SETTINGS, Clock, write_article, write_project

AMIRA = "amira@example.org"  #: of the sample newsroom; she takes HTML

LANGUAGES = ("en", "fr", "de", "es", "ar")
FORMATS = ("html", "text")
LENGTHS = ("headlines", "summaries", "full")

#: Odd, and whole: `=?` alone begins no encoded word; the last one needs SMTPUTF8.
ADDRESSES = (
    *("o'brien+news@readers.example", "Upper.Case@READERS.example"),
    *("idn@bücher.example", f"{'x' * 64}@readers.example"),
    *("a!#$%&'*+/=?^_`{|}~-b@readers.example", "jürgen@readers.example"),
)
NAMES = (
    "Ana <script>",
    "=?utf-8?q?n?=",
    'Q"uo\\te',
    "R\u202eTL",
    "N" * 300,
    "😀\u200d😀",
)

#: What a headline, a name, a tag and a text can hold that is no prose.
HOSTILE = (
    "Line\r\nBcc: victim@readers.example\r\n\r\nbody",
    "NUL \0, ESC \x1b[31m, BEL \x07, tab\there, NEL \x85, PS \u2029",
    "<script>alert(1)</script> goes on",
    "Quotes \" and ' and \\ and `, [x](https://wire.example/y) <a@b.example>",
    "Family 👨\u200d👩\u200d👧, half \ud83d, \ufeffno\u200bwidth, so\u00adft",
    "\u202eevil \u2067turned\u2069",
    "L" * 1000,
    "=?utf-8?q?x?= and =?utf-8?B?8J+Ygg==?=",
    "From the start",
    ".dot",
    "=3D=20= --=_d84a and --",
    f"slot{'0' * 24}0001z and <!--slot{'0' * 24}-->",
    "]]> --> <!-- <style>*{display:none}</style>",
    "中文" * 200,
)
HOLES = "{{ 7*7 }} ${x} %%NAME%% {% raw %}"
BODY = """\
<p>%s</p><p>.dot</p><p>From here</p><pre>.x
From y
. </pre><p><a href="javascript:alert(1)">j</a> <a href="http://own.example/é?q=ü x">l</a>
<a href="mailto:desk@wire.example">m</a></p><img src="data:image/gif;base64,R0lGOD" width="1">
<img src="https://pix.example/p.gif" width="1" height="1"><p onclick="x()">c</p>
<form action="https://wire.example/x"><input></form><script>x()</script>"""
INSECURE = ("http://own.example/%C3%A9?q=%C3%BC%20x", "http://own.example/i%20mg.jpg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A newsroom, its plan and what would leave, by the reader's address."""

    newsroom: Newsroom
    messages: dict[str, tuple[Subscriber, Message]]

    def unsubscribe(self, address: str) -> str:
        subscriber = self.messages[address][0]
        return self.newsroom.links.unsubscribe(subscriber.id, "daily")

    def lint(self, address: str, content: bytes) -> list[str]:
        return lint(
            content,
            recipient=address,
            unsubscribe_url=self.unsubscribe(address),
            postal_address=self.newsroom.settings.site.postal_address,
            insecure=INSECURE,
        )


def planned(
    newsroom: Newsroom,
) -> Iterator[tuple[PlannedDigest, Rendered, Message]]:
    newsletter = newsroom.newsletter("daily")
    draft = newsroom.issues.draft(newsletter)
    return newsroom.messages(newsroom.issues.plan(draft, newsletter))


def opened(folder: Path) -> Iterator[Sample]:
    clock = Clock()
    settings = load_settings(folder, environment={})
    with Newsroom(settings, now=clock) as newsroom:
        newsroom.refresh_subscribers()
        assert not any(collected.error for collected in newsroom.collect())
        clock.forward(minutes=1)
        messages = {
            row.subscriber.address: (row.subscriber, message)
            for row, _, message in planned(newsroom)
        }
        yield Sample(newsroom=newsroom, messages=messages)


def item(number: int, text: str) -> dict[str, object]:
    return {
        "id": str(number),
        "url": f"https://wire.example/{number}?a=1&b=%22%3E&c='\"<x>",
        "title": text,
        "summary": f"{text} in sum",
        "content_html": BODY % text,
        "authors": [{"name": text}],
        "tags": ["canal", text],
        "image": "http://own.example/i mg.jpg",
    }


def readers() -> list[dict[str, object]]:
    wishes = product(LANGUAGES, FORMATS, LENGTHS)
    everybody: list[dict[str, object]] = [
        {
            "address": f"{language}-{form}-{length}@readers.example",
            "name": NAMES[number % len(NAMES)],
            "language": language,
            "format": form,
            "length": length,
        }
        for number, (language, form, length) in enumerate(wishes)
    ]
    odd: list[dict[str, object]] = [{"address": address} for address in ADDRESSES]
    return [*everybody, *odd]


def write_hostile(folder: Path) -> None:
    """Write a newsroom in which whatever strangers write is hostile."""
    settings = SETTINGS.replace(
        "  - folder: articles\n", "  - folder: articles\n  - feed: wire.json\n"
    ).replace("    schedule", "    limits: {articles: 40, per_topic: 40}\n    schedule")
    write_project(
        folder,
        settings=settings,
        readers=json.dumps({"subscribers": readers()}, ensure_ascii=False),
    )
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [item(n, text) for n, text in enumerate((*HOSTILE, HOLES))],
    }
    (folder / "wire.json").write_text(json.dumps(feed), encoding="utf-8")
    for number, text in enumerate(HOSTILE):
        said = text.encode("utf-8", "replace").decode()
        quoted = json.dumps(said, ensure_ascii=False)
        front = f"---\nheadline: {quoted}\nbyline: {quoted}\ntags: [schools]\n---\n\n"
        write_article(folder, f"{number}.md", f"{front}{said}\n\n.dot\n\nFrom me\n")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    folder = tmp_path_factory.mktemp("demo") / "news"
    make_newsroom(folder)
    yield from opened(folder)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    folder = tmp_path_factory.mktemp("hostile") / "news"
    write_hostile(folder)
    yield from opened(folder)


@pytest.fixture(params=["demo", pytest.param("hostile", marks=pytest.mark.slow)])
def sample(request: pytest.FixtureRequest) -> Sample:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Sample)
    return found


def test_nothing_is_wrong_with_any_message(sample: Sample) -> None:
    found = {
        address: problems
        for address, (_, message) in sample.messages.items()
        if (problems := sample.lint(address, message.content))
    }
    assert found == {}


def test_the_products_own_linter_finds_no_error_either(sample: Sample) -> None:
    newsroom = sample.newsroom
    newsletter = newsroom.newsletter("daily")
    assembler = newsroom.assembler(newsroom.issues.draft(newsletter))

    looked = Linter(assembler, newsroom.settings).look(sample.messages.values())

    assert looked.mails == len(sample.messages)
    assert looked.errors == []
    grave = {f.rule for f in looked.findings if f.severity is Severity.WARNING}
    assert grave <= {"img-http", "link-http"}, "what strangers link to"


def test_no_hole_is_left_in_the_samples_messages(demo: Sample) -> None:
    assert not any(unresolved(message.content) for _, message in demo.messages.values())


@pytest.mark.slow
def test_every_format_length_and_language_was_there(hostile: Sample) -> None:
    people = [subscriber for subscriber, _ in hostile.messages.values()]
    wishes = {(p.language, p.preferences.format, p.preferences.length) for p in people}
    assert wishes >= set(product(LANGUAGES, FORMATS, LENGTHS))


@pytest.mark.slow
def test_two_builds_of_one_issue_are_the_same_bytes(sample: Sample) -> None:
    again = {
        row.subscriber.address: m.content for row, _, m in planned(sample.newsroom)
    }
    assert again == {a: m.content for a, (_, m) in sample.messages.items()}


def test_two_readers_share_no_token(sample: Sample) -> None:
    owned = Counter(
        token
        for _, message in sample.messages.values()
        for token in tokens(message.content) | tokens_of_envelope(message)
    )
    assert len(owned) >= 4 * len(sample.messages)  # to leave, to change, to pause, VERP
    assert set(owned.values()) == {1}


def tokens_of_envelope(message: Message) -> set[str]:
    local = re.fullmatch(r"b\+([a-z2-7]{32})@[a-z.]+", message.envelope.sender)
    assert local, message.envelope.sender
    return {local[1]}


def test_pictures_are_the_same_for_all_readers(sample: Sample) -> None:
    """A picture of one's own would tell when its reader opens the mail."""
    seen: dict[str, set[str]] = {}
    for address, (_, message) in sample.messages.items():
        for part in parts_of(message.content):
            if part.kind == "text/html":
                pictures = page(part.text).pictures
                seen[address] = {re.sub(r"\?.*", "", p["src"]) for p in pictures}
                assert not any("?" in picture["src"] for picture in pictures)
    assert any(seen.values())


@pytest.mark.slow
def test_a_headline_adds_no_field_and_is_not_worked_out(hostile: Sample) -> None:
    for _, message in hostile.messages.values():
        assert "Bcc" not in dict(fields_of(message.content))
        for part in parts_of(message.content):
            text = part.text
            shown = text if part.kind == "text/plain" else "".join(page(text).words)
            assert HOLES in shown
            assert "49" not in shown


@pytest.mark.slow
def test_what_arrives_over_smtp_is_what_was_built(
    make: Callable[[str], Path], tmp_path: Path
) -> None:
    for name in ("demo", "hostile"):
        for sample in opened(make(name)):
            hand_over(sample, tmp_path / f"{name}-arrived")


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Path]:
    def made(name: str) -> Path:
        folder = tmp_path / name
        if name == "demo":
            make_newsroom(folder)
        else:
            write_hostile(folder)
        return folder

    return made


def hand_over(sample: Sample, folder: Path) -> None:
    newsroom = sample.newsroom
    issue = newsroom.issues.prepare(newsroom.newsletter("daily"))
    assert issue is not None
    with Postbox(folder) as box:
        server = SmtpDelivery(host="127.0.0.1", port=box.port, security=Security.NONE)
        report = newsroom.send(issue, transport=open_transport(server))
    assert report.done[State.SENT] == len(sample.messages)
    arrived = [path.read_bytes() for path in sorted((folder / "new").iterdir())]
    by_address = {dict(fields_of(content))["To"][1:-1]: content for content in arrived}
    assert by_address == {a: m.content for a, (_, m) in sample.messages.items()}


#: What is done to a good message, and a word of what the lint must say of it.
FAULTS = (
    (rb"\r\nDate: ", rb"\nDate: ", "no line end"),
    (rb"\A", rb"Subject: again\r\n", "2 times"),
    (rb"\r\nX-Auto", rb"\r\nX-Mailer: x\r\nX-Auto", "X-Mailer is no field"),
    (rb"List-Post: NO\r\n", rb"", "List-Post is missing"),
    (rb"(From: .*\r\n)(To: .*\r\n)", rb"\2\1", "out of order"),
    (rb"From: \w+ <", rb"From: <", "named mailbox"),
    (rb"To: <\w+", rb"To: <somebody", "not the reader alone"),
    (rb"\+0000", rb"-0100", "Date"),
    (rb"Message-ID: <", rb"Message-ID: <@", "Message-ID"),
    (rb"(Unsubscribe: <https://.*),\r\n [^\r]*", rb"\1", "List-Unsubscribe: <"),
    (rb"(Unsubscribe: )(<https://.*>)", rb"\1=?utf-8?q?\2?=", "encoded word"),
    (rb"One-Click", rb"one-click", "RFC 8058"),
    (rb"Feedback-ID: ", rb"Feedback-ID: a:b:", "Feedback-ID"),
    (rb"(Archived-At: <.*)>", rb"\1/%s>" % (b"a" * 32), "gives a reader's token away"),
    (rb"utf-8\?Q\?", b"utf-8?Q?" + b"x" * 60, "an encoded word of"),
    (rb"text/plain;", rb"text/html;", "the parts are"),
    (rb"charset=utf-8", rb"charset=latin-1", "iso-8859-1|latin-1"),
    (rb"\r\n=2Epx", rb"\r\n.px", "a relay would change"),
    (rb"\r\nList-Post: ", rb"\r\n.List-Post: ", "begins with a dot"),
    (rb"<body", rb"<body onload=3D'x'", "onload"),
    (rb"</body>", rb"<script></script></body>", "<script>"),
    (rb"</body>", rb"</div></body>", "not balanced"),
    (rb"</body>", rb"<p style=3D'display:none'>psst</p></body>", "cannot be seen"),
    (rb"</body>", rb"<a href=3D'http://x.example'>x</a></body>", "a link to"),
    (
        rb"</body>",
        rb"<a href=3D'https://x.example'>x</a></body>",
        "text lacks the link",
    ),
    (rb"</body>", rb"<img src=3D'https://x.example'></body>", "without words"),
    (rb"</body>", rb"<img src=3D'https://x.example' alt=3D1 width=3D1>", "a pixel"),
)


@pytest.mark.parametrize(("old", "new", "said"), FAULTS)
def test_the_lint_sees(demo: Sample, old: bytes, new: bytes, said: str) -> None:
    content = re.sub(old, new, demo.messages[AMIRA][1].content, count=1)
    assert re.search(said, "\n".join(demo.lint(AMIRA, content)))
