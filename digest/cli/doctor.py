"""The command `doctor`: what stands between this newsroom and a delivered mail."""

from __future__ import annotations

import click

from digest.cli.output import as_json, echo_json, plural, said, table, warned
from digest.cli.project import settings_of


@click.command()
@click.option("--offline", is_flag=True, help="Look only at what needs no network.")
@as_json
@click.pass_context
def doctor(ctx: click.Context, offline: bool, json: bool) -> None:
    """Look at all that stands between this newsroom and a delivered mail.

    The DNS of your domains, the mail server, the clock, folders, secrets, the database
    and the way to unsubscribe. Nothing is sent. Ends with 1 when something is wrong.
    """
    from digest.doctor import Verdict, examine

    found = examine(settings_of(ctx), offline=offline)
    wrong = sum(each.verdict is Verdict.WRONG for each in found)
    if json:
        echo_json({"well": not wrong, "observations": found})
    else:
        table(
            ("state", "what", "found", "what to do"),
            [(each.verdict, each.thing, each.found, each.remedy) for each in found],
        )
        if wrong:
            warned(f"\n{plural(wrong, 'thing')} wrong.")
        else:
            said("\nNothing is wrong.")
    if wrong:
        ctx.exit(1)
