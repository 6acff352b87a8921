"""Whatever editors and operators do in whatever order: nothing leaves unapproved."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from digest.store import AWAITING, PAUSED, Start
from tests.examples import examples
from tests.projects import Clock
from tests.stores import opened, planned


class Editors(RuleBasedStateMachine):
    """Editors, an operator and a sender, and a model in three variables."""

    def __init__(self) -> None:
        super().__init__()
        self.exits, self.clock = ExitStack(), Clock()
        folder = Path(self.exits.enter_context(TemporaryDirectory()))
        self.store = self.exits.enter_context(opened(folder, self.clock))
        self.issue = planned(self.store, readers=40)
        self.word, self.paused = "", False
        self.opens: datetime | None = None

    def teardown(self) -> None:
        self.exits.close()

    @initialize(minutes=st.none() | st.integers(1, 60))
    def asked(self, minutes: int | None) -> None:
        if minutes is not None:
            self.opens = self.clock.at + timedelta(minutes=minutes)
        self.store.approvals.ask(self.issue.id, opens=self.opens)

    @rule()
    def approve(self) -> None:
        self.store.approvals.approve(self.issue.id, who="an editor")
        self.word = "approved"

    @rule()
    def hold(self) -> None:
        self.store.approvals.hold(self.issue.id, who="an editor")
        self.word = "held"

    @rule()
    def pause(self) -> None:
        self.store.journal.hold(self.issue.id, PAUSED)
        self.paused = True

    @rule()
    def resume(self) -> None:
        self.store.approvals.resume(self.issue.id)
        self.paused = False

    @rule(minutes=st.integers(1, 30))
    def wait(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    @rule()
    def revise(self) -> None:
        """Ask anew, as for a revision: what was said before counts no more."""
        if self.store.approvals.untouched(self.issue.id):
            self.store.archive.revise(self.issue.id, self.issue)
            self.store.approvals.ask(self.issue.id, opens=self.opens)
            self.word = ""

    @invariant()
    def send(self) -> None:
        """Try to send one more mail, after whatever was done."""
        self.store.approvals.open(self.issue.id)
        claims = self.store.journal.claim(self.issue.id, limit=1, lease_seconds=60)
        starts = [Start(claim=c, dated=self.clock.at, articles=("a",)) for c in claims]
        written = self.store.journal.write(self.issue.id, starts=starts, leaving=claims)
        left = {claim.delivery for claim in claims} - written.refused
        assert bool(left) == (bool(claims) and self.may_leave())

    def may_leave(self) -> bool:
        if self.paused or self.word == "held":
            return False
        if self.opens is None:
            return self.word == "approved"
        return self.clock.at >= self.opens


Editors.TestCase.settings = examples(40, stateful_step_count=12)
TestWhateverTheyDo = pytest.mark.slow(Editors.TestCase)


def test_an_approval_given_before_a_revision_lets_nothing_out() -> None:
    editors = Editors()
    editors.asked(None)
    editors.pause()
    editors.approve()
    editors.revise()
    editors.resume()

    editors.send()

    assert not editors.may_leave()
    assert editors.store.journal.held(editors.issue.id) == AWAITING
    editors.teardown()
