"""How commands speak: tables and colours on a terminal, plain lines elsewhere, JSON.

`rich` is imported only where a terminal shows a table or a progress bar; a log or
a pipe gets lines that `grep` and `cut` understand.
"""

from __future__ import annotations

import json as jsonlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO, TypeVar
from unicodedata import category
from unicodedata import east_asian_width as east
from zoneinfo import ZoneInfo

import click

from digest.cli.streams import printable
from digest.errors import FileProblems, InputError, TemplateProblem
from digest.jsonform import to_json
from digest.model import Problem, State

if TYPE_CHECKING:  # it takes a while
    from digest.store import Tidied

Command = TypeVar("Command", bound=Callable[..., Any])

#: Of a template that cannot be joined from pieces; a reason follows.
RENDERED_PER_CHOICE = "is rendered for each choice of articles, which is slower"

_ZONE = "digest.cli.zone"  #: in a command's `meta`
LONGEST = 60  #: columns of a plain table are aligned up to here

as_json = click.option("--json", is_flag=True, help="Print JSON, for scripts.")


def echo_json(value: object) -> None:
    """Print a value of the model, or of plain types, as JSON: in UTF-8, always."""
    text = jsonlib.dumps(to_json(value), ensure_ascii=False, indent=2)
    # Half a surrogate pair, as in a file name that is no text, becomes \udc80.
    click.echo(text.encode("utf-8", "backslashreplace"))


class Group(click.Group):
    """A group of commands whose help page has their sentences whole."""

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands, each with its first sentence."""
        found = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(limit=formatter.width * 3))
                    for name, command in found.items()
                    if command is not None and not command.hidden
                ]
            )


def line(text: str) -> None:
    """Print a line of text, plainly."""
    click.echo(printable(text))


def said(text: str) -> None:
    """Say what was done; green on a terminal."""
    click.echo(_painted(text, "green", sys.stdout))


def warned(text: str) -> None:
    """Say what a person should look at, on standard error."""
    click.echo(_painted(text, "yellow", sys.stderr), err=True)


def agreed_to(question: str) -> bool:
    """Ask; after a "no" say that nothing was done."""
    meant = click.confirm(question, err=True)
    if not meant:
        warned("Nothing was changed.")
    return meant


def _painted(text: str, colour: str, stream: TextIO) -> str:
    """Return a text in colour on a terminal, unless NO_COLOR is set; plain elsewhere."""
    coloured = stream.isatty() and not os.environ.get("NO_COLOR")
    return click.style(printable(text), fg=colour) if coloured else printable(text)


def problems(error: InputError) -> list[Problem]:
    """Return what an input error says as separate problems."""
    if isinstance(error, FileProblems):
        return list(error.problems)
    if isinstance(error, TemplateProblem):
        return [Problem(where=f"{error.file}:{error.line}", what=error.what)]
    return [Problem(where="", what=str(error))]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: ruled on a terminal, aligned plain lines elsewhere."""
    rows = [[printable(" ".join(cell.split())) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        lines = [columns, *rows]
        widths = [
            min(LONGEST, max(map(wide, column))) for column in zip(*lines, strict=True)
        ]
        for each in lines:
            cells = (
                cell + " " * (width - wide(cell))
                for cell, width in zip(each, widths, strict=True)
            )
            click.echo("  ".join(cells).rstrip())
        return
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    console = Console()
    # What is too long goes on below: half a name cannot be typed. The first column says
    # whose line it is, so the others make room for it first.
    heads = [Column(name, overflow="fold") for name in columns]
    longest = max(wide(line[0]) for line in [columns, *rows])
    heads[0].no_wrap = longest <= console.width // 2
    shown = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        shown.add_row(*(Text(cell) for cell in row))  # Text: no markup in headlines
    console.print(shown)


def wide(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    return sum(
        0 if category(letter) in ("Mn", "Me", "Cf") else 1 + (east(letter) in "WF")
        for letter in text
    )


def tell_time_in(ctx: click.Context, zone: str) -> None:
    """Let this command tell all times as the newsroom's clock does."""
    ctx.meta[_ZONE] = ZoneInfo(zone)


def when(moment: datetime | None) -> str:
    """Return a moment as the newsroom reads it, to the minute.

    That is what `digest.yaml` means by "07:00", wherever the machine stands; where
    the machine's own clock shows another time, the zone is named.
    """
    if moment is None:
        return "never"
    ctx = click.get_current_context(silent=True)
    there = moment.astimezone(ctx.meta.get(_ZONE) if ctx else None)
    told = there.strftime("%Y-%m-%d %H:%M")
    same = there.utcoffset() == moment.astimezone().utcoffset()
    return told if same else f"{told} {there.tzname()}"


def counted(counts: dict[State, int]) -> str:
    """Return "12 sent, 3 skipped", in the order of the states; "nothing" if empty."""
    shown = [f"{counts[state]} {state}" for state in State if counts.get(state)]
    return ", ".join(shown) or "nothing"


def waiting_words(number: int) -> str:
    """Say of how many of the deferred mails nothing is wrong."""
    which = (
        "1 of the deferred waits" if number == 1 else f"{number} of the deferred wait"
    )
    return f"{which} for the hour its reader asked for"


def plural(number: int, noun: str) -> str:
    """Return "1 article" or "2 articles"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def forgotten(tidied: Tidied) -> str:
    """Return what was forgotten as too old."""
    return (
        f"{tidied.deliveries:,} settled deliveries, {tidied.refusals:,} refusals and "
        f"{tidied.unconfirmed:,} readers who never confirmed are forgotten"
    )


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[State], None]]:
    """Show how far a send is: a bar on a terminal, a line per tenth in a log.

    Both say how many mails a second leave, and how long the rest will take.
    """
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total, rate="")

            def step(_: State) -> None:
                bar.advance(task)
                speed = bar.tasks[0].speed
                bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

            yield step
        return
    done, began = 0, monotonic()
    step_size = max(1, total // 10)

    def tenth(_: State) -> None:
        nonlocal done
        done += 1
        if total > 20 and done % step_size == 0:  # noqa: PLR2004 fewer need none
            rate = done / max(monotonic() - began, 0.001)
            left = f", {rate:,.0f} a second, {(total - done) / rate:,.0f} s to go"
            with suppress(OSError):  # nobody reads it; the mail goes on
                rest = left if done < total else ""
                click.echo(f"{what}: {done} of {total}{rest}", err=True)

    yield tenth
