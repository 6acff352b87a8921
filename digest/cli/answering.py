"""Commands that answer editors: why, and diff."""

from __future__ import annotations

import click

from digest.answering import (
    Explained,
    Line,
    absent,
    article_named,
    compared,
    explained,
    issue_with,
    maker,
)
from digest.cli.output import as_json, echo_json, line, plural, said, table, when
from digest.cli.project import newsroom_of
from digest.errors import InputError
from digest.explaining import Verdict
from digest.model import Article, Issue, Newsletter, Subscriber
from digest.newsroom import Newsroom

newsletter_option = click.option(
    "--newsletter",
    metavar="NAME",
    default="",
    help="Of this newsletter; otherwise of every one the reader takes.",
)
issue_option = click.option(
    "--issue",
    "issue_id",
    metavar="ID",
    default="",
    help="An issue already made, such as daily/2026-11-23; otherwise the one that has "
    "the article, or the next.",
)


@click.command()
@click.argument("reader")
@click.argument("article", required=False, default="")
@newsletter_option
@issue_option
@as_json
@click.pass_context
def why(  # noqa: PLR0913, RUF100 click passes every option
    ctx: click.Context,
    reader: str,
    article: str,
    newsletter: str,
    issue_id: str,
    json: bool,
) -> None:
    """Say why ARTICLE is in the mail of READER, or why not; without it, of all.

    READER is an address or an id, ARTICLE an id, a web address, or words of the
    headline. What was sent already is told as the journal has it.
    """
    newsroom = newsroom_of(ctx)
    newsroom.refresh_subscribers()
    subscriber = newsroom.subscriber(reader)
    story = article_named(newsroom, article) if article else None
    found = []
    for issue in asked_about(newsroom, subscriber, newsletter, issue_id, story):
        made = maker(newsroom, issue, subscriber) if issue.articles else None
        found.append(explained(newsroom, issue, subscriber, made=made))
    if json:
        echo_json([explained_json(newsroom, each, story) for each in found])
        return
    for each in found:
        show_heading(each)
        if story is None:
            show_verdicts(each)
        else:
            show_story(newsroom, each, story)


def asked_about(
    newsroom: Newsroom,
    subscriber: Subscriber,
    newsletter: str,
    issue_id: str,
    story: Article | None,
) -> list[Issue]:
    """Return the issues a question is about."""
    if issue_id:
        slug = newsletter or issue_id.rpartition("/")[0]
        return [newsroom.issues.find(newsroom.newsletter(slug), issue_id)]
    return [
        issue_with(newsroom, each, story)
        for each in newsletters_of(newsroom, subscriber, newsletter)
    ]


def newsletters_of(
    newsroom: Newsroom, subscriber: Subscriber, newsletter: str
) -> list[Newsletter]:
    """Return the one named, or those a reader takes; all, if they take none."""
    if newsletter:
        return [newsroom.newsletter(newsletter)]
    known = newsroom.settings.newsletters
    taken = [n for n in known if n.slug in subscriber.preferences.newsletters]
    return taken or list(known)


def explained_json(
    newsroom: Newsroom, found: Explained, story: Article | None
) -> dict[str, object]:
    """Return the verdicts as scripts want them: ids, kinds and words."""
    verdicts = [v for v in found.verdicts if story is None or v.article.id == story.id]
    delivery = found.delivery
    return {
        "issue": found.issue.id,
        "newsletter": found.newsletter.slug,
        "subscriber": found.subscriber.id,
        "state": delivery.state if delivery else None,
        "skipped": found.digest.skipped,
        "received": None if found.held is None else sorted(found.held),
        "verdicts": [
            {
                "article": verdict.article.id,
                "headline": verdict.article.headline,
                "shown": verdict.shown,
                "rank": verdict.rank,
                "topic": verdict.topic,
                "why": verdict.why,
                "reason": verdict.reason,
            }
            for verdict in verdicts
        ],
        "absent": ""
        if verdicts or story is None
        else absent(newsroom, found.issue, story),
    }


def show_heading(found: Explained) -> None:
    """Say which issue it is, who is asked about, and what became of their mail."""
    who = found.subscriber.name or found.subscriber.address
    shown = sum(verdict.shown for verdict in found.verdicts)
    said(
        f"{found.issue.id} for {who}: {shown} of "
        f"{plural(len(found.verdicts), 'article')}"
    )
    row = found.delivery
    if row is not None:
        since = f", {row.reason}" if row.reason else ""
        line(f"  their mail of this issue: {row.state} {when(row.changed)}{since}")
    if found.changed:
        line(
            "  What they got differs from what follows: their preferences, digest.yaml "
            "or the articles have changed since."
        )


def show_verdicts(found: Explained) -> None:
    """List all articles: those shown in their order, then the others."""
    shown = sorted((v for v in found.verdicts if v.shown), key=lambda v: v.rank)
    others = [v for v in found.verdicts if not v.shown]
    if not found.verdicts:
        line("  There is no article in it.")
        return
    table(
        ("", "article", "why"),
        [
            (str(v.rank) if v.shown else "–", v.article.headline, sent(v, found))
            for v in (*shown, *others)
        ],
    )


def sent(verdict: Verdict, found: Explained) -> str:
    """Return the reason, and whether their mail had the article all the same."""
    if found.held is None or (verdict.article.id in found.held) == verdict.shown:
        return verdict.reason
    was = (
        "was not in the mail they got" if verdict.shown else "was in the mail they got"
    )
    return f"{verdict.reason} ({was})"


def show_story(newsroom: Newsroom, found: Explained, story: Article) -> None:
    """Answer for one article, in a sentence."""
    verdict = next((v for v in found.verdicts if v.article.id == story.id), None)
    if verdict is None:
        reason = absent(newsroom, found.issue, story)
        line(f"“{story.headline}” is not in {found.issue.id}: {reason}.")
        return
    is_in = "is in" if verdict.shown else "is not in"
    line(f"“{verdict.article.headline}” {is_in}: {sent(verdict, found)}.")


@click.command()
@click.argument("reader")
@click.argument("other", metavar="READER|ISSUE")
@newsletter_option
@issue_option
@as_json
@click.pass_context
def diff(  # noqa: PLR0913, RUF100 click passes every option
    ctx: click.Context,
    reader: str,
    other: str,
    newsletter: str,
    issue_id: str,
    json: bool,
) -> None:
    """Lay the digest of READER beside another reader's, or beside another issue's.

    `digest diff ana@… bo@…` compares two readers; `digest diff ana@…
    daily/2026-11-22` compares what Ana gets now with what she got then.
    """
    newsroom = newsroom_of(ctx)
    newsroom.refresh_subscribers()
    subscriber = newsroom.subscriber(reader)
    before = newsroom.store.archive.issue(other)
    second = subscriber if before else named(newsroom, other)
    slug = newsletter or (before.newsletter if before else "")
    pairs = []
    for issue in asked_about(newsroom, subscriber, slug, issue_id, None):
        left = explained(newsroom, issue, subscriber)
        pairs.append((left, explained(newsroom, before or issue, second)))
    if json:
        echo_json([diff_json(*pair) for pair in pairs])
        return
    for pair in pairs:
        show_diff(*pair)


def named(newsroom: Newsroom, other: str) -> Subscriber:
    """Return the reader to compare with; say what may stand there if there is none."""
    found = newsroom.store.audience.find(other)
    if found is None:
        raise InputError(
            f"{other!r} is neither a reader nor an issue. `digest subscribers list` and "
            "`digest issues` show them."
        )
    return found


def diff_json(left: Explained, right: Explained) -> dict[str, object]:
    """Return both sides and each article with where it stands in them."""

    def side(found: Explained) -> dict[str, object]:
        return {"issue": found.issue.id, "subscriber": found.subscriber.id}

    def place(verdict: Verdict | None) -> dict[str, object] | None:
        if verdict is None:
            return None
        return {
            "rank": verdict.rank, "topic": verdict.topic, "reason": verdict.reason,
        }  # fmt: skip

    return {
        "left": side(left),
        "right": side(right),
        "articles": [
            {
                "article": each.article.id,
                "headline": each.article.headline,
                "kind": each.kind,
                "left": place(each.left),
                "right": place(each.right),
            }
            for each in compared(left, right)
        ],
    }


def show_diff(left: Explained, right: Explained) -> None:
    """Print two digests side by side, and why an article is in one of them only."""
    lines = compared(left, right)
    names = [
        f"{each.subscriber.name or each.subscriber.address}, {each.issue.id}"
        for each in (left, right)
    ]
    same = sum(each.kind in ("same", "moved") for each in lines)
    said(f"{names[0]} | {names[1]}: {same} of {plural(len(lines), 'article')} in both")
    if lines:
        table(("left", "right", "article", ""), [row(each) for each in lines])


def row(each: Line) -> tuple[str, str, str, str]:
    """Return an article's line: its places, and what is to be said of it."""
    left = str(each.left.rank) if each.left and each.left.shown else "–"
    right = str(each.right.rank) if each.right and each.right.shown else "–"
    missing = each.left if each.kind == "right" else each.right
    if each.kind in ("left", "right"):
        note = missing.reason if missing else "not in that issue"
    else:
        note = "" if each.kind == "same" else "at another place"
    return left, right, each.article.headline, note
