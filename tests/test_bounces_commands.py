"""`digest bounces`, as operators and mail servers run it."""

from __future__ import annotations

import smtplib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.model import Status
from tests.commands import Result, Shell, finish, start
from tests.mail_servers import free_port
from tests.projects import SETTINGS, write_project
from tests.returned_mail import reader_in, returned

ANA, BO, CY = (f"{name}@readers.example" for name in ("ana", "bo", "cy"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    settings = SETTINGS + "bounces: {maildir: returned, mbox: spool}\n"
    return write_project(tmp_path / "news", settings=settings)


@pytest.fixture
def digest(capsys: pytest.CaptureFixture[str], project: Path) -> Shell:
    shell = Shell(capsys, project)
    assert (shell("collect").code, shell("send").code) == (0, 0)
    return shell


def maildir(project: Path, **mails: bytes) -> Path:
    """Put mails into the Maildir that digest.yaml names."""
    folder = project / "returned"
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, content in mails.items():
        (folder / "new" / name).write_bytes(content)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_came_back_is_read_where_digest_yaml_says_and_counted(
    digest: Shell, project: Path
) -> None:
    folder = maildir(
        project,
        a=returned(project, "postfix-unknown-user", ANA),
        b=returned(project, "arf-yahoo", BO),
        c=returned(project, "forged-mac", CY),
    )
    spool = b"From MAILER-DAEMON Mon Nov 23 06:04:11 2026\n"
    spool += returned(project, "exim-retry-timeout", CY)
    (project / "spool").write_bytes(spool)

    dry = digest("bounces", "--dry-run", "--json")
    assert names(folder / "new") == ["a", "b", "c"]
    read, again = digest("bounces"), digest("bounces", "--json")

    assert dry.json["counts"] == {
        "hard bounce": 1, "soft bounce": 1, "complaint": 1, "forged": 1,
    }  # fmt: skip
    assert (read.code, again.json["counts"]) == (0, {"read before": 1})  # the mbox
    assert f"a        hard bounce  {ANA}  5.1.1   550 5.1.1" in read.out
    assert "4 mails read: 1 hard bounce, 1 soft bounce, 1 complaint" in read.out
    assert names(folder / "cur") == ["a:2,S", "b:2,S", "c:2,S"]
    assert (project / "spool").read_bytes() == spool
    assert reader_in(project, ANA).status is Status.BOUNCED
    assert reader_in(project, BO).status is Status.UNSUBSCRIBED
    sentence = "came back after they were sent: 1 complaint, 1 hard, 1 soft"
    assert sentence in digest("status").out
    assert sentence in digest("prove").out
    counts = {"complaint": 1, "hard": 1, "soft": 1}
    assert digest("status", "--json").json["issues"][0]["returned"] == counts
    assert digest("prove", "--json").json["returned"] == counts
    assert digest("status", "--json").json["returned"] == dry.json["counts"]
    assert "returned mail, in 90 days: 1 complaint, 1 forged," in digest("status").out
    assert "550 5.1.1" in digest("subscribers", "show", ANA).out


def test_run_looks_there_too(digest: Shell, project: Path) -> None:
    maildir(project, a=returned(project, "qmail-no-mailbox", ANA))

    result = digest("run", "--once")

    assert "returned mail: hard bounce, reader" in result.out
    assert ANA not in result.out
    assert reader_in(project, ANA).status is Status.BOUNCED


def test_a_place_may_be_named(digest: Shell, project: Path, tmp_path: Path) -> None:
    mail = tmp_path / "one.eml"
    mail.write_bytes(returned(project, "apple-unsubscribe", ANA))
    empty = tmp_path / "empty"
    empty.mkdir()

    result = digest("bounces", "--from", mail)

    assert f"unsubscribed  {ANA}" in result.out
    assert reader_in(project, ANA).preferences.newsletters == frozenset()
    assert "No returned mail" in digest("bounces", "--from", empty).out


def test_a_mistake_is_said_with_what_to_do(
    digest: Shell, project: Path, tmp_path: Path
) -> None:
    (project / "spool").write_bytes(b"From x\n\nx\n")
    (project / "spool.lock").touch()
    maildir(project)
    said: list[tuple[int, str]] = []
    for arguments in (
        ("bounces", "--imap"),
        ("bounces", "--from", tmp_path / "nowhere"),
        ("bounces", "--from", tmp_path, "--imap"),
        ("bounces", "--dry-run", "parked"),
        ("bounces", "--listen", "0.0.0.0:2525"),
        ("bounces", "--listen", "127.0.0.1"),
        ("bounces",),
    ):
        result = digest(*arguments)
        said.append((result.code, result.err))

    assert [code for code, _ in said] == [3, 3, 2, 2, 3, 3, 5]
    for (_, words), expected in zip(
        said,
        (
            "does not say where returned mail comes to by IMAP",
            "nowhere: it cannot be read (No such file or directory); name a Maildir",
            "say one of --from, --imap and --listen",
            "write them behind it",
            "write it like 127.0.0.1:8024",
            "it takes mail from this machine alone",
            "another program has locked it",
        ),
        strict=True,
    ):
        assert expected in words


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("{every: 1 hour}", "`bounces` says not where returned mail comes to"),
        (
            "{imap: {host: imap.example.org, username: b}}",
            "`username` is given without `password`",
        ),
        (
            (
                "{imap: {host: i.example.org, username: b, security: none,"
                " token_command: t, done: Read, delete: true}}"
            ),
            "a mail can only go one way",
        ),
    ],
)
def test_what_digest_yaml_says_is_checked(
    capsys: pytest.CaptureFixture[str], project: Path, written: str, complaint: str
) -> None:
    digest = Shell(capsys, project)
    (project / "digest.yaml").write_text(f"{SETTINGS}bounces: {written}\n")

    result = digest("check")

    assert result.code == 3
    assert complaint in result.err
    assert "digest.yaml:19:" in result.err


def test_too_many_at_once_wait_for_a_word(digest: Shell, project: Path) -> None:
    people = [f"p{n}@{d}.example" for d in ("crowd", "horde") for n in range(22)]
    lines = "".join(f"  - address: {address}\n" for address in people)
    with (project / "subscribers.yaml").open("a") as file:
        file.write(lines)
    (project / "articles" / "more.md").write_text(
        "---\nheadline: More news\n---\n\nAs it came.\n"
    )
    assert (digest("collect").code, digest("send").code) == (0, 0)
    mails = {
        f"m{n:02}": returned(project, "postfix-unknown-user", address).replace(
            b"Message-ID: <", b"Message-ID: <%d" % n, 1
        )
        for n, address in enumerate(people)
    }
    maildir(project, **mails)

    read = digest("bounces")
    waiting = digest("bounces", "parked")
    in_json = digest("bounces", "parked", "--json").json["parked"]
    nothing = digest("bounces", "accept", "--provider", "elsewhere.example")
    dropped = digest("bounces", "drop", "--provider", "crowd.example")
    accepted = digest("bounces", "accept")

    assert (read.code, waiting.code, len(in_json)) == (1, 1, 44)
    assert "seem to be gone at once" in read.err
    assert "crowd.example  22" in waiting.out
    assert (nothing.code, "no such bounce is parked" in nothing.err) == (3, True)
    assert "22 parked bounces dropped" in dropped.out
    assert "22 parked bounces accepted" in accepted.out
    assert digest("bounces", "parked").code == 0
    assert reader_in(project, people[0]).status is Status.ACTIVE
    assert reader_in(project, people[-1]).status is Status.BOUNCED


# -- as a mail server calls it --------------------------------------------------


def piped(
    project: Path, content: bytes, *more: str
) -> subprocess.CompletedProcess[bytes]:
    command = [
        sys.executable,
        "-m",
        "digest",
        "-C",
        str(project),
        "bounces",
        *more,
        "-",
    ]
    return subprocess.run(command, input=content, capture_output=True, check=False)


@pytest.mark.slow
def test_a_pipe_says_nothing_or_try_again_later(digest: Shell, project: Path) -> None:
    content = returned(project, "gmail-no-such-user", ANA)

    read = piped(project, content)
    strange = piped(project, b"From:\n\nflufl.bounce stumbles over no sender")
    with (project / "digest.yaml").open("a") as file:
        file.write("nonsense: true\n")
    broken = piped(project, content)

    assert (read.returncode, read.stdout, read.stderr) == (0, b"", b"")
    assert (strange.returncode, strange.stdout, strange.stderr) == (0, b"", b"")
    assert broken.returncode == 75
    assert b"digest.yaml:20:1" in broken.stderr
    (project / "digest.yaml").write_text(SETTINGS)
    assert reader_in(project, ANA).status is Status.BOUNCED


def on_the_wire(content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


@contextmanager
def listening(
    project: Path, port: int = 0
) -> Iterator[tuple[int, Callable[[], Result]]]:
    """Run `digest bounces --listen`; yield its port, and how to end it."""
    port = port or free_port()
    process = start(project, "bounces", "--listen", f"127.0.0.1:{port}")
    try:
        assert process.stdout
        assert "taking returned mail" in process.stdout.readline()

        def end() -> Result:
            process.terminate()
            return finish(process)

        yield port, end
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_mail_server_may_hand_over_by_lmtp_or_smtp(
    digest: Shell, project: Path
) -> None:
    hard = returned(project, "domino-not-listed", ANA)
    leave = returned(project, "gmail-unsubscribe", BO)
    bare = b"From: b@x.example\nSubject: failure notice\n\n550 5.1.1 gone\n"
    [box, *_] = [
        line.partition(b": ")[2].decode()
        for line in returned(project, "mangled-case", CY).splitlines()
        if line.startswith(b"To: ")
    ]

    with listening(project) as (port, end):
        overlong = b"X-Trace: " + b"x" * 5000 + b"\n" + hard
        with smtplib.LMTP("127.0.0.1", port) as line:
            line.sendmail("", "digest@ledger.example", on_the_wire(overlong))
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            smtp.sendmail("", "u@ledger.example", on_the_wire(leave))
            refused = smtp.sendmail(
                "", [box, "digest@ledger.example"], on_the_wire(bare)
            )
        result = end()

    assert refused == {"digest@ledger.example": (452, b"4.5.3 one recipient at a time")}
    came = [line.split(" ", 1)[1] for line in result.out.splitlines()]
    assert [line.split(",")[0] for line in came] == [
        "returned mail: hard bounce", "returned mail: unsubscribed",
        "returned mail: hard bounce", "stopped",
    ]  # fmt: skip
    assert reader_in(project, ANA).status is Status.BOUNCED
    assert reader_in(project, CY).status is Status.BOUNCED  # named by its envelope
    assert reader_in(project, BO).preferences.newsletters == frozenset()


def test_what_cannot_be_written_down_stays_with_the_mail_server(project: Path) -> None:
    from digest.errors import StoreError
    from digest.postbox.receiving import Receiving

    def take(content: bytes, recipient: str) -> None:
        raise StoreError("the disk is full")

    port = free_port()
    with Receiving("127.0.0.1", port, take), smtplib.LMTP("127.0.0.1", port) as line:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            line.sendmail("", "b@ledger.example", b"x")
        assert refused.value.smtp_code == 451
