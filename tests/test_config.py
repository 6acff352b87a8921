from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import load_settings, settings_schema
from digest.errors import FileProblems
from digest.model import Limits, Mailbox, Notice, Schedule, Topic
from digest.settings import (
    Dkim,
    FeedSource,
    FilesDelivery,
    FolderSource,
    PageSource,
    Security,
    ServerDatabase,
    Settings,
    Site,
    SmtpDelivery,
)
from digest.yamltext import write_yaml
from tests.examples import examples
from tests.keys import our_key, refused_keys
from tests.projects import SETTINGS, write_project

SITE = """\
site:
  name: The Ledger
  url: https://ledger.example
  postal_address: The Ledger, 4 Harbour Row, 1000 Anytown
  language: en
  timezone: Europe/Brussels
"""
NEWSLETTERS = """\
newsletters:
  daily:
    title: The Ledger Daily
    sender: The Ledger <digest@ledger.example>
"""
DELIVERY = "delivery: {files: outbox}\n"
TOPICS = "topics: {rivers: {title: Rivers}, schools: {title: Schools}}\n"
WHOLE = SITE + NEWSLETTERS + DELIVERY


def load(
    folder: Path, text: str | bytes, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read a settings file of this text."""
    content = text if isinstance(text, bytes) else text.encode()
    (folder / "digest.yaml").write_bytes(content)
    return load_settings(folder, environment=environment or {})


def mistakes(
    folder: Path, text: str | bytes, environment: Mapping[str, str] | None = None
) -> list[str]:
    """Return what is wrong, each line without the folder's path."""
    with pytest.raises(FileProblems) as caught:
        load(folder, text, environment)
    lines = str(caught.value).splitlines()
    return [line.removeprefix(f"{folder}/") for line in lines]


def mistake(
    folder: Path, text: str | bytes, environment: Mapping[str, str] | None = None
) -> str:
    """Return the only thing that is wrong."""
    (only,) = mistakes(folder, text, environment)
    return only


def newsletter(*lines: str) -> str:
    """Return a whole file with more lines about its newsletter; these are line 11 and on."""
    return (
        SITE
        + NEWSLETTERS
        + "".join(f"    {line}\n" for line in lines)
        + DELIVERY
        + TOPICS
    )


def smtp(*lines: str) -> str:
    """Return a whole file with delivery by SMTP; these are line 13 and on."""
    head = "delivery:\n  smtp:\n"
    return SITE + NEWSLETTERS + head + "".join(f"    {line}\n" for line in lines)


def sources(*lines: str) -> str:
    """Return a whole file with these sources, which are line 13 and on."""
    return WHOLE + "sources:\n" + "".join(f"  - {line}\n" for line in lines)


class TestTheSmallestFile:
    def test_says_who_publishes_what_and_where_mails_go(self, tmp_path: Path) -> None:
        settings = load(tmp_path, WHOLE)

        assert settings.site == Site(
            name="The Ledger",
            url="https://ledger.example",
            postal_address="The Ledger, 4 Harbour Row, 1000 Anytown",
            language="en",
            timezone="Europe/Brussels",
        )
        assert settings.delivery == FilesDelivery(folder=tmp_path / "outbox")

    def test_leaves_the_rest_to_sensible_values(self, tmp_path: Path) -> None:
        settings = load(tmp_path, WHOLE)
        daily = settings.newsletter("daily")

        assert daily is not None
        assert (daily.language, daily.timezone) == ("en", "Europe/Brussels")
        assert (daily.limits, daily.schedule) == (Limits(), None)
        assert (daily.topics, daily.sources, daily.template) == (
            (),
            frozenset(),
            "newsroom",
        )
        assert settings.database == tmp_path / "digest.db"
        assert settings.subscribers is None
        assert settings.collect_every_minutes == 15

    def test_is_found_by_its_folder_or_its_name(self, tmp_path: Path) -> None:
        settings = load(tmp_path, WHOLE)

        assert load_settings(tmp_path / "digest.yaml", environment={}) == settings

    def test_may_leave_values_of_optional_keys_empty(self, tmp_path: Path) -> None:
        empty = "topics:\nsources:\ndatabase:\n"

        settings = load(tmp_path, WHOLE + empty)
        daily = load(
            tmp_path, newsletter("intro:", "schedule:", "limits:")
        ).newsletters[0]

        assert (settings.topics, settings.sources) == ((), ())
        assert settings.database == tmp_path / "digest.db"
        assert (daily.intro, daily.schedule, daily.limits) == ("", None, Limits())


class TestAFullFile:
    def test_reads_topics_with_their_tags_as_slugs(self, tmp_path: Path) -> None:
        text = """\
topics:
  rights: {title: Rights, any: [Droits humains, justice], none: [Sport], layout: grid}
  courts: {title: Courts, description: Verdicts, all: [climate, JUSTICE]}
  права: {title: Права}
  quiet: {title: Quiet, none: [sport], page: "https://ledger.example/quiet"}
"""
        settings = load(tmp_path, WHOLE + text)

        assert settings.topics == (
            Topic(
                slug="rights",
                title="Rights",
                layout="grid",
                any=frozenset({"droits-humains", "justice"}),
                none=frozenset({"sport"}),
            ),
            Topic(
                slug="courts",
                title="Courts",
                description="Verdicts",
                all=frozenset({"climate", "justice"}),
            ),
            Topic(slug="права", title="Права", any=frozenset({"права"})),
            Topic(
                slug="quiet",
                title="Quiet",
                page="https://ledger.example/quiet",
                any=frozenset({"quiet"}),
                none=frozenset({"sport"}),
            ),
        )

    def test_reads_where_a_mails_new_reader_and_an_apps_go(
        self, tmp_path: Path
    ) -> None:
        more = '  subscribe: "https://ledger.example/mine"\n  app: "https://ledger.example/app"\n'

        site = load(tmp_path, SITE + more + WHOLE.removeprefix(SITE)).site

        assert site.subscribe_url == "https://ledger.example/mine"
        assert site.app_url == "https://ledger.example/app"

    def test_reads_a_newsletter_with_all_its_keys(self, tmp_path: Path) -> None:
        text = newsletter(
            "tagline: Every morning",
            "reply_to: desk@Ledger.example",
            "topics: [schools, rivers]",
            "sources: [wire]",
            'schedule: {days: [monday, thursday], at: [07:00, "18:30"], max_lateness: 2 days}',
            "limits: {articles: 9, per_topic: 3, minimum: 2, max_age_days: 30}",
            "template: my_letter",
            "intro: |",
            "  Good morning.",
            "  And good night.",
            "language: pt-br",
            "timezone: America/Sao_Paulo",
            "notice: {title: A book, text: Of ours., label: Our press, "
            'url: "https://ledger.example/book"}',
            'feedback: "https://ledger.example/useful"',
        )
        daily = load(
            tmp_path, text + "sources: [{feed: a.xml, name: wire}]"
        ).newsletters[0]

        assert daily.tagline == "Every morning"
        assert daily.sender == Mailbox(
            address="digest@ledger.example", name="The Ledger"
        )
        assert daily.reply_to == Mailbox(address="desk@ledger.example")
        assert [topic.slug for topic in daily.topics] == ["schools", "rivers"]
        assert daily.sources == {"wire"}
        assert daily.schedule == Schedule(
            crons=("0 7 * * 1,4", "30 18 * * 1,4"), max_lateness_minutes=2 * 24 * 60
        )
        assert daily.limits == Limits(
            articles=9, per_topic=3, minimum=2, max_age_days=30
        )
        assert daily.template == "my_letter"
        assert daily.intro == "Good morning.\nAnd good night."
        assert (daily.language, daily.timezone) == ("pt-BR", "America/Sao_Paulo")
        assert daily.notice == Notice(
            title="A book",
            text="Of ours.",
            label="Our press",
            url="https://ledger.example/book",
        )
        assert daily.feedback == "https://ledger.example/useful"

    def test_gives_a_newsletter_all_topics_unless_it_names_some(
        self, tmp_path: Path
    ) -> None:
        by_default = load(tmp_path, newsletter()).newsletters[0]
        without = load(tmp_path, newsletter("topics: []")).newsletters[0]

        assert [topic.slug for topic in by_default.topics] == ["rivers", "schools"]
        assert without.topics == ()

    @pytest.mark.parametrize(
        ("schedule", "crons"),
        [
            ("{at: '07:00'}", ("0 7 * * *",)),
            ("{days: weekdays, at: 07:05}", ("5 7 * * 1-5",)),
            ("{days: [Monday, weekends], at: 7:05}", ("5 7 * * 1,6,0",)),
            ('{cron: "0 7 * * 1-5"}', ("0 7 * * 1-5",)),
            ('{cron: ["0 7 * * 1-5", "0 9 * * 6"]}', ("0 7 * * 1-5", "0 9 * * 6")),
        ],
    )
    def test_reads_schedules(
        self, tmp_path: Path, schedule: str, crons: tuple[str, ...]
    ) -> None:
        daily = load(tmp_path, newsletter(f"schedule: {schedule}")).newsletters[0]

        assert daily.schedule == Schedule(crons=crons)

    def test_reads_sources_and_names_those_without_a_name(self, tmp_path: Path) -> None:
        text = sources(
            '{folder: stories/new, language: FR, images_url: "https://ledger.example/m/"}',
            '{feed: "https://www.wire.example/rss?x=1", tags: [Wire, A b], allow_private: true}',
            "{feed: feeds/agency.xml}",
            '{page: [saved/*.html, "http://ledger.example/a"]}',
            "{page: essay.html, name: essays}",
            "{folder: .}",
        )

        assert load(tmp_path, text).sources == (
            FolderSource(
                name="new",
                path=tmp_path / "stories/new",
                language="fr",
                images_url="https://ledger.example/m",
            ),
            FeedSource(
                name="wire.example",
                location="https://www.wire.example/rss?x=1",
                tags=("Wire", "A b"),
                allow_private=True,
            ),
            FeedSource(name="agency", location=str(tmp_path / "feeds/agency.xml")),
            PageSource(
                name="saved",
                locations=(str(tmp_path / "saved/*.html"), "http://ledger.example/a"),
            ),
            PageSource(name="essays", locations=(str(tmp_path / "essay.html"),)),
            FolderSource(name=".", path=tmp_path),
        )

    def test_reads_delivery_by_smtp(self, tmp_path: Path) -> None:
        text = smtp(
            "host: mail.ledger.example",
            "port: 2465",
            "username: digest",
            "password: env:SMTP_PASSWORD",
            "ca_file: secrets/ca.pem",
            "bounce_domain: Bounces.ledger.example",
            "connections: 8",
            "messages_per_connection: 20",
            "rate: 600 per minute",
        )

        delivery = load(tmp_path, text, {"SMTP_PASSWORD": "hunter2"}).delivery

        assert delivery == SmtpDelivery(
            host="mail.ledger.example",
            port=2465,
            security=Security.TLS,
            username="digest",
            password="hunter2",
            ca_file=tmp_path / "secrets/ca.pem",
            bounce_domain="bounces.ledger.example",
            connections=8,
            messages_per_connection=20,
            rate=10,
        )

    @pytest.mark.parametrize(
        ("written", "rate"),
        [
            ("14 per second", 14),
            ("500 per minute", 500 / 60),
            ("36000/hour", 10),
            ("2 a second", 2),
        ],
    )
    def test_reads_a_rate(self, tmp_path: Path, written: str, rate: float) -> None:
        delivery = load(tmp_path, smtp("host: a.example", f"rate: {written}")).delivery

        assert isinstance(delivery, SmtpDelivery)
        assert delivery.rate == rate

    def test_splits_a_command_as_a_shell_would(self, tmp_path: Path) -> None:
        text = smtp(
            "host: a.example",
            "username: digest",
            "token_command: get-token --account 'the digest' $HOME",
        )

        delivery = load(tmp_path, text).delivery

        assert isinstance(delivery, SmtpDelivery)
        assert delivery.token_command == (
            *("get-token", "--account", "the digest", "$HOME"),
        )

    @pytest.mark.parametrize(
        ("security", "host", "port"),
        [
            ("tls", "mail.ledger.example", 465),
            ("starttls", "192.0.2.7", 587),
            ("none", "localhost", 25),
            ("none", "127.0.0.1", 25),
            ("none", '"::1"', 25),
            ("none", '"[::1]"', 25),
        ],
    )
    def test_takes_the_usual_port(
        self, tmp_path: Path, security: str, host: str, port: int
    ) -> None:
        delivery = load(
            tmp_path, smtp(f"host: {host}", f"security: {security}")
        ).delivery

        assert isinstance(delivery, SmtpDelivery)
        assert delivery.port == port
        assert delivery.host == host.strip('"[]')

    def test_reads_paths_against_its_own_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load(tmp_path, WHOLE + "subscribers: r.csv\ndatabase: /var/x.db\n")
        monkeypatch.chdir(tmp_path.parent)

        settings = load_settings(Path(tmp_path.name), environment={})

        assert settings.root == tmp_path
        assert settings.subscribers == tmp_path / "r.csv"
        assert settings.database == Path("/var/x.db")

    def test_reads_norwegian_as_a_language(self, tmp_path: Path) -> None:
        assert (
            load(tmp_path, WHOLE.replace("language: en", "language: no")).site.language
            == "no"
        )

    @pytest.mark.parametrize(
        ("written", "url"),
        [
            ("https://ledger.example/", "https://ledger.example"),
            ("https://Bücher.example:8443/a b", None),
            (
                "https://bücher.example:8443/eh/",
                "https://xn--bcher-kva.example:8443/eh",
            ),
            ("http://localhost:8000", "http://localhost:8000"),
            ("http://[::1]:8000/", "http://[::1]:8000"),
            ("https://intranet", "https://intranet"),
        ],
    )
    def test_writes_its_address_in_ascii_without_a_slash(
        self, tmp_path: Path, written: str, url: str | None
    ) -> None:
        text = WHOLE.replace("https://ledger.example", written)

        if url is None:
            assert "`url` is not a web address" in mistake(tmp_path, text)
        else:
            assert load(tmp_path, text).site.url == url

    @pytest.mark.parametrize(
        ("written", "tag"),
        [
            *(("EN", "en"), ("pt-br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW")),
            *(("es-419", "es-419"), ("sl-Rozaj-1994", "sl-rozaj-1994")),
            *(("zh-yue-HK", "zh-yue-HK"), ("de-x-Kurz", "de-x-kurz"), ("ckb", "ckb")),
            *(
                ("ar-u-nu-latn", "ar-u-nu-latn"),
                ("en-a-bbb-x-a-ccc", "en-a-bbb-x-a-ccc"),
            ),
        ],
    )
    def test_writes_language_tags_in_their_usual_capitals(
        self, tmp_path: Path, written: str, tag: str
    ) -> None:
        settings = load(tmp_path, WHOLE.replace("language: en", f"language: {written}"))

        assert settings.site.language == tag

    @pytest.mark.parametrize(
        ("written", "minutes"),
        [
            *(("6 hours", 360), ("90 minutes", 90), ("15 min", 15), ("2 days", 2880)),
            *(
                ("1 hour", 60),
                ("1 day", 1440),
                ("20mins", 20),
                ("3 h", 180),
                ("4 hrs", 240),
            ),
            *(("1 Week", 10080), ("5 d", 7200)),
        ],
    )
    def test_reads_lengths_of_time(
        self, tmp_path: Path, written: str, minutes: int
    ) -> None:
        settings = load(tmp_path, WHOLE + f"collect_every: {written}\n")

        assert settings.collect_every_minutes == minutes


class TestASecret:
    TEXT = smtp("host: mail.ledger.example", "username: digest", "password: {}")

    def load(
        self, folder: Path, written: str, environment: Mapping[str, str] | None = None
    ) -> str:
        delivery = load(folder, self.TEXT.format(written), environment).delivery
        assert isinstance(delivery, SmtpDelivery)
        return delivery.password

    @pytest.mark.parametrize("content", ["hunter2", "hunter2\n", "hunter2\r\n"])
    def test_comes_from_a_file_without_its_last_line_end(
        self, tmp_path: Path, content: str
    ) -> None:
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets/smtp").write_bytes(content.encode())

        assert self.load(tmp_path, "file:secrets/smtp") == "hunter2"

    def test_keeps_its_spaces_and_letters(self, tmp_path: Path) -> None:
        assert self.load(tmp_path, "env:P", {"P": " hünter 2 "}) == " hünter 2 "

    @pytest.mark.parametrize(
        ("written", "words"),
        [
            ("hunter2", "must not be written here"),
            ("'hunter2: x'", "must not be written here"),
            ("'env:'", "must not be written here"),
            ("12345", "must be text"),
            ("[hunter2]", "but a list was found"),
            ("{hunter2: x}", "but a mapping was found"),
            ("true", "must be text"),
            ("env:SMTP_PASSWORD", "where SMTP_PASSWORD is not set; set it"),
            ("env:EMPTY", "is empty: the variable EMPTY holds nothing"),
            ("env:LINES", "more than one line, or not text"),
            ("file:nothing", "cannot be read (No such file or directory)"),
            ("file:.", "cannot be read (Is a directory)"),
            ("file:empty", "is empty: the file empty holds nothing"),
            ("file:binary", "not UTF-8 text"),
            (r'"file:nul\0"', "cannot be read (not a path)"),
        ],
    )
    def test_that_cannot_be_had_is_named_without_being_told(
        self, tmp_path: Path, written: str, words: str
    ) -> None:
        (tmp_path / "empty").write_bytes(b"\n")
        (tmp_path / "binary").write_bytes(b"hunter2\xff")
        environment = {"EMPTY": "", "LINES": "hunter2\nhunter2"}

        problem = mistake(tmp_path, self.TEXT.format(written), environment)

        assert problem.startswith("digest.yaml:15:15: `password` ")
        assert words in problem
        assert "hunter2" not in problem
        assert "12345" not in problem

    @pytest.mark.parametrize(
        "delivery",
        [
            "{smtp: {host: mail.example.org, password:hunter2}}",
            "{smtp: 'smtp://me:hunter2@mail.example.org'}",
            "'smtp://me:hunter2@mail.example.org'",
            "[hunter2]",
            "{files: 'smtp://me:hunter2@mail.example.org'}",
            "{smtp: {host: 'me:hunter2@mail.example.org'}}",
            "{smtp: {host: mail.example.org, port: hunter2}}",
            "{smtp: {host: mail.example.org, security: hunter2}}",
            "{smtp: {host: mail.example.org, username: [hunter2]}}",
            "{smtp: {host: mail.example.org, bounce_domain: 'hunter2@x'}}",
            "{smtp: {host: mail.example.org, password: *hunter2}}",
            "{smtp: {host: mail.example.org, password: !hunter2 x}}",
            "{smtp: {host: mail.example.org, password: 'hunter2}}",
        ],
    )
    def test_in_the_wrong_place_is_not_told_either(
        self, tmp_path: Path, delivery: str
    ) -> None:
        text = SITE + NEWSLETTERS + f"delivery: {delivery}\n"

        assert "hunter2" not in "\n".join(mistakes(tmp_path, text))

    @pytest.mark.parametrize(
        "line",
        [
            "database: postgres://me:hunter2@db.example/x",
            "database: postgresql://me@db.example/x?password=hunter2",
            "database: mysql://me:hunter2@db.example/x",
            "database: postgresql://me:hunter2@[db.example/x",
            "database: [hunter2]",
            "database: postgresql://h/n\ndatabase_password: hunter2",
            "sources: [{feed: 'https://me:hunter2@feeds.example/x'}]",
            "sources: [{page: ['https://me:hunter2@ledger.example/x']}]",
        ],
    )
    def test_inside_an_address_is_not_told_either(
        self, tmp_path: Path, line: str
    ) -> None:
        assert "hunter2" not in mistake(tmp_path, WHOLE + line)

    def test_is_not_shown_with_the_settings_or_the_error(self, tmp_path: Path) -> None:
        good = self.TEXT.format("env:P")
        settings = load(tmp_path, good, {"P": "hunter2"})
        with pytest.raises(FileProblems) as caught:
            load(tmp_path, good + "xyz: 1", {"P": "hunter2"})

        assert "hunter2" not in repr(settings)
        assert "hunter2" not in repr(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


class TestTheDatabase:
    def test_may_be_on_a_server_with_its_password_elsewhere(
        self, tmp_path: Path
    ) -> None:
        url = "postgresql://digest@db.example:5433/news?sslmode=verify-full"
        text = f"{WHOLE}database: {url}\n"

        assert load(tmp_path, text).database == ServerDatabase(url=url)

        text += "database_password: env:P\n"
        settings = load(tmp_path, text, {"P": "hunter2"})
        assert settings.database == ServerDatabase(url=url, password="hunter2")
        assert "hunter2" not in repr(settings)


class TestDkim:
    OURS = "file:secrets/ours.pem"

    def text(self, key: str) -> str:
        """Return a whole file that signs; the key is in line 14."""
        return f"{WHOLE}dkim:\n  selector: s2026\n  key: {key}\n"

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "secrets").mkdir()
        for name, text in {"ours": our_key(), "empty": "\n", **refused_keys()}.items():
            (tmp_path / "secrets" / f"{name}.pem").write_text(text, encoding="utf-8")
        (tmp_path / "secrets/binary.pem").write_bytes(b"-----BEGIN\xff")
        return tmp_path

    def test_signs_with_the_senders_domain_unless_told(self, folder: Path) -> None:
        settings = load(folder, self.text(self.OURS))

        key = our_key().removesuffix("\n")
        assert settings.dkim == Dkim(selector="s2026", key=key, domain="")

    def test_takes_the_key_from_the_environment(self, folder: Path) -> None:
        settings = load(folder, self.text("env:KEY"), {"KEY": our_key()})

        assert settings.dkim
        assert settings.dkim.key == our_key()

    def test_is_not_there_unless_it_is_set(self, folder: Path) -> None:
        assert load(folder, WHOLE).dkim is None
        assert load(folder, WHOLE + "dkim:\n").dkim is None

    @pytest.mark.parametrize("domain", ["ledger.example", "Ledger.example"])
    @pytest.mark.parametrize("sender", ["ledger.example", "news.ledger.example"])
    def test_signs_with_the_senders_domain_or_one_above_it(
        self, folder: Path, domain: str, sender: str
    ) -> None:
        text = self.text(self.OURS) + f"  domain: {domain}\n"

        settings = load(
            folder, text.replace("digest@ledger.example", f"digest@{sender}")
        )

        assert settings.dkim
        assert settings.dkim.domain == "ledger.example"

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            ("file:secrets/nothing.pem", "cannot be read (No such file or directory)"),
            ("file:secrets", "cannot be read (Is a directory)"),
            ("file:secrets/binary.pem", "which is not UTF-8 text"),
            ("file:secrets/empty.pem", "is empty: the file secrets/empty.pem"),
            ("env:KEY", "where KEY is not set"),
            ("hunter2", "must not be written here"),
            ('"-----BEGIN PRIVATE KEY-----\\nMII"', "must not be written here"),
            (
                "[hunter2]",
                "must be text such as `file:secrets/dkim-s2026.pem`, but a list",
            ),
            *(
                (f"'file:secrets/{kind}.pem'", words)
                for kind, words in {
                    "1024 bits": "has 1024 bits, which can be forged; make a new one with",
                    "Ed25519": "is no RSA key but Ed25519",
                    "locked": "is locked with a passphrase",
                    "public": "is a public key; name the file that begins with",
                    "cut": "is no private key in PEM",
                    "a word": "is no private key in PEM",
                }.items()
            ),
        ],
    )
    def test_with_a_key_that_cannot_sign_is_named_with_its_place(
        self, folder: Path, key: str, words: str
    ) -> None:
        problem = mistake(folder, self.text(key))

        assert problem.startswith("digest.yaml:14:8: `key` ")
        assert words in problem
        assert "hunter2" not in problem
        assert "MII" not in problem

    def test_says_where_a_wrong_key_comes_from(self, folder: Path) -> None:
        text = self.text("file:secrets/public.pem")

        assert mistake(folder, text).endswith(
            "(it comes from the file secrets/public.pem)"
        )

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("dkim: {selector: s2026}", "12:7: `key` is missing; add a line such as"),
            ("dkim: {key: env:K}", "12:7: `selector` is missing; add a line such as"),
            ("dkim: {selector: 2026, key: env:K}", "12:18: `selector` must be text"),
            (
                "dkim: {selector: s_1, key: env:K}",
                "12:18: `selector` is not a selector:",
            ),
            (
                "dkim: {selector: -s, key: env:K}",
                "12:18: `selector` is not a selector:",
            ),
            ("dkim: {selector: a..b, key: env:K}", "12:18: `selector` is not a sel"),
            (
                f"dkim: {{selector: {'s' * 64}, key: env:K}}",
                "12:18: `selector` is not a selector:",
            ),
            (
                f"dkim: {{selector: {'s' * 40}.{'s' * 40}, key: env:K}}",
                "12:18: `selector` is not a selector:",
            ),
            ("dkim: hunter2", "12:7: `dkim` must be a mapping, but a text was found"),
            (
                "dkim: {selector: s, key: env:K, domian: x.example}",
                "12:33: unknown key `domian`; did you mean `domain`?",
            ),
            (
                "dkim: {selector: s, key: env:K, domain: hunter2}",
                "12:41: `domain` is not a domain.",
            ),
            (
                "dkim: {selector: s, key: env:K, domain: news.ledger.example}",
                (
                    "12:41: `domain` is news.ledger.example, but `daily` is sent from "
                    "ledger.example, for which it cannot sign; write ledger.example or a "
                    "domain above it, or take the line out"
                ),
            ),
            (
                "dkim: {selector: s, key: env:K, domain: edger.example}",
                "12:41: `domain` is edger.example, but `daily` is sent from ledger",
            ),
        ],
    )
    def test_that_says_something_impossible_is_named_with_its_place(
        self, folder: Path, text: str, problem: str
    ) -> None:
        found = mistake(folder, WHOLE + text, {"K": our_key()})

        assert found.startswith(f"digest.yaml:{problem}")
        assert "hunter2" not in found

    def test_names_every_newsletter_it_cannot_sign_for(self, folder: Path) -> None:
        two = "  weekly: {title: W, sender: w@other.example}\n"
        text = (SITE + NEWSLETTERS + two + DELIVERY) + (
            "dkim: {selector: s, key: env:K, domain: third.example}"
        )

        found = mistakes(folder, text, {"K": our_key()})

        assert [re.findall("`(daily|weekly)`", line) for line in found] == [
            ["daily"],
            ["weekly"],
        ]

    def test_does_not_hide_what_is_wrong_with_a_sender(self, folder: Path) -> None:
        text = WHOLE.replace("digest@ledger.example", "nobody") + (
            "dkim: {selector: s, key: env:K, domain: ledger.example}"
        )

        assert "`sender` is not a mail address" in mistake(
            folder, text, {"K": our_key()}
        )

    def test_is_not_shown_with_the_settings(self, folder: Path) -> None:
        settings = load(folder, self.text(self.OURS))

        assert "MII" not in repr(settings)
        assert our_key().splitlines()[1] not in repr(settings)


class TestAFileThatIsNotThere:
    def test_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(
            FileProblems, match=r"x\.yaml: there is no such file; check"
        ):
            load_settings(tmp_path / "x.yaml", environment={})

    def test_is_missed_in_its_folder(self, tmp_path: Path) -> None:
        with pytest.raises(
            FileProblems, match=r"there is no digest\.yaml in this folder"
        ):
            load_settings(tmp_path, environment={})

    def test_may_be_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "digest.yaml").mkdir()

        with pytest.raises(FileProblems, match="this is a folder; name a file"):
            load_settings(tmp_path, environment={})

    def test_may_have_too_long_a_name(self, tmp_path: Path) -> None:
        with pytest.raises(
            FileProblems, match=r"cannot be read \(File name too long\)"
        ):
            load_settings(tmp_path / ("x" * 300), environment={})


class TestAFileThatIsNoSettings:
    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"", "digest.yaml:1:1: the file is empty"),
            (b" \n\n", "digest.yaml:1:1: the file is empty"),
            (
                b"site:\n  name: \xc3\xa9\xe9",
                "digest.yaml:2:10: the text is not UTF-8 (byte 0xE9",
            ),
            ("site:".encode("utf-16"), "digest.yaml:1:1: the text is stored as UTF-16"),
            (
                b"- site",
                "digest.yaml:1:1: the file must be a mapping, but a list was found; begin",
            ),
            (
                b"site",
                "digest.yaml:1:1: the file must be a mapping, but the text 'site'",
            ),
            (b"site:\n\tname: x", "digest.yaml:2:1: a tab where YAML wants spaces"),
            (b"site: [", "digest.yaml:2:1: a value is missing"),
        ],
    )
    def test_is_refused_with_the_reason(
        self, tmp_path: Path, content: bytes, problem: str
    ) -> None:
        assert mistake(tmp_path, content).startswith(problem)

    def test_with_only_remarks_lacks_everything(self, tmp_path: Path) -> None:
        problems = mistakes(tmp_path, "# nothing yet\n")

        assert [re.findall("`.*?`", problem)[0] for problem in problems] == [
            "`site`",
            "`newsletters`",
            "`delivery`",
        ]

    def test_may_begin_with_a_byte_order_mark(self, tmp_path: Path) -> None:
        text = b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()

        assert load(tmp_path, text).site.name == "The Ledger"


class TestAMistake:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            # Keys.
            (newsletter("tilte: x"), "11:5: unknown key `tilte`; did you mean `title`?"),
            (
                newsletter("sheduel: {at: 07:00}"),
                "11:5: unknown key `sheduel`; did you mean `schedule`?",
            ),
            (
                WHOLE + "schedule: {at: 07:00}",
                ("12:1: unknown key `schedule`; did you mean `schedule`, which stands "
                "inside `newsletters`?"),
            ),
            (
                newsletter("limits: {qqq: 1}"),
                ("11:14: unknown key `qqq`; write `articles`, `per_topic`, `minimum` or "
                "`max_age_days`"),
            ),
            (newsletter("qqq: 1"), "11:5: unknown key `qqq`; take it out"),
            (
                newsletter("limits: {articles:3}"),
                "11:14: `articles:` needs a space after the colon; write `articles: …`",
            ),
            (newsletter("title: twice"), "11:5: the key `title` is given twice, first in line 9"),
            (
                SITE.replace("  name: The Ledger\n", "") + NEWSLETTERS + DELIVERY,
                "2:3: `name` is missing; add a line such as `name: Longitude` (The name",
            ),
            (
                WHOLE.replace("name: The Ledger", "name:"),
                "2:3: `name` is empty; write a line such as `name: Longitude` (The name",
            ),
            (SITE + NEWSLETTERS, "1:1: `delivery` is missing; add `delivery:` (Where mails go)"),
            (SITE + NEWSLETTERS + "delivery:\n", "11:1: `delivery` is empty; write `delivery:`"),
            (SITE + "newsletters: {}\n" + DELIVERY, "7:14: `newsletters` is empty; add at least"),
            # Kinds.
            (
                WHOLE.replace("The Ledger\n", "2024\n", 1),
                ("2:9: `name` must be text such as `Longitude`, but the number 2024 was "
                "found; put it in quotes"),
            ),
            (newsletter("tagline: true"), "11:14: `tagline` must be text, but `true` was found;"),
            (newsletter("tagline: [a]"), "11:14: `tagline` must be text, but a list was found;"),
            (
                newsletter("topics: rivers"),
                ("11:13: `topics` must be a list such as `[human-rights, climate]`, but the "
                "text 'rivers' was found; write it in brackets"),
            ),
            (
                newsletter("topics: [rivers, 3]"),
                ("11:22: each of `topics` must be text such as `human-rights`, but the "
                "number 3 was found; put it in quotes"),
            ),
            (
                newsletter("topics: [rivers, ~]"),
                ("11:22: each of `topics` must be text such as `human-rights`, but nothing "
                "was found; take the empty entry out, or fill it"),
            ),
            (
                newsletter("limits: {articles: '3'}"),
                ("11:24: `articles` must be a whole number such as `12`, but the text '3' was "
                "found; write digits only, without quotes"),
            ),
            (newsletter("limits: {articles: 1.5}"), "11:24: `articles` must be a whole number"),
            (newsletter("limits: {articles: 0}"), "11:24: `articles` must be at least 1, but"),
            (newsletter("limits: {articles: 99999}"), "11:24: `articles` must be at most 10000"),
            (newsletter("limits: 3"), "11:13: `limits` must be a mapping, but the number 3 was"),
            (
                WHOLE + "topics: [a]\n",
                ("12:9: `topics` must be a mapping, but a list was found; write its parts "
                "below it, each as `key: value`"),
            ),
            (WHOLE + "topics: {a: b}\n", "12:13: `a` must be a mapping, but the text 'b' was"),
            (
                sources("{feed: a.xml, allow_private: no}"),
                ("13:34: `allow_private` must be true or false, but the text 'no' was found; "
                "write true or false, without quotes"),
            ),
            # Values.
            (
                newsletter("timezone: Europe/Brusels"),
                ("11:15: `timezone` names no time zone: 'Europe/Brusels'; did you mean "
                "`Europe/Brussels`?"),
            ),
            (newsletter("timezone: new york"), "11:15: `timezone` names no time zone: 'new york'; did you mean `America/New_York`?"),
            (newsletter("timezone: xq"), "11:15: `timezone` names no time zone: 'xq'; write one such"),
            (newsletter("timezone: ../x"), "11:15: `timezone` names no time zone"),
            (newsletter("language: english"), "11:15: `language` is not a language tag: 'english'; write a short"),
            (newsletter("language: en_US"), "11:15: `language` is not a language tag: 'en_US'; write `en-US`"),
            (
                newsletter("reply_to: desk"),
                "11:15: `reply_to` is not a mail address: 'desk'. An email address must",
            ),
            (
                newsletter("schedule: {days: wekdays, at: 07:00}"),
                "11:22: `days` is not a day: 'wekdays'; did you mean `weekdays`?",
            ),
            (
                newsletter("schedule: {at: [07:00, 24:00]}"),
                "11:28: `at` is not a time of day: '24:00'; write it like \"07:00\"",
            ),
            (newsletter("schedule: {at: []}"), "11:20: `at` is empty; add at least one such as `07:00`"),
            (
                newsletter("schedule: {cron: 0 7 * *}"),
                "11:22: `cron` is not a cron expression",
            ),
            (
                newsletter("schedule: {at: 07:00, max_lateness: 6}"),
                "11:41: `max_lateness` has no unit: 6; write it like `15 minutes`",
            ),
            (
                newsletter("schedule: {at: 07:00, max_lateness: 6 moons}"),
                ("11:41: `max_lateness` is not a length of time between a minute and a year: "
                "'6 moons'; write it like `15 minutes`"),
            ),
            (WHOLE + "collect_every: 0 hours", "12:16: `collect_every` is not a length of time"),
            (WHOLE + "collect_every: soon", "12:16: `collect_every` is not a length of time"),
            (WHOLE + "collect_every: 400 days", "12:16: `collect_every` is not a length of time"),
            (newsletter("template: ../x"), "11:15: `template` is not a template's name: '../x'"),
            (newsletter('tagline: "a\\r\\nBcc: b"'), "11:14: `tagline` has a line break in it"),
            (newsletter('tagline: "a\\0b"'), "11:14: `tagline` holds the control character U+0000"),
            (newsletter('intro: "a\\eb"'), "11:12: `intro` holds the control character U+001B"),
            (WHOLE.replace("name: The Ledger", "name: ' '"), "2:9: `name` is empty; write something"),
            (WHOLE.replace("https:", "http:"), "3:8: `url` must begin with https://"),
            (WHOLE.replace("https://ledger.example", "ledger.example"), "3:8: `url` is not a web"),
            (WHOLE.replace("https://ledger.example", "https://[::1"), "3:8: `url` is not a web"),
            (WHOLE.replace("https://ledger.example", "https://x.example:99999"), "3:8: `url` is not a web"),
            (WHOLE.replace("https://ledger.example", "https://ä_ö.example"), "3:8: `url` is not a web"),
            (WHOLE.replace("https://ledger.example", "https://ledger.example/?a"), "3:8: `url` must end before any ?"),
            (WHOLE + "topics: {a: {title: A, any: ['!']}}", "12:30: `any` has no letter and no digit: '!'"),
            (sources("{page: 'ftp://x.example'}"), "13:12: `page` begins with something we cannot"),
            (sources("{folder: 'https://x.example'}"), "13:14: `folder` must be a path"),
            (smtp("host: 'mail.example.org:465'"), "13:11: `host` is not a server's name"),
            (smtp("host: a..b"), "13:11: `host` is not a server's name"),
            (smtp("host: a.example", "port: 70000"), "14:11: `port` must be at most 65535, but a number"),
            (smtp("host: a.example", "bounce_domain: x"), "14:20: `bounce_domain` is not a domain."),
            (newsletter("notice: {text: x}"), "11:13: `title` is missing; add a line such as"),
            (WHOLE + "topics: {a: {title: A, layout: gird}}\n", "12:32: `layout` cannot be the text 'gird'; did you mean `grid`?"),
            (smtp("host: a.example", "security: ssl"), "14:15: `security` cannot be a text; write `tls`, `starttls` or `none`"),
            (smtp("host: a.example", "rate: 14"), "14:11: `rate` has no unit: 14; write it like `14 per second`"),
            (smtp("host: a.example", "rate: 0 per second"), "14:11: `rate` is not a number of mails in a time"),
            (smtp("host: a.example", "rate: 5 per day"), "14:11: `rate` is not a number of mails in a time"),
            (smtp("host: a.example", "connections: 0"), "14:18: `connections` must be at least 1"),
            (smtp("host: a.example", "connections: 101"), "14:18: `connections` must be at most 100"),
            (smtp("host: a.example", "username: x", "token_command: a 'b"), "15:20: `token_command` is not a command: a quotation"),
            # Names of other things.
            (
                newsletter("topics: [rivers, shcools]"),
                "11:22: `topics` names no topic: 'shcools'; did you mean `schools`?",
            ),
            (newsletter("sources: [wire]"), "11:15: `sources` names no source: 'wire'; there are none, add one"),
            (newsletter("sources: []"), "11:14: `sources` is empty; add at least one"),
            # What does not agree.
            (newsletter("topics: [rivers, rivers]"), "11:22: `topics` names `rivers` twice;"),
            (WHOLE + "topics: {Human Rights: {title: A}}", "12:10: this cannot be a topic's short name: 'Human Rights'; write `human-rights`"),
            (WHOLE + "topics: {'!': {title: A}}", "12:10: this cannot be a topic's short name: '!'; write a word"),
            (WHOLE.replace("daily:", "Daily:"), "8:3: this cannot be a newsletter's short name: 'Daily'"),
            (WHOLE.replace("daily:", f"{'d' * 41}:"), "8:3: this cannot be a newsletter's short name"),
            (newsletter("schedule: {at: 07:00, cron: 0 7 * * *}"), "11:16: `at` stands beside `cron`"),
            (newsletter("schedule: {days: weekdays}"), "11:15: `schedule` says no time; add a line"),
            (newsletter("limits: {minimum: 13}"), "11:23: `minimum` is 13, but a mail holds at most 12"),
            (sources("{name: x}"), "13:5: this source says not where its articles come from"),
            (sources("{foldr: x}"), "13:6: unknown key `foldr`; did you mean `folder`?"),
            (sources("{folder: a, feed: b.xml}"), "13:17: `feed` stands beside `folder`, but a source"),
            (sources("{folder: a, allow_private: true}"), "13:17: `allow_private` means nothing for a `folder`"),
            (sources("{feed: a, images_url: 'https://x.example'}"), "13:15: `images_url` means nothing for a `feed`"),
            (sources("{page: []}"), "13:12: `page` is empty; add at least one such as"),
            (sources("{folder: a}", "{feed: b/a.xml}"), "14:5: the source in line 13 is called `a`, too;"),
            (sources("{folder: a}", "{feed: b.xml, name: a}"), "14:25: the source in line 13 is called `a`, too;"),
            (sources("a"), "13:5: each of `sources` must be a mapping, but the text 'a'"),
            (SITE + NEWSLETTERS + "delivery: {}\n", "11:11: `delivery` says not where mails go"),
            (smtp("host: a.example") + "  files: x\n", "12:3: `smtp` stands beside `files`"),
            (smtp("host: a.example", "security: none"), "14:15: `security` is none, but the server is not"),
            (smtp("host: a.example", "username: x"), "14:5: `username` is given without `password`"),
            (smtp("host: a.example", "password: env:P"), "14:5: `password` is given without `username`"),
            (WHOLE + "database: postgresql://db.example", "12:11: `database` is not the address of a database"),
            (WHOLE + "database: sqlite:///x.db", "12:11: `database` must be a path to a file, or an address"),
            (WHOLE + "database_password: env:P", "12:1: `database_password` means nothing for a file"),
            (smtp("host: a.example", "token_command: a"), "14:5: `token_command` is given without `username`"),
            (
                smtp("host: a.example", "username: x", "password: env:P", "token_command: a"),
                "16:5: `token_command` stands beside `password`",
            ),
        ],
    )  # fmt: skip
    def test_is_named_with_its_place_and_what_to_do(
        self, tmp_path: Path, text: str, problem: str
    ) -> None:
        assert mistake(tmp_path, text, {"P": "secret"}).startswith(
            f"digest.yaml:{problem}"
        )

    def test_never_hides_another(self, tmp_path: Path) -> None:
        text = """\
site: {name: 3, url: http://x.example, language: en, timezone: UTC}
site: {}
topics: {climate: {titel: x}}
newsletters:
  daily:
    title: A
    sender: nobody
    topics: [climte]
    schedule: {cron: x, at: 07:00}
  weekly: nothing
sources:
  - {folder: a, feed: b.xml}
  - {folder: c, name: a}
delivery: {smtp: {host: x.example, security: none, password: hunter2}}
"""
        places = [
            ":".join(problem.split(":")[1:3]) for problem in mistakes(tmp_path, text)
        ]

        assert places == [
            *("1:7", "1:14", "1:22", "2:1", "3:19", "3:20", "7:13", "8:14", "9:22"),
            *("9:25", "10:11", "12:17", "13:23", "14:46", "14:52", "14:62"),
        ]

    @examples(60)
    @given(st.data())
    @pytest.mark.slow
    def test_never_ends_in_anything_but_settings_or_places(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        folder = tmp_path_factory.mktemp("almost")  # above no other test's folder
        text = write_yaml(data.draw(almost(FULL)))

        try:
            load(folder, text, {"P": "x", "K": our_key()})
        except FileProblems as error:
            for problem in error.problems:
                assert re.fullmatch(r".*digest\.yaml:\d+:\d+", problem.where)
                assert "Input should" not in problem.what
                assert "pydantic" not in problem.what


FULL: dict[str, object] = {
    "site": {
        "name": "N",
        "url": "https://n.example",
        "postal_address": "P",
        "language": "en",
        "timezone": "UTC",
    },
    "topics": {"a": {"title": "A", "any": ["x"], "all": [], "none": ["y"]}},
    "newsletters": {
        "d": {
            "title": "D",
            "sender": "d@n.example",
            "topics": ["a"],
            "sources": ["s"],
            "schedule": {"days": ["monday"], "at": ["07:00"], "max_lateness": "1 hour"},
            "limits": {"articles": 3, "minimum": 1},
        }
    },
    "sources": [{"folder": "s"}, {"page": ["p.html"]}, {"feed": "https://n.example/f"}],
    "delivery": {
        "smtp": {"host": "m.example", "username": "u", "password": "env:P", "port": 25}
    },
    "dkim": {"selector": "s", "key": "env:K", "domain": "n.example"},
    "database": "postgresql://u@h.example/d",
    "database_password": "env:P",
}
ODD: st.SearchStrategy[object] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "a",
        "x y",
        "\n",
        "07:00",
        "env:Q",
        [],
        [None],
        ["a", 1],
        {},
        {"a": None},
        {"title": {}},
        [[]],
        "https://",
        "6 hours",
        [{}],
        {"folder": ["a"]},
    ]
)


def almost(value: object) -> st.SearchStrategy[object]:
    """Yield values like this one, with something here and there that is not like it."""
    same: st.SearchStrategy[object] = st.just(value)
    if isinstance(value, dict):
        like = st.fixed_dictionaries({k: almost(v) for k, v in value.items()})
        extra = st.dictionaries(
            st.sampled_from(["title", "x", "page"]), ODD, max_size=1
        )
        same = st.builds(lambda one, other: {**one, **other}, like, extra)
    elif isinstance(value, list):
        same = st.tuples(*map(almost, value)).map(list)
    return st.integers(0, 14).flatmap(lambda n: ODD if n == 7 else same)


class TestTheSchema:
    def parts(self) -> dict[str, dict[str, object]]:
        schema = settings_schema()
        parts = schema["$defs"]
        assert isinstance(parts, dict)
        return {"": schema, **parts}

    def test_describes_every_key_in_a_sentence(self) -> None:
        for name, part in self.parts().items():
            properties = part["properties"]
            assert isinstance(properties, dict)
            assert part["additionalProperties"] is False, name
            for key, described in properties.items():
                assert described["description"].endswith("."), (name, key)

    def test_gives_an_example_of_every_value_that_must_be_there(self) -> None:
        for name, part in self.parts().items():
            properties, required = part["properties"], part.get("required", [])
            assert isinstance(properties, dict)
            assert isinstance(required, list)
            for key in set(required) - {"site", "newsletters", "delivery"}:
                assert properties[key]["examples"], (name, key)

    def test_is_json_without_our_own_words(self) -> None:
        text = json.dumps(settings_schema())

        assert '"null"' not in text
        assert "pydantic" not in text

    def test_names_its_standard_and_its_file(self) -> None:
        schema = settings_schema()

        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["title"] == "digest.yaml"
        assert schema["required"] == ["site", "newsletters", "delivery"]

    def test_allows_one_time_or_several(self) -> None:
        properties = self.parts()["SchedulePart"]["properties"]
        assert isinstance(properties, dict)

        assert [kind["type"] for kind in properties["at"]["anyOf"]] == [
            "string",
            "array",
        ]


@pytest.mark.parametrize(
    ("line", "instead", "words"),
    [
        (
            "https://longitude.example",
            "https://longitude.example/café",
            "only write with %",
        ),
        ("desk@longitude.example", "rédaction@longitude.example", "before the @"),
    ],
)
def test_what_mail_headers_cannot_hold_is_said_before_anything_is_sent(
    tmp_path: Path, line: str, instead: str, words: str
) -> None:
    sample = Path(__file__).parent.parent / "examples" / "newsroom" / "digest.yaml"
    file = tmp_path / "digest.yaml"
    file.write_text(sample.read_text("utf-8").replace(line, instead, 1), "utf-8")

    with pytest.raises(FileProblems, match=words):
        load_settings(file, environment={})


def test_a_sender_without_a_name_is_called_like_the_newsletter(tmp_path: Path) -> None:
    write_project(
        tmp_path / "news",
        settings=SETTINGS.replace(
            "The Ledger <digest@ledger.example>", "digest@ledger.example"
        ),
    )

    settings = load_settings(tmp_path / "news", environment={})

    assert settings.newsletters[0].sender.name == "The Ledger Daily"
