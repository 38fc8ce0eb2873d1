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
from conformance.server import LoopbackServer, MockServer, Playback, Traffic, User
from conformance.server.certificates import Authority, TlsUnavailable

RELEASES = {"22": "11.0.0", "20": "9.0.0", "18": "7.0.3", "16": "5.0.4", "13": "2.10.6"}
"""What each release of Asterisk calls its AMI."""

FOLLOWS = "13"
"""The release that answers `Command` in the old format."""

Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 takes any that is free.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]
Tls = Annotated[bool, typer.Option("--tls", help="Speak TLS, with a certificate made for the occasion.")]
CaOut = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Where the certificate to trust goes; a temporary file by default."),
]
Name = Annotated[str, typer.Option("--user", help="Who may log in; without, those of the captures.")]
Secret = Annotated[str, typer.Option(help="The secret of --user.")]
Release = Annotated[str, typer.Option("--asterisk", help=f"The release to be: {', '.join(RELEASES)}.")]
Banner = Annotated[str, typer.Option(help="The AMI version to claim instead of that release's own.")]
Calls = Annotated[
    float, typer.Option(metavar="N", min=0.0, help="Calls a minute that go on, so that there are events.")
]
Play = Annotated[
    str,
    typer.Option(
        "--capture", metavar="NAME|FILE", help="Play asterisk-22.10.1/call-mix, or a FILE.ami of your own."
    ),
]
Pace = Annotated[float, typer.Option(min=0.0, help="Scale the capture's pauses; 0 leaves them out.")]
Seed = Annotated[int, typer.Option(help="What is drawn, such as challenges and calls, follows from it.")]
WriteTimeout = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", min=0.001, help="Cut slow readers as Asterisk does; its own is 0.1."),
]


def register(app: typer.Typer) -> None:
    """Add the command to `ami`."""
    app.command()(mock)


def mock(
    port: Port = 5038,
    host: Host = "127.0.0.1",
    tls: Tls = False,
    ca_out: CaOut = None,
    user: Name = "",
    secret: Secret = "",
    asterisk: Release = "22",
    banner: Banner = "",
    calls: Calls = 0.0,
    play: Play = "",
    pace: Pace = 1.0,
    seed: Seed = 0,
    write_timeout: WriteTimeout = None,
) -> None:
    """Be an Asterisk for AMI clients to try: a mock server, until Ctrl-C. Needs no Asterisk."""
    if play and calls:
        raise UsageProblem("--capture plays what happened then; --calls cannot add to it")
    core = Playback(_capture(play), pace=pace, seed=seed) if play else _server(asterisk, banner, seed)
    if user or secret:
        core.users = {user.lower(): _user(user, secret)}
    with _tls(tls, ca_out) as (context, ca):
        server = LoopbackServer(core, context, host, port, write_timeout=write_timeout)
        with _listening(server):
            if calls:
                server.call(lambda core: Traffic(core, calls))
            print(_announcement(server, ca), flush=True)
            threading.Event().wait()


def _server(release: str, banner: str, seed: int) -> MockServer:
    if release not in RELEASES:
        raise UsageProblem(f"--asterisk must be one of {', '.join(RELEASES)}")
    command_format = "follows" if release == FOLLOWS else "output"
    return MockServer(banner=banner or RELEASES[release], command_format=command_format, seed=seed)


def _user(name: str, secret: str) -> User:
    if not (name and secret):
        raise UsageProblem("--user and --secret go together")
    return User(name, secret)


def _capture(name: str) -> Capture:
    """Find a capture: a file of the user's own, else one of those that come with the library."""
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
    """Give the server's context, and the file that clients verify with; a temporary one goes at the end."""
    if not wanted:
        if ca_out is not None:
            raise UsageProblem("--ca-out needs --tls")
        yield None, None
        return
    try:
        authority = Authority()
    except TlsUnavailable as unavailable:
        raise UsageProblem(str(unavailable)) from None
    with tempfile.TemporaryDirectory(prefix="ami-mock-") as folder:
        yield authority.server_context(), authority.write(ca_out or Path(folder) / "ca.pem")


@contextmanager
def _listening(server: LoopbackServer) -> Iterator[None]:
    """Serve; a port that cannot be had is told of with its address."""
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
    """Say in one line what a client needs to know; secrets too, for they guard nothing."""
    users = ", ".join(f"{user.name}/{user.secret}" for user in server.core.users.values())
    tls = f" with TLS, certificate authority {ca}" if ca else ""
    return f"mock AMI server on {_address(server)}{tls}; users {users}"


def _address(server: LoopbackServer) -> str:
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{host}:{server.port}"
