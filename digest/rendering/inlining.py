"""CSS into `style` attributes, because half of the mail programs keep nothing else.

premailer does it, called the one way that leaves a mail whole: its defaults strip
`!important` from media queries, turn ``width="600"`` into ``100%`` (classic Outlook
then shows a picture's physical size) and fetch style sheets from the network. It
costs milliseconds, so it runs once per page and never once per reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from premailer import Premailer, premailer
from premailer.cache import cache

#: premailer keeps parsed selectors and declarations in one cache of 128 entries,
#: which a newsletter's style sheet overruns on every page: 60 to 120 ms against
#: 9 (measured). Its size is read from the environment while premailer is being
#: imported, too early and too far away, so the cache itself is told.
_CACHE_SIZE = 8192
cache._Cache__maxsize = _CACHE_SIZE  # noqa: SLF001 - no public way; a test watches it

#: `logging.CRITICAL`: cssutils warns of every `mso-` property. Pure rooms import no
#: logging, and the number is part of its interface.
_CRITICAL = 50

#: Rules as premailer has them: specificity, selector, declarations. What could not
#: be inlined comes second.
_Rules = tuple[list[tuple[object, str, str]], list[object]]
_RULES: dict[tuple[str, int], _Rules] = {}
_MOST_SHEETS = 32  # a newsletter has one per direction

_CLASS_NAME = re.compile(r"\.([\w-]+)")
_CLASSES = re.compile(
    r"""\bclass\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)

_ONE_CLASS = re.compile(r"\.[\w-]+", re.ASCII)
_SPACES = re.compile("[ \t\r\n]+")  # XPath's, and no others

_one_at_a_time = Lock()  # cssutils keeps its parser's state in globals


class _Inliner(Premailer):  # type: ignore[misc]  # premailer has no types
    """Premailer, spared work that comes to nothing.

    It writes every rule of a sheet out anew for each page, and searches the page
    for classes that are not in it: together two thirds of its time (measured).
    """

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> _Rules:
        key = (css_body, ruleset_index)
        if key not in _RULES:
            if len(_RULES) >= _MOST_SHEETS:
                _RULES.clear()
            _RULES[key] = super()._parse_style_rules(css_body, ruleset_index)
        rules, leftover = _RULES[key]
        here = {
            name
            for quoted in _CLASSES.findall(self.html)
            for name in "".join(quoted).split()
        }
        return [rule for rule in rules if _may_match(rule[1], here)], leftover


def _may_match(selector: str, classes: set[str]) -> bool:
    """Whether a page with these classes can hold what `selector` looks for."""
    if "[" in selector or "(" in selector:  # dots there need not begin a class
        return True
    return classes.issuperset(_CLASS_NAME.findall(selector))


class _Selectors:
    """premailer's selectors for one page; those of a class alone know where it stands.

    An XPath search goes through the whole page for each of a hundred classes: on the
    page of a whole issue that took nearly all of the time (measured).
    """

    def __init__(self, stock: Callable[[str], Any]) -> None:
        """Take what makes the others: functions of a page that give elements."""
        self._stock = stock
        self._found: dict[str, list[Any]] | None = None  # elements of lxml's

    def __call__(self, selector: str) -> Any:
        """Return what finds the elements of a page, in its order."""
        if not _ONE_CLASS.fullmatch(selector):
            return self._stock(selector)
        return lambda page: self._of_class(page, selector[1:])

    def _of_class(self, page: Any, name: str) -> Sequence[Any]:
        if self._found is None:
            self._found = {}
            for element in page.iter("*"):
                for one in set(_SPACES.split(element.get("class", ""))):
                    self._found.setdefault(one, []).append(element)
        return self._found.get(name, ())


@contextmanager
def _looked_up() -> Iterator[None]:
    """Let premailer find elements by our selectors as long as the block runs.

    It offers no door for that; the lock around it keeps other pages away.
    """
    stock = premailer._create_cssselector  # noqa: SLF001 - see above
    premailer._create_cssselector = _Selectors(stock)  # noqa: SLF001
    try:
        yield
    finally:
        premailer._create_cssselector = stock  # noqa: SLF001


def inlined(html: str) -> str:
    """Return the page with its `<style>` rules written on the elements.

    `<style data-premailer="ignore">` and comments pass through untouched. Rules
    that cannot be inlined (media queries, `:hover`) stay in a `<style>`.
    """
    with _one_at_a_time, _looked_up():
        inliner = _Inliner(
            html,
            allow_network=False,
            disable_validation=True,
            align_floating_images=False,
            strip_important=False,
            keep_style_tags=False,
            remove_classes=False,
            cssutils_logging_level=_CRITICAL,
            disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        )
        written: str = inliner.transform(pretty_print=False)
    return written
