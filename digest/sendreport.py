"""What one send of an issue did, for whoever asked for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.model import Issue, Outcome, State


@dataclass(kw_only=True)
class SendReport:
    """What one `send` did; `counts` is the whole issue as the journal has it."""

    issue: Issue
    done: Counter[State] = field(default_factory=Counter)  #: by this run alone
    counts: dict[State, int] = field(default_factory=dict)
    refusals: list[tuple[str, Outcome]] = field(default_factory=list)  #: by reader's id
    skipped: Counter[str] = field(default_factory=Counter)  #: reasons
    #: Files of templates that had to be rendered for each choice of articles, and why.
    not_joined: Mapping[str, str] = field(default_factory=dict)
    stopped: bool = False  #: somebody asked us to stop; the rest waits
    hold: str = ""  #: why the operator holds the issue back; the rest waits
    waiting: int = 0  #: of the deferred, those that wait for their reader's hour

    @property
    def settled(self) -> bool:
        """Whether every reader has their mail or a final answer, and nobody failed.

        What waits for its reader's hour is as it should be.
        """
        expected = {State.DEFERRED: self.waiting}
        return all(
            state in (State.SENT, State.SKIPPED) or number <= expected.get(state, 0)
            for state, number in self.counts.items()
        )

    @property
    def as_json(self) -> dict[str, object]:
        """The report as scripts want it: ids, no addresses."""
        return {
            "issue": self.issue.id,
            "counts": {state: self.counts.get(state, 0) for state in State},
            "this_run": {state: self.done.get(state, 0) for state in State},
            "not_joined": self.not_joined,
            "refusals": [
                {"subscriber": reader, "state": o.state, "reply": o.reply}
                for reader, o in self.refusals
            ],
            "waiting_for_hour": self.waiting,
            "stopped": self.stopped,
            "hold": self.hold,
            "settled": self.settled,
        }
