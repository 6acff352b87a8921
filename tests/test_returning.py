"""What follows from returned mail, with a real store on each engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.inbox import Arrived, open_path
from digest.links import Links, Purpose
from digest.model import Agreed, Preferences, State, Status, Subscriber
from digest.returning import Came, Handled, Returning
from digest.store import Store, Wanted
from tests.projects import Clock
from tests.returned_mail import BOUNCE, UNSUBSCRIBE, with_tokens
from tests.stores import NEWSLETTERS, issue, opened, planned, reader
from tests.test_bounces import READER, SAMPLES, table


class Room:
    """A store with an issue that went out, and what reads its returned mail."""

    def __init__(self, store: Store, clock: Clock, *, readers: int) -> None:
        self.store, self.clock = store, clock
        self.links = Links(key=store.key, site_url="https://ledger.example")
        self.issue = planned(store, readers=readers).id
        self.sent(self.issue)
        self.returning = Returning(
            store=store, links=self.links, newsletters=["daily", "weekly"]
        )
        self.number = 0

    def sent(self, issue_id: str) -> None:
        self.store.journal.resolve(
            issue_id, was=State.QUEUED, becomes=State.SENT, reply="250 ok"
        )

    def reader(self, number: int = 1) -> Subscriber:
        found = self.store.audience.find(f"reader{number}@example.org")
        assert found
        return found

    def mail(
        self, sample: str, who: Subscriber | None = None, *, about: str = ""
    ) -> bytes:
        """Return a sample as it comes when it is about that reader and issue."""
        id_, about = (who or self.reader()).id, about or self.issue
        bounce = self.links.token(Purpose.BOUNCE, subscriber=id_, scope=about)
        leave = self.links.token(Purpose.UNSUBSCRIBE, subscriber=id_, scope="daily")
        content = (SAMPLES / f"{sample}.eml").read_bytes()
        content = with_tokens(content, bounce, leave)
        self.number += 1
        return content.replace(b"Message-ID: <", b"Message-ID: <%d." % self.number, 1)

    def comes(self, content: bytes, *, dry_run: bool = False) -> Handled:
        mail = Arrived(name="mail", content=content)
        return self.returning.take(mail, dry_run=dry_run)

    def came(self, sample: str, who: Subscriber | None = None) -> Came:
        return self.comes(self.mail(sample, who)).came

    def answered(
        self,
        sample: str,
        who: Subscriber | None = None,
        *,
        side: Mapping[str, object] | None = None,
    ) -> Came:
        """Read a sample as it comes when it is about the answer to a request."""
        return self.of_request(sample, self.asked(who or self.reader(), side))

    def asked(self, who: Subscriber, side: Mapping[str, object] | None = None) -> str:
        """Write down a request, a minute ago; return its id."""
        id_ = self.store.requests.add(
            Wanted.ADDRESS if side else Wanted.WELCOME,
            address=who.address,
            subscriber=who.id,
            detail=side or {},
            lifetime=timedelta(days=3),
        )
        self.clock.forward(minutes=1)
        return id_

    def of_request(self, sample: str, request: str) -> Came:
        whose = replace(self.reader(), id=request)
        return self.comes(self.mail(sample, whose, about="daily")).came

    @property
    def counts(self) -> dict[str, int]:
        return self.store.returns.counts(self.issue)


@pytest.fixture
def room(tmp_path: Path, engine: str) -> Iterator[Room]:
    clock = Clock()
    with opened(tmp_path, clock) as store:
        yield Room(store, clock, readers=3)


def test_a_hard_bounce_ends_mail_to_the_address_and_counts_once(room: Room) -> None:
    content = room.mail("postfix-unknown-user")

    first, again = room.comes(content), room.comes(b"Received: twice\n" + content)

    assert (first.came, again.came) == (Came.HARD, Came.AGAIN)
    assert first.issue == room.issue
    assert room.reader().status is Status.BOUNCED
    assert room.counts == {"hard": 1}
    [*rows] = room.store.journal.deliveries(room.issue)
    assert {row.state for row in rows} == {State.SENT}
    last = room.store.audience.history(room.reader().id)[-1]
    assert last.kind == "bounced"
    assert last.detail.startswith("550 5.1.1 <ana@readers.example>: Recipient address")
    assert room.reader(2).status is Status.ACTIVE


def test_soft_bounces_of_three_issues_in_a_row_over_two_weeks_count_as_hard(
    room: Room,
) -> None:
    about, statuses = room.issue, list[Status]()
    for number in (2, 3, 4):
        for sample in ("postfix-mailbox-full", "gmail-out-of-storage"):
            content = room.mail(sample, about=about)
            assert room.comes(content).came is Came.SOFT
        statuses.append(room.reader().status)
        last = room.store.archive.last_issue("daily")
        assert last
        room.clock.forward(days=8)
        draft = issue(number, since=last.until, until=room.clock.at)
        frozen = room.store.archive.freeze(draft)
        assert frozen
        about = frozen.id

    assert statuses == [Status.ACTIVE, Status.ACTIVE, Status.BOUNCED]
    assert room.counts == {"soft": 1}


def test_a_complaint_ends_everything_at_once_whatever_files_say_later(
    room: Room,
) -> None:
    who = room.reader()

    came = room.came("arf-redacted-addresses"), room.came("arf-yahoo", room.reader(2))

    assert came == (Came.COMPLAINT, Came.COMPLAINT)
    assert room.reader().status is room.reader(2).status is Status.UNSUBSCRIBED
    assert room.counts == {"complaint": 1}  # the other named no issue
    assert room.store.audience.suppressed(who.address) == "complaint"
    room.store.audience.erase(room.reader(2).id)
    back = [reader(1), reader(2)]
    room.store.audience.import_(back, origin="again", sync=False)
    assert room.reader().status is Status.UNSUBSCRIBED
    assert room.store.audience.find("reader2@example.org") is None
    assert room.counts == {}  # nothing is left of whom was erased


def test_a_mail_to_unsubscribe_leaves_that_newsletter(room: Room) -> None:
    came = [room.came("apple-unsubscribe"), room.came("unsubscribe-without-subject")]

    assert came == [Came.LEFT, Came.LEFT]
    assert room.reader().status is Status.ACTIVE
    assert room.reader().preferences.newsletters == NEWSLETTERS - {"daily"}


def test_who_writes_proves_nothing_and_a_token_opens_one_door(room: Room) -> None:
    bounce = room.links.token(
        Purpose.BOUNCE, subscriber=room.reader().id, scope=room.issue
    )
    leave = room.links.token(
        Purpose.UNSUBSCRIBE, subscriber=room.reader().id, scope="daily"
    )
    swapped = [
        room.mail("apple-unsubscribe").replace(leave.encode(), bounce.encode()),
        room.mail("postfix-unknown-user").replace(bounce.encode(), leave.encode()),
        room.mail("forged-unsubscribe").replace(
            b"To: ", b"To: b+%s@bounces.ledger.example, " % bounce.encode(), 1
        ),
    ]

    came = [room.comes(content).came for content in swapped]
    came += [room.came(each) for each in ("forged-mac", "arf-forged")]
    came += [room.came("forged-unsubscribe"), room.came("backscatter-without-token")]

    assert came == [Came.FORGED] * 6 + [Came.STRANGER]
    assert all(s.status is Status.ACTIVE for s in room.store.audience.all())
    assert all(
        s.preferences.newsletters == NEWSLETTERS for s in room.store.audience.all()
    )
    assert room.store.returns.outcomes() == {"forged": 6, "not ours": 1}


def test_what_says_nothing_about_the_address_changes_nothing(room: Room) -> None:
    before = list(room.store.audience.all())
    quiet = [r for r in table() if (r.effect, r.whose) == ("none", "ours")]

    came = {row.sample: room.came(row.sample) for row in quiet}

    assert list(room.store.audience.all()) == before
    assert came["postfix-delayed"] is Came.DELAYED
    assert came["postfix-relayed"] is Came.DELIVERED
    assert came["vacation-gmail"] is Came.AUTO_REPLY
    assert came["letter-from-a-reader"] is Came.LETTER
    assert came["arf-not-spam"] is Came.FEEDBACK
    refused = [s for s, c in came.items() if c is Came.REFUSED]
    assert "gmail-unauthenticated" in refused
    assert room.counts == {"refused": 1}  # one delivery, however many mails


def test_a_reader_who_moved_or_confirmed_since_is_not_touched(room: Room) -> None:
    audience, (one, two) = room.store.audience, (room.reader(1), room.reader(2))
    bounced = audience.bounced(two.id, hard=True, reply="550 5.1.1", issue=room.issue)
    room.clock.forward(hours=3)
    audience.change(
        one.id, lambda s: replace(s, address="new@example.org"), by="reader"
    )
    audience.confirm(two.id, agreed(room))

    mails = [room.mail("postfix-unknown-user", who) for who in (one, two)]
    mails.append(room.mail("postfix-mailbox-full", one))
    came = [room.comes(content).came for content in mails]

    assert bounced
    assert came == [Came.OVERTAKEN] * 3
    assert {s.status for s in audience.all()} == {Status.ACTIVE}
    assert room.counts == {}


def test_a_dry_run_tells_what_would_follow(room: Room) -> None:
    mails = [room.mail("postfix-unknown-user"), room.mail("arf-yahoo")]

    came = [room.comes(content, dry_run=True).came for content in mails]

    assert came == [Came.HARD, Came.COMPLAINT]
    assert room.reader().status is Status.ACTIVE
    assert room.counts == {}
    assert room.store.returns.outcomes() == {}


def test_mail_of_an_issue_long_ago_is_nobodys_and_what_came_of_it_is_forgotten(
    room: Room,
) -> None:
    late = room.mail("postfix-unknown-user", room.reader(2))
    room.came("postfix-unknown-user")
    room.clock.forward(days=91)

    came = room.comes(late).came
    forgotten = room.store.returns.forget()
    now = room.clock.at
    room.store.tidy(
        deliveries_before=now, refusals_before=None, unconfirmed_before=None
    )

    assert came is Came.FORGED
    assert forgotten == 1  # the late one was read just now
    assert room.counts == {}


def test_too_many_gone_at_one_provider_wait_for_the_operator(
    tmp_path: Path, engine: str
) -> None:
    with opened(tmp_path, Clock()) as store:
        store.audience.import_(
            [
                replace(
                    reader(),
                    address=f"other{n}@elsewhere.example",
                    preferences=Preferences(newsletters=NEWSLETTERS),
                )
                for n in range(3)
            ],
            origin="others",
            sync=False,
        )
        room = Room(store, Clock(), readers=30)
        gone = [room.reader(n) for n in range(1, 24)]
        elsewhere = store.audience.find("other1@elsewhere.example")
        assert elsewhere

        came = [room.came("postfix-unknown-user", who) for who in gone]
        other = room.came("postfix-unknown-user", elsewhere)

        assert came == [Came.HARD] * 20 + [Came.PARKED] * 3
        assert other is Came.HARD
        assert {room.reader(n).status for n in range(1, 31)} == {Status.ACTIVE}
        parked = store.returns.parked()
        assert room.counts == {"hard": 1, "parked": 23}
        assert {(each.issue, each.provider) for each in parked} == {
            (room.issue, "example.org")
        }

        accepted = room.returning.settle(parked[:2], accept=True)
        dropped = room.returning.settle(parked[2:], accept=False)

        assert (accepted, dropped) == (2, 21)
        assert store.returns.parked() == []
        statuses = [store.audience.find(each.subscriber) for each in parked]
        assert [s.status for s in statuses if s] == (
            [Status.BOUNCED] * 2 + [Status.ACTIVE] * 21
        )


def test_a_large_provider_may_lose_three_in_a_hundred(tmp_path: Path) -> None:
    with opened(tmp_path, Clock()) as store:
        room = Room(store, Clock(), readers=800)

        came = [room.came("postfix-unknown-user", room.reader(n)) for n in range(1, 26)]

        assert came == [Came.HARD] * 24 + [Came.PARKED]


def test_the_samples_were_written_for_the_reader_they_name() -> None:
    assert READER.encode()[:12] == BOUNCE[:12] == UNSUBSCRIBE[:12]


def test_a_folder_of_mails_is_read_in_one_go(room: Room, tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    for sample in ("postfix-unknown-user", "apple-unsubscribe", "forged-mac"):
        (folder / f"{sample}.eml").write_bytes(room.mail(sample))

    came = [each.came for each in room.returning.read(open_path(folder))]
    again = [each.came for each in room.returning.read(open_path(folder))]

    assert came == [Came.LEFT, Came.FORGED, Came.HARD]
    assert again == [Came.AGAIN] * 3


def agreed(room: Room) -> Agreed:
    return Agreed(at=room.clock.at, where="https://ledger.example", method="form")


class TestAnswers:
    """What the mails bring back that answer a form."""

    def test_an_address_that_does_not_exist_is_given_up_until_its_reader_confirms(
        self, room: Room
    ) -> None:
        audience, pending = room.store.audience, reader(9, status=Status.PENDING)
        audience.ask(pending, agreed(room))
        who = audience.find(pending.address)
        assert who

        asked, later = room.asked(who), room.asked(who)

        came = room.of_request("postfix-unknown-user", asked)

        assert came is Came.HARD
        assert room.reader(9).status is Status.BOUNCED
        audience.confirm(who.id, agreed(room))
        assert room.reader(9).status is Status.ACTIVE, "they read the next mail"
        assert room.of_request("postfix-unknown-user", later) is Came.OVERTAKEN

    def test_only_hard_bounces_count_and_only_of_the_readers_own_address(
        self, room: Room
    ) -> None:
        before = room.reader()
        moved = {"side": "new@x.example", "to": "new@x.example", "from": "a@b.example"}

        came = [
            room.answered("postfix-mailbox-full"),
            room.answered("postfix-blocked-by-list"),
            room.answered("vacation-gmail"),
            room.answered("postfix-unknown-user", side=moved),
        ]

        assert came == [Came.ANSWER, Came.REFUSED, Came.AUTO_REPLY, Came.ANSWER]
        assert room.reader() == before
        assert not room.counts, "no issue came back"
        assert room.answered("arf-yahoo", side=moved) is Came.COMPLAINT
        assert room.reader() == before
        assert room.store.audience.suppressed("new@x.example") == "complaint"
        assert room.answered("postfix-unknown-user") is Came.HARD
        assert room.reader().status is Status.BOUNCED

    def test_no_forgery_is_what_answers_a_request_that_is_forgotten(
        self, room: Room
    ) -> None:
        handled = room.comes(room.mail("postfix-unknown-user", about="daily"))

        assert handled.came is Came.ANSWER
        assert room.reader().status is Status.ACTIVE
