"""How fast: the operator's limit, and what providers teach us. The clock is made up."""

from __future__ import annotations

import pytest

from digest.judging import Fault, Judgement
from digest.model import Bounce, State
from digest.providers import HARD_LEAST, provider_of
from digest.transports.smtp.pace import (
    GROWS_AFTER,
    HARD_AT_FIRST,
    Bucket,
    Pace,
)

SENT = Judgement(State.SENT)
TOO_FAST = Judgement(State.DEFERRED, fault=Fault.PACE)
SILENCE = Judgement(State.DEFERRED, fault=Fault.PACE, silence=600)
MISTRUST = Judgement(State.FAILED, fault=Fault.POLICY)
HARD = Judgement(State.FAILED, Bounce.HARD)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(connections=8, clock=clock)


def allowed(pace: Pace, name: str = "google") -> int:
    """Return on how many connections its mails may go; leaves nothing behind."""
    users = [user for user in range(99) if pace.enter(name, user)]
    for user in users:
        pace.leave(name, user)
    return len(users)


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("a@gmail.com", "google"),
        ("a@GoogleMail.com", "google"),
        ("a@hotmail.fr", "microsoft"),
        ("a@wanadoo.fr", "orange"),
        ("a@Longitude.example", "longitude.example"),
        ('"a@gmail.com"@longitude.example', "longitude.example"),
    ],
)
def test_knows_who_runs_a_mailbox(address: str, provider: str) -> None:
    assert provider_of(address) == provider


def test_without_a_rate_nothing_waits(clock: Clock) -> None:
    bucket = Bucket(0, clock)

    assert [bucket.delay() for _ in range(5)] == [0] * 5


@pytest.mark.parametrize("rate", [0.5, 2, 14, 1000])
def test_keeps_the_rate_however_often_it_is_asked(clock: Clock, rate: float) -> None:
    bucket, gone = Bucket(rate, clock), 0
    for _ in range(3000):
        clock.now += 0.004 if rate > 1 else 0.1
        gone += bucket.delay() == 0
    seconds = clock.now - 1000

    expected = min(3000, rate * seconds)
    assert expected * 0.99 - 1 <= gone <= expected + 2


def test_saves_up_no_burst_while_nothing_is_sent(clock: Clock) -> None:
    bucket = Bucket(10, clock)
    clock.now += 3600

    gone = sum(bucket.delay() == 0 for _ in range(100))

    assert gone <= 2


def test_a_connection_counts_once_however_many_mails_it_carries(pace: Pace) -> None:
    for _ in range(3):
        assert pace.enter("google", "one")
    assert allowed(pace) == 7  # others

    pace.leave("google", "one")
    pace.leave("google", "one")
    assert allowed(pace) == 7
    pace.leave("google", "one")
    assert allowed(pace) == 8


def test_halves_when_too_fast_and_grows_one_by_one(pace: Pace) -> None:
    pace.learn("google", TOO_FAST, "")
    assert allowed(pace) == 4
    pace.learn("google", TOO_FAST, "")
    assert allowed(pace) == 2

    grown = []
    for _ in range(8):
        for _ in range(GROWS_AFTER):
            pace.learn("google", SENT, "")
        grown.append(allowed(pace))

    assert grown == [3, 4, 5, 6, 7, 8, 8, 8]


def test_never_falls_below_one_connection(pace: Pace) -> None:
    for _ in range(9):
        pace.learn("google", TOO_FAST, "")
        pace.learn("google", SENT, "")

    assert allowed(pace) == 1


def test_a_provider_that_names_a_time_is_left_alone_for_it(
    pace: Pace, clock: Clock
) -> None:
    pace.learn("google", SILENCE, "421 4.7.28 too fast")

    assert pace.silence("google") == (600, "421 4.7.28 too fast")
    assert pace.silence("yahoo") == (0, "")
    clock.now += 599
    assert pace.silence("google")[0] == 1
    clock.now += 1
    assert pace.silence("google") == (0, "")
    assert allowed(pace) == 1, "it begins again with one connection"
    assert allowed(pace, "yahoo") == 8


def test_three_times_too_fast_in_a_row_are_silence(pace: Pace) -> None:
    for judgement in (TOO_FAST, TOO_FAST, SENT, TOO_FAST, TOO_FAST):
        pace.learn("google", judgement, "slow down")
    assert not pace.silence("google")[0]

    pace.learn("google", TOO_FAST, "slow down")
    assert pace.silence("google") == (600, "slow down")


def test_words_that_may_be_our_server_s_slow_everything_down(pace: Pace) -> None:
    pace.learn("google", TOO_FAST, "454 Throttling failure")
    assert allowed(pace, "yahoo") == 4

    for _ in range(GROWS_AFTER):
        pace.learn("orange", SENT, "")
    assert (allowed(pace, "yahoo"), allowed(pace, "google")) == (5, 4)


def test_a_server_that_finds_us_too_fast_again_and_again_gets_ever_longer_rests(
    pace: Pace, clock: Clock
) -> None:
    rests = []
    for number in range(21):
        pace.learn(f"{number}.example", TOO_FAST, "454 Throttling failure")
        if rest := pace.rest():
            rests.append(rest)
            clock.now += rest
    assert rests == [5, 10, 20, 40, 60, 60, 60]

    pace.learn("orange", SENT, "")
    for number in range(3):
        pace.learn(f"{number}.example", TOO_FAST, "454 Throttling failure")
    assert pace.rest() == 5


def test_three_refusals_for_mistrust_within_five_minutes_are_a_pause(
    pace: Pace, clock: Clock
) -> None:
    for _ in range(6):
        pace.learn("google", MISTRUST, "550 5.7.1")
        clock.now += 151
    assert not pace.silence("google")[0]

    clock.now += 400
    for _ in range(3):
        pace.learn("google", MISTRUST, "550 5.7.1 blocked")
        clock.now += 149
    assert pace.silence("google") == (1800 - 149, "550 5.7.1 blocked")


def test_too_many_hard_bounces_are_not_held_against_readers(pace: Pace) -> None:
    """Gmail once answered 550 5.1.1 for live accounts."""
    pace.learn("yahoo", SENT, "")
    seen = [pace.learn("google", HARD, "").bounce for _ in range(HARD_LEAST + 5)]

    assert seen == [Bounce.HARD] * HARD_LEAST + [None] * 5
    assert pace.learn("yahoo", HARD, "") == HARD


def test_a_server_that_takes_nobodys_mail_is_not_believed_of_everybody(
    pace: Pace,
) -> None:
    seen = [pace.learn(f"{n}.example", HARD, "").bounce for n in range(10)]
    pace.learn("google", SENT, "")

    assert seen == [Bounce.HARD] * HARD_AT_FIRST + [None] * (10 - HARD_AT_FIRST)
    assert pace.learn("yahoo", HARD, "") == HARD


def test_a_few_among_many_are_held_against_them(pace: Pace) -> None:
    for _ in range(2000):
        pace.learn("google", SENT, "")

    seen = [pace.learn("google", HARD, "").bounce for _ in range(60)]

    assert seen == [Bounce.HARD] * 60
