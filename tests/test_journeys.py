"""The whole chain on real files, a real database and a real SMTP server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from digest.config import load_settings
from digest.errors import BusyError, InputError, TransportError
from digest.model import State, Status
from digest.newsroom import Newsroom
from digest.postbox import Postbox
from digest.settings import FilesDelivery, Security, Settings, SmtpDelivery
from digest.transports import open_transport
from tests.projects import Clock, smtp_settings, write_article, write_project


@pytest.fixture
def settings(project: Path) -> Settings:
    return load_settings(project, environment={})


@pytest.fixture
def newsroom(settings: Settings, clock: Clock) -> Iterator[Newsroom]:
    with Newsroom(settings, now=clock) as opened:
        opened.refresh_subscribers()
        list(opened.collect())
        clock.forward(minutes=1)
        yield opened


@pytest.fixture
def postbox(tmp_path: Path) -> Iterator[Postbox]:
    with Postbox(tmp_path / "arrived") as box:
        yield box


def through(box: Postbox) -> SmtpDelivery:
    return SmtpDelivery(host="127.0.0.1", port=box.port, security=Security.NONE)


def arrived(tmp_path: Path) -> list[EmailMessage]:
    parser = BytesParser(policy=policy.default)
    files = sorted((tmp_path / "arrived" / "new").iterdir())
    return [parser.parsebytes(path.read_bytes()) for path in files]


def send(newsroom: Newsroom, box: Postbox) -> dict[State, int]:
    newsletter = newsroom.newsletter("daily")
    unfinished = newsroom.issues.open(newsletter)
    issue = unfinished[0] if unfinished else newsroom.issues.prepare(newsletter)
    assert issue is not None
    return dict(newsroom.send(issue, transport=open_transport(through(box))).done)


def test_every_reader_gets_their_own_topics_once(
    newsroom: Newsroom, postbox: Postbox, tmp_path: Path
) -> None:
    done = send(newsroom, postbox)

    mails = {str(mail["To"]): mail for mail in arrived(tmp_path)}
    text = {to: mail.get_body(("plain",)).get_content() for to, mail in mails.items()}  # type: ignore[union-attr]
    assert done == {State.SENT: 3}
    assert set(postbox.received.values()) == {1}
    ana, bo, cy = (text[f"{name}@readers.example"] for name in ("ana", "bo", "cy"))
    assert "ferry is back" in ana.lower()
    assert "bell" not in ana.lower()
    assert "no bell on monday" in bo.lower()
    assert "ferry" not in bo.lower()
    assert all(words in cy.lower() for words in ("ferry", "lock", "bell"))


def test_what_build_writes_is_what_send_sends(
    newsroom: Newsroom, clock: Clock, tmp_path: Path
) -> None:
    newsletter = newsroom.newsletter("daily")
    plan = newsroom.issues.plan(newsroom.issues.draft(newsletter), newsletter)
    clock.at = clock.at.replace(microsecond=0)
    newsroom.build(plan, tmp_path / "out")
    newsroom.send(
        issue := newsroom.issues.prepare(newsletter),  # type: ignore[arg-type]
        transport=open_transport(FilesDelivery(folder=tmp_path / "maildir")),
    )

    built = Counter(path.read_bytes() for path in (tmp_path / "out").rglob("*.eml"))
    sent = Counter(path.read_bytes() for path in (tmp_path / "maildir/new").iterdir())
    assert issue is not None
    assert built == sent
    assert built.total() == 3


def test_a_second_send_sends_nothing_twice(
    newsroom: Newsroom, postbox: Postbox
) -> None:
    send(newsroom, postbox)
    newsletter = newsroom.newsletter("daily")

    assert newsroom.issues.open(newsletter) == []
    assert newsroom.issues.prepare(newsletter) is None
    last = newsroom.store.archive.last_issue("daily")
    assert last is not None
    newsroom.issues.plan_rows(last, newsroom.newsletter(last.newsletter))
    report = newsroom.send(last, transport=open_transport(through(postbox)))

    assert report.done.total() == 0
    assert set(postbox.received.values()) == {1}


def test_the_next_issue_holds_only_what_is_new(
    newsroom: Newsroom, project: Path, clock: Clock, postbox: Postbox, tmp_path: Path
) -> None:
    send(newsroom, postbox)
    clock.forward(days=1)
    write_article(
        project,
        "dredger.md",
        "---\nheadline: The dredger\ntags: [river]\n---\n\nMud.\n",
    )
    list(newsroom.collect())
    clock.forward(minutes=1)

    done = send(newsroom, postbox)

    assert done == {State.SENT: 2, State.SKIPPED: 1}
    new = [str(mail["Subject"]) for mail in arrived(tmp_path)][3:]
    assert len(new) == 2
    assert all("dredger" in subject.lower() for subject in new)


def test_an_unsubscribe_counts_until_the_last_moment(
    newsroom: Newsroom, postbox: Postbox
) -> None:
    issue = newsroom.issues.prepare(newsroom.newsletter("daily"))
    assert issue is not None
    newsroom.unsubscribe("ana@readers.example")

    report = newsroom.send(issue, transport=open_transport(through(postbox)))

    assert report.done[State.SKIPPED] == 1
    assert "ana@readers.example" not in postbox.received


def test_an_unsubscribe_wins_over_the_file(newsroom: Newsroom, project: Path) -> None:
    newsroom.unsubscribe("ana@readers.example")
    path = project / "subscribers.yaml"
    path.write_text(path.read_text().replace("name: Ana", "name: Ana Maria"))

    imported = newsroom.refresh_subscribers()

    assert imported is not None
    assert len(imported.kept_unsubscribed) == 1
    assert newsroom.subscriber("ana@readers.example").status is Status.UNSUBSCRIBED


def test_a_server_that_is_down_loses_nothing(
    newsroom: Newsroom, postbox: Postbox, settings: Settings
) -> None:
    newsletter = newsroom.newsletter("daily")
    issue = newsroom.issues.prepare(newsletter)
    assert issue is not None
    down = SmtpDelivery(host="127.0.0.1", port=9, security=Security.NONE)

    with pytest.raises(TransportError, match=r"127\.0\.0\.1:9"):
        newsroom.send(issue, transport=open_transport(down))

    assert newsroom.store.journal.counts(issue.id) == {State.QUEUED: 3}
    assert send(newsroom, postbox) == {State.SENT: 3}


def test_two_sends_at_once_do_not_meet(newsroom: Newsroom, settings: Settings) -> None:
    newsletter = newsroom.newsletter("daily")
    with (
        Newsroom(settings) as other,
        newsroom.sending(newsletter),
        pytest.raises(BusyError, match="daily"),
        other.sending(newsletter),
    ):
        pass
    with newsroom.sending(newsletter):
        pass


def test_a_broken_template_stops_before_anything_is_sent(
    newsroom: Newsroom, project: Path, postbox: Postbox
) -> None:
    folder = project / "templates" / "newsroom"
    folder.mkdir(parents=True)
    (folder / "subject.txt.j2").write_text("{{ issue.headlin }}\n")
    issue = newsroom.issues.prepare(newsroom.newsletter("daily"))
    assert issue is not None

    with pytest.raises(InputError, match=r"subject\.txt\.j2:1"):
        newsroom.send(issue, transport=open_transport(through(postbox)))

    assert postbox.received == {}
    assert newsroom.store.journal.counts(issue.id) == {State.QUEUED: 3}


def test_a_test_mail_is_another_readers_digest_and_leaves_no_trace(
    newsroom: Newsroom, postbox: Postbox, tmp_path: Path
) -> None:
    newsletter = newsroom.newsletter("daily")
    ana = newsroom.subscriber("ana@readers.example")

    outcome = newsroom.send_test(
        newsroom.issues.draft(newsletter),
        "editor@ledger.example",
        reader=ana.id,
        transport=open_transport(through(postbox)),
    )

    (mail,) = arrived(tmp_path)
    assert outcome.state is State.SENT
    assert "Ana" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert str(mail["To"]) == "editor@ledger.example"
    assert str(mail["Subject"]).startswith("[Test] ")
    assert ana.id not in str(mail["List-Unsubscribe"]), (
        "a click must not unsubscribe Ana"
    )
    assert newsroom.store.archive.issues("daily") == []


def test_a_full_disk_stops_with_words_and_loses_nothing(
    newsroom: Newsroom, tmp_path: Path, postbox: Postbox
) -> None:
    issue = newsroom.issues.prepare(newsroom.newsletter("daily"))
    assert issue is not None
    (tmp_path / "file").write_text("in the way")
    blocked = FilesDelivery(folder=tmp_path / "file" / "maildir")

    with pytest.raises(Exception, match="maildir") as raised:
        newsroom.send(issue, transport=open_transport(blocked))

    assert type(raised.value).__name__ == "OutputError"
    assert send(newsroom, postbox) == {State.SENT: 3}


CHILD = """
import os, sys
from pathlib import Path
from digest.config import load_settings
from digest.newsroom import Newsroom
from digest.settings import Security, SmtpDelivery
from digest.transports import open_transport

settings = load_settings(Path(sys.argv[1]), environment={})
dies_after = int(sys.argv[3])
with Newsroom(settings) as newsroom:
    (issue,) = newsroom.issues.open(newsroom.newsletter("daily"))
    seen = []
    def outcome(state):
        seen.append(state)
        if len(seen) == dies_after:
            os.kill(os.getpid(), 9)
    smtp = SmtpDelivery(host="127.0.0.1", port=int(sys.argv[2]), security=Security.NONE)
    with newsroom.sending(newsroom.newsletter("daily")):
        newsroom.send(issue, transport=open_transport(smtp), on_outcome=outcome)
"""


@pytest.mark.parametrize(
    "dies_after", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 7))]
)
def test_a_killed_send_goes_on_where_it_was(
    tmp_path: Path, postbox: Postbox, dies_after: int
) -> None:
    readers = "subscribers:\n" + "".join(
        f"  - address: r{number}@readers.example\n" for number in range(12)
    )
    project = write_project(
        tmp_path / "news", readers=readers, settings=smtp_settings(postbox.port)
    )
    settings = load_settings(project, environment={})
    with Newsroom(settings) as newsroom:
        newsroom.refresh_subscribers()
        list(newsroom.collect())
        newsroom.issues.prepare(newsroom.newsletter("daily"))
    child = tmp_path / "child.py"
    child.write_text(textwrap.dedent(CHILD))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}

    killed = subprocess.run(
        [sys.executable, child, project, str(postbox.port), str(dies_after)],
        env=environment,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    with Newsroom(settings) as newsroom, newsroom.sending(newsroom.newsletter("daily")):
        issue = newsroom.store.archive.last_issue("daily")
        assert issue
        report = newsroom.send(issue, transport=open_transport(through(postbox)))

    unknown = report.counts.get(State.UNKNOWN, 0)
    assert report.counts[State.SENT] + unknown == 12
    assert unknown <= 4, "one for each connection"
    assert set(postbox.received.values()) == {1}
    assert report.counts[State.SENT] <= sum(postbox.received.values()) <= 12


@pytest.mark.slow
def test_sigterm_finishes_the_mail_in_flight(tmp_path: Path, postbox: Postbox) -> None:
    readers = "subscribers:\n" + "".join(
        f"  - address: r{number}@readers.example\n" for number in range(400)
    )
    project = write_project(tmp_path / "news", readers=readers)
    config = project / "digest.yaml"
    smtp = f"{{smtp: {{host: 127.0.0.1, port: {postbox.port}, security: none}}}}"
    config.write_text(config.read_text().replace("{files: outbox}", smtp))
    digest = [sys.executable, "-m", "digest", "-C", str(project)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    subprocess.run(
        [*digest, "collect"], check=True, env=environment, capture_output=True
    )

    process = subprocess.Popen(
        [*digest, "send", "daily"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while len(postbox.received) < 5:
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 1, err
    assert b"Traceback" not in err
    with Newsroom(load_settings(project, environment={})) as newsroom:
        last = newsroom.store.archive.last_issue("daily")
        assert last is not None
        counts = newsroom.store.journal.counts(last.id)
        assert counts[State.SENT] == len(postbox.received)
        assert counts[State.SENT] + counts[State.QUEUED] == 400
        assert send(newsroom, postbox)[State.SENT] == counts[State.QUEUED]
    assert set(postbox.received.values()) == {1}


def test_equal_deliveries_give_equal_bytes(newsroom: Newsroom, clock: Clock) -> None:
    newsletter = newsroom.newsletter("daily")
    plan = newsroom.issues.plan(newsroom.issues.draft(newsletter), newsletter)

    once = [message.content for _, _, message in newsroom.messages(plan)]
    again = [message.content for _, _, message in newsroom.messages(plan)]

    assert once == again
    assert len(set(once)) == 3
