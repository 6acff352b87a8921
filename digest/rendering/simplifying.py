"""An article's HTML, prepared so that html2text makes good text of it.

Left to itself html2text writes `---|---` tables, glues figure captions to empty
links, puts two spaces where emphasis ended, loses the indent of a list item's
second paragraph and scatters link references through lists (all seen with
2025.4.15). So emphasis, pictures and hidden parts are dropped here, tables with
headings become points like ``* City: Paris; Votes: 1,200``, and links become
footnotes under the block that holds them.
"""

from __future__ import annotations

import re
from html import escape, unescape
from html.parser import HTMLParser
from typing import NamedTuple

#: Private-use characters that survive html2text; articles are cleared of them.
BREAK = "\ue000"  #: a line ends here, inside the same block
HEADING = "\ue001"  #: this line is a heading

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: Passed on to html2text; every other tag's text stays, without the tag.
_KEPT = frozenset({"ul", "ol", "li", "blockquote", "pre", "hr"})
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "aside", "figure"}
    | {"figcaption", "table", "caption", "dl", "dt", "dd"}
    | _HEADINGS
    | _KEPT
)
_SILENT = frozenset({"script", "style", "template", "head", "title"})
_VOID = frozenset({"br", "hr", "img", "wbr", "input", "source", "track", "col"})
SPACES = re.compile(r"[ \t\r\n\f\v]+")  # not the no-break spaces: they hold
_COLONS = " :\u00a0\uff1a\u17d6"  # a heading that brings its own
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


class RowMarks(NamedTuple):
    """What a language writes in a table's row that is read as a line."""

    colon: str = ": "  #: after a column's heading
    semicolon: str = "; "  #: between values that have headings
    comma: str = ", "  #: between those that have none


def simplified(html: str, marks: RowMarks) -> str:
    """Return `html` reduced to what html2text turns into good text."""
    simplifier = _Simplifier(marks)
    simplifier.feed(unsectioned(html).replace(BREAK, "").replace(HEADING, ""))
    simplifier.close()
    return simplifier.finished()


def unsectioned(html: str) -> str:
    """Return `html` as Python's parser takes it: on `<![1` that fails.

    HTML has no marked sections; what looks like one is a comment that ends with the
    next `>`, as what begins with `<?` does (HTML standard, section 13.2.5).
    """
    return html.replace("<![", "<?[")


class _Simplifier(HTMLParser):
    """Writes the reduced HTML into `written` while it reads."""

    def __init__(self, marks: RowMarks) -> None:
        super().__init__(convert_charrefs=True)
        self.marks = marks
        self.written: list[str] = []
        self.open: list[str] = []  # blocks around the current place
        self.hidden: list[str] = []  # tags since the outermost hidden one
        self.links: list[str] = []  # every address of the article, numbered
        self.waiting: list[str] = []  # footnotes to write after this block
        self.opened: list[tuple[str, int]] = []  # links around here: address, place
        self.table: _Table | None = None
        self.in_paragraph = False
        self.raised = False  # inside <sup>

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if self.hidden or tag in _SILENT or _is_hidden(found):
            if tag not in _VOID:
                self.hidden.append(tag)
        elif tag == "br":
            self._write("\n" if "pre" in self.open else BREAK)
        elif tag == "sup":
            self.raised = True
        elif tag == "a":
            self.opened.append((found.get("href", ""), self._length()))
        elif self.table is not None or tag == "table":
            self.table = self.table or _Table()
            self.table.start(tag)
        elif tag in _BLOCKS:
            self._start_block(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            if tag in self.hidden:
                while self.hidden.pop() != tag:
                    pass
        elif tag == "sup":
            self.raised = False
        elif tag == "a":
            self._end_link()
        elif self.table is not None:
            self.table.end(tag)
            if not self.table.depth:
                table, self.table = self.table, None
                self._rows(table)
                self._notes()
        elif tag in _BLOCKS:
            self._end_block(tag)

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            power = self.raised and data.strip().isdecimal()
            self._write(f"^{data.strip()}" if power else data)

    def finished(self) -> str:
        self._close_paragraph()
        self._notes()
        return "".join(self.written)

    def _write(self, text: str) -> None:
        if self.table is not None:
            self.table.write(text)
            return
        if not self.in_paragraph and "pre" not in self.open:
            if not text.strip():
                return
            self._open_paragraph()
        self.written.append(escape(text, quote=False))

    def _open_paragraph(self) -> None:
        """Begin a run of text: a `<p>` only where nothing else opens a block."""
        self.in_paragraph = True
        if "li" in self.open:
            if self.written[-1] != f"<{self.open[-1]}>":
                self.written.append(BREAK)
        else:
            heading = self.open and self.open[-1] in _HEADINGS
            self.written.append("<p>" + (HEADING if heading else ""))

    def _close_paragraph(self) -> None:
        if self.in_paragraph and "li" not in self.open:
            self.written.append("</p>")
        self.in_paragraph = False

    def _start_block(self, tag: str) -> None:
        self._close_paragraph()
        if tag in _KEPT:
            self.written.append(f"<{tag}>")
        if tag not in _VOID:
            self.open.append(tag)

    def _end_block(self, tag: str) -> None:
        if tag not in self.open:
            return
        self._close_paragraph()
        while self.open:
            closed = self.open.pop()
            if closed in _KEPT:
                self.written.append(f"</{closed}>")
            if closed == tag:
                break
        if not self.open or self.open == ["div"]:
            self._notes()

    def _end_link(self) -> None:
        """Give a link its number, unless its text already is its address."""
        href, start = self.opened.pop() if self.opened else ("", 0)
        if not href.startswith(("http://", "https://", "mailto:")):
            return
        shown = self._shown(start)
        if shown in {href, href.removeprefix("mailto:")}:
            return
        if not shown:  # a linked picture
            self.waiting.append(href)
            return
        if href not in self.links:
            self.links.append(href)
        number = self.links.index(href) + 1
        note = f"[{number}] {href}"
        if note not in self.waiting:
            self.waiting.append(note)
        self._write(f" [{number}]")

    def _length(self) -> int:
        return len(self.table.shown()) if self.table else len(self.written)

    def _shown(self, start: int) -> str:
        """Return the text written since `start`, a `_length` taken before."""
        if self.table:
            return self.table.shown()[start:].strip()
        return unescape("".join(self.written[start:]).removeprefix("<p>")).strip()

    def _notes(self) -> None:
        self._lines(self.waiting)
        self.waiting.clear()

    def _rows(self, table: _Table) -> None:
        rows = table.lines(self.marks)
        self._lines([_one(table.caption)] if _one(table.caption) else [])
        if rows and table.has_heads:
            points = (f"<li>{escape(row, quote=False)}</li>" for row in rows)
            self.written.append(f"<ul>{''.join(points)}</ul>")
        else:
            self._lines(rows)

    def _lines(self, lines: list[str]) -> None:
        if lines:
            self.written.append(f"<p>{escape(BREAK.join(lines), quote=False)}</p>")


class _Table:
    """One table being read: what is written above it, its rows, which are headings."""

    def __init__(self) -> None:
        self.depth = 0
        self.caption: list[str] = []
        self.in_caption = False
        self.rows: list[list[tuple[bool, list[str]]]] = []
        self.has_heads = False  # known after `lines`

    def start(self, tag: str) -> None:
        if tag == "table":
            self.depth += 1
        elif tag == "caption":
            self.in_caption = self.depth == 1
        elif tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            if not self.rows:
                self.rows.append([])
            self.in_caption = False  # nobody closed it
            self.rows[-1].append((tag == "th", []))
        elif tag in _BLOCKS:
            self.write(" ")

    def end(self, tag: str) -> None:
        if tag == "table":
            self.depth -= 1
        elif tag == "caption":
            self.in_caption = False

    def write(self, text: str) -> None:
        if self.in_caption:
            self.caption.append(text.replace(BREAK, " "))
        elif self.rows and self.rows[-1]:
            self.rows[-1][-1][1].append(text.replace(BREAK, " "))
        elif text.strip():  # text that strayed out of its cell
            self.rows.append([(False, [text])])

    def shown(self) -> str:
        if self.in_caption:
            return "".join(self.caption)
        return "".join(self.rows[-1][-1][1]) if self.rows and self.rows[-1] else ""

    def lines(self, marks: RowMarks) -> list[str]:
        """Return one line per row, each value after its column's heading."""
        heads: list[str] = []
        written = []
        for row in self.rows:
            cells = [_one(parts) for _, parts in row]
            if row and all(is_head for is_head, _ in row):
                heads = [cell.rstrip(_COLONS) for cell in cells]
                self.has_heads |= len(heads) > 1
            else:
                written.append(_row_line(cells, heads if len(heads) > 1 else [], marks))
        return [line for line in written if line]


def _one(parts: list[str]) -> str:
    return SPACES.sub(" ", "".join(parts)).strip()


def _row_line(cells: list[str], heads: list[str], marks: RowMarks) -> str:
    named = [
        f"{heads[at]}{marks.colon}{cell}" if at < len(heads) and heads[at] else cell
        for at, cell in enumerate(cells)
        if cell
    ]
    return (marks.semicolon if heads else marks.comma).join(named)


def _is_hidden(attributes: dict[str, str]) -> bool:
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(attributes.get("style", "")) is not None
    )
