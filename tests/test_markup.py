"""Values written into a finished page look as if libxml2 had written them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from digest.rendering.markup import as_address, as_attribute, as_text
from tests.examples import examples

#: What a serialiser of HTML treats in a way of its own, or ours might.
PIECES = st.sampled_from(
    (
        *("&", "<", ">", '"', "'", "&{", "}", "{", "&{}", "<!--", "-->", "<!-->"),
        *("<!--->", "--", "!", "a", "é", " ", "%", "%41", "😀", "漢", "&amp;", "\\"),
    )
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


def by_libxml2(value: str, attribute: str = "") -> str:
    element = html.document_fromstring("<html><body><a>x</a></body></html>").find(
        ".//a"
    )
    assert element is not None
    if attribute:
        element.set(attribute, value)
    else:
        element.text = value
    written: str = html.tostring(element, encoding="unicode")
    return written


@examples(400)
@given(TEXTS)
def test_as_libxml2_does(value: str) -> None:
    address = value.strip()  # no address of ours begins or ends in a space

    assert f"<a>{as_text(value)}</a>" == by_libxml2(value)
    assert f"<a title={as_attribute(value)}>x</a>" == by_libxml2(value, "title")
    assert f"<a href={as_address(address)}>x</a>" == by_libxml2(address, "href")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("&{a & b} & c", '"&{a & b} &amp; c"'),
        ("<!-- < --> <", '"<!-- < --> &lt;"'),
        ("<!-->", '"<!-->"'),
        ("&{ no end", '"&amp;{ no end"'),
        ("both \" and '", '"both &quot; and \'"'),
    ],
)
def test_what_libxml2_leaves_alone_in_an_attribute(value: str, written: str) -> None:
    assert as_attribute(value) == written
