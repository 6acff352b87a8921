"""The pages behind the two links of a proof: approve an issue, or hold it back.

A GET changes nothing, for mail scanners follow links: it shows a button. Its POST acts.
Whoever has the link may; it is one editor's, for one revision of one issue, so a page
that an older proof leads to says where the newer one is.
"""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, Response

from digest import approving
from digest.errors import InputError
from digest.links import Purpose
from digest.newsroom import Newsroom
from digest.web.public.pages import PRIVATE
from digest.web.public.tokens import Tokens
from digest.web.public.visits import Visit

HEADERS = {
    **PRIVATE,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
}

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root{{color-scheme:light dark}}
body{{font:1.125rem/1.6 system-ui,sans-serif;max-width:36rem;margin:0 auto;padding:2rem 1rem}}
h1{{font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}}
button{{font:inherit;font-weight:600;min-height:3rem;padding:.5rem 1.5rem;\
color:#fff;background:{colour};border:2px solid transparent;border-radius:.375rem}}
button:focus-visible{{outline:3px solid currentColor;outline-offset:3px}}
</style>
<main>
<h1>{title}</h1>
<p>{words}</p>
{form}</main>
</html>
"""
BUTTON = '<form method="post"><button type="submit">{label}</button></form>\n'

GREEN, RED = "#14532d", "#7f1d1d"
STALE = (
    "This link is not of the issue as it is now. If the issue was revised since, the "
    "newest proof in your mailbox has the links that count."
)


class Deciding:
    """Answers for the links of one newsroom's proofs."""

    def __init__(self, newsroom: Newsroom, tokens: Tokens) -> None:
        """Take whose issues they are, and what follows its keys."""
        self.newsroom, self._tokens = newsroom, tokens

    def question(self, visit: Visit, *, purpose: Purpose) -> Response:
        """Ask whether to approve or hold the issue; nothing is changed."""
        issue_id = visit.path["issue"]
        if self._editor(visit, purpose) is None:
            return stale()
        issue = approving.issue_named(self.newsroom, issue_id)
        newsletter = self.newsroom.newsletter(issue.newsletter)
        what = f"{newsletter.title} No. {issue.number}"
        number = len(issue.articles)
        if purpose is Purpose.APPROVE:
            approval = self.newsroom.store.approvals.of(issue_id)
            time = approving.local_time(self.newsroom, approval) if approval else ""
            title, label = f"Approve {what}?", "Approve"
            then = f"It leaves at {time}." if time else "It leaves within seconds."
        else:
            title, label = f"Hold back {what}?", "Hold it back"
            then = "Nothing more of it leaves until somebody approves it."
        words = f"{issue.id}, with {number} article{'s' if number != 1 else ''}. {then}"
        return page(title, words, button=label, urgent=purpose is Purpose.HOLD)

    def decide(self, visit: Visit, *, purpose: Purpose) -> Response:
        """Approve or hold the issue, and say what was done."""
        editor = self._editor(visit, purpose)
        if editor is None:
            return stale()
        act = approving.approve if purpose is Purpose.APPROVE else approving.hold
        try:
            return page("Done", act(self.newsroom, visit.path["issue"], by=editor))
        except InputError as error:
            return page("Nothing was changed", str(error), status=409)

    def _editor(self, visit: Visit, purpose: Purpose) -> str | None:
        editor = self._found(visit, purpose)
        if editor is None and self._tokens.refresh():
            return self._found(visit, purpose)
        return editor

    def _found(self, visit: Visit, purpose: Purpose) -> str | None:
        return approving.editor_of(
            self.newsroom,
            visit.path["token"],
            purpose=purpose,
            issue_id=visit.path["issue"],
        )


def stale() -> Response:
    """Return what a link leads to that is not ours, or of an older revision."""
    return page("There is nothing to decide here", STALE, status=404)


def page(
    title: str, words: str, *, button: str = "", urgent: bool = False, status: int = 200
) -> Response:
    """Return a page with at most one button."""
    text = PAGE.format(
        title=escape(title),
        words=escape(words.replace("`", "")),
        colour=RED if urgent else GREEN,
        form=BUTTON.format(label=escape(button)) if button else "",
    )
    return HTMLResponse(text, status, headers=HEADERS)
