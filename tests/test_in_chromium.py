"""The stock mails in a real browser: what a reader sees, measured in the page.

Four sets, four languages, a phone's and a desk's width, light and dark, with and without
the mail's `<style>`; and what axe-core, which knows the rules for pages that everybody can
use, says of them. Slow; skipped, and said so, where Chromium or axe-core is not installed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat

from digest import showing
from digest.model import Format, Length
from digest.rendering.contrast import contrast
from tests import browser
from tests import rendering_samples as samples
from tests import stock_samples as stock

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        browser.CHROMIUM is None,
        reason="Chromium is not installed: nobody looked at the mails",
    ),
]

MEASURE = """
(view, page, width) => {
  const all = [...page.querySelectorAll('body *')].filter(
    (e) => !['STYLE', 'SCRIPT', 'SOURCE'].includes(e.tagName));
  const style = (e) => view.getComputedStyle(e);
  const parts = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((p) => p / 255).map(
    (p) => p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4
  ).reduce((sum, p, at) => sum + p * [0.2126, 0.7152, 0.0722][at], 0);
  const clear = (colour) => parts(colour)[3] === 0 || colour === 'transparent';
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      if (!clear(style(e).backgroundColor)) return style(e).backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const words = (text) => text.replace(/\\s+/g, ' ').trim().slice(0, 60);

  // Every text, with the boxes of its lines: half as high as fonts say, around the middle.
  const texts = [], walker = page.createTreeWalker(page.body, 4);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || ['STYLE', 'SCRIPT'].includes(parent.tagName)) continue;
    const range = page.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((b) => b.width > 1).map((b) => ({
      left: b.left, right: b.right, top: b.top + b.height / 4, bottom: b.bottom - b.height / 4}));
    texts.push({
      words: words(node.data), boxes, size: parseFloat(style(parent).fontSize),
      contrast: contrast(style(parent).color, ground(parent)),
    });
  }
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const shown = texts.filter((t) => t.words !== '').concat(
    [...page.images].map((i) => ({words: 'picture ' + i.alt, boxes: [i.getBoundingClientRect()]})));
  const overlaps = [];
  shown.forEach((one, at) => shown.slice(at + 1).forEach((other) => {
    if (one.boxes.some((a) => other.boxes.some((b) => meet(a, b)))) {
      overlaps.push([one.words, other.words]);
    }
  }));

  // A link inside a sentence is as high as its line (WCAG 2.5.8 excepts it).
  const sentence = (a) => style(a).display === 'inline' && [...a.parentElement.childNodes].some(
    (n) => n.nodeType === 3 && n.data.trim());
  const small = [...page.links].filter((a) => !sentence(a)).map((a) => {
    const box = a.getBoundingClientRect(), image = a.querySelector('img');
    const inside = image ? image.getBoundingClientRect() : box;
    return [words(a.textContent), Math.max(box.width, inside.width), Math.max(box.height, inside.height)];
  }).filter(([, w, h]) => w < 44 || h < 43.5);

  const outside = all.filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width && (box.right > width + 1 || box.left < -1);
  });
  return {
    scroll: page.documentElement.scrollWidth,
    outside: outside.slice(-3).map((e) => e.outerHTML.slice(0, 200)),
    faint: texts.filter((t) => t.contrast < 4.5).map((t) => [t.words, t.contrast]),
    tiny: texts.filter((t) => t.size < 12).map((t) => [t.words, t.size]).filter(([w]) => w),
    texts: texts.length,
    overlaps, small,
    hidden: all.filter((e) => style(e).display === 'none').length,
    card: ground(page.querySelector('h1')), ink: style(page.querySelector('h1')).color,
    dir: style(page.querySelector('h1')).direction,
  };
}
"""

MODES: dict[str, tuple[int, bool, Callable[[str], str]]] = {
    "desk": (600, False, str),
    "phone": (360, False, str),
    "narrow": (320, False, str),
    "desk-dark": (600, True, str),
    "phone-dark": (360, True, str),
    "desk-no-style": (700, False, showing.without_styles),
    "phone-no-style": (360, False, showing.without_styles),
    "phone-no-pictures": (360, False, showing.without_pictures),
    "desk-word": (700, False, showing.as_word_shows),
}
LENGTHS = {
    "newsroom": tuple(Length),
    "letter": tuple(Length),
    "brief": (Length.SUMMARIES,),
    "alert": (Length.SUMMARIES, Length.FULL),
}


def mails() -> Iterator[tuple[str, str]]:
    for of in stock.SETS:
        for language in stock.LANGUAGES:
            for length in LENGTHS[of]:
                html = stock.mail(of, language, length).html
                assert html
                yield f"{of}-{language}-{length.value}", html


@cache
def measured(mode: str) -> dict[str, dict[str, Any]]:  # JSON
    """Return what Chromium says of every mail: one start of it for all of them."""
    width, dark, changed = MODES[mode]
    named = dict(mails())
    found = browser.found_in(
        [changed(html) for html in named.values()],
        measure=MEASURE,
        width=width,
        dark=dark,
    )
    return dict(zip(named, found, strict=True))


def failing(mode: str, key: str) -> dict[str, object]:
    return {name: found[key] for name, found in measured(mode).items() if found[key]}


@pytest.mark.parametrize("mode", MODES)
class TestEveryMail:
    def test_fits_its_window_without_scrolling_sideways(self, mode: str) -> None:
        width = MODES[mode][0]

        assert failing(mode, "outside") == {}
        assert {f["scroll"] for f in measured(mode).values()} == {width}

    def test_shows_no_text_over_another_nor_over_a_picture(self, mode: str) -> None:
        assert failing(mode, "overlaps") == {}

    def test_can_be_read_everywhere(self, mode: str) -> None:
        assert failing(mode, "faint") == {}
        assert failing(mode, "tiny") == {}
        assert all(found["texts"] > 15 for found in measured(mode).values())

    def test_has_links_as_large_as_a_thumb(self, mode: str) -> None:
        if mode == "desk-word":  # it pads no link, and whoever uses it has a mouse
            return
        assert failing(mode, "small") == {}

    def test_hides_nothing(self, mode: str) -> None:
        assert failing(mode, "hidden") == {}


def brightness(colour: str) -> float:
    numbers = [int(n) for n in colour.partition("(")[2].rstrip(")").split(",")[:3]]
    return sum(numbers) / 3


def test_dark_means_light_ink_on_a_dark_card() -> None:
    for light in measured("desk").values():
        assert brightness(light["card"]) > 240
        assert brightness(light["ink"]) < 60
    for dark in measured("desk-dark").values():
        assert brightness(dark["card"]) < 60
        assert brightness(dark["ink"]) > 220


def test_arabic_runs_from_right_to_left() -> None:
    for name, found in measured("desk").items():
        assert found["dir"] == ("rtl" if "-ar-" in name else "ltr")


#: Twice the type, as a reader sets it on a phone; then how wide the page is, and how much
#: of a table its own box has to move.
TWICE = """
(view, page) => {
  const sizes = [...page.querySelectorAll('body *')].map((e) => {
    const style = view.getComputedStyle(e);
    return [e, parseFloat(style.fontSize), parseFloat(style.lineHeight)];
  });
  for (const [e, size, line] of FACTOR > 1 ? sizes : []) {
    e.style.setProperty('font-size', FACTOR * size + 'px', 'important');
    if (line > 1) e.style.setProperty('line-height', FACTOR * line + 'px', 'important');
  }
  const moved = [...page.querySelectorAll('.bx')].map((e) => e.scrollWidth - e.clientWidth);
  const ears = [...page.querySelectorAll('.ear')].map((e) => e.scrollWidth - e.clientWidth);
  return [page.documentElement.scrollWidth, Math.max(0, ...ears), Math.max(0, ...moved)];
}
"""


def test_twice_the_type_fits_the_narrowest_phone_in_every_language() -> None:
    told = stock.digest_of("en", range(8))
    made = stock.renderer("newsroom", "en", told)
    others = {
        f"newsroom-{words}": made.render(
            told,
            samples.personal(name="Amira"),
            language=words,
            length=Length.SUMMARIES,
            format=Format.HTML,
        ).html
        or ""
        for words in ("de", "nl", "ru", "uk")
    }
    named = dict(mails()) | others

    measure = TWICE.replace("FACTOR", "2")
    found = browser.found_in([*named.values()], measure=measure, width=320)

    wrong = {n: f for n, f in zip(named, found, strict=True) if f != [320, 0, 0]}
    assert wrong == {}


def test_no_number_of_minutes_is_torn_from_its_word_on_a_phone() -> None:
    """Japanese breaks anywhere: "2" ended one line, and "分" began the next."""
    measure = """(window, page) => [...page.querySelectorAll('.nw')].flatMap((one) => {
      const text = one.lastChild, range = page.createRange();
      if (!/\\d分$/.test(text.data || '')) return [];
      const end = text.data.length;
      range.setStart(text, end - 2);
      range.setEnd(text, end);
      const lines = [...range.getClientRects()].filter((box) => box.width);
      return [new Set(lines.map((box) => box.top)).size];
    })"""
    mails = [stock.mail(of, "ja").html or "" for of in ("newsroom", "letter", "brief")]

    for width in (300, 320, 340, 360, 390):
        for found in browser.found_in(mails, measure=measure, width=width):
            assert len(found) > 4
            assert set(found) == {1}, width


@pytest.mark.parametrize("columns", [5, 7])
@pytest.mark.parametrize("width", [320, 600])
def test_a_table_that_is_too_wide_moves_by_itself(columns: int, width: int) -> None:
    cells = ("Circonscription", "Abstentionnistes", "Participation", "1,234,567")
    row = "".join(f"<td>{cells[at % 4]}</td>" for at in range(columns))
    told = samples.digest(
        samples.section(
            "Climate",
            *(
                samples.article(n, body=f"<table><tr>{row}</tr></table>")
                for n in (1, 2)
            ),
        )
    )
    html = (
        samples.renderer(told)
        .render(
            told,
            samples.personal(),
            language="en",
            length=Length.FULL,
            format=Format.HTML,
        )
        .html
    )

    measure = TWICE.replace("FACTOR", "1")
    ((scroll, _, moved),) = browser.found_in([html or ""], measure=measure, width=width)

    assert scroll == width
    assert moved > 0 or (columns, width) == (5, 600)


#: They ask for the landmarks of a website. A mail is an article in the page of a mail
#: program, which has its own <main>: the mail says role="article" and no more.
NOT_FOR_MAILS = ("landmark-one-main", "region")


@pytest.fixture(scope="module")
def axe() -> Path:
    file = browser.axe_core()
    if file is None:
        pytest.skip(
            "axe-core is not installed: nobody asked whether everybody can use the mails "
            "(`npm install -g axe-core`, or name its folder in AXE_CORE)"
        )
    return file


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
class TestAxe:
    def test_objects_to_nothing(self, axe: Path, dark: bool) -> None:
        named = {name: html for name, html in mails() if name.endswith("-summaries")}

        found = browser.violations(
            [*named.values()], axe, width=600, dark=dark, without=NOT_FOR_MAILS
        )

        said = dict(zip(named, found, strict=True))
        assert len(said) == len(stock.SETS) * len(stock.LANGUAGES)
        assert {name: each for name, each in said.items() if each} == {}

    def test_sees_what_is_wrong_with_a_mail(self, axe: Path, dark: bool) -> None:
        """Or else finding nothing would mean nothing."""
        html = stock.mail("newsroom", "en").html or ""
        scheme = "dark" if dark else "light"
        faint = (
            f"<style>@media(prefers-color-scheme:{scheme})"
            "{.faint{color:#777;background:#888}}</style><p class=faint>Words</p>"
        )
        spoilt = html.replace(" alt=", " data-alt=").replace("<h2", "<h5")
        spoilt = re.sub("<html lang=[^ >]*", "<html", spoilt)

        found = browser.violations(
            [spoilt.replace("</body>", faint + "</body>"), html],
            axe,
            width=600,
            dark=dark,
            without=NOT_FOR_MAILS,
        )

        assert {rule for rule, _, _ in found[0]} == {
            "color-contrast",
            "heading-order",
            "html-has-lang",
            "image-alt",
            "link-name",
        }
        assert found[1] == []


#: Where each text stands: the middle half of its lines, so that no neighbour reaches in.
PLACES = """
(view, page) => {
  const texts = [], walker = page.createTreeWalker(page.body, 4);
  while (walker.nextNode()) {
    const node = walker.currentNode, range = page.createRange();
    if (!node.data.trim() || ['STYLE', 'SCRIPT'].includes(node.parentElement.tagName)) continue;
    range.selectNodeContents(node);
    const lines = [...range.getClientRects()].filter((b) => b.width > 1).map(
      (b) => [b.left, b.top + b.height / 4, b.right, b.bottom - b.height / 4]);
    if (lines.length) texts.push([node.data.trim().slice(0, 60), lines]);
  }
  return {texts, height: page.documentElement.scrollHeight};
}
"""
#: Pixels of the picture for one of the page: a thin stroke is blurred into its ground at 1.
SCALE = 2


def seen_contrast(shot: Image.Image, lines: list[list[float]], left: int) -> float:
    """Return how much a text stands out in a picture of it, in its best line.

    The ground is the colour most pixels have, the ink the one that differs most from it.
    """
    best = 1.0
    for line in lines:
        x1, y1, x2, y2 = (round(SCALE * each) for each in line)
        shift = left * SCALE
        part = shot.crop((x1 + shift, y1, x2 + shift, max(y2, y1 + 1)))
        colours: list[Any] = part.getcolors(part.width * part.height) or []
        ground, *others = (
            f"#{bytes(colour).hex()}" for _, colour in sorted(colours, reverse=True)
        )
        best = max(best, *(contrast(ground, other) for other in others), 1.0)
    return best


def faint_when_darkened(
    html: Sequence[str], folder: Path
) -> list[list[tuple[str, float]]]:
    """Return the texts of each mail that cannot be read where a browser darkens it."""
    found = browser.found_in(html, measure=PLACES, width=600, dark=True)
    path = folder / "forced.png"
    browser.picture(
        html,
        path,
        width=600,
        height=max(each["height"] for each in found),
        dark=True,
        forced=True,
        scale=SCALE,
    )
    faint = []
    with Image.open(path) as picture:
        shot = picture.convert("RGB")
    for at, each in enumerate(found):
        assert len(each["texts"]) > 15
        left = at * (600 + browser.GAP)
        right, bottom = left + 600, each["height"]
        mail = shot.crop((left * SCALE, 0, right * SCALE, bottom * SCALE))
        assert ImageStat.Stat(mail.convert("L")).mean[0] < 90, "it was darkened"
        told = [(w, seen_contrast(shot, lines, left)) for w, lines in each["texts"]]
        faint.append([(words, seen) for words, seen in told if seen < 4.5])
    return faint


@pytest.mark.parametrize("of", stock.SETS)
def test_a_browser_that_darkens_mails_itself_leaves_every_text_readable(
    of: str, tmp_path: Path
) -> None:
    """Read from pixels: computed styles do not say what became of the colours."""
    chosen = [stock.mail(of, language).html or "" for language in ("en", "ar")]

    found = faint_when_darkened([*chosen, *map(showing.undeclared, chosen)], tmp_path)

    assert found == [[], [], [], []]


def test_a_text_that_pales_where_a_browser_darkens_it_is_seen(tmp_path: Path) -> None:
    html = stock.mail("brief", "en").html or ""
    pale = '<p style="color:#777;background:#888">Pale words</p></body>'

    (found,) = faint_when_darkened([html.replace("</body>", pale)], tmp_path)
    (forced,) = faint_when_darkened(
        [showing.undeclared(html).replace("</body>", pale)], tmp_path
    )

    assert [words for words, _ in found] == ["Pale words"]
    assert [words for words, _ in forced] == ["Pale words"]
