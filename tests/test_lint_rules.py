"""Every rule finds its bad example and leaves its good one alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.lint import RULES, Rule, Severity, lint
from digest.lint.rules import Shows
from tests.lint_fixtures import DESCRIBED, example, message, read
from tests.lint_manual import MARK, manual


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_finds_its_bad_example_and_leaves_its_good_one_alone(rule: Rule) -> None:
    bad = [f for f in lint(example(rule, rule.bad)) if f.rule == rule.id]
    good = [f for f in lint(example(rule, rule.good)) if f.rule == rule.id]

    assert bad, rule.bad
    assert not good, good
    assert all(finding.severity is rule.severity for finding in bad)


def test_every_rule_has_words_and_two_examples() -> None:
    for rule in RULES.values():
        assert rule.why.endswith("."), rule.id
        assert rule.fix[0].isupper(), rule.id
        assert rule.fix.endswith((".", ">.", "Click")), (rule.id, rule.fix)
        assert rule.bad, rule.id
        assert rule.good != rule.bad, rule.id
        assert (rule.shows is Shows.WORDS) == (rule.id in DESCRIBED), rule.id


def test_the_clean_mail_of_the_fixtures_is_clean() -> None:
    findings = lint(read(message()), ignore=["url-example"])

    assert [f for f in findings if f.severity is not Severity.INFO] == []


def test_the_manual_shows_every_rule(request: pytest.FixtureRequest) -> None:
    path = Path(__file__).parent.parent / "docs" / "lint.md"
    head, mark, rules = path.read_text(encoding="utf-8").partition(MARK)
    if request.config.getoption("--approve"):
        path.write_text(head + manual(), encoding="utf-8")
        return

    assert mark + rules == manual(), "pytest --approve, if it is meant"
