"""Pictures: with words, with a size, in a form every program draws."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.colours import WHITE, background
from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.page import Node
from digest.lint.rules import ERROR, INFO, WARNING, rule, told_rule

_FILE_NAME = re.compile(
    r"(?i)(?:img|dsc|image|photo|picture|untitled|logo_final)?[\s_-]*\d*\.?"
    r"(?:jpe?g|png|gif|webp|svg)|\S+\.(?:jpe?g|png|gif|webp|svg)|(?:img|dscn?)[_-]?\d+"
)
_LONG_ALT = 150
_FEW_WORDS = 80  #: for each picture
_TINY = 3  # pixels
_NO_SPACES = re.compile("[\u0e00-\u0fff\u2e80-\ud7ff]")  #: scripts without word spaces
_OF = "https://news.example/a.png"


def _shown(mail: Mail) -> Iterator[Node]:
    """Yield pictures that are there to be seen."""
    pixels = mail.once(_pixels)
    for node in mail.page["img"]:
        if node not in pixels:
            yield node


def _pixels(mail: Mail) -> Iterator[Node]:
    """Yield those that nobody sees."""
    for node in mail.page["img"]:
        if _is_pixel(node):
            yield node


def _is_pixel(node: Node) -> bool:
    sides = [node.get(side) or node.style.get(side) for side in ("width", "height")]
    numbers = [re.match(r"\d+", side) for side in sides]
    return any(n is not None and int(n[0]) < _TINY for n in numbers)


@rule(
    "img-alt",
    ERROR,
    fix='Write alt="…" that says what the picture shows; alt="" if it only decorates.',
    bad=f'<img src="{_OF}" width="600" height="300">',
    good=f'<img src="{_OF}" width="600" height="300" alt="A bridge at noon">',
)
def img_alt(mail: Mail) -> Iterator[Hit]:
    """Where pictures are blocked, as in Outlook at first, and for who cannot see them,
    there is only the file's name."""
    for node in mail.page["img"]:
        if "alt" not in node.attrs:
            yield node.hit(f"no alt: {node.get('src')[:60]}")


@rule(
    "img-alt-filename",
    WARNING,
    fix="Say what the picture shows.",
    bad=f'<img src="{_OF}" width="600" height="300" alt="IMG_0042.jpg">',
    good=f'<img src="{_OF}" width="600" height="300" alt="A bridge at noon">',
)
def img_alt_filename(mail: Mail) -> Iterator[Hit]:
    """A file's name says nothing about what is to be seen."""
    for node in mail.page["img"]:
        if _FILE_NAME.fullmatch(node.get("alt").strip()):
            yield node.hit(f"alt={node.get('alt')!r}")


@rule(
    "img-alt-long",
    INFO,
    fix="Say it in a sentence; the rest belongs into the caption.",
    bad=f'<img src="{_OF}" width="600" height="300" alt="'
    + "A bridge at noon. " * 10
    + '">',
    good=f'<img src="{_OF}" width="600" height="300" alt="A bridge at noon">',
)
def img_alt_long(mail: Mail) -> Iterator[Hit]:
    """It is read aloud in one go, and clipped where the picture is blocked."""
    for node in mail.page["img"]:
        if len(node.get("alt")) > _LONG_ALT:
            yield node.hit(f"an alt of {len(node.get('alt'))} characters")


@rule(
    "img-width",
    WARNING,
    fix='Write width="…" in pixels, and width:100% in style where it shall shrink.',
    bad=f'<img src="{_OF}" alt="A bridge" width="100%" height="300">',
    good=f'<img src="{_OF}" alt="A bridge" width="600" height="300">',
)
def img_width(mail: Mail) -> Iterator[Hit]:
    """Outlook ignores CSS and percents here and shows the picture at its full size,
    three screens wide."""
    for node in _shown(mail):
        if not re.fullmatch(r"\d+(?:px)?", node.get("width").strip()):
            what = node.get("width") or "not said"
            yield node.hit(f"width is {what}: {node.get('src')[:60]}")


@rule(
    "img-height",
    INFO,
    fix='Write height="…", too.',
    bad=f'<img src="{_OF}" alt="A bridge" width="600">',
    good=f'<img src="{_OF}" alt="A bridge" width="600" height="300">',
)
def img_height(mail: Mail) -> Iterator[Hit]:
    """Text jumps down while pictures load."""
    for node in _shown(mail):
        if not node.get("height") and not node.style.get("height"):
            yield node.hit(f"no height: {node.get('src')[:60]}")


@rule(
    "img-source",
    ERROR,
    fix="Give the picture an address, or leave it out.",
    bad='<img src="" alt="A bridge" width="600" height="300">',
    good=f'<img src="{_OF}" alt="A bridge" width="600" height="300">',
)
def img_source(mail: Mail) -> Iterator[Hit]:
    """An empty frame is all that is ever shown."""
    for node in mail.page["img"]:
        if not node.get("src").strip():
            yield node.hit("a picture without an address")


@rule(
    "img-data-uri",
    ERROR,
    fix="Publish the picture and link it, or attach it.",
    bad='<img src="data:image/gif;base64,R0lGODlh" alt="A dot" width="9" height="9">',
    good=f'<img src="{_OF}" alt="A dot" width="9" height="9">',
)
def img_data_uri(mail: Mail) -> Iterator[Hit]:
    """Gmail and Outlook drop pictures that stand in the page itself."""
    for node in mail.page["img"]:
        if node.get("src").lstrip().lower().startswith("data:"):
            yield node.hit("a picture inside the page (data:)")


@rule(
    "img-svg",
    WARNING,
    fix="Use PNG.",
    bad='<img src="https://news.example/a.svg" alt="Logo" width="90" height="30">',
    good='<img src="https://news.example/a.png" alt="Logo" width="90" height="30">',
)
def img_svg(mail: Mail) -> Iterator[Hit]:
    """Gmail does not show SVG."""
    yield from _of_type(mail, ("svg",))


@rule(
    "img-modern",
    WARNING,
    fix="Use JPEG or PNG.",
    bad='<img src="https://news.example/a.webp" alt="A bridge" width="90" height="30">',
    good='<img src="https://news.example/a.jpg" alt="A bridge" width="90" height="30">',
)
def img_modern(mail: Mail) -> Iterator[Hit]:
    """Classic Outlook shows neither WebP nor AVIF."""
    yield from _of_type(mail, ("webp", "avif"))


def _of_type(mail: Mail, kinds: tuple[str, ...]) -> Iterator[Hit]:
    for node in mail.page["img"]:
        found = re.search(r"\.(\w+)(?:[?#]|$)", node.get("src").lower())
        if found and found[1] in kinds:
            yield node.hit(f"{found[1].upper()}: {node.get('src')[:60]}")


@rule(
    "img-hidden",
    WARNING,
    fix="Leave the picture out instead of hiding it.",
    bad=f'<img src="{_OF}" alt="A bridge" width="90" height="30" style="display:none">',
    good=f'<img src="{_OF}" alt="A bridge" width="90" height="30">',
)
def img_hidden(mail: Mail) -> Iterator[Hit]:
    """Classic Outlook shows it all the same."""
    for node in mail.page["img"]:
        if node.style.get("display") == "none":
            yield node.hit(f"a hidden picture: {node.get('src')[:60]}")


@rule(
    "tracking-pixel",
    WARNING,
    fix="Leave it out; count clicks on your own site instead.",
    bad='<img src="https://news.example/o?id=1" alt="" width="1" height="1">',
    good="<p>No picture that nobody sees.</p>",
)
def tracking_pixel(mail: Mail) -> Iterator[Hit]:
    """To watch who opens a mail needs consent in the EU; Apple and Gmail fetch it
    anyway, so the number is wrong."""
    for node in mail.once(_pixels):
        yield node.hit(f"a picture nobody sees: {node.get('src')[:60]}")


@rule(
    "background-image-no-colour",
    WARNING,
    fix="Add a background-color (bgcolor on cells).",
    bad=f'<div style="background-image:url({_OF})"><p>News</p></div>',
    good=f'<div style="background:#003366 url({_OF});color:#ffffff"><p>News</p></div>',
)
def background_image_no_colour(mail: Mail) -> Iterator[Hit]:
    """Classic Outlook draws no background pictures: white text on white is left."""
    if "url(" not in mail.page.source and "background=" not in mail.page.source:
        return
    for node in mail.page.nodes:
        look = mail.looks[node.index].style
        image = "url(" in look.get("background-image") + look.get("background")
        painted = re.sub(r"url\([^)]*\)", "", look.get("background"))
        said = look.get("background-color") or node.get("bgcolor")
        colour = said or background(painted, on=WHITE)
        if (image or node.get("background")) and not colour:
            yield node.hit("a background picture without a colour under it")


@told_rule(
    "image-only",
    WARNING,
    fix="Write as text what is to be read, and let pictures illustrate.",
    bad="a page of one large picture and five words",
    good="a page of a picture and a paragraph",
)
def image_only(mail: Mail) -> Iterator[Hit]:
    """Pictures are blocked at first, filters count such mails as spam, and nobody can
    listen to them."""
    large = [
        node
        for node in _shown(mail)
        if (found := re.match(r"\d+", node.get("width"))) and int(found[0]) > 300  # noqa: PLR2004 half a column
    ]
    if not large or mail.word_count >= _FEW_WORDS:
        return
    words = mail.word_count + len(_NO_SPACES.findall(mail.prose)) // 2
    if words < _FEW_WORDS:
        yield large[0].hit(f"{words} words beside {len(large)} large pictures")
