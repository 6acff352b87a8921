"""Files of readers from elsewhere: exports, mapped columns, NDJSON; and their hints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.addresses import check_address, misspelt, same_mailbox_key
from digest.config import ReaderFile, Terms, load_settings
from digest.config.entries import MOST_NAMED
from digest.errors import FileProblems, InputError
from digest.model import Consent, Format, Preferences, Status, Subscriber
from digest.newsroom import Newsroom
from digest.readership import Taken, import_readers
from tests.projects import Clock, write_project

EXPORTS = Path(__file__).parent / "data" / "exports"
DAILY = Preferences(newsletters=frozenset({"daily"}))


def opened(path: Path, terms: Terms | None = None) -> ReaderFile:
    return ReaderFile(
        path, newsletters=["daily", "weekly"], topics=["rivers", "schools"], terms=terms
    )


def read(path: Path, **terms: object) -> list[Subscriber]:
    return list(opened(path, Terms(**{"newsletters": ("daily",), **terms})))  # type: ignore[arg-type]


def written(folder: Path, text: str, *, name: str = "readers.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(path: Path, **terms: object) -> list[str]:
    with pytest.raises(FileProblems) as caught:
        read(path, **terms)
    return [
        line.removeprefix(f"{path.parent}/") for line in str(caught.value).split("\n")
    ]


#: Of each export: whose it is, and what becomes of its readers in the order of the file.
STATUSES = {
    "listmonk.csv": ("listmonk", "active unsubscribed unsubscribed"),
    "mailchimp.csv": ("Mailchimp", "active active"),
    "mailchimp-unsubscribed.csv": ("Mailchimp (unsubscribed)", "unsubscribed"),
    "mailchimp-cleaned.csv": ("Mailchimp (cleaned)", "bounced"),
    "ghost.csv": ("Ghost", "active unsubscribed"),
    "buttondown.csv": ("Buttondown", "active pending unsubscribed bounced"),
    "mailman.csv": ("Mailman", "active active"),
    "mailman.txt": ("", "active active active"),
}


class TestAnExport:
    @pytest.mark.parametrize("name", STATUSES)
    def test_is_recognised_by_its_columns(self, name: str) -> None:
        program, statuses = STATUSES[name]
        file = opened(EXPORTS / name, Terms(newsletters=("daily",)))

        readers = list(file)

        assert file.program == program
        assert [reader.status.value for reader in readers] == statuses.split()
        assert all(reader.preferences == DAILY for reader in readers)

    @pytest.mark.parametrize("name", ["mailchimp", "mailchimp-unsubscribed"])
    def test_of_mailchimp_is_known_with_its_first_column_renamed(
        self, tmp_path: Path, name: str
    ) -> None:
        text = (EXPORTS / f"{name}.csv").read_text()
        renamed = written(tmp_path, text.replace("Email Address", "Email"))

        assert read(renamed) == read(EXPORTS / f"{name}.csv")

    def test_gives_names_and_when_readers_asked(self) -> None:
        for name in ("listmonk.csv", "mailchimp.csv", "ghost.csv"):
            ana, *_ = read(EXPORTS / name, consent="an older form")

            assert (ana.address, ana.name) == ("ana@readers.example", "Ana Real")
            assert ana.consent.where == "an older form"
            at = ana.consent.at
            assert at
            assert at.replace(microsecond=0) == datetime(
                2024, 3, 4, 10, 22, 33, tzinfo=UTC
            )

    def test_with_a_status_that_is_new_to_us_says_so(self, tmp_path: Path) -> None:
        text = (
            (EXPORTS / "ghost.csv")
            .read_text()
            .replace(",false,false,", ",maybe,false,")
        )

        (problem,) = mistakes(written(tmp_path, text))

        assert problem == (
            "readers.csv:3:subscribed_to_emails: Ghost has no status 'maybe' that we "
            "know; write one of `true` or `false`, or map another column"
        )


class TestAMappedTable:
    TEXT = "Mail;Ganzer Name;Themen;PLZ\nana@readers.example;Ana;rivers;1000\n"
    MAP = {"address": "mail", "name": "Ganzer  Name", "follows": "Themen"}  # noqa: RUF012

    def test_takes_what_is_mapped_and_says_what_is_left_out(
        self, tmp_path: Path
    ) -> None:
        terms = Terms(
            columns={**self.MAP, "name": "Ganzer Name"}, newsletters=("weekly",)
        )
        file = opened(written(tmp_path, self.TEXT), terms)

        (ana,) = file

        assert (ana.name, ana.preferences.follows) == ("Ana", ("rivers",))
        assert ana.preferences.newsletters == {"weekly"}
        assert file.columns_left_out == ("PLZ",)

    def test_names_mistakes_by_the_columns_of_the_file(self, tmp_path: Path) -> None:
        wrong = written(tmp_path, self.TEXT.replace("rivers", "river"))

        assert mistakes(wrong, columns=self.MAP)[0].startswith(
            "readers.csv:2:Themen: `follows` names no topic: 'river'; did you mean"
        )
        assert mistakes(wrong, columns={"address": "E-Mail"}) == [
            "readers.csv:1: there is no column `E-Mail`; did you mean `Mail`?"
        ]


class TestNdjson:
    def test_holds_the_same_as_yaml(self, tmp_path: Path) -> None:
        entries = [
            {
                "address": "Ana@readers.example",
                "name": "Ana",
                "newsletters": ["weekly"],
                "follows": ["rivers", "tag:lisbon"],
                "format": "text",
                "limit": 3,
                "consent": {"at": "2026-02-03", "where": "a form"},
                "left": ["daily"],
                "language": None,
            },
            {"address": "bo@readers.example"},
        ]
        text = "\n\n".join(json.dumps(entry) for entry in entries)

        ana, bo = read(written(tmp_path, text, name="readers.ndjson"))

        assert ana == Subscriber(
            id="",
            address="Ana@readers.example",
            name="Ana",
            preferences=Preferences(
                newsletters=frozenset({"weekly"}),
                follows=("rivers", "tag:lisbon"),
                format=Format.TEXT,
                limit=3,
            ),
            consent=Consent(at=datetime(2026, 2, 3, tzinfo=UTC), where="a form"),
            left=frozenset({"daily"}),
        )
        assert bo.preferences == DAILY

    def test_with_mistakes_names_each_line(self, tmp_path: Path) -> None:
        lines = [
            '{"address": "ana@readers.example", "limit": true}',
            '{"address": "ana@readers.example", "limit": 1}',
            "[1]",
            "{",
            '{"name": "Bo"}',
            '{"address": "dee@readers.example", "follows": [["rivers"]]}',
            "[" * 100_000,
        ]

        found = mistakes(written(tmp_path, "\n".join(lines), name="readers.jsonl"))

        assert [problem.split(": ")[0] for problem in found] == [
            "readers.jsonl:1:limit",
            "readers.jsonl:2:address",
            "readers.jsonl:3",
            "readers.jsonl:4",
            "readers.jsonl:5",
            "readers.jsonl:6:follows",
            "readers.jsonl:7",
        ]
        assert "the same reader as in line 1" in found[1]


class TestHints:
    def test_name_misspelt_domains_and_doubled_mailboxes(self, tmp_path: Path) -> None:
        addresses = [
            "ana@gmial.com",
            "bo.b@gmail.com",
            "b.ob+news@googlemail.com",
            "cy@readers.example",
            "cy+x@readers.example",
            "dee@gmx.at",
        ]
        file = opened(
            written(
                tmp_path,
                "\n".join(["address,newsletters", *(f"{a},daily" for a in addresses)]),
            )
        )

        assert len(list(file)) == 6

        assert [(h.where.rpartition(":")[2], h.what) for h in file.hints] == [
            ("2", "ana@gmial.com: did they mean @gmail.com?"),
            ("4", "perhaps the same mailbox as in line 3"),
            ("6", "perhaps the same mailbox as in line 5"),
        ]
        assert file.hinted == 3

    def test_of_what_is_right_are_none(self) -> None:
        for domain in [
            "gmx.ch",
            "yahoo.fi",
            "mail.com",
            "live.nl",
            "example.org",
            "hotmail.be",
        ]:
            assert misspelt(domain) == ""
        for domain in [
            "gmail.con",
            "gmai.com",
            "hotmial.com",
            "yaho.com",
            "gmail.co",
            "orange.ft",
        ]:
            assert misspelt(domain) in "gmail.com hotmail.com yahoo.com orange.fr"
        assert same_mailbox_key("+x@readers.example") == "+x@readers.example"

    def test_and_mistakes_beyond_a_hundred_are_counted(self, tmp_path: Path) -> None:
        text = "address,newsletters\n" + "".join(
            f"nobody{n},daily\n" for n in range(MOST_NAMED + 7)
        )

        found = mistakes(written(tmp_path, text))

        assert len(found) == MOST_NAMED + 1
        assert found[-1] == "readers.csv: 7 more mistakes like these"


LOCALS = st.text("abcXY09._+-", min_size=1, max_size=70)
DOMAINS = st.text("abX9.-", min_size=1, max_size=12) | st.just("readers.example")


@given(LOCALS, DOMAINS)
def test_a_plain_address_is_judged_as_any_other(local: str, domain: str) -> None:
    """What is in quotation marks takes the long way, and is the same mailbox."""
    from digest import addresses

    def judged(text: str) -> str:
        try:
            return check_address(text)
        except ValueError as error:
            return str(error)

    quick = judged(f"{local}@{domain}")
    plain, addresses._PLAIN = addresses._PLAIN, re.compile("(?!)()()")
    try:
        assert judged(f"{local}@{domain}") == quick
    finally:
        addresses._PLAIN = plain


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    settings = load_settings(write_project(tmp_path / "news"), environment={})
    with Newsroom(settings, now=Clock()) as newsroom:
        newsroom.refresh_subscribers()
        yield newsroom


def take_in(
    newsroom: Newsroom, path: Path, *, trial: bool = False, **terms: str
) -> Taken:
    return import_readers(
        newsroom.store.audience,
        newsroom.settings,
        path,
        terms=Terms(**terms),  # type: ignore[arg-type]
        trial=trial,
    )


class TestAFileThatIsNotFollowed:
    TEXT = "address,name,status\nana@readers.example,Ana M.,active\ndee@readers.example,,active\n"

    def test_has_to_say_where_new_readers_asked(
        self, newsroom: Newsroom, tmp_path: Path
    ) -> None:
        path = written(tmp_path, self.TEXT)

        with pytest.raises(
            InputError, match=r"where dee@readers\.example asked for mail"
        ):
            take_in(newsroom, path)
        assert newsroom.store.audience.find("dee@readers.example") is None

        taken = take_in(newsroom, path, consent="spring fair")
        dee = newsroom.subscriber("dee@readers.example")
        assert (taken.imported.added, taken.imported.changed) == (1, 1)
        assert dee.consent.where == "spring fair"
        (agreed,) = newsroom.store.audience.agreements(dee.id)
        assert (agreed.method, agreed.where) == ("import", "spring fair")
        assert agreed.details == f"{path}; when is unknown"
        silent = self.TEXT.replace("dee", "eve").replace(",active\n", ",unsubscribed\n")
        assert (
            take_in(newsroom, written(tmp_path, silent, name="b.csv")).imported.added
            == 1
        )

    def test_can_be_tried(self, newsroom: Newsroom, tmp_path: Path) -> None:
        path = written(tmp_path, self.TEXT)
        before = list(newsroom.store.audience.all())

        taken = take_in(newsroom, path, trial=True, consent="spring fair")

        assert list(newsroom.store.audience.all()) == before
        assert (taken.imported.added, taken.imported.changed) == (1, 1)
        told = [(c.address, c.kind, dict(c.changed)) for c in taken.imported.changes]
        assert told == [
            (
                "ana@readers.example",
                "changed",
                {
                    "name": ("Ana", "Ana M."),
                    "consent.where": ("", "spring fair"),
                },
            ),
            ("dee@readers.example", "added", {}),
        ]

    def test_keeps_what_readers_have_that_it_does_not_say(
        self, newsroom: Newsroom, tmp_path: Path
    ) -> None:
        ana = newsroom.subscriber("ana@readers.example")

        take_in(newsroom, written(tmp_path, "address\nANA@readers.example\n"))

        assert newsroom.subscriber("ana@readers.example") == replace(
            ana, address="ANA@readers.example"
        )


def test_a_status_nobody_may_revive_stays_in_every_export(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    audience = newsroom.store.audience
    for name, reason in (("ana", "complaint"), ("bo", "hard bounce")):
        audience.suppress(f"{name}@readers.example", reason, by="test")
    gone = newsroom.subscriber("cy@readers.example")
    audience.erase(gone.id)

    for path in sorted(EXPORTS.iterdir()):
        take_in(newsroom, path, consent="another program")

    found = {reader.address: reader.status for reader in audience.all()}
    assert found["ana@readers.example"] is Status.UNSUBSCRIBED
    assert found["bo@readers.example"] in (Status.BOUNCED, Status.UNSUBSCRIBED)
    assert "cy@readers.example" not in found
