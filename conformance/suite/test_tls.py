"""TLS: trust, the size of records, and the end of the stream."""

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from ami_proto import ActionLost, ConfigError, Drops, Message, Reason, Tls
from conformance.laws.peer import PeerConnection, PeerFactory, honest, reset, silent, speaking
from conformance.laws.playbook import BANNER
from conformance.mock import LoopbackServer, MockServer
from conformance.mock.certificates import CertificateAuthority
from conformance.mock.noise import flood
from conformance.suite.backends import SLOW_UNDER_LAWS, SuiteBackend
from conformance.suite.failures import LOGIN_STAGES, failed_connect, then_reset


@pytest.fixture
def trusting(mock_ca_file: Path) -> Tls:
    """Return a configuration that trusts the mock's authority only."""
    return Tls(ca_file=str(mock_ca_file))


@pytest.fixture
def mistrusted(mock_authority: CertificateAuthority, trusting: Tls) -> list[tuple[ssl.SSLContext, Tls]]:
    """Return pairs of a server and a client configuration that must not trust it."""
    good = mock_authority.server_context()
    elsewhere = Tls(ca_file=trusting.ca_file, server_name="pbx.example")
    stranger = CertificateAuthority()
    return [
        (mock_authority.server_context("pbx.example"), trusting),
        (good, elsewhere),
        (mock_authority.server_context(expired=True), trusting),
        (stranger.self_signed_context(), trusting),
        (stranger.server_context(), trusting),
        (good, Tls()),
    ]


@pytest.fixture
def elsewhere_context(mock_authority: CertificateAuthority) -> ssl.SSLContext:
    """Return the context of a server whose certificate names another host."""
    return mock_authority.server_context("pbx.example")


@pytest.fixture
def no_certificates(tmp_path: Path) -> list[str]:
    """Return files that hold no certificates: an empty one and a missing one."""
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"")
    return [str(empty), str(tmp_path / "nowhere.pem")]


# -- trust


async def test_a_good_certificate_under_each_of_its_names(
    backend: SuiteBackend, mock_tls_server: LoopbackServer, trusting: Tls
) -> None:
    """R-AUTH-05: the address, the host name, and `server_name` for a host that it does not name."""
    named = Tls(ca_file=trusting.ca_file, server_name="localhost")
    for options in ({"tls": trusting}, {"tls": trusting, "host": "localhost"}, {"tls": named}):
        async with backend.connect(mock_tls_server.port, **options) as pbx:
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
            assert pbx.snapshot().faults == {}


async def test_a_bad_certificate_is_refused(
    backend: SuiteBackend, start_peer: PeerFactory, mistrusted: list[tuple[ssl.SSLContext, Tls]]
) -> None:
    """R-AUTH-05: no byte is sent after the handshake."""
    for context, tls in mistrusted:
        received: list[dict[str, str]] = []
        peer = start_peer(keeping_first_action(received), context=context)
        error = await failed_connect(backend, peer.port, tls=tls)
        assert error.cause.reason is Reason.TLS_FAILED
        assert not received


async def test_server_name_replaces_the_host(
    backend: SuiteBackend, start_peer: PeerFactory, elsewhere_context: ssl.SSLContext, trusting: Tls
) -> None:
    """R-AUTH-05."""
    peer = start_peer(honest, context=elsewhere_context)
    tls = Tls(ca_file=trusting.ca_file, server_name="pbx.example")
    async with backend.connect(peer.port, tls=tls) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_without_verification_any_certificate_will_do(
    backend: SuiteBackend, start_peer: PeerFactory, elsewhere_context: ssl.SSLContext
) -> None:
    """R-AUTH-05."""
    peer = start_peer(honest, context=elsewhere_context)
    async with backend.connect(peer.port, tls=Tls(verify=False)) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_a_file_without_certificates_raises(backend: SuiteBackend, no_certificates: list[str]) -> None:
    """R-CONF-01: before connecting."""
    for ca_file in no_certificates:
        with pytest.raises(ConfigError, match="cannot be read as PEM"):
            async with backend.connect(5039, tls=Tls(ca_file=ca_file)):
                pass


# -- the wrong port


async def test_tls_on_a_plain_port(backend: SuiteBackend, start_peer: PeerFactory, trusting: Tls) -> None:
    """R-AUTH-05, R-AUTH-02: at once where the server speaks first, else after the timeout."""
    error = await failed_connect(backend, start_peer(speaking(BANNER)).port, tls=trusting)
    assert error.cause.reason is Reason.TLS_FAILED
    assert "this port does not speak TLS" in str(error)
    error = await failed_connect(backend, start_peer(silent).port, tls=trusting, connect_timeout=0.1)
    assert error.cause.reason is Reason.CONNECT_TIMEOUT


async def test_plain_on_a_tls_port(backend: SuiteBackend, mock_tls_server: LoopbackServer) -> None:
    """R-AUTH-02."""
    error = await failed_connect(backend, mock_tls_server.port, banner_timeout=0.1)
    assert error.cause.reason is Reason.BANNER_TIMEOUT
    assert "is this the AMI port? A TLS port, 5039 by default" in str(error)


# -- much, and long


async def test_actions_longer_than_a_record(
    backend: SuiteBackend, mock_tls_server: LoopbackServer, trusting: Tls
) -> None:
    """R-ACT-07: Asterisk, and so the mock, strands bytes beyond 1024 of a record."""
    headers = {f"H{number}": "x" * 150 for number in range(20)}
    async with backend.connect(mock_tls_server.port, tls=trusting) as pbx:
        with pbx.events("UserEvent") as subscription:
            tasks = [
                await backend.spawn(pbx.send, "UserEvent", {"UserEvent": f"n{number}", **headers})
                for number in range(20)
            ]
            for task in tasks:
                assert (await task.result())["Message"] == "Event Sent"
            events = [await subscription.get(10.0) for _ in tasks]
        assert {event["UserEvent"] for event in events} == {f"n{number}" for number in range(20)}
        assert {event["H19"] for event in events} == {"x" * 150}


@pytest.mark.parametrize("spare", [-1, 0, 1, 2])
async def test_lines_that_fill_a_record_to_its_last_byte(
    backend: SuiteBackend, mock_tls_server: LoopbackServer, trusting: Tls, spare: int
) -> None:
    """R-ACT-07: lines that end at byte 1024 of a record, one before it, and one or two after it."""
    async with backend.connect(mock_tls_server.port, tls=trusting) as pbx:
        head = len(f"Action: UserEvent\r\nActionID: {pbx.snapshot().server}:{'0' * 8}:5\r\nUserEvent: n\r\n")
        rest = 1024 + spare - head - len("\r\n")
        headers = {"UserEvent": "n", "A": "x" * 500, "B": "y" * (rest - 500 - 2 * len("A: \r\n"))}
        with pbx.events("UserEvent") as subscription:
            for _ in range(3):
                assert (await pbx.send("UserEvent", headers, timeout=5.0))["Message"] == "Event Sent"
                assert (await subscription.get(5.0))["B"] == headers["B"]


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
async def test_three_mebibytes_and_a_flood_over_tls(
    backend: SuiteBackend, mock_tls_server: LoopbackServer, mock_core: MockServer, trusting: Tls
) -> None:
    """R-WIRE-08, R-FLOW-05: without a consumer meanwhile, and with exact drops."""
    lines = [f"{number} {'x' * 95}" for number in range(32_768)]
    mock_core.cli["boast"] = lambda core: "".join(f"{line}\n" for line in lines)
    async with backend.connect(mock_tls_server.port, tls=trusting) as pbx:
        with pbx.events("Flood", marks=True, limit=4_000) as subscription:
            await backend.aside(mock_tls_server.call, push_flood)
            assert (await pbx.send("Command", Command="boast")).output == lines
            items = [await subscription.get(10.0) for _ in range(4_001)]
        assert items[0] == Drops(6_000, pbx.snapshot().server)
        numbers = [int(item["Number"]) for item in items if isinstance(item, Message)]
        assert numbers == list(range(6_000, 10_000))


# -- the end


async def test_a_hang_up_during_the_handshake(
    backend: SuiteBackend, start_peer: PeerFactory, trusting: Tls
) -> None:
    """R-LIFE-04: after nothing, half a record, an alert, and by RST."""
    for said in (b"", b"\x16\x03\x03", b"\x15\x03\x03\x00\x02\x02\x28"):
        error = await failed_connect(backend, start_peer(ending_handshake(said)).port, tls=trusting)
        assert error.cause.reason in (Reason.EOF, Reason.TLS_FAILED)
    error = await failed_connect(backend, start_peer(reset).port, tls=trusting)
    assert error.cause.reason is Reason.RESET


async def test_a_hang_up_at_every_stage_over_tls(
    backend: SuiteBackend, start_peer: PeerFactory, good_context: ssl.SSLContext, trusting: Tls
) -> None:
    """R-LIFE-04: by EOF and by RST, and never reported as a refused password or a bad certificate."""
    peer = start_peer(*LOGIN_STAGES, *[then_reset(stage) for stage in LOGIN_STAGES], context=good_context)
    for number in range(1, 2 * len(LOGIN_STAGES) + 1):
        error = await failed_connect(backend, peer.port, tls=trusting)
        assert error.cause.reason in (Reason.EOF, Reason.RESET), (number, error)
        assert peer.accepted == number


async def test_a_ragged_end_is_a_loss_like_any_other(
    backend: SuiteBackend, mock_tls_server: LoopbackServer, trusting: Tls
) -> None:
    """R-CORR-07: the socket closes without TLS's own end; the `ssl` module hardly distinguishes a RST."""
    async with backend.connect(mock_tls_server.port, tls=trusting) as pbx:
        for by_reset in (False, True):
            task = await backend.spawn(pbx.send, "WaitEvent", {"Timeout": 30})
            assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
            await backend.aside(link_cutter(mock_tls_server, by_reset))
            with pytest.raises(ActionLost) as lost:
                await task.result()
            assert lost.value.cause.reason in (Reason.EOF, Reason.RESET)
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"


# -- servers


def keeping_first_action(received: list[dict[str, str]]) -> Any:
    """Return a script that keeps the first action."""
    return lambda connection: received.append(connection.read_action())


def ending_handshake(said: bytes) -> Any:
    """Return a script that reads the start of the handshake, sends some bytes and ends."""

    def script(connection: PeerConnection) -> None:
        connection.socket.recv(10)
        connection.send(said)
        connection.socket.shutdown(socket.SHUT_WR)
        connection.wait_closed()

    return script


def push_flood(core: Any) -> None:
    """Push events to every session."""
    for session in core.sessions.values():
        session.push(flood(10_000))


def link_cutter(server: LoopbackServer, by_reset: bool) -> Any:
    """Return a function that drops every link."""
    return lambda: server.drop_links(reset=by_reset)
