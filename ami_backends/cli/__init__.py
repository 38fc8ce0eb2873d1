"""The `ami` command. Needs the extra `cli`: without it, `main` prints how to install it."""

import atexit
import os
import signal
import sys
from contextlib import suppress

MISSING_EXTRA = 'ami: the command line needs the extra "cli": pip install "ami-proto[cli]"'
COMPLETION_VARIABLE = "_AMI_COMPLETE"
"""Set by a shell that asks what may stand at the cursor, to the name of the shell."""

STATUS_USAGE = 2
STATUS_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its status. Restores the caller's handler of Ctrl-C."""
    before = signal.getsignal(signal.SIGINT)
    try:
        try:
            status = _run()
        finally:
            atexit.register(_ignore_ctrl_c)
            with suppress(TypeError, ValueError):  # a handler that C code set, or not the main thread
                signal.signal(signal.SIGINT, before)
    except KeyboardInterrupt:  # before the command began, or again after it ended
        status = STATUS_INTERRUPTED
    sys.exit(status)


def _ignore_ctrl_c() -> None:
    # While the interpreter shuts down, Ctrl-C can only print a traceback of the shutdown.
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run() -> int:
    if shell := os.environ.get(COMPLETION_VARIABLE):
        from ami_backends.cli.suggestions import print_suggestions

        print_suggestions(shell, sys.argv[1:])
        return 0
    try:
        from ami_backends.cli.app import run_command_line
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "click", "rich"):
            raise
        print(MISSING_EXTRA, file=sys.stderr)
        return STATUS_USAGE
    return run_command_line(sys.argv[1:])
