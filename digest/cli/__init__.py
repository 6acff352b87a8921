"""The command line: `digest COMMAND`.

Commands are found by name and imported only when called, so `digest --help` starts
at once. What goes wrong is said in words, on standard error, with an exit code.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from importlib import import_module

import click

from digest.cli import streams

STOPPED = 130  #: what shells say of a program that Ctrl-C ended
UNREAD = 141  #: and of one whose reader left, as `head` does

#: Command -> where it is. The order is the order of the help page.
COMMANDS = {
    "init": ("project:init", "Make a small working newsroom in a folder."),
    "demo": (
        "demo:demo",
        "Show everything once: collect, plan, build, send, read back.",
    ),
    "check": (
        "project:check",
        "Check digest.yaml, the readers' file and the templates.",
    ),
    "doctor": (
        "doctor:doctor",
        "Look at DNS, mail server, secrets: all that a delivered mail needs.",
    ),
    "languages": (
        "languages:languages",
        "Show in which languages mails speak, and what each lacks.",
    ),
    "config": ("project:config", "For editors of digest.yaml: its JSON Schema."),
    "dkim": ("dkim:dkim", "Sign every mail: make a key, show its DNS record."),
    "collect": ("articles:collect", "Read the sources."),
    "add": ("articles:add", "Take in one article from a file or a web address."),
    "articles": ("articles:articles", "List the articles."),
    "sources": ("articles:sources", "Show how each source has been doing."),
    "subscribers": (
        "readers:subscribers",
        "Readers: import, list, show, export, unsubscribe.",
    ),
    "lint": (
        "linting:lint_command",
        "Look for what mail programs and filters would hold against a mail.",
    ),
    "plan": ("issues:plan", "Show who would get what, and who nothing and why."),
    "why": ("answering:why", "Say why an article is in a reader's mail, or why not."),
    "diff": (
        "answering:diff",
        "Lay a reader's digest beside another reader's, or another issue's.",
    ),
    "simulate": (
        "simulating:simulate",
        "Replay the archive: how many mails a week would readers get?",
    ),
    "build": ("issues:build", "Write every reader's digest to files."),
    "preview": ("issues:preview", "Look at the digests in a browser."),
    "send": ("sending:send", "Send the next issue, or go on with an interrupted one."),
    "run": ("running:run", "Stay up and send on schedule."),
    "issues": ("approving:issues", "List the issues; take late articles into one."),
    "approve": ("approving:approve", "Let an issue leave that waits for its editors."),
    "hold": ("approving:hold", "Let nothing more of an issue leave until approved."),
    "pause": ("settling:pause", "Let nothing more of an issue leave for now."),
    "resume": ("settling:resume", "Go on with a paused or interrupted issue."),
    "recall": ("settling:recall", "Stop an issue for good."),
    "retry": ("retrying:retry", "Try again what was refused or deferred."),
    "resolve": ("settling:resolve", "Say what became of mails in doubt."),
    "prove": (
        "settling:prove",
        "Show that the numbers add up; compare with the server's record.",
    ),
    "bounces": (
        "bounces:bounces",
        "Read returned mail: bounces, complaints, mails to unsubscribe.",
    ),
    "db": (
        "database:db",
        "Upgrade, copy, back up or verify the database; accept a restored one.",
    ),
    "serve": (
        "serving:serve",
        "Serve the public pages: subscribe, preferences, unsubscribe, archive.",
    ),
    "keys": ("serving:keys", "Replace the key that makes readers' links."),
    "archive": ("archive:archive", "Write the issues that went out as web pages."),
    "status": (
        "status:status",
        "Show what went out, what waits, what failed, what is next.",
    ),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names, in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's signature
        """Import the command's module and return it."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(f"digest.cli.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with the nearest."""
        import difflib

        if args and args[0] == "help":  # what people type who do not know a program
            if not args[1:]:
                click.echo(ctx.get_help())
                ctx.exit()
            return self.resolve_command(ctx, [*args[1:], "--help"])
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean `digest {near[0]}`?" if near else ""
            raise click.UsageError(
                f"there is no command `{args[0]}`.{hint} `digest --help` lists them."
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the version, for `--version`."""
    if value:
        from digest import __version__

        click.echo(f"digest {__version__}")
        ctx.exit()


EXIT_CODES = """\b
Exit codes:
  0    done
  1    finished, but something is refused, deferred, in doubt, or a source failed
  2    the command line is wrong
  3    a file or a name says something impossible
  4    the world outside is in the way: server, disk, database
  5    another process is doing this right now
  130  stopped by Ctrl-C
  141  whoever read the output left, as `head` does
"""


@click.group(
    cls=LazyGroup,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "-C",
    "--project",
    metavar="FOLDER",
    help="The newsroom's folder; otherwise the nearest digest.yaml upwards from here.",
)
@click.option(
    "--version",
    is_flag=True,
    callback=version,
    expose_value=False,
    is_eager=True,
    help="Print the version.",
)
@click.pass_context
def digest(ctx: click.Context, project: str | None) -> None:
    """Personal newsletter digests: every reader gets one mail with their topics.

    New here? `digest init news` makes a small newsroom to play with, and
    `digest demo` shows everything at once.
    """
    ctx.obj = project


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; no traceback reaches a user."""
    streams.steady()
    try:
        code = ended(arguments)
    except KeyboardInterrupt:  # while saying why it ended
        code = STOPPED
    if not streams.settle() and code == 0:
        code = 4
    if code == STOPPED:
        os._exit(code)  # without waiting for threads that ask slow servers
    sys.exit(code)


def ended(arguments: list[str] | None) -> int:
    """Run the command line and return its exit code; say why it failed, if it did."""
    try:
        code = digest.main(args=arguments, prog_name="digest", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        if isinstance(error.__context__, EOFError):  # cron, a service, `</dev/null`
            return complained(
                "\nNobody is there to answer, so it was not done. Say --yes where you "
                "mean it.",
                2,
            )
        return complained(
            "Stopped. What was done is kept; run it again to go on.", STOPPED
        )
    except click.ClickException as error:
        with suppress(OSError):  # nobody reads it
            error.show()
        return error.exit_code
    except SystemExit:  # click's only one: nobody reads what is printed any more
        return UNREAD
    except Exception as error:  # noqa: BLE001 the last door: every failure gets words
        return explain(error)
    return code if isinstance(code, int) else 0


def complained(text: str, code: int) -> int:
    """Say on standard error what went wrong; return the exit code."""
    with suppress(OSError):  # it may be closed; the code still tells
        click.echo(streams.printable(text), err=True)
    return code


def explain(error: Exception) -> int:
    """Say in words what went wrong; return the exit code."""
    from digest.errors import (
        BusyError,
        DigestError,
        FileProblems,
        InputError,
        TemplateProblem,
    )

    if os.environ.get("DIGEST_DEBUG"):
        raise error
    if isinstance(error, DigestError):
        code = 5 if isinstance(error, BusyError) else 4
        code = 3 if isinstance(error, InputError) else code
        # A place in a file comes first, as editors that jump to it expect.
        if isinstance(error, FileProblems | TemplateProblem):
            lines = str(error).split("\n")
            return complained("\n".join(map(streams.from_here, lines)), code)
        return complained(f"digest: {error}", code)
    if isinstance(error, OSError):
        return complained(f"digest: {unforeseen(error)}", 4)
    return complained(
        f"digest: this should not have happened ({type(error).__name__}: {error}). "
        "What was done before is kept. Run the command again with DIGEST_DEBUG=1 in "
        "front and report what it prints.",
        70,
    )


def unforeseen(error: OSError) -> str:
    """Say what the system answered where no room had words of its own."""
    what = error.strerror or str(error)
    if error.filename:
        return f"{error.filename}: {what}; check the path and the rights on it"
    if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO):
        return (
            f"what this command prints cannot be written ({what}); make room where "
            "its output goes, or send it elsewhere"
        )
    return f"the system answers: {what}"
