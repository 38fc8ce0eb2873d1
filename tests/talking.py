"""How conversations with the mock's core begin, what they are compared with, and how tests look at them."""

import pytest

from conformance.corpus import capture
from conformance.server import MockServer
from conformance.server.fixtures import Frame, Talk, frames


def logged_in(server: MockServer, *, events: str = "on") -> Talk:
    """Return a session behind its login."""
    talk = Talk(server)
    talk.login(events=events)
    return talk


@pytest.fixture
def talk() -> Talk:
    """Give a session that hears every event, on a mock with every default."""
    return logged_in(MockServer())


def firsts(heard: list[Frame]) -> list[str]:
    """Return the first line of each message."""
    return [frame[0] for frame in heard]


def captured(name: str) -> list[Frame]:
    """Return the messages of a capture behind its banner."""
    return frames(capture(name).data.partition(b"\r\n")[2])
