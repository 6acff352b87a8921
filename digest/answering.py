"""What editors ask about a reader: why a story is in their mail, and how two differ.

`explaining` knows the reasons; here is where the issue, the reader and what they got
before come from. What was sent is never guessed: the journal has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from digest.assembly import Assembler
from digest.errors import InputError
from digest.explaining import Verdict, Why, after_fitting, explain
from digest.model import Article, Digest, Issue, Newsletter, Subscriber
from digest.newsroom import Newsroom
from digest.spans import Spans
from digest.store import Delivery

#: Octets of HTML from which on single line ends may decide whether a mail is cut.
NEAR = 95_000

#: Articles named when several are meant.
NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One issue for one reader: a verdict for each article, and what was sent."""

    issue: Issue
    newsletter: Newsletter
    subscriber: Subscriber
    verdicts: tuple[Verdict, ...]
    digest: Digest  #: what they get, or would get now
    delivery: Delivery | None = None  #: their row, if the issue was prepared
    #: Ids of what their mail held; None: nothing was sent to them.
    held: frozenset[str] | None = None

    @property
    def changed(self) -> bool:
        """Whether their mail held something else than it would today."""
        shown = {v.article.id for v in self.verdicts if v.shown}
        return self.held is not None and self.held != shown


def explained(
    newsroom: Newsroom,
    issue: Issue,
    subscriber: Subscriber,
    *,
    made: Assembler | None = None,
) -> Explained:
    """Say of every article of an issue whether this reader gets it, and why.

    It is worked out with their preferences of now. What counts as received before is
    what came before their mail of this issue, when that was sent. With `made` the
    mail is made, too, so that what would be too long for Gmail is known.
    """
    newsletter = newsroom.newsletter(issue.newsletter)
    spans = Spans(issue, newsletter, newsroom.settings.topics)
    found = spans.of(subscriber)
    received, held = received_before(newsroom, issue, subscriber)
    now = newsroom.now()
    digest = spans.choose(subscriber, received=frozenset(received), now=now)
    verdicts = explain(found, subscriber, received=received, now=now)
    if newsletter.slug not in subscriber.preferences.newsletters:
        reason = f"does not take {newsletter.title}"
        digest = Digest(issue=issue.id, skipped=reason)
        verdicts = tuple(
            Verdict(article=v.article, why=Why.READER, reason=reason) for v in verdicts
        )
    elif made is not None and not digest.skipped:
        shown = made.render(subscriber, digest).digest
        verdicts = after_fitting(verdicts, {a.id for a in shown.articles})
    return Explained(
        issue=issue,
        newsletter=newsletter,
        subscriber=subscriber,
        verdicts=verdicts,
        digest=digest,
        delivery=newsroom.store.journal.delivery(issue.id, subscriber.id),
        held=held,
    )


def maker(newsroom: Newsroom, issue: Issue, subscriber: Subscriber) -> Assembler:
    """Return what makes one reader's mail quickly, as long as it is as it will leave.

    Mails that are joined from pieces have their line ends at other places, so of one
    near Gmail's limit only they know what is left to the site.
    """
    quick = newsroom.assembler(issue, joined=False)
    received, _ = received_before(newsroom, issue, subscriber)
    digest = quick.choose(subscriber, received=received, now=newsroom.now())
    if digest.skipped:
        return quick
    rendered = quick.render(subscriber, digest)
    size = rendered.html_part.size if rendered.html_part else 0
    near = rendered.shortened or size > NEAR
    return newsroom.assembler(issue) if near else quick


def received_before(
    newsroom: Newsroom, issue: Issue, subscriber: Subscriber
) -> tuple[dict[str, str], frozenset[str] | None]:
    """Return by which issue each article came before, and what this issue brought.

    The second is None when nothing of it was sent to them.
    """
    newsletter = newsroom.newsletter(issue.newsletter)
    spans = Spans(issue, newsletter, newsroom.settings.topics)
    ids = spans.ids(spans.back(subscriber))
    brought = newsroom.store.journal.brought(subscriber.id, ids)
    this = next((each for each in brought if each.issue == issue.id), None)
    before = [
        each
        for each in brought
        if each is not this and (this is None or each.dated <= this.dated)
    ]
    received: dict[str, str] = {}
    for each in before:
        received |= {id_: each.issue for id_ in each.articles if id_ not in received}
    return received, this.articles if this else None


def article_named(newsroom: Newsroom, said: str) -> Article:
    """Return the article with that id, web address, or words of its headline.

    Raises `InputError` when there is none, or when several are meant.
    """
    archive = newsroom.store.archive
    if found := archive.article(said):
        return found
    withdrawn = archive.withdrawing.all()
    articles = [*archive.articles(), *(each.article for each in withdrawn)]
    wanted = said.casefold()
    meant = [a for a in articles if a.url == said] or [
        a for a in articles if wanted in a.headline.casefold()
    ]
    if len(meant) == 1 or (meant and meant[0].headline.casefold() == wanted):
        return meant[0]
    if not meant:
        raise InputError(
            f"no article has the id, the web address or the headline {said!r}; "
            "`digest articles` lists them"
        )
    named = "; ".join(f"{a.id} “{a.headline}”" for a in islice(meant, NAMED))
    more = f"; and {len(meant) - NAMED} more" if len(meant) > NAMED else ""
    raise InputError(
        f"{said!r} is in {len(meant)} headlines; name one by its id: {named}{more}"
    )


def issue_with(
    newsroom: Newsroom, newsletter: Newsletter, article: Article | None
) -> Issue:
    """Return the issue that is asked about when nobody named one.

    It is what `send` would send next, if that holds the article; otherwise the last
    issue that does. Without an article it is the last one when there is nothing new.
    """
    following = newsroom.issues.find(newsletter)
    archive = newsroom.store.archive
    if article is None:
        last = None if following.articles else archive.last_issue(newsletter.slug)
        return last or following
    if any(each.id == article.id for each in following.articles):
        return following
    stored = archive.issues_with(article.id)
    return next((i for i in stored if i.newsletter == newsletter.slug), following)


def absent(newsroom: Newsroom, issue: Issue, article: Article) -> str:
    """Say why an article is not among those of an issue at all."""
    newsletter = newsroom.newsletter(issue.newsletter)
    if withdrawn := newsroom.store.archive.withdrawing.of(article.id):
        return withdrawn.words
    others = newsroom.store.archive.issues_with(article.id)
    same = [other.id for other in others if other.newsletter == newsletter.slug]
    if same:
        return f"an article is in one issue of a newsletter only; it was in {same[0]}"
    if newsletter.sources and article.source not in newsletter.sources:
        return f"{newsletter.title} does not draw on the source {article.source!r}"
    if article.published and article.published > newsroom.now():
        return f"it waits for its embargo, until {article.published:%Y-%m-%d %H:%M} UTC"
    return "it came in at another time than this issue's"


# -- what is different ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One article in one or both of two digests."""

    article: Article
    left: Verdict | None  #: None: not among the articles of that issue
    right: Verdict | None

    @property
    def kind(self) -> str:
        """One of "left", "right", "moved", "same"."""
        left = self.left.rank if self.left and self.left.shown else 0
        right = self.right.rank if self.right and self.right.shown else 0
        if not right:
            return "left"
        if not left:
            return "right"
        assert self.left is not None
        assert self.right is not None
        same = (left, self.left.topic) == (right, self.right.topic)
        return "same" if same else "moved"


def compared(left: Explained, right: Explained) -> tuple[Line, ...]:
    """Lay two digests beside each other: what is in either, in the order of the left.

    What was sent counts as it was sent.
    """
    lines, sides = list[Line](), [_by_article(left), _by_article(right)]
    for id_ in dict.fromkeys([*_order(left), *_order(right)]):
        first, second = sides[0].get(id_), sides[1].get(id_)
        verdict = first or second
        assert verdict is not None
        lines.append(Line(article=verdict.article, left=first, right=second))
    return tuple(lines)


def _by_article(found: Explained) -> dict[str, Verdict]:
    return {v.article.id: _as_sent(v, found) for v in found.verdicts}


def _as_sent(verdict: Verdict, found: Explained) -> Verdict:
    """Return the verdict as the mail had it, where that is another."""
    if found.held is None or (verdict.article.id in found.held) == verdict.shown:
        return verdict
    if verdict.shown:
        gone = "not in the mail they got"
        return replace(verdict, why=Why.NOT_FOLLOWED, rank=0, reason=gone)
    last = sum(v.shown for v in found.verdicts) + 1
    return replace(
        verdict, why=Why.SHOWN, rank=last, reason="in the mail they got then"
    )


def _order(found: Explained) -> Sequence[str]:
    """Return the ids of what a digest shows, in its order."""
    verdicts = (_as_sent(verdict, found) for verdict in found.verdicts)
    shown = [verdict for verdict in verdicts if verdict.shown]
    return [v.article.id for v in sorted(shown, key=lambda v: v.rank)]
