"""How fast: the operator's limit, and what each provider lets us do.

Each provider has a number of connections on which its readers' mails may go at once.
It halves when the provider says we are too fast, and grows by one after a number of
accepted mails (AIMD, as in TCP). Three such replies in a row, or a provider that names
a time, silence it: its mails are put off without being tried.

Unless the words are a provider's own, it may as well be our server that finds us too
fast, whoever the reader is. So it has such a number, too; and after three in a row
everything rests, longer each time.

A server that took no mail yet is believed of three readers that they do not exist, and
of no more: one that is set up wrongly says so of everybody, and all readers would be
given up in a minute. Who is really gone is refused again with the next issue.

The clock is given by the caller, in seconds that only grow. Not thread-safe: whoever
shares one locks it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from digest.judging import Fault, Judgement
from digest.model import Bounce, State
from digest.providers import too_many_hard

CATCHES_UP = 0.1  #: seconds; sleeping is never exact, and would make a rate lower
GROWS_AFTER = 20  #: accepted mails in a row, by one connection
IN_A_ROW = 3  #: "too fast" this often silences a provider
SILENCE = 600.0  #: seconds; what Google asks for with 4.7.28
HARD_AT_FIRST = 3  #: "no such address", before the server took any mail
POLICY_TIMES, POLICY_WITHIN = 3, 300.0  #: refusals for mistrust, in seconds
POLICY_PAUSE = 1800.0  #: seconds; nothing we send will change their mind sooner
RESTS = (5.0, 10.0, 20.0, 40.0, 60.0)  #: seconds


class Bucket:
    """A limit of so many a second, with no burst saved up beyond a moment's."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        """Take the rate; 0 is no limit."""
        self._every = 1 / rate if rate else 0.0
        self._clock, self._next = clock, clock()

    def delay(self) -> float:
        """Return the seconds until the next may go; 0 takes its place."""
        if not self._every:
            return 0.0
        now = self._clock()
        if now < self._next:
            return self._next - now
        self._next = max(self._next, now - CATCHES_UP) + self._every
        return 0.0


@dataclass(slots=True)
class Provider:
    """How things stand with one provider."""

    allowed: int  #: connections
    users: dict[Hashable, int] = field(default_factory=dict)  #: mails, by connection
    accepted: int = 0  #: since it grew
    too_fast: int = 0  #: in a row
    until: float = 0.0  #: silent, on the clock
    why: str = ""  #: its words, when it was silenced
    policy: deque[float] = field(default_factory=deque)  #: when it refused for mistrust
    answered: int = 0
    hard: int = 0  #: "no such address"
    took: bool = False  #: any mail at all


class Pace:
    """What we know of each provider in this run."""

    def __init__(self, *, connections: int, clock: Callable[[], float]) -> None:
        """Take the number of connections to begin with, and to grow to."""
        self._most, self._clock = connections, clock
        self._server = Provider(allowed=connections)
        self._rests = 0  #: since the server last accepted a mail
        self._providers: dict[str, Provider] = {}

    def _of(self, name: str) -> Provider:
        provider = self._providers.get(name)
        if provider is None:
            provider = self._providers[name] = Provider(allowed=self._most)
        return provider

    def silence(self, name: str) -> tuple[float, str]:
        """Return for how many seconds a provider wants to hear nothing, and why."""
        provider = self._of(name)
        left = provider.until - self._clock()
        return (left, provider.why) if left > 0 else (0.0, "")

    def rest(self) -> float:
        """Return for how many seconds nothing is to be begun at all."""
        return max(0.0, self._server.until - self._clock())

    def enter(self, name: str, user: Hashable) -> bool:
        """Return whether one more of its mails may go on this connection, and note it."""
        both = self._server, self._of(name)
        if any(user not in p.users and len(p.users) >= p.allowed for p in both):
            return False
        for each in both:
            each.users[user] = each.users.get(user, 0) + 1
        return True

    def leave(self, name: str, user: Hashable) -> None:
        """Note that one of its mails is no longer on this connection."""
        for each in (self._server, self._of(name)):
            if each.users[user] > 1:
                each.users[user] -= 1
            else:
                del each.users[user]

    def learn(self, name: str, judgement: Judgement, words: str) -> Judgement:
        """Note a reply; return what it means in the light of the others."""
        provider = self._of(name)
        provider.answered += 1
        match judgement.fault:
            case Fault.PACE:
                self._too_fast(provider, judgement, words)
                if not judgement.silence:
                    self._server_too_fast()
            case Fault.POLICY:
                self._mistrusted(provider, words)
            case _ if judgement.state is State.SENT:
                self._rests = 0
                for each in (self._server, provider):
                    each.took = True
                    self._grow(each)
        if judgement.bounce is not Bounce.HARD:
            return judgement
        provider.hard += 1
        self._server.hard += 1
        everybody = not self._server.took and self._server.hard > HARD_AT_FIRST
        if everybody or too_many_hard(provider.hard, of=provider.answered):
            return replace(judgement, bounce=None)
        return judgement

    def _grow(self, provider: Provider) -> None:
        provider.too_fast = 0
        if provider.allowed < self._most:
            provider.accepted += 1
            if provider.accepted >= GROWS_AFTER:
                provider.accepted = 0
                provider.allowed += 1

    def _too_fast(self, provider: Provider, judgement: Judgement, words: str) -> None:
        provider.accepted = 0
        provider.too_fast += 1
        provider.allowed = max(1, provider.allowed // 2)
        if judgement.silence or provider.too_fast >= IN_A_ROW:
            provider.too_fast = 0
            provider.allowed = 1
            self._silence(provider, judgement.silence or SILENCE, words)

    def _server_too_fast(self) -> None:
        server = self._server
        server.accepted = 0
        server.too_fast += 1
        server.allowed = max(1, server.allowed // 2)
        if server.too_fast >= IN_A_ROW:
            server.too_fast = 0
            longer = RESTS[min(self._rests, len(RESTS) - 1)]
            server.until, self._rests = self._clock() + longer, self._rests + 1

    def _mistrusted(self, provider: Provider, words: str) -> None:
        now, times = self._clock(), provider.policy
        times.append(now)
        while now - times[0] > POLICY_WITHIN:
            times.popleft()
        if len(times) >= POLICY_TIMES:
            times.clear()
            self._silence(provider, POLICY_PAUSE, words)

    def _silence(self, provider: Provider, seconds: float, words: str) -> None:
        until = self._clock() + seconds
        if until > provider.until:
            provider.until, provider.why = until, words
