"""`digest doctor`, against a real name server, real mail servers and a real web server."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme

from digest import doctor
from digest.config import load_settings
from digest.doctor import Observation, Verdict, domains, house, inboxes
from digest.doctor.leaving import leaving
from digest.doctor.names import Names
from digest.doctor.observations import ok
from digest.doctor.relay import relay
from digest.message.dkim import read_key, records
from digest.settings import Bounces, Dkim, ImapInbox, Security, SmtpDelivery
from digest.sources.fetching import Fetcher, guard
from tests.commands import Shell
from tests.dns_server import NameServer
from tests.keys import our_key
from tests.projects import SETTINGS, write_project
from tests.smtp_servers import HOST, RealServer, Scripted, play
from tests.web_servers import Site, reply, serving

OK, WARNING, WRONG, UNSEEN = Verdict
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

KEY = ("s2026._domainkey.ledger.example", "TXT")
SPF, DMARC = ("ledger.example", "TXT"), ("_dmarc.ledger.example", "TXT")
BACK_SPF, BACK_MX = ("back.ledger.example", "TXT"), ("back.ledger.example", "MX")
MX_ADDRESS = ("mx.ledger.example", "A")


def quoted(text: str) -> str:
    """Return a TXT record as zone files have it, in strings of 255."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))


def published() -> str:
    (record,) = records(
        read_key(our_key()), selector="s2026", domains=["ledger.example"]
    )
    return record.value


def good_zone() -> dict[tuple[str, str], list[str]]:
    return {
        SPF: [quoted("v=spf1 include:relay.example -all"), quoted("site-proof=x")],
        BACK_SPF: [quoted("v=spf1 ip4:192.0.2.1 ~all")],
        BACK_MX: ["20 nowhere.ledger.example.", "10 mx.ledger.example."],
        MX_ADDRESS: ["192.0.2.1"],
        DMARC: [quoted("v=DMARC1; p=reject")],
        KEY: [quoted(published())],
    }


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with NameServer() as server:
        yield server


@pytest.fixture
def dns(server: NameServer) -> NameServer:
    server.records, server.failing = good_zone(), set()
    server.over_tcp.clear()
    return server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def certified(
    authority: trustme.CA, not_after: datetime | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, not_after=not_after).configure_cert(context)
    return context


@pytest.fixture
def web(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Site, Fetcher]]:
    """A web server that the guard takes for a public one, and what asks it."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with serving(certified(authority)) as site:
        monkeypatch.setattr(guard, "is_public", lambda _: True)
        monkeypatch.setitem(guard.PORTS, "a test's", site.port)
        yield site, Fetcher(site_url="https://ledger.example", tls=trusting)


def by_thing(found: list[Observation]) -> dict[str, Observation]:
    assert len({each.thing for each in found}) == len(found)
    for each in found:
        assert each.found
        assert bool(each.remedy) == (each.verdict in (WARNING, WRONG)), each
    return {each.thing: each for each in found}


def project(folder: Path, smtp: str, *, more: str = "") -> Path:
    text = SETTINGS.replace("{files: outbox}", f"{{smtp: {{{smtp}}}}}") + more
    write_project(folder, settings=text)
    (folder / "secrets").mkdir()
    for name, secret in (("smtp", "open sesame"), ("dkim.pem", our_key())):
        (folder / "secrets" / name).write_text(secret)
        (folder / "secrets" / name).chmod(0o600)
    return folder


DKIM = "dkim: {selector: s2026, key: 'file:secrets/dkim.pem'}\n"


class TestAWholeNewsroom:
    def test_that_is_well_is_told_so_thing_by_thing(
        self,
        tmp_path: Path,
        dns: NameServer,
        authority: trustme.CA,
        web: tuple[Site, Fetcher],
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        site, fetcher = web
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        with RealServer(Security.STARTTLS, certified(authority)) as relay_server:
            folder = project(
                tmp_path / "news",
                f"host: {HOST}, port: {relay_server.port}, security: starttls, "
                "username: newsroom, password: 'file:secrets/smtp', "
                "ca_file: ../ca.pem, bounce_domain: back.ledger.example",
                more=DKIM + "bounces: {mbox: spool}\n",
            )
            digest = Shell(capsys, folder)
            assert digest("collect").code == 0
            yaml = folder / "digest.yaml"
            yaml.write_text(
                yaml.read_text().replace("https://ledger.example", site.url)
            )
            settings = load_settings(folder, environment={})
            near, link = doctor.near(settings)
            path = link.removeprefix(site.url)
            site.answers[path] = lambda request: reply(request, 200)
            monkeypatch.setattr(doctor, "Names", lambda: Names(dns.resolver))
            monkeypatch.setattr(doctor, "Fetcher", lambda **_: fetcher)

            told = digest("doctor")
            as_json = digest("doctor", "--json").json
            found = by_thing([Observation(**each) for each in as_json["observations"]])

        assert {thing: o.found for thing, o in found.items() if o.verdict == OK} == {
            **{o.thing: o.found for o in near},
            "SPF of ledger.example": "v=spf1 include:relay.example -all",
            "SPF of back.ledger.example": "v=spf1 ip4:192.0.2.1 ~all",
            "DKIM at s2026._domainkey.ledger.example": "the key that signs",
            "DMARC of ledger.example": "v=DMARC1; p=reject at _dmarc.ledger.example",
            "MX of back.ledger.example": "mx.ledger.example, nowhere.ledger.example",
            "relay": f"{HOST}:{relay_server.port} answers",
            "relay's certificate": found["relay's certificate"].found,
            "login": "accepted for newsroom",
            "one-click unsubscribe": f"{site.url}/u/… answers 200",
        }
        assert {o.verdict for o in near} == {OK}
        assert (found["relay's offers"].verdict, found["clock"].verdict) == (
            WARNING,  # aiosmtpd has no PIPELINING
            UNSEEN,
        )
        assert found[f"PTR of {HOST}"].verdict == UNSEEN
        assert {told.code, as_json["well"]} == {0, True}
        assert "Nothing is wrong." in told.out
        assert {request for request, _ in site.requests} == {path}
        assert not relay_server.inbox.messages
        assert "s2026._domainkey.ledger.example." in dns.over_tcp
        everything = told.out + str(as_json)
        assert link not in everything
        assert "open sesame" not in everything

    def test_offline_asks_nobody_and_names_what_it_left_out(
        self, tmp_path: Path, dns: NameServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with Scripted() as relay_server:
            port = relay_server.settings.port
            folder = project(
                tmp_path / "news",
                f"host: 127.0.0.1, port: {port}, security: none",
                more="bounces: {imap: {host: 127.0.0.1, username: x, "
                "password: 'file:secrets/smtp'}}\n",
            )
            (folder / "secrets/smtp").chmod(0o644)
            yaml = folder / "digest.yaml"
            text = yaml.read_text().replace(
                "security: none",
                "security: none, username: x, password: 'file:secrets/smtp'",
            )
            yaml.write_text(text)

            told = Shell(capsys, folder)("doctor", "--offline")

        assert relay_server.connections == 0
        assert told.code == 1
        assert "1 thing wrong." in told.err
        rows = [row for row in told.out.splitlines() if "--offline" in row]
        assert all(row.startswith("not looked at") for row in rows)
        for thing in (
            *("SPF", "DMARC", "MX", "PTR", "relay ", "login", "one-click"),
            "returned mail by IMAP",
        ):
            assert any(thing in row for row in rows), thing
        (bad,) = [row for row in told.out.splitlines() if row.startswith("wrong")]
        assert "chmod 600" in bad

    def test_does_not_wait_for_what_never_answers(self) -> None:
        over = threading.Event()
        looks = [
            ("slow", lambda: [ok("slow", str(over.wait()))]),
            ("quick", lambda: [ok("quick", "seen")]),
        ]

        slow, quick = doctor.at_once(looks, seconds=0.2)
        over.set()

        assert (slow.thing, slow.verdict) == ("slow", WRONG)
        assert "0.2 seconds" in slow.found
        assert quick.found == "seen"


class TestTheDns:
    @pytest.mark.parametrize(
        ("changes", "thing", "verdict", "words"),
        [
            ({SPF: []}, "SPF of ledger", WARNING, "no record"),
            ({BACK_SPF: []}, "SPF of back", WRONG, "no record"),
            (
                {BACK_SPF: ['"v=spf1 mx -all"', '"v=spf1 a -all"']},
                "SPF of back",
                WRONG,
                "2 records",
            ),
            ({BACK_SPF: ['"v=spf1 -all"']}, "SPF of back", WRONG, "nobody may"),
            ({BACK_SPF: ['"v=spf1 +all"']}, "SPF of back", WARNING, "everybody"),
            ({KEY: []}, "DKIM", WRONG, "there is no key"),
            ({KEY: ['"v=DKIM1; p="']}, "DKIM", WRONG, "withdrawn"),
            ({KEY: ['"v=DKIM1; p=MIIB"']}, "DKIM", WRONG, "not the one"),
            ({KEY: ['"p=MIIB"', '"p=MIIC"']}, "DKIM", WRONG, "2 records"),
            (
                {KEY: [quoted(published().replace("k=rsa", "k=rsa; t=s:y"))]},
                "DKIM",
                WARNING,
                "t=y",
            ),
            (
                {
                    KEY: [
                        quoted(
                            published()
                            .replace("p=MII", "p= M I I")
                            .replace("v=DKIM1; ", "")
                        )
                    ]
                },
                "DKIM",
                OK,
                "the key that signs",
            ),
            ({DMARC: []}, "DMARC", WRONG, "no record"),
            (
                {DMARC: ['"v=DMARC1; p=none"'] * 2 + ['"v=DMARC1; p=x"']},
                "DMARC",
                WRONG,
                "2 rec",
            ),
            ({DMARC: ['"v=DMARC1; rua=mailto:a@b"']}, "DMARC", WARNING, "no p="),
            ({BACK_MX: []}, "MX", WRONG, "there is none"),
            (
                {BACK_MX: [], ("back.ledger.example", "A"): ["192.0.2.9"]},
                "MX",
                WARNING,
                "own address",
            ),
            ({BACK_MX: ["0 ."]}, "MX", WRONG, "takes no mail"),
            ({MX_ADDRESS: []}, "MX", WRONG, "no address"),
        ],
    )
    def test_is_told_what_it_lacks(
        self,
        dns: NameServer,
        tmp_path: Path,
        changes: dict[tuple[str, str], list[str]],
        thing: str,
        verdict: Verdict,
        words: str,
    ) -> None:
        dns.records |= changes
        settings = load_settings(
            project(
                tmp_path / "news",
                "host: relay.example, bounce_domain: back.ledger.example",
                more=DKIM,
            ),
            environment={},
        )
        names = Names(dns.resolver)

        asked = [domains.asked(q, names) for q in doctor.questions(settings)]

        (one,) = [o for name, o in by_thing(asked).items() if name.startswith(thing)]
        assert (one.verdict, words in one.found) == (verdict, True), one
        assert all(o.verdict == OK for o in asked if o is not one)

    def test_that_fails_is_not_a_record_that_is_missing(self, dns: NameServer) -> None:
        dns.failing.add("ledger.example")

        found = domains.asked(
            domains.spf("ledger.example", returned=True), Names(dns.resolver)
        )

        assert found.verdict == WARNING
        assert "gave no answer" in found.found

    def test_that_is_silent_is_given_up(
        self, dns: NameServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("digest.doctor.names.SECONDS", 0.2)
        resolver = dns.resolver
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as silent:
            silent.bind((HOST, 0))
            resolver.port = silent.getsockname()[1]

            found = domains.asked(domains.dmarc("ledger.example"), Names(resolver))

        assert "no answer within 0.2 seconds" in found.found

    def test_a_domain_has_the_dmarc_of_the_one_above_it(self, dns: NameServer) -> None:
        question = domains.dmarc("news.mail.ledger.example")

        assert "at _dmarc.ledger.example" in question.answer(Names(dns.resolver)).found

    @pytest.mark.parametrize(
        ("zone", "verdict", "words"),
        [
            ({}, WRONG, "has no name"),
            (
                {("7.34.184.93.in-addr.arpa", "PTR"): ["mx.x.example."]},
                WRONG,
                "lead back",
            ),
            (
                {
                    ("7.34.184.93.in-addr.arpa", "PTR"): ["mx.x.example."],
                    ("mx.x.example", "A"): ["93.184.34.7"],
                },
                OK,
                "mx.x.example",
            ),
        ],
    )
    def test_a_relay_named_by_its_address_needs_a_name(
        self,
        dns: NameServer,
        zone: dict[tuple[str, str], list[str]],
        verdict: Verdict,
        words: str,
    ) -> None:
        dns.records = zone

        found = domains.pointer("93.184.34.7").answer(Names(dns.resolver))

        assert (found.verdict, words in found.found) == (verdict, True)

    @pytest.mark.parametrize(
        ("signs", "verdict"),
        [
            ("", OK),
            ("example.org", OK),
            ("a.news.example.org", OK),
            ("b.example", WARNING),
        ],
    )
    def test_dmarc_counts_a_signature_of_the_same_domain(
        self, signs: str, verdict: Verdict
    ) -> None:
        signing = Dkim(selector="s", key="", domain=signs)

        assert domains.signer("news.example.org", signing).verdict == verdict
        assert domains.signer("news.example.org", None).verdict == WARNING


class TestTheRelay:
    @pytest.mark.parametrize(
        ("offers", "features", "verdict", "words"),
        [
            ("PIPELINING", "SIZE 99999999", OK, "PIPELINING, SIZE 99,999,999"),
            ("PIPELINING", "8BITMIME", OK, "no SIZE limit"),
            ("", "SIZE", WARNING, "not PIPELINING"),
            ("PIPELINING", "SIZE 50000", WARNING, "at most 50,000 octets"),
        ],
    )
    def test_is_told_by_what_it_offers(
        self, offers: str, features: str, verdict: Verdict, words: str
    ) -> None:
        with Scripted(features=features) as server:
            server.offers = offers
            found = by_thing(relay(server.settings, now=NOW))["relay's offers"]

        assert (found.verdict, words in found.found) == (verdict, True), found
        assert server.heard[-1] == "QUIT"

    @pytest.mark.parametrize(
        ("ahead", "verdict", "words"),
        [
            (timedelta(seconds=4), OK, "4 s behind"),
            (timedelta(hours=-1), WRONG, "3600 s ahead"),
            (None, UNSEEN, "does not say"),
        ],
    )
    def test_may_say_what_time_it_is(
        self, ahead: timedelta | None, verdict: Verdict, words: str
    ) -> None:
        said = "" if ahead is None else f" Exim 4.98 {format_datetime(NOW + ahead)}"
        with Scripted(play(greeting=f"220 mail.example ESMTP{said}")) as server:
            found = by_thing(relay(server.settings, now=NOW))["clock"]

        assert (found.verdict, words in found.found) == (verdict, True), found

    @pytest.mark.parametrize(
        ("left", "verdict"), [(timedelta(days=90), OK), (timedelta(days=3), WARNING)]
    )
    def test_has_a_certificate_that_ends(
        self,
        authority: trustme.CA,
        tmp_path: Path,
        left: timedelta,
        verdict: Verdict,
    ) -> None:
        ca_file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        now = datetime.now(UTC)
        tls = certified(authority, not_after=now + left)
        with RealServer(Security.TLS, tls) as server:
            settings = SmtpDelivery(host=HOST, port=server.port, ca_file=ca_file)
            found = by_thing(relay(settings, now=now))["relay's certificate"]
            stranger = relay(replace(settings, ca_file=None), now=now)

        assert found.verdict == verdict
        assert f"{now + left:%Y-%m-%d}" in found.found
        assert [each.verdict for each in stranger] == [WRONG, *[UNSEEN] * 4]
        assert "certificate does not hold" in stranger[0].found

    def test_that_refuses_the_login_or_does_not_listen_is_wrong(
        self, authority: trustme.CA, tmp_path: Path
    ) -> None:
        ca_file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        with RealServer(Security.STARTTLS, certified(authority)) as server:
            settings = SmtpDelivery(
                host=HOST,
                port=server.port,
                security=Security.STARTTLS,
                ca_file=ca_file,
                username="newsroom",
                password="open barley",
            )
            refused = relay(settings, now=NOW)
        nobody = relay(settings, now=NOW)

        assert "refuses the login" in refused[0].found
        assert "username" in refused[0].remedy
        assert "barley" not in str(refused)
        assert "nothing listens" in nobody[0].found
        for found in (refused, nobody):
            assert [each.verdict for each in found] == [WRONG, *[UNSEEN] * 4]

    def test_whose_authority_cannot_be_read_is_wrong(self, tmp_path: Path) -> None:
        settings = SmtpDelivery(host=HOST, port=465, ca_file=tmp_path / "none.pem")

        found = relay(settings, now=NOW)[0]

        assert (found.verdict, "ca_file" in found.found) == (WRONG, True)


class TestTheHouse:
    @pytest.mark.parametrize(
        ("mode", "verdict"),
        [(0o600, OK), (0o400, OK), (0o640, WARNING), (0o604, WRONG)],
    )
    def test_keeps_its_secrets(
        self, tmp_path: Path, mode: int, verdict: Verdict
    ) -> None:
        settings = load_settings(
            project(tmp_path / "news", "host: relay.example", more=DKIM), environment={}
        )
        file = tmp_path / "news/secrets/dkim.pem"
        file.chmod(mode)

        (found,) = house.secrets(settings)

        assert (found.thing, found.verdict) == ("secret secrets/dkim.pem", verdict)
        assert f"{mode:04o}" in found.found
        assert (f"chmod 600 {file}" == found.remedy) == (verdict != OK)

    def test_leaves_credentials_to_systemd_and_misses_what_is_gone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(house, "CREDENTIALS", tmp_path)
        (tmp_path / "smtp").touch()
        (tmp_path / "smtp").chmod(0o440)

        assert house.rights("secret", tmp_path / "smtp").verdict == OK
        assert house.rights("secret", tmp_path / "gone").verdict == WRONG

    def test_can_be_written_to(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        later = house.folder_of("there", tmp_path / "not/yet")
        never = house.folder_of("there", tmp_path / "file" / "outbox")

        assert (later.verdict, "made when" in later.found) == (OK, True)
        assert (never.verdict, "cannot be written" in never.found) == (WRONG, True)
        assert list(tmp_path.iterdir()) == [tmp_path / "file"]

    def test_has_the_database_that_sent_last(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = write_project(tmp_path / "news")
        digest, settings = Shell(capsys, folder), load_settings(folder, environment={})

        fresh = house.database(settings)
        assert not (folder / "digest.db").exists()
        digest("collect")
        shutil.copy(folder / "digest.db", tmp_path / "old.db")
        well = house.database(settings)
        digest("send", "daily")
        shutil.copy(tmp_path / "old.db", folder / "digest.db")
        old = house.database(settings)
        (folder / "digest.db").write_bytes(b"no database at all, but long enough" * 99)
        broken = house.database(settings)

        verdicts = [each.verdict for each, _ in (fresh, well, old, broken)]
        assert verdicts == [UNSEEN, OK, WRONG, WRONG]
        assert [bool(link) for _, link in (fresh, well, old, broken)] == [
            *(False, True, True, False)
        ]
        assert "is older than the one" in old[0].found


class TestTheWayToLeave:
    @pytest.mark.parametrize(
        ("status", "verdict"),
        [
            (200, OK),
            (405, OK),
            (404, WARNING),
            (302, WRONG),
            (403, WRONG),
            (500, WRONG),
        ],
    )
    def test_is_asked_once_and_by_no_post(
        self, web: tuple[Site, Fetcher], status: int, verdict: Verdict
    ) -> None:
        site, fetcher = web
        where = {"Location": f"{site.url}/elsewhere"}
        site.answers["/u/token"] = lambda request: reply(request, status, b"", where)

        found = leaving(f"{site.url}/u/token", fetcher)

        assert (found.verdict, str(status) in found.found) == (verdict, True)
        assert "token" not in found.found
        assert [path for path, _ in site.requests] == ["/u/token"]

    @pytest.mark.parametrize(
        ("link", "verdict", "words"),
        [
            ("", UNSEEN, "no links yet"),
            ("http://ledger.example/u/x", WRONG, "not https"),
            ("https://127.0.0.1/u/x", WRONG, "not a public address"),
            ("https://nowhere.invalid/u/x", WRONG, "has no address"),
        ],
    )
    def test_must_be_public(self, link: str, verdict: Verdict, words: str) -> None:
        def resolver(host: str, _: int) -> list[str]:
            if host == HOST:
                return [HOST]
            raise OSError

        fetcher = Fetcher(site_url="https://ledger.example", resolver=resolver)

        found = leaving(link, fetcher)

        assert (found.verdict, words in found.found) == (verdict, True), found
        assert "allow_private" not in found.found

    def test_wants_a_certificate_that_holds(self, web: tuple[Site, Fetcher]) -> None:
        site, _ = web

        found = leaving(f"{site.url}/u/x", Fetcher(site_url="https://ledger.example"))

        assert (found.verdict, "no valid certificate" in found.found) == (WRONG, True)


class TestWhereReturnedMailIsRead:
    def test_can_be_read_and_says_how_much_is_there(self, tmp_path: Path) -> None:
        for part in ("new", "cur", "tmp"):
            (tmp_path / "box" / part).mkdir(parents=True)
        (tmp_path / "box/new/a").write_bytes(b"Subject: a\n\n")
        (tmp_path / "spool").write_bytes(b"From x Mon\nSubject: a\n\nFrom y\n\n\n" * 2)
        bounces = Bounces(maildir=tmp_path / "box", mbox=tmp_path / "spool")

        maildir, mbox = inboxes.on_this_machine(bounces)
        (empty,) = inboxes.on_this_machine(Bounces(mbox=tmp_path / "none"))
        (nowhere,) = inboxes.on_this_machine(None)

        assert (maildir.verdict, mbox.verdict, empty.verdict) == (OK, OK, OK)
        assert maildir.found == f"1 there in {tmp_path / 'box'}"
        assert mbox.found == f"4 there in {tmp_path / 'spool'}"
        assert (nowhere.verdict, empty.found.partition(" ")[0]) == (UNSEEN, "0")
        assert sorted(p.name for p in tmp_path.rglob("*")) == [
            "a", "box", "cur", "new", "spool", "tmp",
        ], "a look leaves nothing behind"  # fmt: skip

    def test_says_what_to_do_when_it_is_not_there(self, tmp_path: Path) -> None:
        (tmp_path / "box/new").mkdir(parents=True)
        (tmp_path / "box/cur").write_bytes(b"")
        (tmp_path / "locked").write_bytes(b"From x Mon\n\n")
        (tmp_path / "locked.lock").write_bytes(b"")
        wrong = {
            Bounces(maildir=tmp_path / "none"): "name the folder with `new` and `cur`",
            Bounces(maildir=tmp_path / "box"): "let this account write",
            Bounces(mbox=tmp_path / "none/spool"): "that the mail server delivers into",
            Bounces(mbox=tmp_path / "locked"): "If none is running, delete",
            Bounces(mbox=tmp_path): "check the rights on it",
            Bounces(imap=nobody_there()): "Check `host` and `port` of `bounces.imap`",
        }

        for bounces, words in wrong.items():
            (found,) = inboxes.inboxes(bounces)
            assert (found.verdict, words in found.remedy) == (WRONG, True), found
            assert not found.found.endswith((".", ";"))


def nobody_there() -> ImapInbox:
    """Return an IMAP mailbox at a port where nobody listens."""
    with closing(socket.create_server((HOST, 0))) as free:
        port = free.getsockname()[1]
    return ImapInbox(
        host=HOST, port=port, security=Security.NONE, username="x", password="x"
    )
