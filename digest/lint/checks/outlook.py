"""What classic Outlook finds in comments, and other programs never see."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.rules import ERROR, WARNING, rule

_STARTS = re.compile(r"\[if[^\]]*\]>")


@rule(
    "mso-unbalanced",
    ERROR,
    fix="End every <!--[if …]> with <![endif]-->.",
    bad="<!--[if mso]><p>Outlook</p>--><p>All</p>",
    good="<!--[if mso]><p>Outlook</p><![endif]--><p>All</p>",
)
def mso_unbalanced(mail: Mail) -> Iterator[Hit]:
    """Outlook leaves out everything up to the next end, which may be the whole mail."""
    depth, opened = 0, 0
    for offset, comment in mail.page.comments:
        begins = _STARTS.match(comment) is not None
        ends = "<![endif]" in comment or comment.startswith("[endif]")
        if begins and depth:
            yield mail.page.hit("a conditional comment in another", offset)
        depth += begins - (ends and (depth > 0 or begins))
        opened = offset if begins else opened
        if ends and depth < 0:
            yield mail.page.hit("an <![endif] that ends nothing", offset)
    if depth > 0:
        yield mail.page.hit("a conditional comment never ends", opened, "<!--[if")


@rule(
    "mso-revealed",
    WARNING,
    fix="Write <!--[if !mso]><!--> … <!--<![endif]-->.",
    bad="<![if !mso]><p>Everybody but Outlook</p><![endif]>",
    good="<!--[if !mso]><!--><p>Everybody but Outlook</p><!--<![endif]-->",
)
def mso_revealed(mail: Mail) -> Iterator[Hit]:
    """Inliners and servers rewrite <![if …]> into a comment that hides what follows."""
    for offset, text in mail.page.declarations:
        if text.lstrip().startswith("[if"):
            yield mail.page.hit(f"<!{text[:30]}>", offset, "<![if")


@rule(
    "mso-tables",
    ERROR,
    fix="Close in one comment what another one opens.",
    bad="<!--[if mso]><table><tr><td><![endif]--><p>News</p>",
    good="<!--[if mso]><table><tr><td><![endif]--><p>News</p>"
    "<!--[if mso]></td></tr></table><![endif]-->",
)
def mso_tables(mail: Mail) -> Iterator[Hit]:
    """Outlook takes the rest of the mail into a table that is never closed."""
    counts: Counter[str] = Counter()
    last = 0
    for offset, comment in mail.page.comments:
        if _STARTS.match(comment) and not comment.startswith("[if !mso"):
            last = offset
            for end, tag in re.findall(r"<(/?)(table|tr|td)\b", comment):
                counts[tag] += -1 if end else 1
    wrong = [tag for tag, number in counts.items() if number]
    if wrong:
        yield mail.page.hit(
            f"<{'>, <'.join(sorted(wrong))}> for Outlook do not balance",
            last,
            "[if mso",
        )
