"""The linter as a whole: what it says of other people's mails, and how it reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digest.lint import (
    RULES,
    Duties,
    Finding,
    Mail,
    Severity,
    TemplateLines,
    as_sarif,
    holes,
    lint,
    merged,
    read_facts,
)
from digest.lint.css import read_sheet
from digest.lint.page import Page
from tests.lint_fixtures import message, of, page, read

DATA = Path(__file__).parent / "data" / "lint"

#: What a person would say about three mails in the style of other senders: the errors,
#: then the warnings.
GOLDEN = {
    "table-soup": """
        charset-not-utf8 contrast date-broken img-alt lang-html
        list-unsubscribe-missing to-one-reader unresolved-token
        --
        dir-html font-no-fallback font-small h1-count header-unwanted hidden-text
        html-wellformed img-alt-filename img-http img-width justified lang-wrapper
        link-generic link-http link-same-words list-id-missing message-id
        subject-shouting table-role text-links text-thin title-missing
        tracking-pixel unsubscribe-insecure viewport-missing
    """,
    "modern": """
        contrast contrast-dark css-external css-import css-modern-colour
        list-unsubscribe-post
        --
        client-unsupported dark-important dir-html font-no-fallback font-small
        h1-count heading-skip img-modern img-svg img-width important-spacing
        lang-wrapper list-id-missing preheader-repeats-subject role-button
        tap-target text-entities
    """,
    "forward": """
        lang-html list-unsubscribe-missing unsubscribe-missing
        --
        doctype-missing list-id-missing subject-reply title-missing
    """,
}


def wild(name: str) -> Mail:
    content = (DATA / f"{name}.eml").read_bytes()
    return Mail.read(content.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("name", GOLDEN)
def test_other_senders_mails_get_what_a_person_would_say(name: str) -> None:
    found = lint(wild(name))

    for severity, wanted in zip(Severity, GOLDEN[name].split("--\n"), strict=False):
        rules = {finding.rule for finding in found if finding.severity is severity}
        assert rules == set(wanted.split())


def test_findings_stand_at_their_lines_the_worst_first() -> None:
    found = lint(wild("table-soup"))

    ranks = [list(Severity).index(finding.severity) for finding in found]
    assert ranks == sorted(ranks)
    lines = {(f.rule, f.line) for f in found if f.where == "html"}
    assert {("lang-html", 2), ("img-alt", 19), ("justified", 17)} <= lines
    assert {f.line for f in found if f.rule == "subject-shouting"} == {3}
    assert [f.times for f in found if f.rule == "table-role"] == [2]


def test_ignored_rules_are_not_heard_of() -> None:
    found = lint(wild("table-soup"), ignore=["contrast", "img-alt"])

    assert not {"contrast", "img-alt"} & {finding.rule for finding in found}


def test_a_page_alone_is_not_asked_for_a_header() -> None:
    found = lint(Mail.of_page("<!DOCTYPE html><p>Hello</p>"))

    assert {"lang-html", "unsubscribe-missing"} <= {finding.rule for finding in found}
    assert {finding.where for finding in found} == {"html"}


def test_the_same_mistake_in_several_mails_is_said_once() -> None:
    one, other = lint(wild("modern"), name="one"), lint(wild("modern"), name="other")

    together = merged([*one, *other])

    assert len(together) == len(merged(one))
    assert {f.times for f in together if f.rule == "role-button"} == {2}


def test_what_articles_say_themselves_is_no_hole_in_a_template() -> None:
    html = page("<p>nan</p><p>Write {{ name }} there; {{ nmae }} is an error.</p>")
    known = Duties(quoted=holes("<p>Write {{ name }}</p><b>nan</b>"))

    found = lint(Mail.read(message(html), duties=known))

    [hole] = [f for f in found if f.rule == "unresolved-token"]
    assert "{{ nmae }}" in hole.what
    assert "undefined-printed" not in {finding.rule for finding in found}


def test_dark_colours_are_worked_out_from_the_kept_rules() -> None:
    dark = "@media (prefers-color-scheme:dark){%s{background-color:#111111 !important}}"

    def rules(css: str) -> set[str]:
        body = '<td class="card" style="color:#222222"><b>A line</b></td>'
        html = page(f'<table role="presentation"><tr>{body}</tr></table>', css=css)
        return {finding.rule for finding in lint(of(html))}

    assert "contrast-dark" in rules(dark % ".card")
    assert "contrast-dark" in rules(dark % "tr > .card b")
    assert "contrast-dark" not in rules(dark % ".card p")
    assert "contrast-dark" not in rules(dark % "[data-ogsb] .card")
    assert "contrast" in rules("td.card { background-color: #333333 }")


def test_a_link_is_judged_the_same_whatever_was_looked_at_before() -> None:
    body = '<p style="color:#333333">Words and <a style="color:#223368"%s>more</a> here.</p>'
    link = of(page(body % ' href="https://news.example/a"'))
    lint(of(page(body % "")))

    found = {finding.rule for finding in lint(link)}

    assert "link-colour-only" not in found, (
        "a link is underlined unless it says otherwise"
    )


def test_a_broken_page_is_read_as_it_stands() -> None:
    found = Page("<p>One<div>Two</b></div><td><a href=x>Three<!-- <p> --></td>")

    assert [node.tag for node in found.nodes] == ["p", "div", "td", "a"]
    assert [what for _, what in found.unbalanced] == [
        "<p> is not closed",
        "</b> closes nothing",
        "<a> is not closed before </td>",
    ]


@pytest.mark.parametrize(
    "css", ["p{", "@media x{p{color:red}", "}", "p{a{color:red}}", "@import 'x'"]
)
def test_a_broken_style_sheet_is_read_to_its_end(css: str) -> None:
    sheet = read_sheet(css + "\np { margin: 0 }")

    assert sheet.broken or sheet.ats


def test_every_byte_of_a_mail_may_be_wrong() -> None:
    content = message()

    for cut in range(0, len(content), 97):
        lint(read(content[:cut]))
        lint(read(content[:cut] + b"\xff<\0=?" + content[cut:]))


def test_newer_facts_win_over_our_table() -> None:
    entry = {
        "slug": "css-display-flex",
        "last_test_date": "2031-05-06",
        "stats": {
            "outlook": {"windows": {"2019": "n", "2031": "y"}},
            "gmail": {"ios": {"2031": "y"}, "android": {"2031": "n #1"}},
        },
    }
    facts = read_facts(json.dumps({"data": [entry]}))
    html = page('<div style="display:flex"><p>One</p></div>')

    def said(*targets: str) -> list[Finding]:
        mail = Mail.read(message(html), facts=facts, targets=targets)
        return [f for f in lint(mail) if f.rule == "client-unsupported"]

    assert not said("outlook-classic")
    [finding] = said("gmail-app", "outlook-classic")
    assert "not shown in gmail-app (tested 2031-05)" in finding.what


@pytest.mark.parametrize("text", ["", "[]", '{"data": [{}]}', '{"data": 3}'])
def test_what_is_no_data_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not caniemail"):
        read_facts(text)


def test_a_finding_leads_to_the_line_of_the_template() -> None:
    template = (
        '<div>\n<p class="note small">Words</p>\n<p class="lead">More</p>\n</div>'
    )
    lines = TemplateLines(
        {"digest.html.j2": ("templates/own/digest.html.j2", template)}
    )
    html = page('<p class="lead" style="color:#cccccc">A pale line</p>')

    found = lint(of(html), place=lines)

    [finding] = [f for f in found if f.rule == "contrast"]
    assert finding.template == "templates/own/digest.html.j2:3"


def test_a_line_that_cannot_be_told_from_others_is_not_guessed() -> None:
    template = '<p class="lead">One</p>\n<p class="lead">Two</p>'
    lines = TemplateLines({"digest.html.j2": ("digest.html.j2", template)})
    html = page('<p class="lead" style="color:#cccccc">A pale line</p>')

    [finding] = [f for f in lint(of(html), place=lines) if f.rule == "contrast"]
    assert finding.template == ""


def test_sarif_names_rules_levels_and_places() -> None:
    found = lint(wild("modern"), name="modern.eml")

    log = json.loads(json.dumps(as_sarif(found, version="1.2")))

    [run] = log["runs"]
    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["version"] == "1.2"
    assert len(run["results"]) == len(found)
    for result in run["results"]:
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        [location] = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "modern.eml"}
        assert physical.get("region", {"startLine": 1})["startLine"] >= 1


def test_ids_are_words_with_hyphens_and_unique() -> None:
    assert len(RULES) > 150
    assert all(name == name.lower() and " " not in name for name in RULES)
