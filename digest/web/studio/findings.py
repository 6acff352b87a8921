"""What the linter finds in the mail at hand, each with its place framed in the mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from html import escape

from digest.lint import Finding, Severity, Where
from digest.linting import place
from digest.web.studio.asking import Asked
from digest.web.studio.galleys import Galley
from digest.web.studio.panes import Frame, sheet
from digest.web.studio.words import link, numbered, plural

_NEAR_LINES = 4  #: shown on either side of the one a finding is about
_WORTH = (Severity.ERROR, Severity.WARNING)


def worth_a_look(findings: Sequence[Finding]) -> int:
    """Return how many findings are more than worth knowing."""
    return sum(finding.severity in _WORTH for finding in findings)


def findings_pane(
    asked: Asked, galley: Galley, findings: Sequence[Finding], frame: Frame
) -> str:
    """Return the findings, and the place of the one that was clicked."""
    if not findings:
        return (
            '<div class="nothing"><h2>Nothing to object to</h2><p>Every rule of the '
            "linter was asked about this mail.</p></div>"
        )
    counts = Counter(finding.severity for finding in findings)
    tally = " · ".join(
        plural(counts[each], str(each))
        if each is not Severity.INFO
        else f"{counts[each]} worth knowing"
        for each in Severity
        if counts[each]
    )
    items = "".join(_finding(asked, each) for each in findings)
    listed = f'<ul class="findings">{items}</ul>'
    spot = _spot(asked, galley, frame)
    beside = f'<div class="beside">{listed}<div class="spot">{spot}</div></div>'
    return f'<p class="tally">{tally}</p>{beside if spot else listed}'


def spot_of(finding: Finding) -> str:
    """Return what an address calls the place of a finding."""
    return f"{finding.where}:{finding.line}"


def _finding(asked: Asked, finding: Finding) -> str:
    spot = spot_of(finding)
    times = f" ({finding.times} times)" if finding.times > 1 else ""
    show = (
        link(
            asked.but(spot=spot),
            "Show the place",
            unseen=f" of {finding.rule}, {place(finding)}",
            name=f"spot-{finding.rule}-{finding.line}",
            current=asked.spot == spot,
        )
        if finding.line and finding.where is not Where.MAIL
        else ""
    )
    return (
        f'<li class="{finding.severity}"><p><span class="rule">{finding.severity}: '
        f"{escape(finding.rule)}</span> {escape(finding.what)}{times}.</p>"
        f"<p>{escape(finding.why)}</p>"
        f'<p class="fix">{escape(finding.fix)}</p>'
        f'<p class="at"><code>{escape(place(finding))}</code> {show}</p></li>'
    )


def _spot(asked: Asked, galley: Galley, frame: Frame) -> str:
    """Return the place that was asked for: framed in the mail, and its lines."""
    part, _, number = asked.spot.partition(":")
    if not number.isdecimal() or part not in (Where.HTML, Where.TEXT, Where.HEADER):
        return ""
    line, where = int(number), Where(part)
    phone = replace(asked, phone=True)
    picture = sheet(phone, galley, frame, line=line) if where is Where.HTML else ""
    lines = numbered(_text_of(galley, where), mark=line, around=_NEAR_LINES)
    return (
        f'<pre class="source" tabindex="0" role="region" aria-label="The place">{lines}'
        f"</pre>{picture}"
    )


def _text_of(galley: Galley, where: Where) -> str:
    if where is Where.HTML:
        return galley.html
    if where is Where.TEXT:
        return galley.rendered.text if galley.rendered else ""
    head = galley.content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    return head.replace("\r\n", "\n")
