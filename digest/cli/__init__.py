"""The command line: `digest COMMAND`.

Commands are found by name and imported only when called, so `digest --help` starts
at once. What goes wrong is said in words, on standard error, with an exit code:

    0  done
    1  finished, but something is not settled (refused, deferred, in doubt, a source
       that failed)
    2  the command line is wrong
    3  a file says something impossible (configuration, readers, a template)
    4  the world outside is in the way (server, disk, database)
    5  somebody else is doing this right now
    130  stopped by Ctrl-C
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

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
    "config": ("project:config", "For editors of digest.yaml: its JSON Schema."),
    "collect": ("articles:collect", "Read the sources."),
    "add": ("articles:add", "Take in one article from a file or a web address."),
    "articles": ("articles:articles", "List the articles."),
    "sources": ("articles:sources", "Show how each source has been doing."),
    "subscribers": ("readers:subscribers", "Import, list, show, export, unsubscribe."),
    "plan": ("issues:plan", "Show who would get what, and who nothing and why."),
    "build": ("issues:build", "Write every reader's digest to files."),
    "preview": ("issues:preview", "Look at the digests in a browser."),
    "send": ("sending:send", "Send the next issue, or go on with an unfinished one."),
    "run": ("sending:run", "Stay up and send on schedule."),
    "status": ("sending:status", "Show issues, deliveries and what comes next."),
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


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
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
    try:
        code = digest.main(args=arguments, prog_name="digest", standalone_mode=False)
    except click.exceptions.Abort:
        code = stopped()
    except KeyboardInterrupt:
        code = stopped()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except BrokenPipeError:  # `digest articles | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001 the last door: every failure gets words
        code = explain(error)
    sys.exit(code if isinstance(code, int) else 0)


def stopped() -> int:
    """Say that the user stopped us."""
    click.echo("\nStopped. Nothing is half-done; the same command goes on.", err=True)
    return 130


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
        # A place in a file comes first, as editors that jump to it expect.
        prefix = "" if isinstance(error, FileProblems | TemplateProblem) else "digest: "
        click.echo(f"{prefix}{error}", err=True)
        if isinstance(error, InputError):
            return 3
        return 5 if isinstance(error, BusyError) else 4
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"digest: {where}{error.strerror or error}", err=True)
        return 4
    click.echo(
        f"digest: this should not have happened ({type(error).__name__}: {error}). "
        "Nothing was lost. Run the command again with DIGEST_DEBUG=1 in front and "
        "report what it prints.",
        err=True,
    )
    return 70
