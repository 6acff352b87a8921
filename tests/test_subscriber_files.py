from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.config import (
    ReaderFile,
    load_settings,
    read_subscribers,
    write_subscribers,
)
from digest.errors import FileProblems
from digest.model import Consent, Format, Length, Preferences, Status, Subscriber

REPOSITORY = Path(__file__).parent.parent
NEWSLETTERS = ("daily", "weekly")
TOPICS = ("climate", "rivers", "schools")


def read(folder: Path, text: str, *, name: str = "readers.yaml") -> list[Subscriber]:
    """Read a file of this text against two newsletters and three topics."""
    path = folder / name
    path.write_bytes(text.encode())
    return read_subscribers(path, newsletters=NEWSLETTERS, topics=TOPICS)


def read_csv(folder: Path, text: str) -> list[Subscriber]:
    return read(folder, text, name="readers.csv")


def write(
    subscribers: Iterable[Subscriber], form: Literal["yaml", "csv", "ndjson"]
) -> str:
    return "".join(write_subscribers(subscribers, form=form))


def mistakes(folder: Path, text: str, *, name: str = "readers.yaml") -> list[str]:
    """Return what is wrong, each line without the folder's path."""
    with pytest.raises(FileProblems) as caught:
        read(folder, text, name=name)
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


def yaml(*entries: str) -> str:
    """Return a file of readers, one to a line, from line 2 on."""
    return "subscribers:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


A_DAILY = "address: a@example.org, newsletters: [daily]"


class TestAReader:
    def test_is_read_with_all_that_was_asked_for(self, tmp_path: Path) -> None:
        text = """\
subscribers:
  - address: Amira@Example.org
    name: Amira
    language: fr
    timezone: Europe/Paris
    newsletters: [weekly, daily]
    follows: [rivers, climate, "tag:Café Noir", rivers]
    mutes: [schools, "tag:sport"]
    format: text
    length: full
    limit: 8
    paused_until: 2026-12-24
    status: pending
    consent: {at: 2026-07-03T08:15, where: "https://ledger.example/subscribe"}
"""
        assert read(tmp_path, text) == [
            Subscriber(
                id="",
                address="Amira@example.org",
                name="Amira",
                language="fr",
                timezone="Europe/Paris",
                preferences=Preferences(
                    newsletters=frozenset(NEWSLETTERS),
                    follows=("rivers", "climate", "tag:cafe-noir"),
                    mutes=frozenset({"schools", "tag:sport"}),
                    format=Format.TEXT,
                    length=Length.FULL,
                    limit=8,
                ),
                status=Status.PENDING,
                paused_until=datetime(2026, 12, 23, 23, tzinfo=UTC),
                consent=Consent(
                    at=datetime(2026, 7, 3, 6, 15, tzinfo=UTC),
                    where="https://ledger.example/subscribe",
                ),
            )
        ]

    def test_gets_the_usual_where_nothing_is_said(self, tmp_path: Path) -> None:
        (reader,) = read(tmp_path, yaml(f"{A_DAILY}, name: , consent: , follows: "))

        assert reader == Subscriber(
            id="",
            address="a@example.org",
            preferences=Preferences(newsletters=frozenset({"daily"})),
        )

    def test_takes_the_only_newsletter_without_naming_it(self, tmp_path: Path) -> None:
        for name, text in (
            ("a.yaml", yaml("address: a@b.org")),
            ("a.csv", "address\na@b.org"),
        ):
            (tmp_path / name).write_text(text)

            (reader,) = read_subscribers(
                tmp_path / name, newsletters=["only"], topics=[]
            )

            assert reader.preferences.newsletters == {"only"}

    def test_may_take_no_newsletter_at_all(self, tmp_path: Path) -> None:
        (one,) = read(tmp_path, yaml("address: a@example.org, newsletters: []"))
        (other,) = read_csv(tmp_path, "address,newsletters\na@example.org,-\n")

        assert one.preferences.newsletters == frozenset()
        assert one == other

    @pytest.mark.parametrize(
        ("written", "zone", "meant"),
        [
            ("2026-12-24", "", "2026-12-24T00:00:00+00:00"),
            ("2026-12-24", "Europe/Paris", "2026-12-23T23:00:00+00:00"),
            ("2026-07-01T09:30", "America/New_York", "2026-07-01T13:30:00+00:00"),
            ("2026-07-01T09:30Z", "America/New_York", "2026-07-01T09:30:00+00:00"),
            ("2026-07-01 09:30:00+02:00", "Asia/Tokyo", "2026-07-01T07:30:00+00:00"),
            ("9998-12-31T23:59", "Pacific/Honolulu", "9999-01-01T09:59:00+00:00"),
        ],
    )
    def test_means_times_in_their_own_zone(
        self, tmp_path: Path, written: str, zone: str, meant: str
    ) -> None:
        zone_line = f"timezone: {zone}, " if zone else ""
        entry = f"{A_DAILY}, {zone_line}paused_until: '{written}', consent: {{at: '{written}'}}"

        (reader,) = read(tmp_path, yaml(entry))

        assert reader.paused_until == datetime.fromisoformat(meant)
        assert reader.consent.at == reader.paused_until
        assert reader.paused_until.tzinfo is UTC

    def test_may_be_called_no(self, tmp_path: Path) -> None:
        (reader,) = read(tmp_path, yaml(f"{A_DAILY}, name: No, language: no"))

        assert (reader.name, reader.language) == ("No", "no")


class TestAYamlFile:
    @pytest.mark.parametrize(
        ("entry", "problem"),
        [
            ("address: x", "2:15: `address` is not a mail address: 'x'."),
            ("address: ü", "2:15: `address` is not a mail address: 'ü'."),
            ("name: x", "2:5: `address` is missing; add a line such as `address: amira@"),
            ("address: ", "2:6: `address` is empty; write a line such as"),
            ("address: a@b.org, adress: x", "2:24: unknown key `adress`; did you mean `address`?"),
            ('address: a@b.org, name: "A\\r\\nBcc: b"', "2:30: `name` has a line break in it; write"),
            ('address: a@b.org, name: "A\\nB"', "2:30: `name` has a line break in it; write"),
            ('address: a@b.org, name: "A\\u2028B"', "2:30: `name` has a line break in it; write"),
            ('address: a@b.org, name: "A\\0B"', "2:30: `name` holds the control character U+0000"),
            ("address: a@b.org, newsletters: [dayly]", "2:38: `newsletters` names no newsletter: 'dayly'; did you mean `daily`?"),
            ("address: a@b.org, follows: [climat]", "2:34: `follows` names no topic: 'climat'; did you mean `climate`? (a single tag is written `tag:climat`)"),
            ("address: a@b.org, mutes: [climate, 'tag:!']", "2:41: `mutes` names no tag: 'tag:!'"),
            ("address: a@b.org, follows: climate", "2:33: `follows` must be a list such as `[human-rights, tag:lisbon]`, but the text"),
            ("address: a@b.org, timezone: Europe/Pari", "2:34: `timezone` names no time zone: 'Europe/Pari'; did you mean `Europe/Paris`?"),
            ("address: a@b.org, language: french", "2:34: `language` is not a language tag: 'french'"),
            ("address: a@b.org, format: htlm", "2:32: `format` cannot be the text 'htlm'; did you mean `html`?"),
            ("address: a@b.org, length: 3", "2:32: `length` cannot be the number 3; write `headlines`, `summaries` or `full`"),
            ("address: a@b.org, status: Active", "2:32: `status` cannot be the text 'Active'; did you mean `active`?"),
            ("address: a@b.org, limit: 0", "2:31: `limit` must be at least 1, but the number 0"),
            ("address: a@b.org, limit: many", "2:31: `limit` must be a whole number such as `8`"),
            ("address: a@b.org, paused_until: 24.12.2026", "2:38: `paused_until` is not a date: '24.12.2026'; write it like `2026-12-24`"),
            ("address: a@b.org, paused_until: 0001-01-01", "2:38: `paused_until` is not a date"),
            ("address: a@b.org, paused_until: 2026", "2:38: `paused_until` must be text such as `2026-12-24`"),
            ("address: a@b.org, consent: {at: 2026-02-30}", "2:38: `at` is not a date: '2026-02-30'"),
            ("address: a@b.org, consent: {wehre: x}", "2:34: unknown key `wehre`; did you mean `where`?"),
            ("address: a@b.org, consent: 2026-02-03", "2:33: `consent` must be a mapping, but the text"),
        ],
    )  # fmt: skip
    def test_with_a_mistake_says_where_and_what_to_do(
        self, tmp_path: Path, entry: str, problem: str
    ) -> None:
        path = tmp_path / "readers.yaml"
        path.write_text(yaml(entry))

        with pytest.raises(FileProblems) as caught:
            read_subscribers(path, newsletters=["daily"], topics=TOPICS)

        (only,) = caught.value.problems
        assert f"{only.where}: {only.what}".startswith(f"{path}:{problem}")

    def test_with_many_mistakes_names_them_all_in_order(self, tmp_path: Path) -> None:
        text = yaml(
            "address: x, limit: y",
            "address: a@example.org",
            "address: A@EXAMPLE.ORG, newsletters: [daily], name: 3",
            f"{A_DAILY}, colour: red, colour: blue",
        )
        text += "  - reader@example.org\n  -\n"

        found = [line.split(": ")[0] for line in mistakes(tmp_path, text)]

        places = [
            "2:5",
            "2:15",
            "2:25",
            "3:5",
            "4:15",
            "4:58",
            "5:15",
            "5:52",
            "5:65",
            "6:5",
            "7:4",
        ]
        assert found == [f"readers.yaml:{place}" for place in places]

    def test_names_mistakes_before_the_place_where_reading_ends(
        self, tmp_path: Path
    ) -> None:
        text = yaml("address: x", A_DAILY, "address: [") + "colour: red\n"
        path = tmp_path / "latin.yaml"
        path.write_bytes(yaml("address: x").encode() + b"  - {address: \xe9}\n")

        found = [line.split(": ")[0] for line in mistakes(tmp_path, text)]
        with pytest.raises(FileProblems, match=r"latin.yaml:3:15: the text is not UTF"):
            read_subscribers(path, newsletters=NEWSLETTERS, topics=TOPICS)

        assert found == ["readers.yaml:2:5", "readers.yaml:2:15", "readers.yaml:4:16"]

    def test_names_a_reader_who_is_there_twice_with_both_lines(
        self, tmp_path: Path
    ) -> None:
        text = yaml(
            A_DAILY,
            "address: ' A@Example.ORG', newsletters: [weekly]",
            "address: b@bücher.example, newsletters: [daily]",
            "address: B@xn--bcher-kva.example, newsletters: [daily]",
        )

        assert mistakes(tmp_path, text) == [
            "readers.yaml:3:15: the same reader as in line 2; keep one of the two",
            "readers.yaml:5:15: the same reader as in line 4; keep one of the two",
        ]

    def test_asks_for_newsletters_where_there_are_several_or_none(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "readers.yaml"
        path.write_text(yaml("address: a@example.org"))

        with pytest.raises(
            FileProblems, match="name those the reader takes: `a` or `b`"
        ):
            read_subscribers(path, newsletters=["a", "b"], topics=[])
        with pytest.raises(
            FileProblems, match="2:5: `newsletters` is missing, and there is none"
        ):
            read_subscribers(path, newsletters=[], topics=[])

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "readers.yaml:1:1: the file is empty"),
            ("# nobody\n", "readers.yaml:1:1: `subscribers` is missing; add a line such as `subscribers: []`"),
            ("subscribers:\n", "readers.yaml:1:1: `subscribers` is empty; write a line such as `subscribers: []`"),
            ("- address: a@b.org", "readers.yaml:1:1: the file must be a mapping, but a list was found; begin it with `subscribers:`"),
            ("readers: []", "readers.yaml:1:1: `subscribers` is missing"),
            ("subscribers:\n  - x: [", "readers.yaml:3:1: a value is missing"),
        ],
    )  # fmt: skip
    def test_that_is_none_is_refused(
        self, tmp_path: Path, text: str, problem: str
    ) -> None:
        assert mistakes(tmp_path, text)[0].startswith(problem)

    def test_may_hold_nobody(self, tmp_path: Path) -> None:
        assert read(tmp_path, "subscribers: []") == []

    def test_of_another_ending_is_refused(self, tmp_path: Path) -> None:
        (problem,) = mistakes(tmp_path, "a", name="readers.xls")

        assert problem.startswith(
            "readers.xls: a file of readers ends in .yaml, .csv, .ndjson or .txt"
        )

    def test_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FileProblems, match=r"r\.yml: there is no such file"):
            read_subscribers(tmp_path / "r.yml", newsletters=[], topics=[])


class TestACsvFile:
    WHOLE = (
        "address,name,language,timezone,newsletters,follows,mutes,format,length,limit,"
        "paused_until,status,consent_at,consent_where\n"
        'a@example.org,"Bó, A.",fr,Europe/Paris,daily;weekly,rivers; tag:Café,schools|climate,'
        "text,full,8,2026-12-24,pending,2026-07-03T08:15,Book fair\n"
    )

    def test_holds_what_a_yaml_file_holds(self, tmp_path: Path) -> None:
        entry = (
            "address: a@example.org, name: 'Bó, A.', language: fr, timezone: Europe/Paris, "
            "newsletters: [daily, weekly], follows: [rivers, 'tag:cafe'], "
            "mutes: [schools, climate], format: text, length: full, limit: 8, "
            "paused_until: 2026-12-24, status: pending, "
            "consent: {at: 2026-07-03T08:15, where: Book fair}"
        )

        assert read_csv(tmp_path, self.WHOLE) == read(tmp_path, yaml(entry))

    @pytest.mark.parametrize(
        "text",
        [
            "address,newsletters,follows\na@b.org,daily,rivers;climate",
            "address;newsletters;follows\r\na@b.org;daily;rivers|climate\r\n",
            "address\tnewsletters\tfollows\na@b.org\tdaily\trivers;climate\n",
            '\ufeff"Address","Newsletters","Follows"\n\n a@b.org , daily ,"rivers;climate;"\n,,\n',
            'Follows;Address;Newsletters\n"rivers;climate";a@b.org;daily;;\n',
            "address,newsletters,follows,Consent at\ra@b.org,daily,rivers|climate\r",
            "sep=;\r\naddress;newsletters;follows\r\na@b.org;daily;rivers|climate\r\n",
        ],
    )
    def test_may_be_written_by_any_spreadsheet(self, tmp_path: Path, text: str) -> None:
        (reader,) = read_csv(tmp_path, text)

        assert reader.address == "a@b.org"
        assert reader.preferences == Preferences(
            newsletters=frozenset({"daily"}), follows=("rivers", "climate")
        )

    def test_may_have_dates_as_a_spreadsheet_with_points_writes_them(
        self, tmp_path: Path
    ) -> None:
        text = "address;newsletters;consent_at;paused_until\n"
        lines = "a@b.org;daily;24.12.2025;1.6.2035\nc@b.org;daily;3.2.2026 8:15;\n"

        one, other = read_csv(tmp_path, text + lines)

        assert one.consent.at == datetime(2025, 12, 24, tzinfo=UTC)
        assert one.paused_until == datetime(2035, 6, 1, tzinfo=UTC)
        assert other.consent.at == datetime(2026, 2, 3, 8, 15, tzinfo=UTC)
        with pytest.raises(FileProblems, match="is not a date: '03/02/2026'"):
            read_csv(tmp_path, text + "a@b.org;daily;03/02/2026;")
        with pytest.raises(FileProblems, match="is not a date: '2026-13-24'"):
            read_csv(tmp_path, text + "a@b.org;daily;24.13.2026;")

    def test_of_another_kind_is_told_how_to_be_saved(self, tmp_path: Path) -> None:
        for name, content in (
            ("readers.xlsx", b"PK\x03\x04"),
            ("readers.csv", "address,name\na@b.org,Jörg".encode("latin-1")),
            ("readers.csv", "address,name\na@b.org,Jörg".encode("utf-16")),
        ):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(FileProblems, match="in Excel: “CSV UTF-8”"):
                list(ReaderFile(tmp_path / name, newsletters=["daily"], topics=[]))

    def test_may_hold_nobody(self, tmp_path: Path) -> None:
        assert read_csv(tmp_path, "address,name\n") == []

    @pytest.mark.parametrize(
        ("text", "problems"),
        [
            ("\n", ["1:1: the file is empty"]),
            (
                "adress,name,name\na@b.org,A,B\n",
                [
                    "1:adress: unknown column `adress`; did you mean `address`?",
                    "1:name: two columns `name`; take one of them out",
                    "1: there is no column `address`; begin the file with a line",
                ],
            ),
            ("address,qqq\n", ["1:qqq: unknown column `qqq`; take the column out"]),
            (
                "E-Mail;Themen\na@b.org;Wald\n",
                [
                    '1: there is no column `address`; if `E-Mail` is it, add --map "address=E-Mail"',
                    "1:e_mail: unknown column `e_mail`; take the column out, or say with --map",
                    "1:themen: unknown column `themen`; take the column out, or say with --map",
                ],
            ),
            (
                "address,newsletters\na@b.org,daily,x\nb@b.org,daily,,\n",
                ["2: 3 cells, but there are 2 columns; put a cell that holds the separator"],
            ),
            (
                ("address,newsletters,limit,consent_at,timezone,follows\n"
                "\n"
                "x,dayly,many,soon,Europe/Pari,rivrs\n"
                "a@b.org,,0,,,tag:\n"),
                [
                    "3:address: `address` is not a mail address: 'x'.",
                    "3:timezone: `timezone` names no time zone: 'Europe/Pari'; did you mean",
                    "3:newsletters: `newsletters` names no newsletter: 'dayly'; did you mean",
                    "3:follows: `follows` names no topic: 'rivrs'; did you mean `rivers`?",
                    "3:limit: `limit` must be a whole number such as `8`, but the text 'many'",
                    "3:consent_at: `at` is not a date: 'soon'",
                    "4:newsletters: `newsletters` is missing, and there are several",
                    "4:follows: `follows` names no tag: 'tag:'",
                    "4:limit: `limit` must be at least 1",
                ],
            ),
            (
                "newsletters,address\ndaily,\nweekly\n",
                [
                    "2:address: `address` is empty; write something",
                    "3:address: `address` is empty; write something",
                ],
            ),
            (
                'address,name,newsletters\na@b.org,"A\nB",daily\nA@B.org,C,daily\n',
                [
                    "2:name: `name` has a line break in it; write it on one line",
                    "4:address: the same reader as in line 2; keep one of the two",
                ],
            ),
            ("address,name\na@b.org,A\nb@b.org,'\"", ["2:newsletters: ", "3:newsletters: "]),
            (
                'address,newsletters\na@b.org,dily\nb@b.org,"daily\nc@b.org,daily\n',
                ["2:newsletters: `newsletters` names no", "3: not CSV (unexpected end of data); check"],
            ),
            (f"address,newsletters\na@b.org,daily\n{'b' * 200_000},daily\n", ["3: not CSV (field larger than"]),
            ('address,newsletters\n"a@b.org"x,daily\n', ["2: not CSV ("]),
        ],
    )  # fmt: skip
    def test_with_mistakes_names_them_by_line_and_column(
        self, tmp_path: Path, text: str, problems: list[str]
    ) -> None:
        found = mistakes(tmp_path, text, name="readers.csv")

        assert len(found) == len(problems)
        for line, problem in zip(found, problems, strict=True):
            assert line.startswith(f"readers.csv:{problem}")


# -- writing ----------------------------------------------------------------

LINES = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)
    | st.sampled_from(["=1+1", "-", "'@x", "''=x", "+49", "no", "~", "a;b|c", '"', "#", "- a", "a: b"])
).map(str.strip)  # fmt: skip
FOLLOWED = st.sampled_from([*TOPICS, "tag:lisbon", "tag:ete", "tag:новости"])
MOMENTS = st.none() | st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
SUBSCRIBERS = st.builds(
    Subscriber,
    id=st.just(""),
    address=st.sampled_from(["a", "=b", "+c", "-d", "'=e", "É", "no"]).map(
        "{}@example.org".format
    ),
    name=LINES,
    language=st.sampled_from(["", "no", "pt-BR"]),
    timezone=st.sampled_from(["", "Europe/Paris", "America/New_York"]),
    preferences=st.builds(
        Preferences,
        newsletters=st.frozensets(st.sampled_from(NEWSLETTERS)),
        follows=st.lists(FOLLOWED, unique=True).map(tuple),
        mutes=st.frozensets(FOLLOWED),
        top=st.frozensets(st.sampled_from(TOPICS), max_size=2),
        format=st.sampled_from(Format),
        length=st.sampled_from(Length),
        limit=st.none() | st.integers(1, 10_000),
        days=st.frozensets(st.integers(0, 6)),
        hour=st.none() | st.integers(0, 23),
    ),
    status=st.sampled_from(Status),
    left=st.frozensets(st.sampled_from(NEWSLETTERS)),
    paused_until=MOMENTS,
    consent=st.builds(Consent, at=MOMENTS, where=LINES),
)
READERS = st.lists(SUBSCRIBERS, max_size=4, unique_by=lambda s: s.address.casefold())
FORMS: tuple[Literal["yaml", "csv", "ndjson"], ...] = ("yaml", "csv", "ndjson")


class TestWriting:
    @pytest.mark.parametrize("form", FORMS)
    @given(subscribers=READERS)
    def test_is_read_back_equal(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        form: Literal["yaml", "csv", "ndjson"],
        subscribers: list[Subscriber],
    ) -> None:
        folder = tmp_path_factory.getbasetemp()
        assume(subscribers or form != "ndjson")  # an empty file is a mistake

        written = write(subscribers, form)

        assert read(folder, written, name=f"readers.{form}") == subscribers

    @given(READERS)
    def test_never_leaves_a_formula_to_a_spreadsheet(
        self, subscribers: list[Subscriber]
    ) -> None:
        rows = csv.reader(io.StringIO(write(subscribers, "csv"), newline=""))

        cells = [cell for row in rows for cell in row]

        assert not [
            cell for cell in cells if cell != "-" and cell.startswith(tuple("=+-@"))
        ]

    def test_leaves_out_of_yaml_what_goes_without_saying(self) -> None:
        plain = Subscriber(
            id="x" * 13,
            address="a@example.org",
            preferences=Preferences(
                newsletters=frozenset({"daily"}), follows=("rivers",)
            ),
        )
        paused = replace(plain, paused_until=datetime(2026, 12, 24, tzinfo=UTC))

        assert write([plain, paused], "yaml") == (
            "subscribers:\n"
            "- address: a@example.org\n"
            "  newsletters: [daily]\n"
            "  follows: [rivers]\n"
            "- address: a@example.org\n"
            "  newsletters: [daily]\n"
            "  follows: [rivers]\n"
            "  paused_until: '2026-12-24T00:00:00+00:00'\n"
        )

    def test_writes_nobody(self) -> None:
        assert write([], "yaml") == "subscribers: []\n"
        assert write([], "csv").startswith("address,name,language")


class TestTheExample:
    @pytest.fixture
    def readers(self) -> list[Subscriber]:
        settings = load_settings(REPOSITORY / "examples" / "newsroom", environment={})
        return read_subscribers(
            REPOSITORY / "subscribers.example.yaml",
            newsletters=[newsletter.slug for newsletter in settings.newsletters],
            topics=[topic.slug for topic in settings.topics],
        )

    def test_shows_four_readers_who_fit_the_sample_newsroom(
        self, readers: list[Subscriber]
    ) -> None:
        assert len(readers) == 4

    def test_shows_every_key(self) -> None:
        text = (REPOSITORY / "subscribers.example.yaml").read_text(encoding="utf-8")
        written = "".join(line.split("#")[0] for line in text.splitlines(keepends=True))

        columns = write([], "csv").strip().split(",")

        for column in columns:
            assert f"{column.removeprefix('consent_')}:" in written, column

    def test_shows_every_choice(self, readers: list[Subscriber]) -> None:
        assert {reader.preferences.format for reader in readers} == set(Format)
        assert {reader.preferences.length for reader in readers} == set(Length)
        assert {reader.status for reader in readers} == set(Status) - {
            Status.REMOVED,
            Status.BOUNCED,
        }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.slow
def test_ten_thousand_readers_are_read(
    tmp_path: Path, form: Literal["yaml", "csv", "ndjson"]
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    subscribers = [
        Subscriber(
            id="",
            address=f"reader{number}@example.org",
            name=f"Reader {number}",
            timezone="Europe/Paris",
            preferences=Preferences(
                newsletters=frozenset({"daily"}), follows=("rivers", "tag:lisbon")
            ),
            consent=Consent(at=start + timedelta(minutes=number), where="Book fair"),
        )
        for number in range(10_000)
    ]
    written = write(subscribers, form)

    started = time.process_time()
    back = read(tmp_path, written, name=f"readers.{form}")

    assert time.process_time() - started < 15
    assert back == subscribers
