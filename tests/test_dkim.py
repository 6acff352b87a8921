"""Signatures, under the eyes of those who will look at them: dkimpy and OpenDKIM."""

from __future__ import annotations

import base64
import email
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import policy
from pathlib import Path

import dkim
import dns.zone
import mailparser
import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from digest.cli.project import make_newsroom
from digest.config import load_settings
from digest.message import Letter, Letterhead, compose
from digest.message.dkim import OVERSIGNED, Signer, read_key, records
from digest.model import Mailbox
from digest.newsroom import Newsroom
from digest.postbox import Postbox
from digest.quoting import Encoding, Part, piece
from digest.settings import Security, SmtpDelivery
from digest.transports import open_transport
from tests.examples import examples
from tests.keys import SELECTOR, our_key, pem, refused_keys, rsa_key
from tests.projects import Clock
from tests.test_mail_lint import Sample, opened
from tests.test_message import LETTER, LETTERHEAD, TEXT

pytestmark = pytest.mark.slow

DOMAIN = "longitude.example"
SIGNER = Signer(read_key(our_key()), selector=SELECTOR, domain=DOMAIN)
[RECORD] = records(read_key(our_key()), selector=SELECTOR, domains=[DOMAIN])

OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/local/sbin:/usr/bin")

#: What RFC 8058, RFC 6376 and Gmail want signed, where it is there.
WANTED = (
    *("from", "to", "reply-to", "subject", "date", "message-id", "mime-version"),
    *("content-type", "list-id", "list-unsubscribe", "list-unsubscribe-post"),
    *("list-help", "list-archive", "list-owner", "list-post", "feedback-id"),
)

Verify = Callable[[list[bytes]], list[bool]]


def signed(
    *,
    subject: str = "Storm warning — and eight more stories",
    text: str | Part = "Storm warning\n\nFrom the coast, a café owner writes.\n",
    html: str
    | None = "<!DOCTYPE html>\n<title>Storm</title>\n<p>From the coast…</p>\n",
    letterhead: Letterhead = LETTERHEAD,
    letter: Letter = LETTER,
    signer: Signer | None = SIGNER,
) -> bytes:
    return compose(
        letterhead,
        letter,
        subject=subject,
        text=text if isinstance(text, Part) else Part.of(text),
        html=None if html is None else Part.of(html),
        signer=signer,
    )


def with_dkimpy(contents: list[bytes]) -> list[bool]:
    """Return which signatures dkimpy accepts."""

    def published(name: bytes, **_: object) -> bytes | None:
        known = name.decode() == f"{RECORD.name}."
        return RECORD.value.encode() if known else None

    return [bool(dkim.verify(content, dnsfunc=published)) for content in contents]


def opendkim(folder: Path, contents: list[bytes]) -> list[bool]:
    """Return which signatures OpenDKIM accepts; it is started once for all."""
    assert OPENDKIM is not None
    (folder / "dns").write_text(f"{RECORD.name} {RECORD.value}\n")
    (folder / "conf").write_text(f"Mode v\nTestDNSData {folder / 'dns'}\n")
    for number, content in enumerate(contents):
        (folder / f"{number}.eml").write_bytes(content)
    files = ",".join(f"{number}.eml" for number in range(len(contents)))
    done = subprocess.run(
        [OPENDKIM, "-x", folder / "conf", "-t", files],
        cwd=folder, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    said = dict(
        re.findall(r"(\d+)\.eml: verification .* (succeeded|failed)", done.stdout)
    )
    assert len(said) == len(contents), done.stdout + done.stderr
    return [said[str(number)] == "succeeded" for number in range(len(contents))]


@pytest.fixture(params=["dkimpy", "OpenDKIM"])
def verify(request: pytest.FixtureRequest, tmp_path: Path) -> Verify:
    if request.param == "dkimpy":
        return with_dkimpy
    if OPENDKIM is None:
        pytest.skip("OpenDKIM is not installed: apt-get install opendkim")
    return lambda contents: opendkim(tmp_path, contents)


def signature(content: bytes) -> dict[str, str]:
    """Return the tags of the signature in front of a message."""
    field = re.split(rb"\r\n(?![ \t])", content, maxsplit=1)[0].decode()
    name, _, value = field.partition(":")
    assert name == "DKIM-Signature"
    tags = (tag.partition("=") for tag in re.sub(r"\s+", "", value).split(";"))
    return {name: value for name, _, value in tags}


def without_signature(content: bytes) -> bytes:
    return re.split(rb"\r\n(?![ \t])", content, maxsplit=1)[1]


def fields_of(content: bytes) -> list[str]:
    """Return the names of the fields, small, in order."""
    header = content.partition(b"\r\n\r\n")[0]
    return [m[1].decode().lower() for m in re.finditer(rb"(?m)^([A-Za-z-]+):", header)]


def relaxed_body(body: bytes) -> bytes:
    """Bring a body into the relaxed form, word for word as RFC 6376 3.4.4 has it."""
    lines = body.split(b"\r\n")
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


MESSAGES = {
    "HTML and text": signed(),
    "text only": signed(html=None),
    "empty lines at the end": signed(text="Storm\n\n\n\n", html=None),
    "empty lines at the end of a part": signed(text="Storm\n\n\n", html="<p>\n\n\n"),
    "nothing but empty lines": signed(text="\n\n\n", html=None),
    "no text": signed(text="", html=None),
    "no end of the last line": signed(text="Storm", html=None),
    "base64": signed(text="عاصفة قادمة\n\n", html="<p>عاصفة قادمة</p>\n" * 30),
    "base64 alone": signed(subject="عاصفة", text="عاصفة قادمة\n" * 30, html=None),
    "what relays would touch": signed(
        text=".dot\nFrom me\ntwo  spaces\ta tab \nend \n", html="<p> \t</p>\n \n"
    ),
    "an address beyond ASCII": signed(
        letter=replace(LETTER, recipient="élodie@exemple.example")
    ),
    "a name and a subject that are folded": signed(
        subject="Tempête : "
        + "ce qu’ont vu les pêcheurs, et ce qu’ils en disent, " * 4,
        letterhead=replace(
            LETTERHEAD,
            sender=Mailbox(
                address=f"digest@{DOMAIN}", name="Longitude — l’essentiel " * 5
            ),
            list_title="Longitude, the daily digest of what you follow, " * 3,
        ),
    ),
    "a plain subject that is folded": signed(subject="Storm warning for all " * 9),
    "a bare letterhead": signed(
        letterhead=Letterhead(
            sender=LETTERHEAD.sender, list_id="daily.longitude.example", list_title=""
        )
    ),
}


class TestASignature:
    def test_is_accepted_whatever_the_message(self, verify: Verify) -> None:
        accepted = verify(list(MESSAGES.values()))

        assert dict(zip(MESSAGES, accepted, strict=True)) == dict.fromkeys(
            MESSAGES, True
        )

    @pytest.mark.parametrize("what", MESSAGES)
    def test_stands_first_in_lines_that_keep_to_the_standard(self, what: str) -> None:
        field = MESSAGES[what].partition(b"\r\nFrom: ")[0]

        lines = field.split(b"\r\n")
        assert lines[0].startswith(b"DKIM-Signature: v=1; ")
        assert all(re.match(rb" [!-~]", line) for line in lines[1:])
        assert max(map(len, lines)) <= 78
        assert b"  " not in field
        assert b": " not in field.partition(b": ")[2], "colons need no space after them"

    def test_says_how_and_by_whom_it_was_made(self) -> None:
        tags = signature(signed())

        assert set(tags) == {"v", "a", "c", "d", "s", "t", "h", "bh", "b"}
        assert tags["v"] == "1"
        assert (tags["a"], tags["c"]) == ("rsa-sha256", "relaxed/relaxed")
        assert (tags["d"], tags["s"]) == (DOMAIN, SELECTOR)
        assert tags["t"] == str(int(LETTER.date.timestamp()))
        assert len(base64.b64decode(tags["b"])) == 2048 // 8

    @pytest.mark.parametrize("what", MESSAGES)
    def test_covers_every_field_there_is_and_some_that_are_not(self, what: str) -> None:
        content = MESSAGES[what]

        names = signature(content)["h"].split(":")
        assert names == [*fields_of(content)[1:], *OVERSIGNED]
        assert set(WANTED) & set(fields_of(content)) <= set(names)

    def test_names_the_fields_that_are_shown_once_too_often(self) -> None:
        names = signature(signed())["h"].split(":")

        assert {name for name in names if names.count(name) == 2} | {"cc"} == {
            *("from", "to", "cc", "reply-to", "subject", "date", "message-id"),
            *("list-unsubscribe", "list-unsubscribe-post", "content-type"),
        }
        assert names.count("cc") == 1

    def test_is_the_same_for_the_same_message(self) -> None:
        other = Signer(read_key(our_key()), selector=SELECTOR, domain=DOMAIN)

        assert signed(signer=other) == signed() == MESSAGES["HTML and text"]

    def test_changes_nothing_else(self) -> None:
        assert without_signature(signed()) == signed(signer=None)

    def test_takes_its_time_from_the_date_alone(self) -> None:
        later = replace(LETTER, date=LETTER.date + timedelta(microseconds=900_000))

        assert signed(letter=later) == signed()

    def test_has_lines_as_short_as_they_can_be_with_long_names(self) -> None:
        domain = ".".join(["a" * 60] * 3 + ["example"])
        signer = Signer(read_key(our_key()), selector="b" * 63, domain=domain)

        field = signed(signer=signer).partition(b"\r\nFrom: ")[0]

        long = [line for line in field.split(b"\r\n") if len(line) > 78]
        assert long == [f" d={domain};".encode()]

    @examples(100)
    @given(text=TEXT, more=TEXT, html=st.none() | TEXT)
    def test_covers_the_body_as_it_stands(
        self, text: str, more: str, html: str | None
    ) -> None:
        """What is hashed is what a plain reading of the standard would hash."""
        pieces = Part((piece(text), piece(more)), Encoding.QUOTED_PRINTABLE)

        content = signed(text=pieces, html=html)

        body = content.partition(b"\r\n\r\n")[2]
        digest = hashlib.sha256(relaxed_body(body)).digest()
        assert signature(content)["bh"] == base64.b64encode(digest).decode()
        assert with_dkimpy([content]) == [True]

    @examples(100)
    @given(
        subject=st.text(
            st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200
        ).filter(str.strip),
        name=st.text(
            st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=80
        ),
    )
    def test_covers_any_subject_and_name(self, subject: str, name: str) -> None:
        sender = replace(LETTERHEAD.sender, name=name)
        content = signed(
            subject=subject,
            letterhead=replace(LETTERHEAD, sender=sender, list_title=name),
        )

        assert with_dkimpy([content]) == [True]


Change = Callable[[bytes], bytes]


def on_top(name: str) -> Change:
    return lambda content: f"{name}: x@evil.example\r\n".encode() + content


def at_the_end(name: str) -> Change:
    added = f"\r\n{name}: x@evil.example\r\n\r\n".encode()
    return lambda content: content.replace(b"\r\n\r\n", added, 1)


#: What is done to a signed message on its way: how, and whether that is a forgery.
FORGERIES: dict[str, Change] = {
    "another word in the text": lambda m: m.replace(b"coast, a", b"coast: a"),
    "another word in the HTML": lambda m: m.replace(b"coast=E2", b"Coast=E2"),
    "another line at the end": lambda m: m + b"psst\r\n",
    "another subject": lambda m: m.replace(b"Subject: ", b"Subject: Calm "),
    "another unsubscribe link": lambda m: m.replace(
        b"<https://longitude.example/u/", b"<https://evil.example/u/"
    ),
    "another date of the signature": lambda m: re.sub(rb" t=\d", b" t=2", m),
    "another domain": lambda m: m.replace(b"d=longitude", b"d=latitude"),
    **{f"one more {name} on top": on_top(name) for name in OVERSIGNED},
    **{f"one more {name} at the end": at_the_end(name) for name in OVERSIGNED},
}
HARMLESS: dict[str, Change] = {
    "nothing": lambda m: m,
    "a stamp": lambda m: (
        b"Received: from x by y; Mon, 23 Nov 2026 07:00:09 +0000\r\n" + m
    ),
    "another fold": lambda m: m.replace(b"Message-ID: ", b"Message-ID:\r\n  "),
    "empty lines at the end": lambda m: m + b"\r\n\r\n",
}


class TestAForgery:
    def test_is_seen(self, verify: Verify) -> None:
        forged = [change(signed()) for change in FORGERIES.values()]
        assert signed() not in forged

        found = dict(zip(FORGERIES, verify(forged), strict=True))

        assert found == dict.fromkeys(FORGERIES, False)

    def test_is_not_seen_in_what_relays_do(self, verify: Verify) -> None:
        found = verify([change(signed()) for change in HARMLESS.values()])

        assert dict(zip(HARMLESS, found, strict=True)) == dict.fromkeys(HARMLESS, True)

    def test_is_seen_in_every_field(self, verify: Verify) -> None:
        content = signed()
        changes = [
            re.sub(rf"(?im)^({name}: .)".encode(), rb"\1x", content, count=1)
            for name in fields_of(content)[1:]
        ]

        assert len(changes) == 20
        assert verify(changes) == [False] * 20


class TestOtherReaders:
    """Mail programs and filters find the same fields, signed or not."""

    @pytest.mark.parametrize("what", MESSAGES)
    def test_the_standard_library_reads_the_same_message(self, what: str) -> None:
        one = email.message_from_bytes(MESSAGES[what], policy=policy.default)
        two = email.message_from_bytes(
            without_signature(MESSAGES[what]), policy=policy.default
        )

        assert not one.defects
        assert one.keys() == ["DKIM-Signature", *two.keys()]
        assert [str(v) for v in one.values()[1:]] == [str(v) for v in two.values()]
        assert one.as_bytes()[-200:] == two.as_bytes()[-200:]

    @pytest.mark.parametrize("what", MESSAGES)
    def test_mail_parser_reads_the_same_message(self, what: str) -> None:
        one = mailparser.parse_from_bytes(MESSAGES[what])
        two = mailparser.parse_from_bytes(without_signature(MESSAGES[what]))

        assert not one.defects
        for name in ("from_", "to", "subject", "date", "message_id", "body"):
            assert getattr(one, name) == getattr(two, name), name
        assert one.headers.keys() - two.headers.keys() == {"DKIM-Signature"}
        assert (one.text_plain, one.text_html) == (two.text_plain, two.text_html)


class TestAKey:
    @pytest.mark.parametrize(
        ("what", "words"),
        [
            pytest.param(
                "1024 bits",
                "has 1024 bits, which can be forged",
                marks=pytest.mark.slow,
            ),
            ("2047 bits", "has 2047 bits, which can be forged"),
            pytest.param(
                "4104 bits",
                "has 4104 bits, which not every receiver verifies",
                marks=pytest.mark.slow,
            ),
            ("Ed25519", "is no RSA key but Ed25519"),
            ("elliptic", "is no RSA key but EC"),
            ("locked", "is locked with a passphrase"),
            ("locked in the old form", "is locked with a passphrase"),
            ("public", "is a public key"),
            ("cut", "is no private key in PEM"),
            ("scrambled", "is no private key in PEM"),
            ("a word", "is no private key in PEM"),
            ("not ASCII", "is no private key in PEM"),
        ],
    )
    def test_is_refused_with_the_reason_and_without_its_text(
        self, what: str, words: str
    ) -> None:
        key = refused_keys()[what]

        with pytest.raises(ValueError, match=words) as refused:
            read_key(key)

        assert str(refused.value).startswith(words)
        assert "make a new one with `digest dkim keygen`" in str(refused.value)
        told = [word for word in key.split() if word in str(refused.value)]
        assert set(told) <= {"-----BEGIN", "PRIVATE", "KEY-----"}

    def test_may_be_longer_than_ours_and_in_the_old_form(self) -> None:
        old = pem(rsa_key(3072), PrivateFormat.TraditionalOpenSSL)

        assert old.startswith("-----BEGIN RSA PRIVATE KEY-----")
        assert read_key(old).key_size == 3072


class TestARecord:
    def test_is_what_receivers_look_for(self) -> None:
        assert RECORD.name == "s2026._domainkey.longitude.example"
        assert re.fullmatch(r"v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{390}AB", RECORD.value)

    def test_is_cut_where_a_string_of_the_dns_ends(self) -> None:
        assert [len(string) for string in RECORD.strings] == [255, 155]
        assert "".join(RECORD.strings) == RECORD.value

    def test_is_read_from_a_zone_file_as_it_is(self) -> None:
        zone = dns.zone.from_text(
            f"$TTL 300\n{RECORD.zone}\n",
            origin=f"{DOMAIN}.",
            relativize=False,
            check_origin=False,
        )

        [record] = zone[f"{RECORD.name}."].rdatasets
        assert b"".join(record[0].strings).decode() == RECORD.value


# -- the whole sample newsroom ----------------------------------------------


def write_signing_demo(folder: Path, more: str = "") -> Path:
    """Write the sample newsroom as its editor would who signs."""
    make_newsroom(folder)
    (folder / "secrets").mkdir()
    (folder / "secrets/dkim.pem").write_text(our_key())
    with (folder / "digest.yaml").open("a") as file:
        file.write(f"dkim: {{selector: s2026, key: file:secrets/dkim.pem{more}}}\n")
    return folder


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    yield from opened(write_signing_demo(tmp_path_factory.mktemp("demo") / "news"))


@pytest.mark.slow
def test_every_message_of_the_sample_is_signed(demo: Sample, verify: Verify) -> None:
    contents = [message.content for _, message in demo.messages.values()]

    assert len(contents) > 5
    assert verify(contents) == [True] * len(contents)


def test_a_domain_above_the_senders_signs_for_it(
    tmp_path: Path, verify: Verify
) -> None:
    folder = write_signing_demo(tmp_path / "news", f", domain: {DOMAIN}")
    file = folder / "digest.yaml"
    text = file.read_text(encoding="utf-8").replace("<digest@", "<digest@news.")
    file.write_text(text, encoding="utf-8")

    (sample,) = opened(folder)

    contents = [message.content for _, message in sample.messages.values()]
    assert {signature(content)["d"] for content in contents} == {DOMAIN}
    assert all(b"digest@news.longitude.example>" in content for content in contents)
    assert verify(contents) == [True] * len(contents)


def test_nothing_else_is_wrong_with_a_signed_message(demo: Sample) -> None:
    found = {a: demo.lint(a, m.content) for a, (_, m) in demo.messages.items()}

    assert {a: problems for a, problems in found.items() if problems} == {}


@pytest.mark.slow
def test_a_test_mail_and_a_build_are_signed_as_what_is_sent(
    tmp_path: Path, verify: Verify
) -> None:
    folder = write_signing_demo(tmp_path / "news")
    loaded = load_settings(folder, environment={})
    clock = Clock()
    with Newsroom(loaded, now=clock) as newsroom, Postbox(tmp_path / "box") as box:
        server = SmtpDelivery(host="127.0.0.1", port=box.port, security=Security.NONE)
        newsroom.refresh_subscribers()
        list(newsroom.collect())
        clock.forward(minutes=1)
        newsletter = newsroom.newsletter("daily")
        plan = newsroom.issues.plan(newsroom.issues.draft(newsletter), newsletter)
        newsroom.build(plan, tmp_path / "out")
        issue = newsroom.issues.prepare(newsletter)
        assert issue is not None
        newsroom.send(issue, transport=open_transport(server))
        built = {p.read_bytes() for p in (tmp_path / "out").rglob("*.eml")}
        sent = {path.read_bytes() for path in (tmp_path / "box/new").iterdir()}
        newsroom.send_test(
            issue, "desk@longitude.example", transport=open_transport(server)
        )
    (test,) = {p.read_bytes() for p in (tmp_path / "box/new").iterdir()} - sent

    assert built == sent
    assert len(sent) > 5
    assert verify([*sent, test]) == [True] * (len(sent) + 1)
