"""Returned mail in the manner of those who send it, read one by one.

Every sample in `bounces/` is our own writing in some program's style; `expected.txt`
there says what each of them is.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as some

from digest.bounces import Report, read_returned
from digest.bounces.parts import outer, taken_apart
from digest.links import Links, Purpose
from tests.examples import examples

SAMPLES = Path(__file__).parent / "bounces"

#: What the samples were written with.
LINKS = Links(key=bytes(range(32)), site_url="https://ledger.example")
READER = "mzxw6ytboi4eq"


class Expected(NamedTuple):
    sample: str
    kind: str
    effect: str
    status: str
    whose: str

    @property
    def content(self) -> bytes:
        return (SAMPLES / f"{self.sample}.eml").read_bytes()


def table() -> list[Expected]:
    lines = (SAMPLES / "expected.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    return [Expected(*row) for row in rows[1:]]


def whose(report: Report) -> str:
    """Return what the tokens of a report prove."""
    readers = [
        LINKS.read_token(token, purpose=purpose, scope=scope)
        for tokens, purpose, scope in (
            (report.bounce_tokens, Purpose.BOUNCE, "daily/1"),
            (report.unsubscribe_tokens, Purpose.UNSUBSCRIBE, "daily"),
        )
        for token in tokens
    ]
    if READER in readers:
        return "ours"
    return "forged" if readers else "nobody"


def test_the_table_has_a_row_for_each_sample() -> None:
    files = {path.stem for path in SAMPLES.glob("*.eml")}

    assert {row.sample for row in table()} == files
    assert len(files) >= 40


@pytest.mark.parametrize("row", table(), ids=lambda row: row.sample)
def test_a_mail_that_came_back_says_what_its_writer_meant(row: Expected) -> None:
    report = read_returned(row.content)

    assert (report.kind, report.effect, report.status or "-", whose(report)) == (
        row.kind,
        row.effect,
        row.status,
        row.whose,
    )


def spliced(pieces: list[tuple[int, int, int]], insert: bytes) -> bytes:
    """Return bytes cut from several samples, which no program would write."""
    rows = table()
    return insert.join(
        rows[which % len(rows)].content[begin : begin + length]
        for which, begin, length in pieces
    )


@given(
    some.binary(max_size=400)
    | some.builds(
        spliced,
        some.lists(
            some.tuples(
                some.integers(0, 200), some.integers(0, 1500), some.integers(0, 1200)
            ),
            max_size=4,
        ),
        some.binary(max_size=30)
        | some.sampled_from(
            [b"\n\n", b"\n--fbl\n", b"Content-Type: ", b"=?x?b?", b"; charset=\xff\n"]
        ),
    )
)
@examples(150, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_have_a_report(content: bytes) -> None:
    report = read_returned(content)

    assert "\n" not in report.words
    assert all(len(token) == 32 for token in report.bounce_tokens)


NESTED = b"Content-Type: message/rfc822\n\n"
PARTS = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 4_000


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(NESTED * 5000, id="mails in mails without end"),
        pytest.param(PARTS, id="four thousand parts"),
        pytest.param(b"To: " + b"a" * 3_000_000, id="a header of three megabytes"),
        pytest.param(b"Subject: " + b"=?utf-8?q?=FF?= " * 9000, id="encoded to death"),
        pytest.param(b"From: mailer-daemon\n\n" + b"mailbox (" * 99_999, id="words"),
        pytest.param(b"From: mailer-daemon\n\n" + b"user " * 99_999, id="a stammer"),
        pytest.param(b"Content-Type: text/html\n\n" + b"<" * 500_000, id="open tags"),
    ],
)
def test_nobody_can_make_it_work_for_ever(content: bytes) -> None:
    assert read_returned(content).effect in ("none", "soft")


def test_of_too_many_parts_the_first_ones_count() -> None:
    message = taken_apart(PARTS)

    assert len(message.get_payload()) == len(outer(message)) == 40


@pytest.mark.parametrize(
    "written",
    [
        "SRS0=x4Yz=QW=bounces.ledger.example=b+{}@forwarder.example",
        "SRS1=aB3d=forwarder.example==x4Yz=QW=ledger.example=b+{}@second.example",
        "prvs=1234567890=b+{}@bounces.ledger.example",
        "prvs=b+{}/0987654321@bounces.ledger.example",
        "btv1==123456789ab==b+{}@bounces.ledger.example",
        "IMCEASMTP-b+2B{}+40bounces+2Eledger+2Eexample@exchange.example",
        "bounces-b={}=ledger.example@forwarder.example",
        '"b+{}"@bounces.ledger.example',
        "b%2B{}@bounces.ledger.example",
        "b-{}@bounces.ledger.example",
    ],
)
def test_a_token_is_found_however_others_wrap_it(written: str) -> None:
    token = LINKS.token(Purpose.BOUNCE, subscriber=READER, scope="daily/1")
    content = (
        f"From: mailer-daemon@x.example\nTo: <{written.format(token)}>\n\n550 5.1.1 x"
    )

    assert whose(read_returned(content.encode())) == "ours"


def test_the_envelope_names_the_reader_where_no_header_does() -> None:
    token = LINKS.token(Purpose.BOUNCE, subscriber=READER, scope="daily/1")
    content = (
        b"From: mailer-daemon@x.example\nSubject: failure notice\n\n550 5.1.1 gone"
    )

    report = read_returned(content, recipients=[f"B+{token.upper()}@X.EXAMPLE"])

    assert (report.kind, report.effect, whose(report)) == ("bounce", "hard", "ours")
