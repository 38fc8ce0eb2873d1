"""`ami mock`: a mock AMI server on a port, until Ctrl-C."""

import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ami_backends.cli.exits import UsageProblem
from conformance.corpus import Capture, capture, capture_file, captures
from conformance.mock import CallTraffic, LoopbackServer, MockServer, MockUser, Playback
from conformance.mock.certificates import CertificateAuthority, TlsUnavailable

RELEASES = {"22": "11.0.0", "20": "9.0.0", "18": "7.0.3", "16": "5.0.4", "13": "2.10.6"}
"""The AMI version of each release of Asterisk."""

FOLLOWS_RELEASE = "13"
"""The release that answers `Command` in the old format."""

PortOption = Annotated[
    int, typer.Option(min=0, max=65_535, help="The port to listen on; 0 is any free port.")
]
HostOption = Annotated[str, typer.Option(help="The address to listen on.")]
TlsOption = Annotated[bool, typer.Option("--tls", help="Use TLS, with a new certificate.")]
CaOutOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write the certificate that clients verify with here; default: a temporary file."
    ),
]
UserOption = Annotated[str, typer.Option("--user", help="The only user; default: the users of the captures.")]
SecretOption = Annotated[str, typer.Option(help="The secret of --user.")]
AsteriskOption = Annotated[
    str, typer.Option("--asterisk", help=f"The release to imitate: {', '.join(RELEASES)}.")
]
BannerOption = Annotated[
    str, typer.Option(help="The AMI version of the banner; default: that of the release.")
]
CallsOption = Annotated[
    float, typer.Option(metavar="N", min=0.0, help="Place N calls a minute, so that there are events.")
]
CaptureOption = Annotated[
    str,
    typer.Option(
        "--capture",
        metavar="NAME|FILE",
        help="Play a capture: asterisk-22.10.1/call-mix, or your own FILE.ami.",
    ),
]
PaceOption = Annotated[
    float, typer.Option(min=0.0, help="Scale the pauses of the capture; 0 leaves them out.")
]
SeedOption = Annotated[int, typer.Option(help="The seed of everything random, such as challenges and calls.")]
BootOption = Annotated[
    float,
    typer.Option(
        "--boot",
        metavar="SECONDS",
        min=0.0,
        help="Take so long from the start to FullyBooted: until then lists are empty and actions unknown.",
    ),
]
WriteTimeoutOption = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        min=0.001,
        help="Close links of clients that do not read for so long; Asterisk's default is 0.1.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to `ami`."""
    app.command()(mock)


def mock(
    port: PortOption = 5038,
    host: HostOption = "127.0.0.1",
    tls: TlsOption = False,
    ca_out: CaOutOption = None,
    user: UserOption = "",
    secret: SecretOption = "",
    asterisk: AsteriskOption = "22",
    banner: BannerOption = "",
    calls: CallsOption = 0.0,
    play: CaptureOption = "",
    pace: PaceOption = 1.0,
    seed: SeedOption = 0,
    boot: BootOption = 0.0,
    write_timeout: WriteTimeoutOption = None,
) -> None:
    """Run a mock Asterisk for AMI clients until Ctrl-C."""
    if play and calls:
        raise UsageProblem("--capture and --calls exclude each other: a capture has its own calls")
    core = Playback(_capture(play), pace=pace, seed=seed) if play else _server(asterisk, banner, seed)
    if user or secret:
        core.users = {user.lower(): _user(user, secret)}
    core.boot_duration = boot
    with _tls(tls, ca_out) as (context, ca):
        server = LoopbackServer(core, context, host, port, write_timeout=write_timeout)
        with _listening(server):
            if calls:
                server.call(lambda core: CallTraffic(core, calls))
            print(_announcement(server, ca), flush=True)
            threading.Event().wait()


def _server(release: str, banner: str, seed: int) -> MockServer:
    if release not in RELEASES:
        raise UsageProblem(f"--asterisk must be one of {', '.join(RELEASES)}")
    command_format = "follows" if release == FOLLOWS_RELEASE else "output"
    return MockServer(banner=banner or RELEASES[release], command_format=command_format, seed=seed)


def _user(name: str, secret: str) -> MockUser:
    if not (name and secret):
        raise UsageProblem("--user and --secret go together")
    return MockUser(name, secret)


def _capture(name: str) -> Capture:
    """Find a capture: a file of the user's if the name ends in .ami, otherwise one of the corpus."""
    try:
        return capture_file(Path(name)) if name.endswith(".ami") else capture(name)
    except FileNotFoundError as missing:
        if name.endswith(".ami"):
            raise UsageProblem(
                f"{missing.filename} is missing: a capture is NAME.ami and NAME.json"
            ) from None
        known = ", ".join(each.name for each in captures())
        raise UsageProblem(f"no capture is called {name!r}; there are {known}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise UsageProblem(f"the capture {name} cannot be read: {error}") from None


@contextmanager
def _tls(wanted: bool, ca_out: Path | None) -> Iterator[tuple[ssl.SSLContext | None, Path | None]]:
    """Yield the server's context and the certificate file for clients; a temporary file is deleted after."""
    if not wanted:
        if ca_out is not None:
            raise UsageProblem("--ca-out needs --tls")
        yield None, None
        return
    try:
        authority = CertificateAuthority()
    except TlsUnavailable as unavailable:
        raise UsageProblem(str(unavailable)) from None
    with tempfile.TemporaryDirectory(prefix="ami-mock-") as folder:
        yield authority.server_context(), authority.write(ca_out or Path(folder) / "ca.pem")


@contextmanager
def _listening(server: LoopbackServer) -> Iterator[None]:
    """Serve. The error for a port that is not available names the address."""
    try:
        server.start()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise OSError(error.errno, f"cannot listen on {_address(server)}: {reason}") from None
    try:
        yield
    finally:
        server.stop()


def _announcement(server: LoopbackServer, ca: Path | None) -> str:
    """Return the line that a client needs. It shows the secrets: they protect nothing here."""
    users = ", ".join(f"{user.name}/{user.secret}" for user in server.core.users.values())
    tls = f" with TLS, certificate authority {ca}" if ca else ""
    return f"mock AMI server on {_address(server)}{tls}; users {users}"


def _address(server: LoopbackServer) -> str:
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{host}:{server.port}"
