"""Why each article is in a reader's mail or is not, and what other wishes would change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from digest.explaining import Verdict, Why, after_fitting, explain
from digest.model import Format, Length, Topic
from digest.web.studio.asking import INVENTED, Asked, Wishes
from digest.web.studio.desk import Found
from digest.web.studio.galleys import Galley
from digest.web.studio.words import (
    called,
    carried,
    isolated,
    link,
    plural,
    select,
)

MOST = 200  #: articles listed under one reason

#: What each kind of reason against an article is called.
KINDS = {
    Why.READER: "Nothing goes to this reader",
    Why.TOPIC_FULL: "Its topic is full",
    Why.DIGEST_FULL: "The mail is full",
    Why.OWN_LIMIT: "Over the reader’s own limit",
    Why.TOP_ONLY: "Beyond the top stories",
    Why.SIZE: "Too long for Gmail",
    Why.MINIMUM: "Too little for a mail",
    Why.RECEIVED: "Sent before",
    Why.ALIKE: "Says nearly the same",
    Why.MUTED: "Muted",
    Why.OLD: "Too old",
    Why.NOT_FOLLOWED: "Not followed",
}


def verdicts(found: Found) -> tuple[Verdict, ...]:
    """Return a verdict for every article of the issue."""
    galley = found.galley
    assert galley is not None
    told = explain(
        galley.candidates,
        galley.reader,
        received=found.brought or {},
        now=galley.at,
    )
    if galley.rendered is None:
        return told
    return after_fitting(told, {a.id for a in galley.rendered.digest.articles})


def why_pane(found: Found, *, topics: Sequence[Topic], languages: Sequence[str]) -> str:
    """Return every article with its reason, and the wishes to try out beside them.

    `topics` are all of the project, for a reader may mute any.
    """
    galley = found.galley
    assert galley is not None
    told = verdicts(found)
    shown = sorted((v for v in told if v.shown), key=lambda verdict: verdict.rank)
    others = sorted(
        (v for v in told if not v.shown), key=lambda v: list(KINDS).index(v.why)
    )
    groups = groupby(others, key=lambda verdict: verdict.why)
    count = f"{len(shown)} of {plural(len(told), 'article')}"
    lists = "".join(_group(kind, list(group)) for kind, group in groups)
    return (
        '<div class="two"><div>'
        f"<h2>In this mail: {count}</h2>{_as_sent(found, shown)}"
        f'<ol class="stories">{"".join(map(_story, shown))}</ol>{lists}</div>'
        f"{_what_if(found.asked, galley, topics, languages)}</div>"
    )


def _as_sent(found: Found, shown: Sequence[Verdict]) -> str:
    """Say when what was sent was something else."""
    now = {verdict.article.id for verdict in shown}
    if found.sent is None or found.sent == now or found.asked.wishes:
        return ""
    return (
        '<p class="aside">This is what they would get with their preferences of now. '
        f"The mail they were sent held {plural(len(found.sent), 'story')}, "
        f"{len(found.sent & now)} of these.</p>"
    )


def _story(verdict: Verdict) -> str:
    rank = f'<span class="rank">{verdict.rank}</span>' if verdict.rank else ""
    topic = f"{isolated(verdict.topic)} · " if verdict.topic else ""
    return (
        f'<li>{rank}<b dir="auto">{escape(verdict.article.headline)}</b>'
        f"<span>{topic}{escape(verdict.reason)}</span></li>"
    )


def _group(kind: Why, group: Sequence[Verdict]) -> str:
    rest = len(group) - MOST
    more = f"<li><span>… and {rest:,} more</span></li>" if rest > 0 else ""
    opened = " open" if kind is not Why.NOT_FOLLOWED or len(group) <= MOST else ""
    return (
        f'<details class="group"{opened}><summary id="group-{kind.name}">{KINDS[kind]} '
        f"<small>{len(group):,}</small></summary>"
        f'<ul class="stories">{"".join(map(_story, group[:MOST]))}{more}</ul></details>'
    )


# -- what if -----------------------------------------------------------------------


def _what_if(
    asked: Asked, galley: Galley, topics: Sequence[Topic], languages: Sequence[str]
) -> str:
    """Return a form of the reader's wishes; sending it shows, and saves nothing."""
    reader = galley.reader
    wishes = asked.wishes or Wishes.of(reader)
    kept = asked.pairs(without=("wishes", "spot"))
    own = [(topic.slug, topic.title) for topic in galley.newsletter.topics]
    every = {topic.slug: topic.title for topic in (*galley.newsletter.topics, *topics)}
    formats = [(Format.HTML.value, "HTML and text"), (Format.TEXT.value, "Text only")]
    lengths = [(each.value, each.value.capitalize()) for each in Length]
    spoken = dict.fromkeys([*languages, *filter(None, [wishes.language])])
    tongues = [("", "The newsletter’s"), *((each, each) for each in spoken)]
    title = (
        "An invented reader"
        if asked.reader == INVENTED
        else f"What if {isolated(called(reader))} …"
    )
    back = (
        f"<p>{link(asked.but(wishes=None), 'Back to their own', name='their-own')}</p>"
        if asked.wishes and asked.reader != INVENTED
        else ""
    )
    return f"""\
<form class="what-if" action="/" method="get" data-go aria-label="Other preferences">
<h2>{title}</h2>{carried([*kept, ("as_if", "1")])}
<fieldset><legend>follows (none: everything)</legend>
{_checks("follows", [*own, *_tags(wishes.follows)], wishes.follows)}</fieldset>
<fieldset><legend>mutes</legend>
{_checks("mutes", [*every.items(), *_tags(wishes.mutes)], wishes.mutes)}</fieldset>
<fieldset><legend>top stories only</legend>
{_checks("top", own, wishes.top)}</fieldset>
<label for="length">Length</label>{select("length", lengths, wishes.length.value)}
<label for="format">Format</label>{select("format", formats, wishes.format.value)}
<label for="language">Language</label>{select("language", tongues, wishes.language)}
<label for="limit">Articles at most</label>
<input type="number" name="limit" id="limit" min="1" value="{wishes.limit or ""}"
 placeholder="{galley.newsletter.limits.articles}">
<button class="plain">Show</button>
<p class="aside">Shown at once; nothing is saved.</p>{back}</form>"""


def _tags(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the single tags among what a reader follows or mutes."""
    return [(name, name) for name in names if name.startswith("tag:")]


def _checks(
    name: str, choices: Iterable[tuple[str, str]], chosen: Iterable[str]
) -> str:
    on = set(chosen)
    return "".join(
        f'<label class="check"><input type="checkbox" name="{name}" '
        f'id="{name}-{escape(value)}" value="{escape(value)}"'
        f"{' checked' if value in on else ''}>{isolated(title)}</label>"
        for value, title in choices
    )
