"""Commands about the project itself: init, check, config; and finding it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from digest.cli.output import as_json, echo_json, problems, said
from digest.errors import FileProblems, InputError
from digest.model import Problem
from digest.newsroom import Newsroom
from digest.settings import Settings
from digest.shipped import shipped


def project_file(project: str | None) -> Path:
    """Return the path of digest.yaml: the one named, or the nearest upwards."""
    if project:
        path = Path(project)
        path = path / "digest.yaml" if path.is_dir() else path
        if not path.is_file():
            raise InputError(
                f"{path}: no such file. `digest init {project}` makes a newsroom there."
            )
        return path
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "digest.yaml").is_file():
            return folder / "digest.yaml"
    raise InputError(
        f"no digest.yaml in {here} or above it. Go to your newsroom's folder, name it "
        "with `digest -C FOLDER …`, or make one with `digest init FOLDER`."
    )


def settings_of(ctx: click.Context) -> Settings:
    """Return the settings of the project this command is about."""
    from digest.config import load_settings

    return load_settings(project_file(ctx.find_root().obj), environment=os.environ)


def newsroom_of(ctx: click.Context) -> Newsroom:
    """Open the project; it is closed when the command ends."""
    return ctx.with_resource(Newsroom(settings_of(ctx)))


def make_newsroom(folder: Path) -> None:
    """Copy the sample newsroom into a folder that is new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"{folder} is there already and not empty; nothing was changed. "
            "Name a new folder."
        )
    shutil.copytree(shipped("examples") / "newsroom", folder, dirs_exist_ok=True)


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
        click.echo(f"  {name:18} {text}")
    click.echo("Try next:")
    click.echo(f"  cd {folder}")
    click.echo("  digest collect         # read the articles")
    click.echo("  digest plan daily      # who gets what")
    click.echo("  digest preview daily   # look at it in a browser")


@click.command()
@as_json
@click.pass_context
def check(ctx: click.Context, json: bool) -> None:
    """Check digest.yaml, the readers' file and the templates; nothing is sent."""
    settings = settings_of(ctx)
    with Newsroom(settings) as newsroom:
        found: list[Problem] = []
        readers = 0
        if settings.subscribers:
            try:
                readers = len(newsroom.read_subscribers(settings.subscribers))
            except FileProblems as error:
                found += error.problems
        for newsletter in settings.newsletters:
            try:
                newsroom.assembler(newsroom.issues.draft(newsletter)).renderer.check()
            except InputError as error:
                found += problems(error)
    if json:
        echo_json({"problems": found})
    elif not found:
        said(
            f"All well: {len(settings.newsletters)} newsletters, "
            f"{len(settings.topics)} topics, {len(settings.sources)} sources, "
            f"{readers} readers in the file."
        )
    if found:
        if not json:
            for problem in found:
                click.echo(f"{problem.where}: {problem.what}", err=True)
        ctx.exit(3)


@click.group()
def config() -> None:
    """For editors of digest.yaml."""


@config.command()
def schema() -> None:
    """Print the JSON Schema of digest.yaml, for completion in text editors."""
    from digest.config import settings_schema

    echo_json(settings_schema())
