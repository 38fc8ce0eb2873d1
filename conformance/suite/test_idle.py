"""A connection on which nothing happens costs nothing: its driver waits."""

import ssl
from pathlib import Path

import pytest

from ami_proto import Connection, Tls
from conformance.laws.peer import PeerConnection, PeerFactory
from conformance.suite.backends import SuiteBackend

IDLE = 0.4
"""Seconds without anything to do."""
ROUNDS_MAX = 100
"""Rounds in that time. A reactor of one's own is polled some fifty times a second; one that spins makes
thousands, on a loaded machine too."""


def answering_in_records(connection: PeerConnection) -> None:
    """Serve; over TLS each answer comes in several records, which OpenSSL reads ahead."""
    connection.accept_login()
    while (action := connection.read_action())["Action"] != "Logoff":
        connection.send(*[b"Event: Tick\r\nText: %s\r\n\r\n" % (b"x" * 20_000)] * 3)
        connection.answer(action, "Success", "Ping: Pong")
    connection.answer(action, "Goodbye")


@pytest.mark.without_laws("the watched machine is a stand-in, whose rounds are not counted")
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
async def test_a_driver_with_nothing_to_do_does_not_spin(
    backend: SuiteBackend,
    start_peer: PeerFactory,
    good_context: ssl.SSLContext,
    mock_ca_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    secure: bool,
) -> None:
    """R-DRIVER-01: over TLS too, where bytes that were read ahead make a driver read without waiting."""
    rounds = 0
    look = Connection.handle_timeout

    def counted(machine: Connection, now: float) -> None:
        nonlocal rounds
        rounds += 1
        look(machine, now)

    peer = start_peer(answering_in_records, context=good_context if secure else None)
    tls = Tls(ca_file=str(mock_ca_file)) if secure else None
    async with backend.connect(peer.port, tls=tls) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        monkeypatch.setattr(Connection, "handle_timeout", counted)
        await backend.sleep(IDLE)
        assert rounds <= ROUNDS_MAX
