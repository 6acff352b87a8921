"""Complaints: what providers tell when a reader presses "this is spam" (RFC 5965)."""

from __future__ import annotations

from email.message import Message

from digest.bounces.parts import blocks, header, originals, outer, report_type
from digest.bounces.report import Effect, Kind
from digest.bounces.statuses import Told

#: Types of feedback with which a reader says "no more of this" (RFC 5965 section 3.1,
#: and "opt-out", which some providers send). Others are about us, or take one back.
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "opt-out", "opt-out-list"})


def told_by_feedback(message: Message) -> Told | None:
    """Return what a feedback report says; None: it is none."""
    for part in outer(message):
        if part.get_content_type() == "message/feedback-report":
            fields = {k: v for block in blocks(part) for k, v in block.items()}
            return _told(fields.get("feedback-type", "").lower() or "abuse")
    if report_type(message) == "feedback-report":
        return _told("abuse")
    # Microsoft's older reports are a mail with the original in it, and no more.
    if any(header(each, "X-HmXmrOriginalRecipient") for each in originals(message)):
        return _told("abuse")
    return None


def _told(feedback: str) -> Told:
    if feedback in _COMPLAINTS:
        return Told(
            kind=Kind.COMPLAINT,
            effect=Effect.COMPLAINT,
            words=f"reported: {feedback}",
        )
    return Told(kind=Kind.FEEDBACK, words=f"reported: {feedback}")
