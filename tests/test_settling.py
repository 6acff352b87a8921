"""When a send did not simply go through: the operator's commands, on a real project."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.config import load_settings
from digest.delivery import Sending
from digest.errors import InputError
from digest.model import Message, Outcome, State, Status
from digest.newsroom import Newsroom
from digest.proof import compared, seen_in
from digest.store import Delivery
from digest.transports import Desk
from tests.commands import Shell
from tests.projects import MONDAY

ISSUE = "daily/2026-11-23"


@pytest.fixture
def digest(digest: Shell) -> Shell:
    digest("collect")
    return digest


class Silent:
    """A transport for a desk at which a test asks by itself."""

    window = 1

    def deliver(self, desk: Desk) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@contextmanager
def killed_while_sending(
    project: Path, *, arrived: int = 0, refused: int = 0, in_flight: int = 1
) -> Iterator[list[Message]]:
    """Send a part of the next issue and die; yield what was in flight."""
    settings = load_settings(project, environment={})
    with Newsroom(settings) as newsroom:
        newsroom.refresh_subscribers()
        issue = newsroom.issues.prepare(newsroom.newsletter("daily"))
        assert issue is not None
        desk = Sending(
            assembler=newsroom.assembler(issue),
            audience=newsroom.store.audience,
            journal=newsroom.store.journal,
            transport=Silent(),
            now=newsroom.now,
        )
        states = [State.SENT] * arrived + [State.FAILED] * refused
        for state in states:
            message = leaving(desk)
            reply = "550 5.7.1 no" if state is State.FAILED else "250 ok"
            desk.settle([Outcome(delivery=message.delivery, state=state, reply=reply)])
        yield [leaving(desk) for _ in range(in_flight)]


def leaving(desk: Sending) -> Message:
    message = desk.take()
    assert message is not None
    assert desk.settle(leaving=message)
    return message


def counts(digest: Shell) -> dict[str, int]:
    """Return the states of the last issue that have deliveries."""
    issue = digest("status", "--json").json["issues"][-1]
    return {state: number for state, number in issue["counts"].items() if number}


def log_of(project: Path, messages: list[Message]) -> Path:
    """Write what a mail server's log says of messages it took."""
    log = project / "mail.log"
    lines = []
    for number, message in enumerate(messages):
        (header,) = (
            line for line in message.content.splitlines() if line[:11] == b"Message-ID:"
        )
        name = header.removeprefix(b"Message-ID: ").decode()
        queue = f"4TzxYz{number}Kq2z"
        lines += [
            f"Nov 23 07:00:01 mx postfix/cleanup[7]: {queue}: message-id={name}",
            f"Nov 23 07:00:01 mx postfix/qmgr[8]: {queue}: from=<b@x>, size=40123",
            f"Nov 23 07:00:02 mx postfix/relay[9]: {queue}: message-id={name}",
        ]
    log.write_text("\n".join(lines))
    return log


@pytest.fixture
def smtp(project: Path) -> None:
    """Let mail leave through a server, which is not there: nothing does."""
    config = project / "digest.yaml"
    server = "{smtp: {host: 127.0.0.1, port: 9, security: none}}"
    config.write_text(config.read_text().replace("{files: outbox}", server))


def test_without_the_secrets_mail_is_stopped_all_the_same(
    digest: Shell, project: Path
) -> None:
    """At night, in a shell that has none of what the service has."""
    digest("send")
    config = project / "digest.yaml"
    server = "{smtp: {host: mail.ledger.example, username: x, password: env:NOT_HERE}}"
    key = "dkim: {selector: s1, key: 'file:nowhere.pem'}\n"
    text = config.read_text().replace("{files: outbox}", server)
    config.write_text(text + key)

    refused = digest("send")
    codes = [digest(each).code for each in ("status", "pause", "recall", "prove")]
    codes.append(digest("resolve", "--arrived").code)
    saved = digest("db", "backup", project / "saved.db")

    assert refused.code == 3
    assert "where NOT_HERE is not set" in refused.err
    assert "nowhere.pem, which cannot be read" in refused.err
    assert [*codes, saved.code] == [0, 0, 0, 0, 0, 0]
    config.write_text(config.read_text().replace("env:NOT_HERE", "hunter2"))
    assert digest("pause").code == 3, "a secret written there is still refused"


class TestMailsInDoubt:
    @pytest.mark.usefixtures("smtp")
    def test_are_held_and_settled_by_the_servers_log(
        self, digest: Shell, project: Path
    ) -> None:
        with killed_while_sending(project, arrived=1, in_flight=2) as flying:
            log = log_of(project, flying[:1])

        digest("send")
        held = counts(digest)
        told = digest("prove", "--log", log)
        hasty = digest("resolve", "--log", log, "--send-again")
        unsettled = counts(digest)
        resolved = digest("resolve", "--log", log)

        assert hasty.code == 3
        assert (
            "1 mail that the mail server took is not in what --log names" in hasty.err
        )
        assert held == unsettled
        assert held == {"sent": 1, "unknown": 2}
        assert told.code == 1
        assert "3 planned = 1 sent + 2 unknown" in told.out
        assert "1 mail in doubt, and in the server's record" in told.err
        assert "1 mail in doubt, and not in the server's record" in told.err
        assert "1 mail sent by our record, and not in the server's" in told.err
        assert resolved.code == 1
        assert "1 mail still in doubt. What a whole log" in resolved.err
        assert counts(digest) == {"sent": 2, "unknown": 1}
        assert digest("resolve", "--give-up").code == 0
        assert counts(digest) == {"sent": 2, "failed": 1}

    def test_can_go_again_as_the_very_same_mails(
        self, digest: Shell, project: Path
    ) -> None:
        (project / "digest.yaml").write_text(
            (project / "digest.yaml")
            .read_text()
            .replace(
                "{files: outbox}",
                "{in_doubt: hold, smtp: {host: 127.0.0.1, port: 9, security: none}}",
            )
        )
        with killed_while_sending(project, arrived=2) as (lost,):
            pass
        digest("send")

        digest("resolve", "--send-again")
        to_files(project)
        result = digest("resume")

        assert result.code == 0
        (mail,) = (project / "outbox" / "new").iterdir()
        assert mail.read_bytes() == lost.content

    @pytest.mark.parametrize(
        ("policy", "after"),
        [
            ("hold", {"sent": 2, "unknown": 1}),
            ("assume-sent", {"sent": 3}),
            ("resend", {"sent": 2, "queued": 1}),
        ],
    )
    def test_are_dealt_with_as_digest_yaml_says(
        self, digest: Shell, project: Path, policy: str, after: dict[str, int]
    ) -> None:
        config = project / "digest.yaml"
        server = "smtp: {host: 127.0.0.1, port: 9, security: none}"
        config.write_text(
            config.read_text().replace(
                "{files: outbox}", f"{{in_doubt: {policy}, {server}}}"
            )
        )
        with killed_while_sending(project, arrived=2):
            pass

        digest("send")

        assert counts(digest) == after

    def test_written_to_files_are_simply_written_again(
        self, digest: Shell, project: Path
    ) -> None:
        with killed_while_sending(project):
            pass

        assert digest("send").code == 0
        assert counts(digest) == {"sent": 3}
        assert len(list((project / "outbox" / "new").iterdir())) == 3

    def test_are_settled_for_a_reason(self, digest: Shell, project: Path) -> None:
        with killed_while_sending(project):
            pass

        result = digest("resolve")

        assert result.code == 2
        assert "--arrived, --send-again, --give-up, or --log" in result.err


def to_files(project: Path) -> None:
    config = project / "digest.yaml"
    lines = [
        "delivery: {files: outbox}" if line.startswith("delivery:") else line
        for line in config.read_text().splitlines()
    ]
    config.write_text("\n".join(lines) + "\n")


class TestAPause:
    def test_keeps_an_issue_until_it_is_resumed(
        self, digest: Shell, project: Path
    ) -> None:
        with killed_while_sending(project, arrived=1, in_flight=0):
            pass

        paused = digest("pause")
        sent = digest("send", "--issue", last(digest))
        status = digest("status")
        resumed = digest("resume")

        assert paused.code == 0
        assert "is paused: 2 claimed, 1 sent" in paused.out
        assert sent.code == 3
        assert f"is paused; `digest resume --issue {last(digest)}`" in sent.err
        assert status.code == 1
        assert "paused: nothing more of it leaves" in status.err
        assert resumed.code == 0
        assert counts(digest) == {"sent": 3}

    def test_of_nothing_is_said(self, digest: Shell) -> None:
        result = digest("pause")

        assert result.code == 3
        assert "has no issue yet" in result.err

    def test_of_what_has_left_does_not_seem_to_stop_the_next_issue(
        self, digest: Shell
    ) -> None:
        digest("send")

        result = digest("pause")

        assert "is paused" not in result.out + result.err
        assert f"{last(digest)} has nothing left to pause: 3 sent." in result.err
        assert "The next issue leaves all the same when it is due, at" in result.err
        assert "stop `digest run` if it must not." in result.err
        assert "paused" not in digest("status").err


class TestARecall:
    def test_stops_an_issue_for_good(self, digest: Shell, project: Path) -> None:
        with killed_while_sending(project, arrived=1, in_flight=0):
            pass

        result = digest("recall", "--yes")
        again = digest("resume")

        assert result.code == 0
        assert "2 mails will not be sent" in result.out
        assert counts(digest) == {"sent": 1, "skipped": 2}
        assert again.code == 3
        assert "was recalled" in again.err
        assert "2 readers skipped: recalled" in digest("status").out

    def test_that_nobody_confirms_only_pauses(
        self, digest: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with killed_while_sending(project, arrived=1, in_flight=0):
            pass
        monkeypatch.setattr("click.confirm", lambda *_, **__: False)

        result = digest("recall")

        assert result.code == 1
        assert "is paused instead" in result.err
        sent, shown = digest("send"), digest("send", "--json")
        issue = digest("status", "--json").json["issues"][0]["id"]
        assert sent.code == 1, "a paused issue is nothing settled"
        assert f"{issue}: paused, 2 mails waiting; `digest resume --issue" in sent.err
        assert "Nothing new" not in sent.out
        assert shown.json["paused"] == [issue]
        assert digest("resume").code == 0

    def test_of_what_has_left_comes_too_late(self, digest: Shell) -> None:
        digest("send")

        result = digest("recall", "--yes")

        assert result.code == 0, "as of a pause"
        assert "has left; nothing can be called back: 3 sent" in result.err
        assert "recalled" not in digest("status").out

    @pytest.mark.usefixtures("smtp")
    def test_of_what_a_killed_process_had_in_hand_leaves_it_to_be_settled(
        self, digest: Shell, project: Path
    ) -> None:
        with killed_while_sending(project, arrived=1):
            pass
        digest("recall", "--yes")
        assert counts(digest) == {"sent": 1, "body_sent": 1, "skipped": 1}

        again, tried = digest("resolve", "--send-again"), digest("retry")
        settled = digest("resolve", "--give-up")

        assert (again.code, tried.code) == (3, 3)
        assert "was recalled" in again.err
        assert "was recalled" in tried.err
        assert "1 mail in doubt: now failed" in settled.out
        assert settled.code == 0
        assert counts(digest) == {"sent": 1, "failed": 1, "skipped": 1}
        assert digest("prove").code == 0


class TestARetry:
    def test_sends_what_was_refused_when_the_cause_is_gone(
        self, digest: Shell, project: Path
    ) -> None:
        with killed_while_sending(project, arrived=1, refused=2, in_flight=0):
            pass
        assert counts(digest) == {"sent": 1, "failed": 2}
        status = digest("status").out
        assert "2 mails failed: 550 5.7.1" in status
        assert f"`digest retry --issue {last(digest)}` tries what failed" in status

        result = digest("retry")

        assert result.code == 0
        assert counts(digest) == {"sent": 3}
        assert "there is nothing to retry" in digest("retry").out
        assert digest("retry", "--json").json["issues"] == []
        assert digest("lint", "--json").json == {"mails": 0, "findings": []}
        assert digest("lint", "--sarif").json["runs"][0]["results"] == []

    def test_leaves_who_was_given_up_until_they_are_revived(
        self, digest: Shell, project: Path
    ) -> None:
        with killed_while_sending(project, arrived=2, refused=1, in_flight=0):
            pass
        with Newsroom(load_settings(project, environment={})) as newsroom:
            [failed] = newsroom.store.journal.deliveries(last(digest), State.FAILED)
            reader = newsroom.store.audience.by_ids([failed.subscriber])
            newsroom.store.audience.set_status(
                failed.subscriber, Status.BOUNCED, by="550 5.1.1 no such user"
            )
        address = reader[failed.subscriber].address

        result, shown = digest("retry"), digest("retry", "--json")

        assert result.code == shown.code == 1
        assert shown.json["settled"] is False
        assert "1 refused mail not tried: the address takes no mail" in result.err
        assert f"  {address}\n" in result.err
        assert "`digest subscribers revive ADDRESS --reason" in result.err
        assert counts(digest) == {"sent": 2, "failed": 1}
        digest("subscribers", "revive", address, "--reason", "asked by phone")
        assert digest("retry").code == 0
        assert counts(digest) == {"sent": 3}


class TestAProof:
    def test_adds_up_and_agrees_with_the_files(
        self, digest: Shell, project: Path
    ) -> None:
        digest("send")

        result = digest("prove", "--log", project / "outbox")
        told = digest("prove", "--log", project / "outbox", "--json").json

        assert result.code == 0
        assert "3 planned = 3 sent" in result.out
        assert "both records agree" in result.out
        assert told["planned"] == told["record"]["found"] == 3
        assert told["adds_up"]
        assert told["record"]["agrees"]

    def test_finds_what_is_lost_and_what_is_there_twice(
        self, digest: Shell, project: Path
    ) -> None:
        digest("send")
        first, second, _ = sorted((project / "outbox" / "new").iterdir())
        first.unlink()
        (project / "outbox" / "cur" / "copy").write_bytes(second.read_bytes())

        result = digest("prove", "--log", project / "outbox")

        assert result.code == 1
        assert "1 mail sent by our record, and not in the server's" in result.err
        assert "1 mail more than once in the server's record" in result.err

    def test_names_a_record_that_cannot_be_read(
        self, digest: Shell, project: Path
    ) -> None:
        digest("send")

        result = digest("prove", "--log", project / "nowhere.log")

        assert result.code == 3
        assert "nowhere.log: it cannot be read" in result.err

    def test_counts_strangers_and_what_should_not_be_there(
        self, tmp_path: Path
    ) -> None:
        def named(number: int) -> str:
            return f"<daily-2026-11-23.{number:032x}@ledger.example>"

        rows = [
            delivery(1, State.SENT),
            delivery(2, State.SKIPPED),
            delivery(3, State.QUEUED),
        ]
        dump = tmp_path / "dump"
        dump.write_text(
            "".join(f"To: x\nMessage-Id: {named(n)}\n\nBody\n" for n in (1, 2, 9))
            + "Message-ID: <weekly-2026-11-23.aa@ledger.example>\n"
        )

        proof = compared(
            rows, lambda d: named(int(d.subscriber)), seen_in([dump], ISSUE)
        )

        assert (proof.found, proof.strangers) == (3, 1)
        assert [d.subscriber for d in proof.unexpected] == ["2"]
        assert not proof.missing
        assert not proof.agrees


def delivery(number: int, state: State) -> Delivery:
    return Delivery(
        issue=ISSUE,
        subscriber=str(number),
        state=state,
        attempts=1,
        due=None,
        dated=MONDAY,
        reason="",
        reply="",
        changed=MONDAY,
    )


def last(digest: Shell) -> str:
    return str(digest("status", "--json").json["issues"][-1]["id"])


NAMED = f"<daily-2026-11-23.{7:032x}@ledger.example>"


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        pytest.param(
            [
                f"postfix/cleanup[1]: ABC123DEF: message-id={NAMED}",
                f"postfix/cleanup[1]: ABC123DEF: message-id={NAMED}",
                "postfix/qmgr[2]: ABC123DEF: from=<b+x@y>, size=4, nrcpt=1 (queue active)",
                f"postfix/cleanup[1]: XYZ123DEF: message-id={NAMED}",
                "postfix/smtp[3]: XYZ123DEF: to=<a@b>, relay=x, dsn=2.0.0, status=sent (x)",
                "postfix/qmgr[2]: ABC123DEF: from=<b+x@y>, size=4, nrcpt=1 (queue active)",
            ],
            2,
            id="two queue files are two messages, however many lines are about them",
        ),
        pytest.param(
            [
                f"postfix/cleanup[1]: ABC123DEF: message-id={NAMED}",
                "postfix/smtpd[4]: lost connection after DATA (4096 bytes) from x[::1]",
                "postfix/qmgr[2]: FFF123DEF: from=<z@y>, size=4, nrcpt=1 (queue active)",
            ],
            0,
            id="one that was cut off in the middle was never taken",
        ),
        pytest.param(
            [
                f"postfix/cleanup[1]: ABC123DEF: message-id={NAMED}",
                "postfix/cleanup[1]: ABC123DEF: milter-reject: END-OF-MESSAGE from x[::1]: no",
            ],
            0,
            id="one that was refused after its end was not, either",
        ),
        pytest.param(
            [
                f"2026-11-23 07:00:01 1tE-01-2x <= b+x@y H=x P=esmtps S=4 id={NAMED[1:-1]}"
            ],
            1,
            id="Exim writes no angle brackets",
        ),
    ],
)
def test_a_log_has_a_message_when_its_server_took_it(
    tmp_path: Path, lines: list[str], times: int
) -> None:
    first, second = tmp_path / "mail.log.2.gz", tmp_path / "mail.log"
    with gzip.open(first, "wt") as rotated:
        rotated.write(f"{lines[0]}\n")
    second.write_text("\n".join(lines[1:]))
    whole = tmp_path / "whole.log"
    whole.write_text("\n".join(lines))

    assert seen_in([whole], ISSUE).total() == times
    assert seen_in([first, second], ISSUE).total() == times


def test_a_rotated_log_that_is_broken_is_named(tmp_path: Path) -> None:
    log = tmp_path / "mail.log.gz"
    log.write_bytes(gzip.compress(b"x" * 9000)[:20])

    with pytest.raises(InputError, match=r"mail\.log\.gz: it cannot be read"):
        seen_in([log], ISSUE)
