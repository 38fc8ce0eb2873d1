"""Run `ami mock` as `python -m conformance.mock`."""

import sys

from ami_backends.cli.app import run_command_line

if __name__ == "__main__":
    sys.exit(run_command_line(["mock", *sys.argv[1:]]))
