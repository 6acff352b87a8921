"""Commands about the project itself: init, check, config; and finding it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import NoReturn

import click

from digest.cli.findings import mention
from digest.cli.output import (
    RENDERED_PER_CHOICE,
    Group,
    as_json,
    echo_json,
    line,
    plural,
    problems,
    said,
    tell_time_in,
    warned,
)
from digest.cli.streams import from_here
from digest.errors import InputError
from digest.linting import Looked, look_at_sample
from digest.model import Problem
from digest.newsroom import Newsroom, sample_renderer
from digest.readership import read_readers
from digest.settings import FolderSource, Settings
from digest.shipped import shipped
from digest.transports.files import unwritable


def project_file(project: str | None) -> Path:
    """Return the path of digest.yaml: the one named, or the nearest upwards."""
    if project is not None:
        return named_file(Path(project)) if project else no_project("-C is empty")
    try:
        here = Path.cwd()
    except FileNotFoundError:
        return no_project("the folder you are in has been removed")
    for folder in (here, *here.parents):
        if (folder / "digest.yaml").is_file():
            return folder / "digest.yaml"
    return no_project(f"no digest.yaml in {here} or above it")


def no_project(what: str) -> NoReturn:
    """Say that there is no newsroom, and the ways to one."""
    raise InputError(
        f"{what}. Go to your newsroom's folder, name it with `digest -C FOLDER …`, or "
        "make one with `digest init FOLDER`."
    )


def named_file(path: Path) -> Path:
    """Return the digest.yaml that `-C` means: of a folder, or named itself."""
    file = path / "digest.yaml" if path.is_dir() else path
    if file.is_file():
        return file
    if file.exists():
        raise InputError(f"{file}: it is not a file; digest.yaml has to be one")
    if path.is_dir():
        no_project(f"{path} is a folder without a digest.yaml")
    raise InputError(
        f"{path}: there is no such folder; check what you gave to -C, or make a newsroom "
        f"there with `digest init {quote(str(path))}`"
    )


def settings_of(ctx: click.Context, *, secrets_needed: bool = True) -> Settings:
    """Return the settings of the project this command is about."""
    from digest.config import load_settings

    file = project_file(ctx.find_root().obj)
    settings = load_settings(
        file, environment=os.environ, secrets_needed=secrets_needed
    )
    tell_time_in(ctx, settings.site.timezone)
    return settings


def newsroom_of(ctx: click.Context) -> Newsroom:
    """Open the project; it is closed when the command ends."""
    return ctx.with_resource(Newsroom(settings_of(ctx)))


def newsroom_at_any_hour(ctx: click.Context) -> Newsroom:
    """Open the project to look at it or to stop what is going out.

    Neither needs a secret; whoever does it at night may have none of those with which
    mail leaves.
    """
    return ctx.with_resource(Newsroom(settings_of(ctx, secrets_needed=False)))


def make_newsroom(folder: Path) -> None:
    """Copy the sample newsroom into a folder that is new or empty."""
    try:
        new = not folder.exists()
        if not new and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(
                f"{folder} is there already and not empty; nothing was changed. "
                "Name a new folder."
            )
        folder.mkdir(parents=True, exist_ok=True)
        try:
            copy_contents(shipped("examples") / "newsroom", folder)
        except OSError:
            clear(folder)  # half a newsroom would be in the way of the next try
            if new:
                folder.rmdir()
            raise
    except OSError as error:
        raise unwritable(folder, error) from error


def copy_contents(sample: Path, folder: Path) -> None:
    """Copy files without their rights: a package's may be read-only."""
    for source in sorted(sample.rglob("*")):
        target = folder / source.relative_to(sample)
        if source.is_dir():
            target.mkdir()
        else:
            target.write_bytes(source.read_bytes())


def clear(folder: Path) -> None:
    """Remove everything inside a folder."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a small working newsroom in FOLDER, with sample articles to replace."""
    make_newsroom(folder)
    said(f"A newsroom is ready in {folder}:")
    for name, text in (
        ("digest.yaml", "who you are, your topics, newsletters and sources"),
        ("subscribers.yaml", "your readers and what they asked for"),
        ("articles/", "sample articles: Markdown, plain text, HTML"),
    ):
        line(f"  {name:18} {text}")
    line("Try next:")
    line(f"  cd {quote(str(folder))}")
    line("  digest collect         # read the articles")
    line("  digest plan daily      # who gets what")
    line("  digest preview daily   # look at it in a browser")


@click.command()
@as_json
@click.pass_context
def check(ctx: click.Context, json: bool) -> None:
    """Check digest.yaml, the readers' file and the templates.

    Names every mistake at once, with its place. Nothing is changed or sent.
    """
    try:
        checkup = checked(settings_of(ctx))
    except InputError as error:
        checkup = Checkup(problems=problems(error))
    found = checkup.problems
    if json:
        findings = {n: looked.findings for n, looked in checkup.looked.items()}
        echo_json(
            {
                "problems": found,
                "not_joined": checkup.not_joined,
                "findings": findings,
            }
        )
    elif not found:
        said(f"All well: {checkup.summary}.")
        show_paths(checkup.not_joined)
        for newsletter, looked in checkup.looked.items():
            mention(looked, f"digest lint {newsletter}")
    else:
        for problem in found:
            warned(from_here(": ".join(filter(None, (problem.where, problem.what)))))
    if found:
        ctx.exit(3)
    if any(looked.errors for looked in checkup.looked.values()):
        ctx.exit(1)


@dataclass(kw_only=True)
class Checkup:
    """What there is to say about a project."""

    problems: list[Problem]
    summary: str = ""  #: what there is
    #: By newsletter: the files whose pages cannot be joined, and why.
    not_joined: dict[str, Mapping[str, str]] = field(default_factory=dict)
    #: By newsletter: what the linter says of mails of invented stories.
    looked: dict[str, Looked] = field(default_factory=dict)


def show_paths(not_joined: Mapping[str, Mapping[str, str]]) -> None:
    """Say how each newsletter's mails come about: joined, or rendered per choice."""
    for newsletter, files in not_joined.items():
        if not files:
            line(f"  {newsletter}: compiled once per issue, joined for each reader")
        for file, why in files.items():
            line(f"  {newsletter}: {file} {RENDERED_PER_CHOICE}: {why}")


def checked(settings: Settings) -> Checkup:
    """Return every mistake beyond digest.yaml itself, and what there is."""
    found = list(missing_folders(settings))
    not_joined: dict[str, Mapping[str, str]] = {}
    looked: dict[str, Looked] = {}
    readers = 0
    if settings.subscribers:
        try:
            readers = sum(1 for _ in read_readers(settings, settings.subscribers))
        except InputError as error:
            found += problems(error)
    for newsletter in settings.newsletters:
        try:
            renderer = sample_renderer(settings, newsletter)
            renderer.check()
            not_joined[newsletter.slug] = renderer.compile_sample()
            looked[newsletter.slug] = look_at_sample(settings, newsletter, renderer)
        except InputError as error:
            found += [p for p in problems(error) if p not in found]
    counts = (
        (len(settings.newsletters), "newsletter"),
        (len(settings.topics), "topic"),
        (len(settings.sources), "source"),
        (readers, "reader"),
    )
    summary = ", ".join(plural(number, noun) for number, noun in counts)
    return Checkup(
        problems=found, summary=summary, not_joined=not_joined, looked=looked
    )


def missing_folders(settings: Settings) -> Iterator[Problem]:
    """Say which folders of articles are not there: most often a slip of the pen."""
    for source in settings.sources:
        if isinstance(source, FolderSource) and not source.path.is_dir():
            yield Problem(
                where=str(settings.root / "digest.yaml"),
                what=f"the source {source.name} reads the folder {source.path}, which "
                "does not exist; make it, or correct `folder:`",
            )


@click.group(cls=Group)
def config() -> None:
    """For editors of digest.yaml."""


@config.command()
def schema() -> None:
    """Print the JSON Schema of digest.yaml, for completion in text editors."""
    from digest.config import settings_schema

    echo_json(settings_schema())
