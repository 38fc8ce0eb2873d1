"""The `ami` command. Needs the extra `cli`; without it `main` says so in one line."""

import atexit
import signal
import sys
from contextlib import suppress

MISSING_EXTRA = 'ami: the command line needs the extra "cli": pip install "ami-proto[cli]"'
STATUS_USAGE = 2
STATUS_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its status. Ctrl-C does afterwards what it did before."""
    before = signal.getsignal(signal.SIGINT)
    try:
        try:
            status = _run()
        finally:
            atexit.register(_ignore_ctrl_c)
            with suppress(TypeError, ValueError):  # not Python's to set, or not this thread's
                signal.signal(signal.SIGINT, before)
    except KeyboardInterrupt:  # before the command began, or a second one when it was over
        status = STATUS_INTERRUPTED
    sys.exit(status)


def _ignore_ctrl_c() -> None:
    """Take no notice while the interpreter ends: all that came of it would be a traceback of that."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run() -> int:
    try:
        from ami_backends.cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "click", "rich"):
            raise
        print(MISSING_EXTRA, file=sys.stderr)
        return STATUS_USAGE
    return run(sys.argv[1:])
