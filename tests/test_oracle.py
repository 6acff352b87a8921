"""Whatever way a mail is made, it is the mail of the plain path.

Issues, digests, readers and templates are drawn by Hypothesis; each issue is compiled
once and then gives many mails, as it does for a newsroom.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering import TemplateSet
from tests import rendering_samples as samples
from tests.oracle import Trial, examples, try_out
from tests.random_issues import World, worlds
from tests.random_templates import (
    html_templates,
    rows,
    styles,
    subject_templates,
    text_templates,
)


def agree(
    world: World,
    templates: TemplateSet | None,
    data: st.DataObject,
    *,
    least: int = 2,
) -> None:
    """Draw mails of an issue, and see that they agree and that all were joined."""
    trial = Trial(world, templates)

    try_out(data, trial, least=least)

    assert trial.why_not == {}


# -- the shipped templates ----------------------------------------------------


@examples(3)
@given(world=worlds(), data=st.data())
def test_mails_of_the_shipped_templates_agree(
    world: World, data: st.DataObject
) -> None:
    agree(world, None, data)


@pytest.mark.slow
@pytest.mark.timeout(300)
@examples(5)
@given(world=worlds(), data=st.data())
def test_many_mails_of_the_shipped_templates_agree(
    world: World, data: st.DataObject
) -> None:
    agree(world, None, data, least=6)


# -- the shipped templates, with blocks left out and others put in -------------

_BLOCK = re.compile(r"^\{\{ b\.\w+\((?:\w+)?\) \}\}$", re.MULTILINE)


@st.composite
def rearranged(draw: st.DrawFn) -> TemplateSet:
    """Draw the shipped set with any of its blocks left out, and rows put in."""
    shipped = (samples.NEWSROOM / "digest.html.j2").read_text()

    def chosen(block: re.Match[str]) -> str:
        if "top" in block[0] or "footer" in block[0]:  # they hold the way out
            return block[0]
        kept = block[0] if draw(st.booleans()) else ""
        inside = "each" if "card" in block[0] or "lead(" in block[0] else ""
        return kept + (draw(rows(inside)) if draw(st.integers(0, 3)) == 0 else "")

    return samples.templates(digest__html__j2=_BLOCK.sub(chosen, shipped))


@examples(3)
@given(world=worlds(most=4), templates=rearranged(), data=st.data())
def test_mails_of_rearranged_templates_agree(
    world: World, templates: TemplateSet, data: st.DataObject
) -> None:
    agree(world, templates, data)


@pytest.mark.slow
@pytest.mark.timeout(300)
@examples(4)
@given(world=worlds(most=4), templates=rearranged(), data=st.data())
def test_many_mails_of_rearranged_templates_agree(
    world: World, templates: TemplateSet, data: st.DataObject
) -> None:
    agree(world, templates, data, least=6)


# -- templates that nobody wrote ------------------------------------------------

TEMPLATES = st.builds(
    samples.templates,
    digest__html__j2=html_templates(),
    digest__txt__j2=text_templates(),
    subject__txt__j2=subject_templates(),
    style__css=styles(),
)


@examples(4)
@given(world=worlds(most=4), templates=TEMPLATES, data=st.data())
def test_mails_of_any_templates_agree(
    world: World, templates: TemplateSet, data: st.DataObject
) -> None:
    agree(world, templates, data)


@pytest.mark.slow
@pytest.mark.timeout(300)
@examples(14)
@given(world=worlds(most=4), templates=TEMPLATES, data=st.data())
def test_many_mails_of_any_templates_agree(
    world: World, templates: TemplateSet, data: st.DataObject
) -> None:
    agree(world, templates, data, least=9)
