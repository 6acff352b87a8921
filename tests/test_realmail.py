"""Our mails before the filters that receivers run: SpamAssassin and rspamd, offline.

SpamAssassin gets mails that nobody has signed: they must already look like mail that
somebody asked for. rspamd gets them signed, as they arrive, and checks the signature
against the key in the DNS. Scores below zero are good; SpamAssassin calls 5 spam.

rspamd adds a whole point when a mail's links, of text and HTML together, are odd in
number (URI_COUNT_ODD). That differs with every reader's choice of stories, so there must
be room for it below zero; the `alert` here has an odd number.
"""

from __future__ import annotations

import json
import mailbox
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from pathlib import Path

import pytest

from digest.message import Letter, Letterhead, compose
from digest.message.dkim import Signer, read_key, records
from digest.model import Mailbox
from tests import stock_samples as stock
from tests.dns_server import NameServer
from tests.keys import SELECTOR, our_key
from tests.rendering_samples import HOST as SITE

pytestmark = [pytest.mark.slow, pytest.mark.realmail]

SPAMASSASSIN, RSPAMD = shutil.which("spamassassin"), shutil.which("rspamd")

DOMAIN = "longitude.example"
#: A public address, as a relay's; those set aside for examples count as forged.
RELAY, RELAY_NAME = "93.184.216.34", f"mta1.{DOMAIN}"
NEWSROOM = "93.184.216.40"
BOUNCE = f"b+k3vq7m2fzt4hs6xwk3vq7m2fzt4hs6xw@{DOMAIN}"
READER = "amira@reader.example"
MAILS = [(of, language) for of in stock.SETS for language in stock.LANGUAGES]


@cache
def mail(of: str, language: str, signer: Signer | None = None) -> bytes:
    """Return a stock set's mail."""
    rendered = stock.mail(of, language)
    token = "k3vq7m2fzt4hs6xw"
    return compose(
        Letterhead(
            sender=Mailbox(address=f"digest@{DOMAIN}", name="Longitude"),
            list_id=f"daily.{DOMAIN}",
            list_title="Longitude Daily",
            reply_to=Mailbox(address=f"desk@{DOMAIN}"),
            help_url=f"{SITE}/help",
            archive_url=f"{SITE}/archive/daily",
            owner=f"desk@{DOMAIN}",
            archived_at=f"{SITE}/archive/daily/2026-11-23",
            issue="2026-11-23",
            newsletter="daily",
        ),
        Letter(
            recipient=READER,
            date=today(),
            message_id=f"<{of}.{language}.84a07a273843f46a32fd1755976d5514@{DOMAIN}>",
            unsubscribe_url=f"{SITE}/u/{token}",
            unsubscribe_mailbox=f"u+{token}@{DOMAIN}",
        ),
        subject=rendered.subject,
        text=rendered.text_part,
        html=rendered.html_part,
        signer=signer,
    )


@cache
def our_signer() -> Signer:
    return Signer(read_key(our_key()), selector=SELECTOR, domain=DOMAIN)


@cache
def today() -> datetime:
    """Return when the mails were written: filters compare it with their clock."""
    return datetime.now(UTC).replace(microsecond=0)


def received(content: bytes) -> bytes:
    """Return a mail as a receiver's server puts it before its filter: by our relay."""
    trace = (
        f"Return-Path: <{BOUNCE}>\r\n"
        f"Received: from {RELAY_NAME} ({RELAY_NAME} [{RELAY}])\r\n"
        f"\tby mx.reader.example with ESMTPS id 4XyZ12 for <{READER}>;\r\n"
        f"\t{format_datetime(today())}\r\n"
        f"Received: from newsroom.{DOMAIN} (newsroom.{DOMAIN} [{NEWSROOM}])\r\n"
        f"\tby {RELAY_NAME} with ESMTPSA id 4XyZ11 for <{READER}>;\r\n"
        f"\t{format_datetime(today())}\r\n"
    )
    return trace.encode() + content


# -- SpamAssassin -------------------------------------------------------------


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what SpamAssassin's local rules say, by Message-ID: all in one run."""
    if SPAMASSASSIN is None:
        pytest.skip("SpamAssassin is not installed: apt install spamassassin")
    folder = tmp_path_factory.mktemp("spamassassin")
    box = mailbox.mbox(folder / "in", create=True)
    for which in MAILS:
        box.add(received(mail(*which)).replace(b"\r\n", b"\n"))
    box.close()
    with (folder / "in").open("rb") as asked, (folder / "out").open("wb") as told:
        subprocess.run(
            [SPAMASSASSIN, "--local", "--nocreate-prefs", "--mbox"],
            stdin=asked,
            stdout=told,
            env={**os.environ, "HOME": str(folder)},
            check=True,
        )
    out = mailbox.mbox(folder / "out")
    try:
        return {
            each["Message-ID"]: " ".join(each["X-Spam-Status"].split()) for each in out
        }
    finally:
        out.close()


@pytest.mark.parametrize(("of", "language"), MAILS)
def test_spamassassin_sees_mail_from_a_list(
    verdicts: dict[str, str], of: str, language: str
) -> None:
    (status,) = [s for i, s in verdicts.items() if i.startswith(f"<{of}.{language}.")]

    _, _, rest = status.partition("score=")
    score = float(rest.split()[0])

    assert score <= -0.9, status


# -- rspamd -------------------------------------------------------------------

#: What asks others, or remembers: none of it can answer on a machine alone.
NEEDS_OTHERS = (
    *("antivirus", "asn", "aws_s3", "bimi", "clickhouse", "dcc", "elastic"),
    *("external_services", "fuzzy_check", "greylist", "history_redis", "mx_check"),
    *("neural", "p0f", "phishing", "ratelimit", "rbl", "redis", "replies"),
    *("reputation", "rspamd_update", "surbl", "url_redirector", "whitelist"),
    *("dkim_signing", "arc", "metric_exporter", "milter_headers"),
)


def configured(folder: Path, *, port: int, names: int) -> None:
    """Write a configuration that asks the name server on port `names` alone."""
    local = folder / "local.d"
    for each in (local, folder / "db", folder / "run", folder / "log"):
        each.mkdir()
        each.chmod(0o777)
    folder.chmod(0o755)
    for module in NEEDS_OTHERS:
        (local / f"{module}.conf").write_text("enabled = false;\n")
    (local / "options.inc").write_text(
        f'dns {{ nameserver = ["127.0.0.1:{names}:1"]; timeout = 1s; }}\n'
    )
    (local / "worker-normal.inc").write_text(
        f'bind_socket = "127.0.0.1:{port}";\ncount = 1;\n'
    )
    for worker in ("controller", "proxy", "fuzzy"):
        (local / f"worker-{worker}.inc").write_text("enabled = false;\ncount = 0;\n")
    (local / "statistic.conf").write_text("")


@pytest.fixture(scope="module")
def rspamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run rspamd; yield the address it answers at."""
    if RSPAMD is None:
        pytest.skip("rspamd is not installed: apt install rspamd")
    folder = tmp_path_factory.mktemp("rspamd")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    (key,) = records(read_key(our_key()), selector=SELECTOR, domains=[DOMAIN])
    with NameServer() as names:
        names.records = {
            (DOMAIN, "TXT"): [f'"v=spf1 ip4:{RELAY} -all"'],
            (DOMAIN, "MX"): [f"10 {RELAY_NAME}."],
            (RELAY_NAME, "A"): [RELAY],
            ("34.216.184.93.in-addr.arpa", "PTR"): [f"{RELAY_NAME}."],
            (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=none"'],
            (key.name, "TXT"): [" ".join(f'"{each}"' for each in key.strings)],
        }
        configured(folder, port=port, names=names.port)
        places = {"LOCAL_CONFDIR": "", "DBDIR": "db", "RUNDIR": "run", "LOGDIR": "log"}
        variables = [f"--var={key}={folder / place}" for key, place in places.items()]
        # Without rights of root it stays who it is.
        who = ["-u", "_rspamd", "-g", "_rspamd"] if os.geteuid() == 0 else []
        with (folder / "said").open("wb") as said:
            running = subprocess.Popen(
                [RSPAMD, "-f", *who, *variables, "-c", "/etc/rspamd/rspamd.conf"],
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        try:
            answers_at = f"http://127.0.0.1:{port}"
            await_answer(answers_at, running, folder)
            yield answers_at
        finally:
            running.terminate()
            running.wait(30)


def await_answer(url: str, running: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and running.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{url}/ping", timeout=5):
            return
        time.sleep(0.2)
    log = folder / "log/rspamd.log"
    why = (folder / "said").read_text() + (log.read_text() if log.exists() else "")
    pytest.fail(f"rspamd did not start: {why[-2000:]}")


@pytest.mark.parametrize(("of", "language"), MAILS)
def test_rspamd_finds_it_signed_and_nothing_against_it(
    rspamd: str, of: str, language: str
) -> None:
    request = urllib.request.Request(
        f"{rspamd}/checkv2",
        data=received(mail(of, language, our_signer())),
        headers={
            "IP": RELAY,
            "From": BOUNCE,
            "Rcpt": READER,
            "Helo": RELAY_NAME,
            "Hostname": RELAY_NAME,
        },
    )

    with urllib.request.urlopen(request, timeout=60) as answer:
        told = json.load(answer)

    symbols = {
        name: symbol["score"]
        for name, symbol in told["symbols"].items()
        if symbol["score"]
    }
    assert told["score"] <= 0, symbols
    assert "R_DKIM_ALLOW" in symbols
    assert told["action"] == "no action"
