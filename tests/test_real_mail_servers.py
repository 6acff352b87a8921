"""Returned mail through real servers: Dovecot's IMAP, and Postfix's own bounces."""

from __future__ import annotations

import imaplib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.config import load_settings
from digest.doctor import Verdict, inboxes
from digest.model import Status
from tests.commands import Shell
from tests.mail_servers import (
    DOVECOT,
    PATIENCE_SECONDS,
    POSTFIX,
    Dovecot,
    dovecot,
    free_port,
    postfix,
)
from tests.projects import SETTINGS, smtp_settings
from tests.returned_mail import reader_in, returned
from tests.test_bounces_commands import listening

ANA, BO, CY = (f"{name}@readers.example" for name in ("ana", "bo", "cy"))

IMAP = """\
bounces:
  imap:
    host: localhost
    username: {user}
    password: file:imap-password
    {more}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    if DOVECOT is None:
        pytest.skip(
            "NOT TESTED against Dovecot: be root, install Debian's dovecot-imapd"
        )
    with dovecot() as running:
        yield running


def configure(project: Path, server: Dovecot, user: str, more: str = "") -> None:
    """Let digest.yaml name a user's mailbox."""
    shutil.copy(server.ca_file, project / "ca.pem")
    (project / "imap-password").write_text("open-sesame\n")
    port = server.imap if "starttls" in more else server.imaps
    lines = more.splitlines()
    lines += [] if "port:" in more else [f"port: {port}"]
    lines += [] if "ca_file:" in more else ["ca_file: ca.pem"]
    part = IMAP.format(user=user, more="\n    ".join(lines))
    (project / "digest.yaml").write_text(SETTINGS + part)


def looked(project: Path) -> tuple[Verdict, str, str]:
    """Return what the doctor says of the mailbox."""
    bounces = load_settings(project, environment={}).bounces
    assert bounces
    (found,) = inboxes.inboxes(bounces)
    return found.verdict, found.found, found.remedy


def folders(server: Dovecot, user: str) -> dict[str, list[str]]:
    """Return the flags of the mails in each folder, as another client sees them."""
    found: dict[str, list[str]] = {}
    with imaplib.IMAP4("127.0.0.1", server.imap) as line:
        line.login(user, "open-sesame")
        for listed in line.list()[1]:
            assert isinstance(listed, bytes)
            name = listed.rpartition(b' "." ')[2].decode()
            line.select(name, readonly=True)
            _, [numbers] = line.search(None, "ALL")
            answer = line.fetch("1:*", "(FLAGS)")[1] if numbers else []
            flags = (each for each in answer if isinstance(each, bytes))
            found[name.strip('"')] = [
                each.partition(b"FLAGS (")[2]
                .partition(b")")[0]
                .replace(b"\\Recent", b"")
                .strip()
                .decode()
                for each in flags
            ]
    return found


@pytest.mark.slow
def test_an_imap_mailbox_is_read_and_left_in_order(
    digest: Shell, project: Path, server: Dovecot
) -> None:
    assert (digest("collect").code, digest("send").code) == (0, 0)
    mails = {
        "a": returned(project, "postfix-unknown-user", ANA),
        "b": returned(project, "nihongo-not-found", BO),
        "c": returned(project, "vacation-gmail", CY),
    }
    for user in ("seen", "moved", "deleted", "müller"):
        for name, content in mails.items():
            server.put(user, name, content)

    configure(project, server, "seen", "security: starttls")
    look = looked(project)
    dry = digest("bounces", "--imap", "--dry-run", "--json")
    untouched = folders(server, "seen")
    read, again = digest("bounces", "--json"), digest("bounces", "--json")
    configure(project, server, "moved", "done: Gelesen/Zurück\n")
    refused, lacking = digest("bounces"), looked(project)
    with imaplib.IMAP4("127.0.0.1", server.imap) as line:
        line.login("moved", "open-sesame")
        assert line.create('"Gelesen.Zur&APw-ck"')[0] == "OK"
    configure(project, server, "moved", "done: Gelesen.Zurück\n")
    moved = digest("bounces", "--json")
    configure(project, server, "deleted", "delete: true\n")
    deleted = digest("bounces", "--json")
    configure(project, server, "müller", "security: starttls")
    in_utf8 = digest("bounces", "--json")

    assert look == (Verdict.OK, "3 there in seen at localhost", "")
    assert lacking[0] is Verdict.WRONG
    assert "refuses `done`, folder 'Gelesen/Zurück'" in lacking[1]
    assert lacking[2] == "Check `bounces.imap` in digest.yaml"
    counts = {"hard bounce": 2, "automatic reply": 1}
    assert dry.json["counts"] == read.json["counts"] == counts
    assert untouched == {"INBOX": [""] * 3}
    assert again.json["counts"] == {}
    assert folders(server, "seen") == {"INBOX": ["\\Seen"] * 3}
    assert refused.code == 4
    assert "refuses" in refused.err
    assert moved.json["counts"] == deleted.json["counts"] == {"read before": 3}
    assert in_utf8.json["counts"] == {"read before": 3}
    assert folders(server, "moved")["INBOX"] == []
    assert folders(server, "moved")["Gelesen.Zur&APw-ck"] == ["\\Seen"] * 3
    assert folders(server, "deleted") == {"INBOX": []}
    assert reader_in(project, ANA).status is Status.BOUNCED


@pytest.mark.slow
def test_what_an_imap_server_says_no_to_is_said_with_what_to_do(
    digest: Shell, project: Path, server: Dovecot
) -> None:
    said = []
    for more, password in (
        ("", "wrong"),
        ("folder: Nowhere", "open-sesame"),
        (f"port: {free_port()}", "open-sesame"),
        ("token_command: /bin/false", ""),
        ("ca_file: imap-password", "open-sesame"),
    ):
        configure(project, server, "somebody", more)
        (project / "imap-password").write_text(f"{password or 'x'}\n")
        if "token_command" in more:
            text = (project / "digest.yaml").read_text()
            text = text.replace("password: file:imap-password\n", "folder: INBOX\n")
            (project / "digest.yaml").write_text(text)
        result = digest("bounces")
        said.append((result.code, result.err))
    configure(project, server, "somebody", "folder: INBOX")
    text = (project / "digest.yaml").read_text().replace("    ca_file: ca.pem", "")
    (project / "digest.yaml").write_text(text)
    result = digest("bounces")
    said.append((result.code, result.err))

    assert [code for code, _ in said] == [4] * 6
    for (_, words), expected in zip(
        said,
        (
            "Authentication failed. Check `username` and `password`",
            "refuses folder 'Nowhere'",
            "cannot be reached: Connection refused. Check `host` and `port`",
            "`bounces.imap.token_command` gave no token: it ended with 1",
            "imap-password: no certificates can be read from it",
            "cannot be trusted: CERTIFICATE_VERIFY_FAILED",
        ),
        strict=True,
    ):
        assert expected in words


@pytest.mark.slow
@pytest.mark.skipif(
    POSTFIX is None,
    reason="NOT TESTED against Postfix: be root, install Debian's postfix",
)
def test_what_postfix_cannot_deliver_comes_back_by_itself(
    digest: Shell, project: Path
) -> None:
    lmtp = free_port()
    with postfix(bounces="bounces.ledger.example", lmtp=lmtp) as relay:
        settings = smtp_settings(relay.port).replace(
            "security: none", "security: none, bounce_domain: bounces.ledger.example"
        )
        (project / "digest.yaml").write_text(settings)
        with listening(project, port=lmtp) as (_, end):
            assert (digest("collect").code, digest("send").code) == (0, 0)
            until = time.monotonic() + PATIENCE_SECONDS
            while reader_in(project, CY).status is Status.ACTIVE or (
                {reader_in(project, each).status for each in (ANA, BO)}
                != {Status.BOUNCED}
            ):
                assert time.monotonic() < until, relay.log.read_text()
                time.sleep(0.2)
            result = end()

    came = [line for line in result.out.splitlines() if "hard bounce" in line]
    assert len(came) == 3
    assert all("5.1.1" in line or "unknown user" in line for line in came)
    shown = digest("status").out
    assert "3 sent" in shown
    assert "came back after they were sent: 3 hard" in shown
