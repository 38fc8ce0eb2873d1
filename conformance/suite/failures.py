"""Connections that cannot be had: the servers that cause it, and what the caller must see."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ami_proto import ConnectFailed
from conformance.laws.peer import HOST, PATIENCE, PeerConnection, Script, reset
from conformance.laws.playbook import BANNER
from conformance.suite.backends import SuiteBackend

SENTENCE_MAX = 250
"""Characters of an error text that fits a log line."""


@contextmanager
def connect_fails(server: str, *secrets: str) -> Iterator[pytest.ExceptionInfo[ConnectFailed]]:
    """Expect a `ConnectFailed` within `PATIENCE`: one sentence that names the server and holds no secret."""
    begun = time.monotonic()
    with pytest.raises(ConnectFailed) as failed:
        yield failed
    assert time.monotonic() - begun < PATIENCE
    sentence = str(failed.value)
    assert sentence.startswith(f"server {server!r}: "), sentence
    assert sentence.isprintable()
    assert len(sentence) < SENTENCE_MAX
    for secret in ("s3cr3t", *secrets):
        assert secret not in sentence
        assert secret not in repr(vars(failed.value))


async def failed_connect(
    backend: SuiteBackend, port: int, *, host: str = HOST, **options: Any
) -> ConnectFailed:
    """Connect, expect `connect_fails`, and return the error."""
    with connect_fails(f"{host}:{port}") as failed:
        async with backend.connect(port, host=host, **options):
            pass
    return failed.value


# -- servers that hang up in the middle of a login by MD5


def after_challenge(connection: PeerConnection) -> None:
    """Read the request for a challenge and do not answer it."""
    connection.send(BANNER)
    connection.read_action()


def in_mid_challenge(connection: PeerConnection) -> None:
    """Send half a challenge."""
    connection.send(BANNER)
    _answer_half(connection, "Chall")


def after_login(connection: PeerConnection) -> None:
    """Read the login and do not answer it."""
    connection.send(BANNER)
    connection.answer(connection.read_action(), "Success", "Challenge: 1")
    connection.read_action()


def in_mid_login(connection: PeerConnection) -> None:
    """Send half of the acceptance."""
    connection.send(BANNER)
    connection.answer(connection.read_action(), "Success", "Challenge: 1")
    _answer_half(connection, "Message: Authentication acc")


def _answer_half(connection: PeerConnection, line: str) -> None:
    """Send an answer whose last line is cut off."""
    action_id = connection.read_action()["ActionID"]
    connection.send(f"Response: Success\r\nActionID: {action_id}\r\n{line}".encode())


LOGIN_STAGES: tuple[Script, ...] = (
    lambda connection: None,
    lambda connection: connection.send(BANNER[:10]),
    lambda connection: connection.send(BANNER),
    after_challenge,
    in_mid_challenge,
    after_login,
    in_mid_login,
)
"""One script for each stage at which the server can hang up, in order."""


def then_reset(stage: Script) -> Script:
    """Return a script that does the same and ends the connection by RST."""

    def script(connection: PeerConnection) -> None:
        stage(connection)
        reset(connection)

    return script
