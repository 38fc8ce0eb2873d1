"""Run a real Asterisk by hand.

python -m conformance.asterisk provision [22|16|all]     build the root file systems, once
python -m conformance.asterisk run 22                    start one; Ctrl-C stops it
"""

import argparse
import signal
import sys

try:
    from conformance.asterisk.provision import SUITES, AsteriskUnavailable, provision, tell
    from conformance.asterisk.server import AsteriskServer
except ModuleNotFoundError as missing:
    sys.exit(f'error: {missing.name} is not installed: pip install "ami-conformance[suite]"')


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "provision":
            for version in SUITES if options.version == "all" else [int(options.version)]:
                print(f"Asterisk {version}: {provision(version, tell)}")
        else:
            _run(int(options.version))
    except AsteriskUnavailable as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.asterisk", description="Run a real Asterisk by hand."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    versions = [str(version) for version in SUITES]
    build = commands.add_parser("provision", help="build the root file systems, once")
    build.add_argument("version", nargs="?", default="all", choices=[*versions, "all"])
    run = commands.add_parser("run", help="start one until Ctrl-C")
    run.add_argument("version", choices=versions)
    return parser


def _run(version: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell has its background jobs ignore SIGINT
        signal.signal(number, signal.default_int_handler)
    with AsteriskServer(version) as server:
        print(f"Asterisk {server.release} is up, process {server.pid}; Ctrl-C stops it.")
        print(f"  AMI        {server.host}:{server.port}")
        print(f"  over TLS   {server.host}:{server.tls_port}   certificate authority {server.ca_file}")
        for user in server.users.values():
            print(f"  user       {user.username:<10} secret {user.secret}")
        sys.stdout.flush()
        while server.pid is not None:
            signal.sigtimedwait([], 1.0)
        print("Asterisk has ended.")


if __name__ == "__main__":
    sys.exit(main())
