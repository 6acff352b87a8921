"""The page around everything: the slip to choose on, the head of the mail, its panes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from digest.errors import DigestError, FileProblems, TemplateProblem
from digest.model import Issue, Newsletter, Problem, Subscriber
from digest.shipped import shipped
from digest.transports.sheet import GMAIL_CLIPS, NEAR
from digest.web.studio.asking import INVENTED, NEXT, NOW, Asked, Pane, Wishes
from digest.web.studio.desk import Found
from digest.web.studio.galleys import Galley
from digest.web.studio.panes import spoken
from digest.web.studio.words import (
    called,
    carried,
    isolated,
    kilobytes,
    link,
    numbered,
    plural,
    select,
    special,
    when,
)

PANES = {
    Pane.MAIL: "Mail",
    Pane.TEXT: "Text",
    Pane.WHY: "Why",
    Pane.FINDINGS: "Findings",
    Pane.COMPARE: "Compare",
    Pane.HEADER: "Header",
    Pane.SOURCE: "Source",
}
_NEAR_LINES = 3  #: shown on either side of a mistake
_PLACE = re.compile(r"^(.+?):(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What can be chosen."""

    newsletters: Sequence[Newsletter]
    issues: Sequence[Issue]  #: that were made, the newest first
    next_due: str  #: when the schedule brings the next one; "": it never does
    readers: Sequence[Subscriber]
    searched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the page says about itself."""

    token: str  #: that a form sends back
    version: int
    troubles: Sequence[DigestError] = ()  #: with files that were saved
    notes: Sequence[Problem] = ()
    root: Path = Path()
    sent: str = ""  #: what came of a test mail
    findings: int | None = None  #: how many are worth a look; None: not looked at
    address: str = ""  #: where test mails went last
    unwatched: str = ""  #: why files are not watched


def page(found: Found, slip: Slip, pane: str, said: Said) -> str:
    """Return the whole page."""
    asked, galley = found.asked, found.galley
    text = (shipped("templates") / "preview" / "studio.html").read_text("utf-8")
    title = "Studio"
    if galley:
        subject = galley.rendered.subject if galley.rendered else "no mail"
        title = f"{called(galley.reader)}: {subject}"
    return Template(text).substitute(
        title=escape(title),
        version=said.version,
        slip=_slip(asked, slip, galley),
        trouble=_trouble(found, said),
        head=_head(asked, galley, said) if galley else "",
        panes=_panes(asked, said) if galley else "",
        pane=pane,
        stale=" stale" if found.wrong else "",
    )


# -- the slip ---------------------------------------------------------------------


def _slip(asked: Asked, slip: Slip, galley: Galley | None) -> str:
    newsletters = [(each.slug, each.title) for each in slip.newsletters]
    issues = [(NOW, "What send would send now")]
    if slip.next_due:
        issues.append((NEXT, f"Next, {slip.next_due}"))
    issues += [(each.id, f"No. {each.number}, {each.id}") for each in slip.issues]
    kept = asked.pairs(without=("newsletter", "issue", "search"))
    return f"""\
<form class="choose" action="/" method="get" data-go>
<span id="kept" data-part>{carried(kept)}</span>
<label for="newsletter">Newsletter</label>
<span id="newsletters" data-part>{select("newsletter", newsletters, asked.newsletter)}</span>
<label for="issue">Issue</label>
<span id="issues" data-part>{select("issue", issues, asked.issue)}</span>
<label for="search">Reader</label>
<input type="search" name="search" id="search" value="{escape(asked.search)}"
 placeholder="Name or address" autocomplete="off" spellcheck="false" data-go>
<button class="plain">Show</button>
</form>
<div id="readers" data-part>{_readers(asked, slip, galley)}</div>"""


def _readers(asked: Asked, slip: Slip, galley: Galley | None) -> str:
    items = [_reader(asked, each) for each in slip.readers]
    if not items:
        items = ['<li class="none">No reader is called so.</li>']
    chosen = galley.reader.id if galley and asked.reader != INVENTED else ""
    if chosen and not slip.searched and all(r.id != chosen for r in slip.readers):
        items.insert(0, _reader(asked, galley.reader))  # type: ignore[union-attr] # `chosen` says so
    invented = asked.but(
        reader=INVENTED, wishes=asked.wishes or Wishes(), pane=Pane.WHY, search=""
    )
    invent = link(
        invented, "Invent a reader", name="invent", current=asked.reader == INVENTED
    )
    count = plural(len(slip.readers), "reader") + " found" if slip.searched else ""
    return (
        f'<p class="unseen" role="status">{count}</p>'
        f'<ul class="readers" aria-label="Readers">{"".join(items)}</ul><p class="invent">{invent}</p>'
    )


def _reader(asked: Asked, reader: Subscriber) -> str:
    here = ' aria-current="true"' if reader.id == asked.reader else ""
    to = asked.but(reader=reader.id, wishes=None, spot="")
    notes = special(reader)
    small = f" <small>{escape(notes)}</small>" if notes else ""
    second = f"<span>{escape(reader.address)}</span>" if reader.name else ""
    return (
        f'<li><a href="{escape(to)}" id="reader-{reader.id}"{here} data-go>'
        f"<b>{isolated(called(reader))}</b>{small}{second}</a></li>"
    )


# -- the head ---------------------------------------------------------------------


def _head(asked: Asked, galley: Galley, said: Said) -> str:
    issue, newsletter = galley.issue, galley.newsletter
    kicker = (
        f"{escape(newsletter.title)} · No. {issue.number} · "
        f"{when(galley.at, newsletter.timezone)}"
    )
    if galley.rendered is None:
        return f'<p class="kicker">{kicker}</p>' + _as_if(asked, galley)
    rendered = galley.rendered
    stories = plural(rendered.digest.count, "story")
    facts = [
        f"To {isolated(called(galley.reader))}",
        f"From {isolated(newsletter.sender.name or newsletter.sender.address)}",
        stories,
    ]
    if rendered.shortened:
        facts.append("shortened for Gmail")
    return (
        f'<p class="kicker">{kicker}</p>'
        f'<h1 dir="auto"{spoken(galley)}>{escape(rendered.subject)}</h1>'
        f'<p class="facts">{" · ".join(facts)}</p>'
        f"{_size(galley)}{_as_if(asked, galley)}{_send(asked, said)}"
    )


def _as_if(asked: Asked, galley: Galley) -> str:
    """Say where what is shown is not what is sent."""
    if asked.reader == INVENTED:
        return ""
    said = []
    if galley.newsletter.slug not in galley.reader.preferences.newsletters:
        name = isolated(called(galley.reader))
        said.append(
            f"{name} does not take this newsletter, so none of it is sent to them."
        )
    if asked.wishes is not None:
        back = link(asked.but(wishes=None), "Back to their own", name="own-wishes")
        said.append(
            "Shown with other preferences than they have; nothing is saved. " + back
        )
    return "".join(f'<p class="as-if">{each}</p>' for each in said)


def _size(galley: Galley) -> str:
    """Return the size of the HTML part against Gmail's limit, as a bar and in words."""
    part = galley.rendered and galley.rendered.html_part
    whole = kilobytes(len(galley.content))
    if not part:
        return f'<p class="size">{whole}, text only</p>'
    share = min(1000, round(part.size / GMAIL_CLIPS * 1000))
    state = "over" if part.size > GMAIL_CLIPS else "near" if part.size >= NEAR else ""
    words = (
        f"HTML {kilobytes(part.size)} of the {kilobytes(GMAIL_CLIPS)} that Gmail shows; "
        f"{whole} in all"
    )
    return (
        f'<p class="size {state}"><svg viewBox="0 0 1000 6" preserveAspectRatio="none" '
        'aria-hidden="true"><rect class="track" width="1000" height="6"/>'
        f'<rect class="fill" width="{share}" height="6"/></svg>{words}</p>'
    )


def _send(asked: Asked, said: Said) -> str:
    opened = " open" if said.sent else ""
    return f"""\
<details class="send"{opened}><summary id="send-me">Send me this</summary>
<form action="{escape("/send" + asked.address[1:])}" method="post" data-go>
<input type="hidden" name="token" value="{said.token}">
<label for="to">Your address</label>
<input type="email" name="to" id="to" value="{escape(said.address)}" required
 autocomplete="email">
<button>Send</button>
<p class="aside">Marked [Test] in its subject; its links are nobody’s, and nothing is written
into the journal.</p>
</form><p role="status" class="sent">{escape(said.sent)}</p></details>"""


def _panes(asked: Asked, said: Said) -> str:
    links = []
    for each, name in PANES.items():
        text = (
            f"{name} {said.findings}"
            if each is Pane.FINDINGS and said.findings
            else name
        )
        to = asked.but(pane=each, spot="")
        links.append(link(to, text, name=f"pane-{each}", current=asked.pane is each))
    return "".join(links)


# -- what is wrong ------------------------------------------------------------------


def _trouble(found: Found, said: Said) -> str:
    wrong = filter(None, (*said.troubles, found.wrong))
    parts = [_mistakes(error, said.root) for error in wrong]
    if found.wrong and found.galley:
        parts.append("<p>Below is the mail as it was before.</p>")
    if said.notes:
        notes = "".join(
            f"<li><code>{escape(each.where)}</code> {escape(each.what)}</li>"
            for each in said.notes
        )
        parts.append(f"<h2>Articles with mistakes</h2><ul>{notes}</ul>")
    if said.unwatched:
        parts.append(
            f"<p>Files are not watched ({escape(said.unwatched)}): load the page again "
            "after a change.</p>"
        )
    return f'<div class="trouble" role="alert">{"".join(parts)}</div>' if parts else ""


def _mistakes(error: DigestError, root: Path) -> str:
    problems: Sequence[Problem]
    match error:
        case FileProblems():
            problems = error.problems
        case TemplateProblem():
            problems = [Problem(where=f"{error.file}:{error.line}", what=error.what)]
        case _:
            problems = [Problem(where="", what=str(error))]
    told = "".join(_mistake(each, root) for each in problems)
    return f"<h2>This cannot be shown</h2>{told}"


def _mistake(problem: Problem, root: Path) -> str:
    where = f"<code>{escape(problem.where)}</code> " if problem.where else ""
    return f"<p>{where}{escape(problem.what)}</p>{_lines(problem.where, root)}"


def _lines(where: str, root: Path) -> str:
    """Return the lines around a mistake, of a file of the project or of our templates."""
    place = _PLACE.match(where)
    if not place:
        return ""
    path = (root / place[1]).resolve()
    if not any(
        path.is_relative_to(each.resolve()) for each in (root, shipped("templates"))
    ):
        return ""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    shown = numbered(text, mark=int(place[2]), around=_NEAR_LINES)
    return f'<pre class="source">{shown}</pre>'
