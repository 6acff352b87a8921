"""The command `languages`: in which languages mails can speak, and what each lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from digest.cli.output import as_json, echo_json, line, said, table, warned
from digest.cli.project import settings_of
from digest.errors import InputError
from digest.settings import Settings

if TYPE_CHECKING:  # it loads Babel
    from digest.rendering.words import Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One language: what it calls itself, and how much of each kind of words it has."""

    language: str
    name: str
    stock: Completeness | None  #: of the words that are shipped
    own: Mapping[str, Completeness]  #: by template set, of its own `words.yaml`


@click.command()
@click.argument("language", required=False)
@as_json
@click.pass_context
def languages(ctx: click.Context, language: str | None, json: bool) -> None:
    """Show how complete the words of every language are; or what LANGUAGE lacks.

    "Stock" are the words that are shipped, from the catalogues in templates/locale; the
    other columns are those of your own template sets, from their words.yaml. What a
    language lacks is said in the newsletter's, or else in English.
    """
    found = spoken(settings_of(ctx))
    if language is not None:
        found = [each for each in found if each.language == language]
        if not found:
            raise InputError(
                f"nothing speaks {language!r}; `digest languages` lists what is spoken"
            )
    if json:
        echo_json({"languages": found})
    elif language is not None:
        show_one(found[0])
    else:
        show_all(found)


def spoken(settings: Settings) -> list[Spoken]:
    """Measure every language of the stock and of the project's own words."""
    from digest.rendering.words import (
        Words,
        language_name,
        own_completeness,
        stock_completeness,
    )
    from digest.template_files import load_catalogues, load_templates

    stock = {
        each.language: each
        for each in stock_completeness(load_catalogues(settings.root))
    }
    own: dict[str, dict[str, Completeness]] = {}
    for name in dict.fromkeys(n.template for n in settings.newsletters):
        words = Words.of(load_templates(name, settings.root))
        if words.languages:
            own[name] = {each.language: each for each in own_completeness(words)}
    tags = sorted({*stock, *(tag for found in own.values() for tag in found)})
    return [
        Spoken(
            language=tag,
            name=language_name(tag),
            stock=stock.get(tag),
            own={name: found[tag] for name, found in own.items() if tag in found},
        )
        for tag in tags
    ]


def show_all(found: list[Spoken]) -> None:
    """Print a line per language."""
    sets = list(dict.fromkeys(name for each in found for name in each.own))
    table(
        ("language", "", "stock", *sets),
        [
            (
                each.language,
                each.name,
                share(each.stock),
                *(share(each.own.get(name)) for name in sets),
            )
            for each in found
        ],
    )
    for each in found:
        for name, measured in kinds(each):
            for what in measured.wrong:
                warned(f"{each.language}, {name}: {what}")


def show_one(each: Spoken) -> None:
    """Say what a language lacks, key by key."""
    complete = True
    for name, measured in kinds(each):
        for key in measured.missing:
            line(f"{name}: `{key}` is missing")
        for what in measured.wrong:
            warned(f"{name}: {what}")
        complete = complete and not measured.missing and not measured.wrong
    if complete:
        said(f"{each.language} ({each.name}) is complete.")


def kinds(each: Spoken) -> list[tuple[str, Completeness]]:
    """Return what was measured of a language, by name."""
    stock = [("stock", each.stock)] if each.stock else []
    return [*stock, *each.own.items()]


def share(measured: Completeness | None) -> str:
    """Return "38 of 41"; "" where nothing is said at all."""
    return f"{measured.said} of {measured.words}" if measured else ""
