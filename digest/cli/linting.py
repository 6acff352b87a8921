"""The command `lint`: a newsletter's next issue, a template, or a file."""

from __future__ import annotations

import json as jsonlib
from dataclasses import replace
from pathlib import Path

import click

from digest.cli.findings import show
from digest.cli.issues import issue_option, nothing_new
from digest.cli.output import as_json, echo_json, line, table
from digest.cli.project import newsroom_of, project_file, settings_of
from digest.errors import InputError
from digest.lint import (
    GROUPS,
    RULES,
    TARGETS,
    Mail,
    as_sarif,
    lint,
    merged,
    rules_of,
)
from digest.linting import Looked, client_facts, look_at_sample
from digest.model import Newsletter
from digest.newsroom import sample_renderer
from digest.settings import LintSettings, Settings
from digest.template_files import known_sets

MAILS, PAGES = (".eml", ".msg"), (".html", ".htm")
LARGEST_BYTES = 10_000_000


@click.command("lint")
@click.argument("what", required=False, default="")
@issue_option
@click.option("--all", "everything", is_flag=True, help="Show notes (info), too.")
@click.option("--rules", is_flag=True, help="List all rules, and stop.")
@as_json
@click.option("--sarif", is_flag=True, help="Print SARIF 2.1.0, for code scanning.")
@click.pass_context
def lint_command(  # noqa: PLR0913, RUF100 click passes every option
    ctx: click.Context,
    what: str,
    issue_id: str,
    everything: bool,
    rules: bool,
    json: bool,
    sarif: bool,
) -> None:
    """Look for what mail programs, filters and readers would hold against a mail.

    WHAT is a newsletter (its next issue; one mail of each language, length and format),
    a .eml or .html file, or a template. It may be left out when there is only one
    newsletter. Ends with 1 when there is an error.
    """
    if json and sarif:
        raise click.UsageError("--json and --sarif: choose one.")
    if rules:
        show_rules(json=json)
        return
    looked = look(ctx, what, issue_id, quiet=json or sarif)
    if looked is None:
        return
    if sarif:
        from digest import __version__

        click.echo(
            jsonlib.dumps(as_sarif(looked.findings, version=__version__), indent=2)
        )
    elif json:
        echo_json({"mails": looked.mails, "findings": looked.findings})
    else:
        show(looked, everything=everything)
    if looked.errors:
        ctx.exit(1)


def look(ctx: click.Context, what: str, issue_id: str, *, quiet: bool) -> Looked | None:
    """Look at what was named; None: there is no issue to look at, which was said.

    Where a program reads along, that is told as no mails instead.
    """
    path = Path(what)
    if path.suffix.lower() in (*MAILS, *PAGES):
        return look_at_file(path, file_settings(ctx))
    settings = settings_of(ctx)
    slugs = [newsletter.slug for newsletter in settings.newsletters]
    template = path.name if path.is_dir() else what
    if what and what not in slugs and template in known_sets(settings.root):
        newsletter = of_template(settings, template)
        return look_at_sample(
            settings, newsletter, sample_renderer(settings, newsletter)
        )
    if what and what not in slugs:
        sets = ", ".join(known_sets(settings.root))
        raise InputError(
            f"{what!r} is nothing to look at: name a newsletter ({', '.join(slugs)}), a "
            f"template ({sets}), or a file that ends in .eml or .html"
        )
    newsroom = newsroom_of(ctx)
    newsletter = newsroom.newsletter(what)
    newsroom.refresh_subscribers()
    issue = newsroom.issues.find(newsletter, issue_id)
    if not issue.articles and quiet:
        return Looked()
    if not issue.articles:
        nothing_new(newsroom, newsletter)
        return None
    return newsroom.lint(issue)


def of_template(settings: Settings, template: str) -> Newsletter:
    """Return the newsletter that uses a template, or one that would."""
    users = [n for n in settings.newsletters if n.template == template]
    return users[0] if users else replace(settings.newsletters[0], template=template)


def file_settings(ctx: click.Context) -> LintSettings:
    """Return what the project wants, if there is one: a file needs none."""
    try:
        project_file(ctx.find_root().obj)
    except InputError:
        if ctx.find_root().obj is not None:
            raise
        return LintSettings()
    return settings_of(ctx).lint


def look_at_file(path: Path, settings: LintSettings) -> Looked:
    """Look at one message or page, as it stands in a file."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); check the path"
        ) from error
    if len(content) > LARGEST_BYTES:
        raise InputError(f"{path}: is larger than {LARGEST_BYTES:,} bytes, so no mail")
    targets, facts = settings.targets or TARGETS, client_facts(settings.facts)
    if path.suffix.lower() in MAILS:
        if b"\r\n" not in content:  # as files have it here; on the wire it was CR LF
            content = content.replace(b"\n", b"\r\n")
        mail = Mail.read(content, targets=targets, facts=facts)
    else:
        page = content.decode("utf-8-sig", "replace")
        mail = Mail.of_page(page, targets=targets, facts=facts)
    found = lint(mail, ignore=settings.ignore, name=str(path))
    return Looked(mails=1, findings=tuple(merged(found)))


def show_rules(*, json: bool) -> None:
    """List every rule with its reason."""
    if json:
        echo_json(
            [
                {"id": rule.id, "severity": rule.severity, "group": group}
                | {"why": rule.why, "fix": rule.fix, "bad": rule.bad, "good": rule.good}
                for group in GROUPS
                for rule in rules_of(group)
            ]
        )
        return
    for group in GROUPS:
        line(f"\n{group}")
        table(
            ("", "rule", "why"),
            [(rule.severity, rule.id, rule.why) for rule in rules_of(group)],
        )
    line(f"\n{len(RULES)} rules; docs/lint.md shows a bad and a good example of each.")
