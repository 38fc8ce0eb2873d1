"""A pytest plugin for tests against the mock, and `MockClient`, a minimal client without sockets.

Load it with `pytest -p conformance.mock.fixtures`, or `pytest_plugins = ["conformance.mock.fixtures"]` in
the conftest.py of your root folder.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from .certificates import CertificateAuthority
from .host import LoopbackServer
from .mock_server import MockServer
from .mock_session import MockSession
from .requests import to_bytes, to_text

FrameLines = list[str]
"""The lines of one frame."""


@pytest.fixture
def mock_core() -> MockServer:
    """Make a core."""
    return MockServer()


@pytest.fixture
def mock_server(mock_core: MockServer) -> Iterator[LoopbackServer]:
    """Run a host of `mock_core` until the end of the test."""
    with LoopbackServer(mock_core) as host:
        yield host


class MockServerFactory(Protocol):
    """Start a mock server, which is stopped after the test."""

    def __call__(
        self, core: MockServer | None = None, *, tls: bool = False, write_timeout: float | None = None
    ) -> LoopbackServer:
        """Return a running host of `core`, or of a new core."""


@pytest.fixture
def mock_server_factory(request: pytest.FixtureRequest) -> Iterator[MockServerFactory]:
    """Return a function that starts mock servers."""
    with ExitStack() as hosts:

        def start(
            core: MockServer | None = None, *, tls: bool = False, write_timeout: float | None = None
        ) -> LoopbackServer:
            context = request.getfixturevalue("mock_authority").server_context() if tls else None
            host = LoopbackServer(core or MockServer(), context, write_timeout=write_timeout)
            return hosts.enter_context(host)

        yield start


@pytest.fixture(scope="session")
def mock_authority() -> CertificateAuthority:
    """Make the authority that certifies the mock; its `client_context()` trusts it."""
    return CertificateAuthority()


@pytest.fixture(scope="session")
def mock_ca_file(mock_authority: CertificateAuthority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the authority's certificate to a file and return its path."""
    return mock_authority.write(tmp_path_factory.mktemp("mock") / "ca.pem")


@pytest.fixture
def mock_tls_server(mock_core: MockServer, mock_server_factory: MockServerFactory) -> LoopbackServer:
    """Run a host of `mock_core` with TLS, as `localhost`, until the end of the test."""
    return mock_server_factory(mock_core, tls=True)


class MockClient:
    """A client of a core, without sockets. Time passes only in `pass_time`."""

    def __init__(self, server: MockServer) -> None:
        self.server = server
        self.now = server.now
        self.session: MockSession = server.connect(self.now)
        self.banner = to_text(self.session.transmit())

    def request(self, *lines: str) -> list[FrameLines]:
        """Send one message of these lines and return the frames that come at once."""
        return self.send("".join([line + "\r\n" for line in lines]) + "\r\n")

    def send(self, text: str | bytes) -> list[FrameLines]:
        """Send bytes as they are and return the frames that come at once."""
        self.session.receive(text if isinstance(text, bytes) else to_bytes(text), self.now)
        return self.receive()

    def login(self, username: str = "admin", secret: str = "s3cr3t", events: str = "on") -> list[FrameLines]:
        """Log in and return the frames that come at once."""
        return self.request(
            "Action: Login", f"Username: {username}", f"Secret: {secret}", f"Events: {events}"
        )

    def pass_time(self, seconds: float) -> list[FrameLines]:
        """Advance the time, deadline by deadline, and return the frames that come meanwhile."""
        end = self.now + seconds
        while (deadline := self.session.timeout()) is not None and deadline <= end:
            self.session.handle_timeout(deadline)
        self.now = end
        self.session.handle_timeout(end)
        return self.receive()

    def receive(self) -> list[FrameLines]:
        """Return the frames that were sent and not yet returned."""
        return frames(self.session.transmit())


def frames(data: bytes) -> list[FrameLines]:
    """Cut bytes into frames, each a list of its lines."""
    parts = to_text(data).split("\r\n\r\n")
    return [part.split("\r\n") for part in parts if part.strip("\r\n")]


def names(frame: FrameLines) -> list[str]:
    """Return the first line of a frame and the names of its other headers."""
    return [frame[0], *[line.partition(":")[0] for line in frame[1:]]]
