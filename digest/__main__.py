"""The command `digest`, installed or as `python -m digest`."""

from __future__ import annotations

import signal


def run() -> None:
    """Start the command line; Ctrl-C while it is being loaded ends it without a word.

    Python would show where in the loading it was.
    """
    heard = signal.getsignal(signal.SIGINT)
    ours = heard is signal.default_int_handler  # not with `nohup` or behind `&`
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from digest.cli import main

    if ours:
        signal.signal(signal.SIGINT, heard)
    main()


if __name__ == "__main__":
    run()
