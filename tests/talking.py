"""Helpers for tests that talk to the mock's core without sockets: logins, first lines, captures."""

import pytest

from conformance.corpus import capture
from conformance.mock import MockServer
from conformance.mock.fixtures import FrameLines, MockClient, frames


def logged_in(server: MockServer, *, events: str = "on") -> MockClient:
    """Return a session that is logged in."""
    client = MockClient(server)
    client.login(events=events)
    return client


@pytest.fixture
def client() -> MockClient:
    """Return a session that receives every event, on a mock with all defaults."""
    return logged_in(MockServer())


def firsts(received: list[FrameLines]) -> list[str]:
    """Return the first line of each message."""
    return [frame[0] for frame in received]


def captured(name: str) -> list[FrameLines]:
    """Return the messages of a capture after its banner."""
    return frames(capture(name).data.partition(b"\r\n")[2])
