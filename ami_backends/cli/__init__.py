"""The `ami` command. Needs the extra `cli`; without it `main` says so in one line."""

import sys

MISSING_EXTRA = 'ami: the command line needs the extra "cli": pip install "ami-proto[cli]"'
STATUS_USAGE = 2
STATUS_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its status."""
    try:
        from ami_backends.cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "click", "rich"):
            raise
        print(MISSING_EXTRA, file=sys.stderr)
        sys.exit(STATUS_USAGE)
    except KeyboardInterrupt:
        sys.exit(STATUS_INTERRUPTED)
    sys.exit(run(sys.argv[1:]))
