"""A pytest plugin for whoever tests against the mock, and `Talk`, a client too simple to be wrong.

Load it with `pytest -p conformance.server.fixtures`, or `pytest_plugins = ["conformance.server.fixtures"]` in
the conftest.py of your root folder.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from .certificates import Authority
from .host import LoopbackServer
from .requests import to_bytes, to_text
from .server import MockServer
from .session import Session

Frame = list[str]
"""The lines of one message."""


@pytest.fixture
def mock_core() -> MockServer:
    """Give a fresh core."""
    return MockServer()


@pytest.fixture
def mock_server(mock_core: MockServer) -> Iterator[LoopbackServer]:
    """Give a started host around `mock_core`, stopped at the end of the test."""
    with LoopbackServer(mock_core) as host:
        yield host


class MockServerFactory(Protocol):
    """Start a mock server; all of them stop at the end of the test."""

    def __call__(
        self, core: MockServer | None = None, *, tls: bool = False, write_timeout: float | None = None
    ) -> LoopbackServer:
        """Give a started host around `core`, or around a fresh one."""


@pytest.fixture
def mock_server_factory(request: pytest.FixtureRequest) -> Iterator[MockServerFactory]:
    """Give a function that starts mock servers, of any kind and as many as wanted."""
    with ExitStack() as hosts:

        def start(
            core: MockServer | None = None, *, tls: bool = False, write_timeout: float | None = None
        ) -> LoopbackServer:
            context = request.getfixturevalue("mock_authority").server_context() if tls else None
            host = LoopbackServer(core or MockServer(), context, write_timeout=write_timeout)
            return hosts.enter_context(host)

        yield start


@pytest.fixture(scope="session")
def mock_authority() -> Authority:
    """Give the authority that certifies the mock; `client_context()` trusts it."""
    return Authority()


@pytest.fixture(scope="session")
def mock_ca_file(mock_authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the authority's certificate as a file."""
    return mock_authority.write(tmp_path_factory.mktemp("mock") / "ca.pem")


@pytest.fixture
def mock_tls_server(mock_core: MockServer, mock_server_factory: MockServerFactory) -> LoopbackServer:
    """Give a started host around `mock_core` that speaks TLS, as `localhost`."""
    return mock_server_factory(mock_core, tls=True)


class Talk:
    """Talk to a core without sockets: say lines, see frames. Time stands still unless told to pass."""

    def __init__(self, server: MockServer) -> None:
        self.server = server
        self.now = server.now
        self.session: Session = server.connect(self.now)
        self.banner = to_text(self.session.transmit())

    def say(self, *lines: str) -> list[Frame]:
        """Send one action, or an empty line, and give what comes back at once."""
        return self.send("".join([line + "\r\n" for line in lines]) + "\r\n")

    def send(self, text: str | bytes) -> list[Frame]:
        """Send bytes as they are, and give what comes back at once."""
        self.session.receive(text if isinstance(text, bytes) else to_bytes(text), self.now)
        return self.hear()

    def login(self, username: str = "admin", secret: str = "s3cr3t", events: str = "on") -> list[Frame]:
        """Log in."""
        return self.say("Action: Login", f"Username: {username}", f"Secret: {secret}", f"Events: {events}")

    def pass_time(self, seconds: float) -> list[Frame]:
        """Let time pass, deadline by deadline, and give what comes meanwhile."""
        end = self.now + seconds
        while (deadline := self.session.timeout()) is not None and deadline <= end:
            self.session.handle_timeout(deadline)
        self.now = end
        self.session.handle_timeout(end)
        return self.hear()

    def hear(self) -> list[Frame]:
        """Give what was sent and not yet heard."""
        return frames(self.session.transmit())


def frames(data: bytes) -> list[Frame]:
    """Cut bytes into messages, each the list of its lines."""
    parts = to_text(data).split("\r\n\r\n")
    return [part.split("\r\n") for part in parts if part.strip("\r\n")]


def names(frame: Frame) -> list[str]:
    """Give a frame's header names in order, with the first line whole: the shape of a message."""
    return [frame[0], *[line.partition(":")[0] for line in frame[1:]]]
