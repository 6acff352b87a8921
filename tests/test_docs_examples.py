"""What the documentation shows, the product reads: every example goes through it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from digest.config import read_subscribers
from digest.model import Status
from digest.sources.markdown import read_markdown
from digest.sources.origin import Origin
from digest.sources.pasted import read_pasted
from digest.yamltext import read_yaml

DOCS = Path(__file__).parent.parent / "docs"
ORIGIN = Origin(
    source="articles",
    key="example.md",
    where="articles/example.md",
    timezone="Europe/Paris",
    images_url="https://longitude.example/media",
    base_url="https://longitude.example/",
)


def examples(page: str, language: str) -> list[str]:
    """Return the fenced blocks of one language, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "page",
    ["writing-articles.md", "readers.md", "running.md", "approving.md", "bounces.md"],
)
def test_every_yaml_block_is_yaml(page: str) -> None:
    found = examples(page, "yaml")

    assert found
    for text in found:
        assert isinstance(read_yaml(text, file=page).value, dict)


def test_the_markdown_article_is_read_with_all_its_fields() -> None:
    [text] = examples("writing-articles.md", "markdown")

    fetched = read_markdown(text, origin=ORIGIN)

    [article] = fetched.articles
    assert fetched.problems == ()
    assert article.image
    assert article.image.credit == "© Longitude / M. Holt"
    assert [quote.who for quote in article.quotes] == ["Signe Aune"]
    assert [link.title for link in article.also_read] == [
        "The bridge that was always next year"
    ]
    assert len(article.related) == 1


def test_the_table_of_fields_names_every_field_there_is() -> None:
    from digest.sources.frontmatter import _FIELDS

    table = (DOCS / "writing-articles.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\|(.*)\|$", table, re.MULTILINE))

    for name, others in _FIELDS.items():
        assert tuple(re.findall(r"`(\w+)`", rows[name])) == others, name


@pytest.mark.parametrize("number", range(4))
def test_the_pasted_pages_are_read_in_four_languages(number: int) -> None:
    pages = examples("writing-articles.md", "text")
    pasted = read_pasted(pages[number], origin=ORIGIN)

    article = pasted.article
    assert len(pages) == 4
    assert article.headline in pages[number].splitlines()
    assert article.standfirst
    assert article.byline
    assert article.reading_minutes == 3
    assert len(article.also_read) == 1
    assert len(article.related) in {1, 2}
    assert article.body.count("<p>") in {2, 3}
    assert "abon" not in article.body
    assert "suscri" not in article.body


def test_the_first_pasted_page_shows_everything_the_table_promises() -> None:
    article = read_pasted(
        examples("writing-articles.md", "text")[0], origin=ORIGIN
    ).article

    assert article.url == "https://longitude.example/a/lamps"
    assert article.byline.startswith("Hélène Varga")
    assert article.desk == "Saint-Aurel"
    assert article.published
    assert article.image
    assert article.image.credit == "© Longitude / Hélène Varga"
    assert article.tags == ("Science", "Night")
    assert article.quotes[0].who == "Bertrand Cazal"


@pytest.mark.parametrize("form", ["yaml", "csv"])
def test_the_readers_are_valid_and_the_same_in_both_forms(
    form: str, tmp_path: Path
) -> None:
    text = next(t for t in examples("readers.md", form) if "amira" in t)
    path = tmp_path / f"readers.{form}"
    path.write_text(text, encoding="utf-8")

    amira, jonas = read_subscribers(
        path,
        newsletters=["daily", "weekly"],
        topics=["human-rights", "climate"],
    )

    assert amira.preferences.newsletters == {"daily", "weekly"}
    assert amira.preferences.follows == ("human-rights", "climate", "tag:lisbon")
    assert jonas.status is Status.ACTIVE
    assert jonas.preferences.newsletters == {"daily"}


def test_running_names_every_key_of_delivery_smtp_and_its_defaults() -> None:
    from digest.config.leaving import SmtpPart

    page = (DOCS / "running.md").read_text("utf-8")
    [section] = re.findall(
        r"^## The mail server\n(.*?)^## ", page, re.MULTILINE | re.DOTALL
    )
    rows = dict(re.findall(r"^\| (`.*?) \| (.*) \|$", section, re.MULTILINE))
    fields = SmtpPart.model_fields

    told = [key for keys in rows for key in re.findall(r"`(\w+)`", keys)]
    assert sorted(told) == sorted(fields)
    for key in ("connections", "messages_per_connection"):
        assert str(fields[key].default) in rows[f"`{key}`"]


def test_bounces_names_every_key_of_imap_and_its_defaults() -> None:
    from digest.config.returned import ImapPart

    page = (DOCS / "bounces.md").read_text("utf-8")
    [table] = re.findall(r"^\| key of `imap`.*?\n\n", page, re.MULTILINE | re.DOTALL)
    rows = dict(re.findall(r"^\| (`.*?) \| (.*) \|$", table, re.MULTILINE))
    fields = ImapPart.model_fields

    told = [key for keys in rows for key in re.findall(r"`(\w+)`", keys)]
    assert sorted(told) == sorted(fields)
    assert str(fields["folder"].default) in rows["`folder`"]
