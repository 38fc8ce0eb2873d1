"""The mock's host, over real loopback sockets, plain and TLS, and its faults."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from conformance.mock import LoopbackServer, MockServer
from conformance.mock.certificates import CertificateAuthority
from conformance.mock.fixtures import frames

LOGIN = b"Action: Login\r\nUsername: admin\r\nSecret: s3cr3t\r\nEvents: user\r\n\r\n"
PING = b"Action: Ping\r\n\r\n"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
ACCEPTED = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"


class Client:
    """A blocking client with a short timeout."""

    def __init__(self, host: LoopbackServer, context: ssl.SSLContext | None = None) -> None:
        raw = socket.create_connection((host.host, host.port), timeout=5)
        self.socket = context.wrap_socket(raw, server_hostname="localhost") if context else raw

    def read(self, count: int) -> bytes:
        data = b""
        while len(data) < count and (more := self.socket.recv(count - len(data))):
            data += more
        return data

    def read_all(self) -> bytes:
        data = b""
        while more := self.socket.recv(65_536):
            data += more
        return data

    def read_until_silent(self) -> bytes:
        data = b""
        with contextlib.suppress(TimeoutError):
            while more := self.socket.recv(65_536):
                data += more
        return data

    def login(self) -> None:
        assert self.read(len(BANNER)) == BANNER
        self.socket.sendall(LOGIN)
        assert self.read(len(ACCEPTED)) == ACCEPTED

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def client(mock_server: LoopbackServer) -> Iterator[Client]:
    with closing(Client(mock_server)) as client:
        client.login()
        yield client


@pytest.fixture
def tls_context(mock_authority: CertificateAuthority) -> ssl.SSLContext:
    return mock_authority.client_context()


def test_a_conversation_and_its_end(client: Client) -> None:
    client.socket.sendall(PING + b"Action: Logoff\r\n\r\n")
    ping, goodbye = frames(client.read_all())
    assert ping[:2] == ["Response: Success", "Ping: Pong"]
    assert goodbye[0] == "Response: Goodbye"


def test_time_passes_by_itself(mock_server: LoopbackServer) -> None:
    mock_server.call(lambda core: setattr(core, "login_refusal_delay", 0.05))
    with closing(Client(mock_server)) as client:
        client.socket.sendall(LOGIN.replace(b"s3cr3t", b"wrong"))
        assert client.read_all().endswith(b"Message: Authentication failed\r\n\r\n")


def test_what_is_published_from_another_thread_arrives(mock_server: LoopbackServer, client: Client) -> None:
    mock_server.call(lambda core: core.publish({"Event": "Hello"}, "user"))
    assert client.read(12) == b"Event: Hello"


def test_call_raises_the_exception_of_its_function(mock_server: LoopbackServer) -> None:
    with pytest.raises(ZeroDivisionError):
        mock_server.call(lambda _core: 1 / 0)
    assert mock_server.call(lambda core: len(core.sessions)) == 0


def test_a_flood_arrives_whole(mock_server: LoopbackServer, client: Client) -> None:
    event = b"Event: Flood\r\nPrivilege: user,all\r\nN: 123456\r\n\r\n"

    def flood(core: MockServer) -> None:
        (session,) = core.sessions.values()
        for _ in range(100_000):
            session.push(event)

    mock_server.call(flood)
    assert client.read(len(event) * 100_000) == event * 100_000


def test_dropped_links_end_and_new_ones_are_accepted(mock_server: LoopbackServer, client: Client) -> None:
    mock_server.drop_links()
    assert client.read_all() == b""
    with closing(Client(mock_server)) as again:
        again.login()
    assert mock_server.accepted == 2


def test_links_can_be_reset(mock_server: LoopbackServer, client: Client) -> None:
    mock_server.drop_links(reset=True)
    with pytest.raises(ConnectionResetError):
        client.read_all()


def test_the_core_drops_links_too(mock_server: LoopbackServer, client: Client) -> None:
    mock_server.call(lambda core: core.drop_all())
    assert client.read_all() == b""


def test_a_port_that_stopped_accepting_refuses(mock_server: LoopbackServer, client: Client) -> None:
    port = mock_server.port
    mock_server.stop_accepting()
    with pytest.raises(ConnectionRefusedError):
        Client(mock_server)
    client.socket.sendall(PING)
    assert client.read(8) == b"Response"
    mock_server.resume_accepting()
    with closing(Client(mock_server)) as again:
        again.login()
    assert mock_server.port == port


def test_a_paused_host_is_silent_until_it_resumes(mock_server: LoopbackServer, client: Client) -> None:
    mock_server.pause()
    client.socket.sendall(PING)
    client.socket.settimeout(0.1)
    with pytest.raises(TimeoutError):
        client.read(1)
    client.socket.settimeout(5)
    mock_server.resume()
    assert client.read(8) == b"Response"


def test_a_paused_host_still_stops_and_drops(mock_server: LoopbackServer, client: Client) -> None:
    mock_server.pause()
    mock_server.drop_links()
    assert client.read_all() == b""


def test_bytes_can_come_one_by_one(mock_server: LoopbackServer, client: Client) -> None:
    mock_server.chunk_size = 1
    client.socket.sendall(PING)
    assert client.read(29) == b"Response: Success\r\nPing: Pong"


def test_a_link_can_end_in_the_middle(mock_server: LoopbackServer, client: Client) -> None:
    mock_server.hang_up_after(11)
    client.socket.sendall(PING)
    assert client.read_all() == b"Response: S"
    with closing(Client(mock_server)) as again:
        assert again.read_all() == BANNER[:11]


def test_bytes_can_be_changed_on_their_way(mock_server: LoopbackServer, client: Client) -> None:
    mock_server.transform = lambda data: data.replace(b"\r\n", b"\n")
    client.socket.sendall(PING)
    assert client.read(29) == b"Response: Success\nPing: Pong\n"


def test_no_thread_or_socket_is_left(mock_core: MockServer) -> None:
    before = threading.active_count()
    host = LoopbackServer(mock_core).start()
    with closing(Client(host)) as client:
        client.login()
        host.stop()
        host.stop()
        assert client.read_all() == b""
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        Client(host)
    with pytest.raises(RuntimeError):
        host.call(lambda core: core.now)


def test_tls(mock_tls_server: LoopbackServer, tls_context: ssl.SSLContext) -> None:
    with closing(Client(mock_tls_server, tls_context)) as client:
        client.login()
        client.socket.sendall(b"Action: Command\r\nCommand: module show\r\n\r\nAction: Logoff\r\n\r\n")
        output, goodbye = frames(client.read_all())
    assert len(output) > 300
    assert goodbye[0] == "Response: Goodbye"


def test_an_unfinished_handshake_does_not_block_other_clients(
    mock_tls_server: LoopbackServer, tls_context: ssl.SSLContext
) -> None:
    with socket.create_connection((mock_tls_server.host, mock_tls_server.port)) as idle:
        idle.sendall(b"\x16\x03")
        with closing(Client(mock_tls_server, tls_context)) as client:
            client.login()


def test_plain_text_on_the_tls_port_ends_the_link(mock_tls_server: LoopbackServer) -> None:
    with closing(Client(mock_tls_server)) as client:
        client.socket.sendall(LOGIN)
        with pytest.raises((ConnectionResetError, AssertionError)):
            client.login()


def test_the_end_of_a_big_tls_record_stays_unread_as_in_asterisk(
    mock_tls_server: LoopbackServer, tls_context: ssl.SSLContext
) -> None:
    """Of 60 pings in one record Asterisk answers the first 1024 bytes until more come (facts 1.4)."""
    with closing(Client(mock_tls_server, tls_context)) as client:
        client.login()
        client.socket.sendall(b"".join(b"Action: Ping\r\nActionID: %04d\r\n\r\n" % n for n in range(60)))
        client.socket.settimeout(0.2)
        first = client.read_until_silent()
        assert 20 < first.count(b"Pong") < 60
        client.socket.sendall(PING)
        assert (first + client.read_until_silent()).count(b"Pong") == 61


def test_a_port_in_use_leaves_nothing_open(mock_server: LoopbackServer) -> None:
    taken = LoopbackServer(MockServer(), port=mock_server.port)
    with pytest.raises(OSError, match="in use"):
        taken.start()
    taken.stop()
    mock_server.stop()
    with taken, closing(Client(taken)) as client:
        client.login()
