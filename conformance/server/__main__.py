"""`python -m conformance.server` is `ami mock`: a mock AMI server on a port, until Ctrl-C."""

import sys

from ami_backends.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["mock", *sys.argv[1:]]))
