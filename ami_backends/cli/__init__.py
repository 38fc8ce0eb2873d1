"""The `ami` command. Needs the extra `cli`; without it `main` says so in one line."""

import signal
import sys

MISSING_EXTRA = 'ami: the command line needs the extra "cli": pip install "ami-proto[cli]"'
STATUS_USAGE = 2
STATUS_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its status."""
    try:
        try:
            status = _run()
        finally:
            # The process ends: another Ctrl-C would only be a traceback of the interpreter's own end.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:  # before the command began, or a second one when it was over
        status = STATUS_INTERRUPTED
    sys.exit(status)


def _run() -> int:
    try:
        from ami_backends.cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "click", "rich"):
            raise
        print(MISSING_EXTRA, file=sys.stderr)
        return STATUS_USAGE
    return run(sys.argv[1:])
