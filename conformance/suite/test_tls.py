"""TLS: who is trusted, what fits into a record, and how it ends."""

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from ami_proto import ActionLost, ConfigError, ConnectFailed, Drops, Message, Reason, Tls
from conformance.peer import BANNER, HOST, Line, PeerFactory, honest, reset, silent, speaking
from conformance.server import LoopbackServer, MockServer
from conformance.server.certificates import Authority
from conformance.server.noise import flood
from conformance.suite.backends import Backend
from conformance.suite.failures import connect_fails
from conformance.suite.stages import STAGES, then_reset


@pytest.fixture
def trusting(mock_ca_file: Path) -> Tls:
    """Give what trusts the mock's authority, and nobody else."""
    return Tls(ca_file=str(mock_ca_file))


@pytest.fixture
def mistrusted(mock_authority: Authority, trusting: Tls) -> list[tuple[ssl.SSLContext, Tls]]:
    """Give servers that their clients must not trust, and what those do trust."""
    good = mock_authority.server_context()
    elsewhere = Tls(ca_file=trusting.ca_file, server_name="pbx.example")
    stranger = Authority()
    return [
        (mock_authority.server_context("pbx.example"), trusting),
        (good, elsewhere),
        (mock_authority.server_context(expired=True), trusting),
        (stranger.self_signed_context(), trusting),
        (stranger.server_context(), trusting),
        (good, Tls()),
    ]


@pytest.fixture
def good_context(mock_authority: Authority) -> ssl.SSLContext:
    """Give a server that is trusted."""
    return mock_authority.server_context()


@pytest.fixture
def elsewhere_context(mock_authority: Authority) -> ssl.SSLContext:
    """Give a server whose certificate does not name this machine."""
    return mock_authority.server_context("pbx.example")


@pytest.fixture
def no_certificates(tmp_path: Path) -> list[str]:
    """Give files of certificates that are none."""
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"")
    return [str(empty), str(tmp_path / "nowhere.pem")]


async def failure(backend: Backend, port: int, **options: Any) -> ConnectFailed:
    """Connect in vain; return the error."""
    with connect_fails(f"{HOST}:{port}") as failed:
        async with backend.connect(port, **options):
            pass
    return failed.value


# -- trust


async def test_a_good_certificate_under_each_of_its_names(
    backend: Backend, mock_tls_server: LoopbackServer, trusting: Tls
) -> None:
    """R-AUTH-05: an address is a name too, and `server_name` stands for a host that is not named."""
    named = Tls(ca_file=trusting.ca_file, server_name="localhost")
    for options in ({"tls": trusting}, {"tls": trusting, "host": "localhost"}, {"tls": named}):
        async with backend.connect(mock_tls_server.port, **options) as pbx:
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
            assert pbx.snapshot().faults == {}


async def test_a_bad_certificate_is_refused(
    backend: Backend, start_peer: PeerFactory, mistrusted: list[tuple[ssl.SSLContext, Tls]]
) -> None:
    """R-AUTH-05: before any byte of ours but the handshake's."""
    for context, tls in mistrusted:
        heard: list[dict[str, str]] = []
        peer = start_peer(listening(heard), context=context)
        error = await failure(backend, peer.port, tls=tls)
        assert error.cause.reason is Reason.TLS_FAILED
        assert not heard


async def test_a_server_name_that_is_not_the_hosts(
    backend: Backend, start_peer: PeerFactory, elsewhere_context: ssl.SSLContext, trusting: Tls
) -> None:
    """R-AUTH-05: the certificate is to be in the name that was given."""
    peer = start_peer(honest, context=elsewhere_context)
    tls = Tls(ca_file=trusting.ca_file, server_name="pbx.example")
    async with backend.connect(peer.port, tls=tls) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_no_verification_where_it_is_off(
    backend: Backend, start_peer: PeerFactory, elsewhere_context: ssl.SSLContext
) -> None:
    """R-AUTH-05: any certificate will do, and only then."""
    peer = start_peer(honest, context=elsewhere_context)
    async with backend.connect(peer.port, tls=Tls(verify=False)) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_a_file_of_certificates_that_is_none(backend: Backend, no_certificates: list[str]) -> None:
    """R-CONF-01: found out before any stream."""
    for ca_file in no_certificates:
        with pytest.raises(ConfigError, match="cannot be read as PEM"):
            async with backend.connect(5039, tls=Tls(ca_file=ca_file)):
                pass


# -- the wrong port


async def test_tls_on_a_plain_port(backend: Backend, start_peer: PeerFactory, trusting: Tls) -> None:
    """R-AUTH-05, R-AUTH-02: told at once where the port speaks, by the timer where it is silent."""
    error = await failure(backend, start_peer(speaking(BANNER)).port, tls=trusting)
    assert error.cause.reason is Reason.TLS_FAILED
    error = await failure(backend, start_peer(silent).port, tls=trusting, connect_timeout=0.1)
    assert error.cause.reason is Reason.CONNECT_TIMEOUT


async def test_plain_on_a_tls_port(backend: Backend, mock_tls_server: LoopbackServer) -> None:
    """R-AUTH-02."""
    error = await failure(backend, mock_tls_server.port, banner_timeout=0.1)
    assert error.cause.reason is Reason.BANNER_TIMEOUT
    assert "is this the AMI port?" in str(error)


# -- much, and long


async def test_actions_longer_than_a_record_come_through(
    backend: Backend, mock_tls_server: LoopbackServer, trusting: Tls
) -> None:
    """R-ACT-07: Asterisk, and so the mock, strands what is beyond 1024 bytes of a record."""
    headers = {f"H{number}": "x" * 150 for number in range(20)}
    async with backend.connect(mock_tls_server.port, tls=trusting) as pbx:
        with pbx.events("UserEvent") as heard:
            tasks = [
                await backend.spawn(pbx.send, "UserEvent", {"UserEvent": f"n{number}", **headers})
                for number in range(20)
            ]
            for task in tasks:
                assert (await task.result())["Message"] == "Event Sent"
            events = [await heard.get(10.0) for _ in tasks]
        assert {event["UserEvent"] for event in events} == {f"n{number}" for number in range(20)}
        assert {event["H19"] for event in events} == {"x" * 150}


async def test_three_mebibytes_and_a_flood_over_tls(
    backend: Backend, mock_tls_server: LoopbackServer, mock_core: MockServer, trusting: Tls
) -> None:
    """R-WIRE-08, R-FLOW-05: nobody reads the events meanwhile, and the account of them is exact."""
    lines = [f"{number} {'x' * 95}" for number in range(32_768)]
    mock_core.cli["boast"] = lambda core: "".join(f"{line}\n" for line in lines)
    async with backend.connect(mock_tls_server.port, tls=trusting) as pbx:
        with pbx.events("Flood", marks=True, limit=4_000) as heard:
            await backend.aside(mock_tls_server.call, pour)
            assert (await pbx.send("Command", Command="boast")).output == lines
            items = [await heard.get(10.0) for _ in range(4_001)]
        assert items[0] == Drops(6_000)
        numbers = [int(item["Number"]) for item in items if isinstance(item, Message)]
        assert numbers == list(range(6_000, 10_000))


# -- the end


async def test_a_hang_up_during_the_handshake(
    backend: Backend, start_peer: PeerFactory, trusting: Tls
) -> None:
    """R-LIFE-04: with nothing said, with half a record, with an alert, and by RST."""
    for said in (b"", b"\x16\x03\x03", b"\x15\x03\x03\x00\x02\x02\x28"):
        error = await failure(backend, start_peer(leaving(said)).port, tls=trusting)
        assert error.cause.reason in (Reason.EOF, Reason.TLS_FAILED)
    error = await failure(backend, start_peer(reset).port, tls=trusting)
    assert error.cause.reason is Reason.RESET


async def test_a_hang_up_at_every_stage(
    backend: Backend, start_peer: PeerFactory, good_context: ssl.SSLContext, trusting: Tls
) -> None:
    """R-LIFE-04: in order and by RST, and never taken for a refused password or a bad certificate."""
    peer = start_peer(*STAGES, *[then_reset(stage) for stage in STAGES], context=good_context)
    for number in range(1, 2 * len(STAGES) + 1):
        error = await failure(backend, peer.port, tls=trusting)
        assert error.cause.reason in (Reason.EOF, Reason.RESET), (number, error)
        assert peer.accepted == number


async def test_a_ragged_end_is_a_loss_like_any_other(
    backend: Backend, mock_tls_server: LoopbackServer, trusting: Tls
) -> None:
    """R-CORR-07: the socket closed below TLS, without its goodbye; the `ssl` module hardly tells a RST."""
    async with backend.connect(mock_tls_server.port, tls=trusting) as pbx:
        for by_reset in (False, True):
            task = await backend.spawn(pbx.send, "WaitEvent", {"Timeout": 30})
            assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
            await backend.aside(dropping(mock_tls_server, by_reset))
            with pytest.raises(ActionLost) as lost:
                await task.result()
            assert lost.value.cause.reason in (Reason.EOF, Reason.RESET)
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"


# -- servers


def listening(heard: list[dict[str, str]]) -> Any:
    """Keep the first thing that a client says."""
    return lambda line: heard.append(line.hear())


def leaving(said: bytes) -> Any:
    """Hear the first of the handshake, say this, and end."""

    def script(line: Line) -> None:
        line.socket.recv(10)
        line.say(said)
        line.socket.shutdown(socket.SHUT_WR)
        line.wait_closed()

    return script


def pour(core: Any) -> None:
    """Push events at everybody."""
    for session in core.sessions.values():
        session.push(flood(10_000))


def dropping(server: LoopbackServer, by_reset: bool) -> Any:
    """Return what cuts every link."""
    return lambda: server.drop_links(reset=by_reset)
