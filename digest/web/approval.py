"""The pages behind the two links of a proof: approve an issue, or hold it back.

A GET changes nothing, for mail scanners follow links: it shows a button. Its POST acts.
Whoever has the link may; it is one editor's, for one revision of one issue, so a page
that an older proof leads to says where the newer one is. `digest serve` mounts them.
"""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from digest import approving
from digest.errors import InputError
from digest.links import Purpose
from digest.newsroom import Newsroom

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
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


class ApprovalPages:
    """Answers for one newsroom; safe to ask from several threads."""

    def __init__(self, newsroom: Newsroom) -> None:
        """Take whose issues they are."""
        self.newsroom = newsroom

    def routes(self) -> list[Route]:
        """Return what an application mounts, at the root of `site.url`."""
        return [
            Route(
                f"/{purpose}/{{issue:path}}/{{token}}",
                endpoint,
                methods=["GET", "POST"],
                name=purpose,
            )
            for purpose, endpoint in (
                (Purpose.APPROVE, self.approve),
                (Purpose.HOLD, self.hold),
            )
        ]

    def approve(self, request: Request) -> Response:
        """Ask whether the issue may leave; at a POST, let it."""
        return self._answer(request, Purpose.APPROVE)

    def hold(self, request: Request) -> Response:
        """Ask whether to hold the issue back; at a POST, do."""
        return self._answer(request, Purpose.HOLD)

    def _answer(self, request: Request, purpose: Purpose) -> Response:
        issue_id, token = request.path_params["issue"], request.path_params["token"]
        editor = approving.editor_of(
            self.newsroom, token, purpose=purpose, issue_id=issue_id
        )
        if editor is None:
            return page("There is nothing to decide here", STALE, status=404)
        if request.method == "POST":
            act = approving.approve if purpose is Purpose.APPROVE else approving.hold
            try:
                return page("Done", act(self.newsroom, issue_id, by=editor))
            except InputError as error:
                return page("Nothing was changed", str(error), status=409)
        return self._question(issue_id, purpose)

    def _question(self, issue_id: str, purpose: Purpose) -> Response:
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
