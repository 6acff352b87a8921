"""Articles taken back: by who deletes a file, and by the operator."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from digest.config import load_settings
from digest.model import Article, Fetched, Issue, State, Validators
from digest.newsroom import Newsroom
from digest.settings import FolderSource, Site
from digest.sources.folder import Folder
from digest.store import Added, By, Store
from tests.commands import Shell
from tests.projects import MONDAY, Clock, write_article
from tests.stores import article, issue

HOUR = timedelta(hours=1)


def ids(articles: tuple[Article, ...] | list[Article]) -> list[str]:
    return [article.id for article in articles]


def frozen(store: Store, draft: Issue) -> Issue:
    made = store.archive.freeze(draft)
    assert made is not None
    return made


def held(store: Store, issue_id: str) -> list[str]:
    found = store.archive.issue(issue_id)
    assert found is not None
    return ids(found.articles)


@pytest.mark.usefixtures("engine")
class TestTheArchive:
    def test_takes_back_what_is_a_sources_own_and_not_there(
        self, store: Store, clock: Clock
    ) -> None:
        store.archive.add([article(n) for n in range(1, 4)])
        store.archive.add([article(4, source="wire")])

        keep = store.archive.withdrawing.keep_only
        assert keep("articles", ["article1"], now=clock()) == 2
        assert keep("articles", ["article1"], now=clock()) == 0

        assert sorted(ids(store.archive.articles())) == ["article1", "article4"]
        arrived = [each.id for _, each in store.archive.arrivals()]
        assert sorted(arrived) == ["article1", "article4"]
        gone = store.archive.withdrawing.all()
        assert {w.article.id for w in gone} == {"article2", "article3"}
        assert {w.by for w in gone} == {By.SOURCE}

    def test_has_it_again_when_it_is_there_again(
        self, store: Store, clock: Clock
    ) -> None:
        store.archive.add([article()])
        store.archive.withdrawing.keep_only("articles", [], now=clock())
        clock.forward(days=3)

        assert store.archive.add([article()]) == Added(changed=1)
        assert store.archive.add([article()]) == Added(same=1)

        # In nobody's mail yet, and the window of its first time is over.
        assert ids(store.archive.articles(since=clock() - HOUR)) == ["article1"]

    def test_lets_what_an_issue_carried_keep_its_time(
        self, store: Store, clock: Clock
    ) -> None:
        store.archive.add([article()])
        frozen(store, issue(until=MONDAY, articles=(article(),)))
        store.archive.withdrawing.keep_only("articles", [], now=clock())
        clock.forward(days=3)

        store.archive.add([article(body="<p>New</p>")])

        assert store.archive.articles(since=clock() - HOUR) == []
        assert ids(store.archive.articles()) == ["article1"]

    def test_follows_one_that_moves_to_another_source(
        self, store: Store, clock: Clock
    ) -> None:
        moved = article(source="archive", body="<p>Moved</p>")
        store.archive.add([article()])
        store.archive.withdrawing.keep_only("articles", [], now=clock())

        store.archive.add([moved])
        store.archive.withdrawing.keep_only("articles", [], now=clock())

        assert store.archive.articles() == [moved]

    def test_keeps_the_operators_word_whatever_a_source_says(
        self, store: Store, clock: Clock
    ) -> None:
        store.archive.add([article()])
        withdrawing = store.archive.withdrawing
        withdrawing.keep_only("articles", [], now=clock())
        assert withdrawing.withdraw(["article1"], By.OPERATOR, now=clock()) == 1

        store.archive.add([article(body="<p>Again</p>")])
        assert withdrawing.withdraw(["article1"], By.SOURCE, now=clock()) == 0
        assert store.archive.articles() == []

        assert withdrawing.restore(article(), now=clock())
        assert not withdrawing.restore(article(), now=clock())
        assert ids(store.archive.articles()) == ["article1"]

    def test_takes_in_by_hand_what_was_withdrawn(
        self, store: Store, clock: Clock
    ) -> None:
        store.archive.add([article()])
        store.archive.withdrawing.withdraw(["article1"], By.OPERATOR, now=clock())

        store.archive.add([article(source="added")], by_hand=True)

        assert ids(store.archive.articles()) == ["article1"]


@pytest.mark.usefixtures("engine")
class TestAnIssueThatWasFrozen:
    def test_leaves_out_what_is_withdrawn_until_it_expires(
        self, store: Store, clock: Clock
    ) -> None:
        both = tuple(article(n) for n in (1, 2))
        store.archive.add(both)
        made = frozen(store, issue(articles=both))

        clock.at = made.expires - timedelta(milliseconds=1)
        store.archive.withdrawing.keep_only("articles", ["article1"], now=clock())

        assert held(store, made.id) == ["article1"]

    @pytest.mark.parametrize(
        ("by", "left"), [(By.SOURCE, ["article1", "article2"]), (By.OPERATOR, [])]
    )
    def test_forgets_later_only_what_the_operator_takes_back(
        self, store: Store, clock: Clock, by: By, left: list[str]
    ) -> None:
        both = tuple(article(n) for n in (1, 2))
        store.archive.add(both)
        made = frozen(store, issue(articles=both))
        clock.at = made.expires
        store.archive.withdrawing.withdraw(ids(both), by, now=clock())

        assert held(store, made.id) == left

    def test_carries_no_earlier_one_that_was_withdrawn(
        self, store: Store, clock: Clock
    ) -> None:
        both = tuple(article(n) for n in (1, 2))
        store.archive.add(both)
        first = frozen(store, issue(1, articles=both))
        store.archive.withdrawing.withdraw(["article1"], By.SOURCE, now=clock())
        later = MONDAY + 2 * HOUR
        earlier = store.archive.earlier("daily", number=2, until=later, whole=True)
        assert [ids(each.articles) for each in earlier] == [["article2"]]

        second = frozen(
            store,
            replace(issue(2, since=MONDAY, until=later), earlier=(first,)),
        )
        store.archive.withdrawing.withdraw(["article2"], By.OPERATOR, now=clock())

        carried = store.archive.issue(second.id)
        assert carried is not None
        assert [ids(each.articles) for each in carried.earlier] == [[]]


class TestAFolder:
    def fetched(self, folder: Path) -> Fetched:
        source = Folder(
            FolderSource(name="articles", path=folder, tags=()),
            site=Site(
                name="The Ledger",
                url="https://ledger.example",
                postal_address="4 Harbour Row",
                language="en",
                timezone="UTC",
            ),
            now=lambda: MONDAY,
        )
        return source.fetch(Validators())

    def test_says_all_it_holds(self, tmp_path: Path) -> None:
        (tmp_path / "ferry.md").write_text("# The ferry\n\nAt six.\n")
        (tmp_path / "lock.md").write_text("---\ndraft: true\n---\n# A lock\n\nNo.\n")

        found = self.fetched(tmp_path)

        assert found.complete
        assert len(found.articles) == 1

    def test_that_is_empty_says_nothing_of_what_it_held(self, tmp_path: Path) -> None:
        assert not self.fetched(tmp_path).complete

    def test_with_a_file_that_cannot_be_read_does_not_say_either(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "ferry.md").write_text("# The ferry\n\nAt six.\n")
        (tmp_path / "lock.md").write_bytes(b"")

        assert not self.fetched(tmp_path).complete


def mails(project: Path) -> str:
    """Return what all readers can read, in one text."""
    texts = []
    for file in (project / "outbox" / "new").iterdir():
        mail = message_from_bytes(file.read_bytes(), policy=default)
        plain = mail.get_body(("plain",))
        assert plain is not None
        texts.append(plain.get_content())
    return "\n".join(texts)


def test_a_file_that_is_deleted_or_a_draft_again_is_in_no_mail(
    digest: Shell, project: Path
) -> None:
    digest("collect")
    (project / "articles" / "ferry.md").unlink()
    bell = project / "articles" / "bell.md"
    bell.write_text(bell.read_text().replace("---\nhead", "---\ndraft: true\nhead"))

    assert "1 article, 0 new, 0 changed, 2 withdrawn" in digest("collect").out
    assert "No bell on Monday" not in digest("articles").out
    listed = digest("articles", "--withdrawn")
    assert "The ferry is back" in listed.out
    assert "no longer in articles" in listed.out
    assert len(digest("articles", "--withdrawn", "--json").json["withdrawn"]) == 2

    assert digest("send").code == 0
    assert "A lock reopens" in mails(project)
    assert "ferry" not in mails(project)
    assert "bell" not in mails(project)
    why = digest("why", "ana@readers.example", "ferry")
    assert "'articles' does not hold it any more" in why.out

    write_article(
        project,
        "ferry.md",
        "---\nheadline: The ferry is back\ntags: [river]\n---\n\nSix.\n",
    )
    assert "2 articles, 0 new, 1 changed" in digest("collect").out
    assert digest("send").code == 0
    assert "The ferry is back" in mails(project)


def test_a_file_with_another_name_is_one_story(digest: Shell, project: Path) -> None:
    digest("collect")
    (project / "articles" / "ferry.md").rename(project / "articles" / "ship.md")

    assert "3 articles, 1 new, 0 changed, 1 withdrawn" in digest("collect").out
    assert digest("articles").out.count("The ferry is back") == 1


def test_what_the_operator_withdraws_leaves_an_issue_that_is_going_out(
    digest: Shell, project: Path
) -> None:
    digest("collect")
    digest("subscribers", "import")
    settings = load_settings(project / "digest.yaml", environment={})
    with Newsroom(settings) as newsroom:
        newsletter = newsroom.newsletter("")
        made = newsroom.issues.prepare(newsletter)
        assert made is not None

        with newsroom.store.alone("send-daily"):  # as a process that sends
            said = digest("articles", "withdraw", "ferry", "lock")
    assert "Withdrawn: The ferry is back" in said.out
    assert f"{made.id}: left out of 3 mails not made yet" in said.out
    assert "It is being sent" in said.out
    assert (
        "Was withdrawn before: The ferry" in digest("articles", "withdraw", "ferry").out
    )

    assert digest("send").code == 0
    assert "No bell on Monday" in mails(project)
    assert "ferry" not in mails(project)
    again = digest("articles", "withdraw", "bell")
    assert "mails left before" in again.out
    assert "not made yet" not in again.out


def test_a_process_that_is_sending_notices_with_its_next_readers(
    digest: Shell, project: Path
) -> None:
    named = "".join(f"  - address: r{n}@readers.example\n" for n in range(60))
    (project / "subscribers.yaml").write_text(f"subscribers:\n{named}")
    digest("collect")
    settings = load_settings(project / "digest.yaml", environment={})
    with Newsroom(settings) as newsroom:
        newsroom.refresh_subscribers()
        made = newsroom.issues.prepare(newsroom.newsletter(""))
        assert made is not None
        archive = newsroom.store.archive
        ferry = next(a.id for a in made.articles if "ferry" in a.headline)

        def after_the_first(_: State) -> None:
            archive.withdrawing.withdraw([ferry], By.OPERATOR, now=newsroom.now())

        report = newsroom.send(made, on_outcome=after_the_first)

    assert report.counts == {State.SENT: 60}
    brought = mails(project).count("The ferry is back")
    assert 1 <= brought < 60
    assert mails(project).count("A lock reopens") == 60


def test_the_web_archive_forgets_what_the_operator_withdraws(
    digest: Shell, project: Path, tmp_path: Path
) -> None:
    digest("collect")
    digest("send")
    pages = tmp_path / "pages"
    digest("archive", "--to", pages)
    assert any("ferry" in page.read_text() for page in pages.rglob("*.html"))

    digest("articles", "withdraw", "The ferry is back")
    digest("archive", "--to", pages)

    assert not any("ferry" in page.read_text() for page in pages.rglob("*.html"))


def test_nothing_is_withdrawn_when_one_of_the_names_is_nobodys(digest: Shell) -> None:
    digest("collect")

    refused = digest("articles", "withdraw", "ferry", "zeppelin")

    assert refused.code == 3
    assert "zeppelin" in refused.err
    assert "No article is withdrawn." in digest("articles", "--withdrawn").out


def test_what_is_restored_is_in_mails_again(digest: Shell, project: Path) -> None:
    digest("collect")
    digest("articles", "withdraw", "ferry")

    assert "Restored: The ferry is back" in digest("articles", "restore", "ferry").out
    assert "Was not withdrawn" in digest("articles", "restore", "ferry").out

    digest("send")
    assert "The ferry is back" in mails(project)
