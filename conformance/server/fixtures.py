"""Pytest fixtures for whoever tests against the mock, and `Talk`, a client too simple to be wrong."""

from collections.abc import Iterator

import pytest

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


class Talk:
    """Talk to a core without sockets: say lines, see frames. Time stands still unless told to pass."""

    def __init__(self, server: MockServer) -> None:
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
