"""The fault proxy: each fault by raw sockets. `test_proxy_rules.py` has what drivers make of them."""

import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

import conformance.proxy as proxy_package
from conformance.laws.peer import HOST, PATIENCE, Peer, PeerConnection, closed_port
from conformance.proxy import (
    BlackHole,
    CutAfter,
    CutFrame,
    Drop,
    FaultProxy,
    HalfClose,
    Latency,
    OneByte,
    ProxyFault,
    ProxyLink,
    Reset,
    SlowLoris,
    Throttle,
)
from conformance.suite.leaks import eventually, nothing_left

__all__ = ["nothing_left"]


def test_every_fault_is_in_both_tables() -> None:
    faults = {
        name for name in proxy_package.__all__ if issubclass(getattr(proxy_package, name), ProxyFault)
    } - {ProxyFault.__name__}
    page = Path(__file__).parents[2] / "docs" / "how-to" / "fault-proxy.md"
    for text in (proxy_package.__doc__ or "", page.read_text(encoding="utf-8")):
        rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
        assert set(re.findall(r"`(\w+)\(", " ".join(rows))) == faults


# -- raw sockets: an echo behind the proxy


def echo(connection: PeerConnection) -> None:
    """Send back what comes, and end after the client's end."""
    while data := connection.socket.recv(65_536):
        connection.send(data)


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with Peer(echo) as peer, FaultProxy(peer.port) as proxy:
        yield proxy


@pytest.fixture
def dial(proxy: FaultProxy) -> Iterator[Callable[[], socket.socket]]:
    """Return a function that connects through the proxy."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(socket.create_connection((HOST, proxy.port), PATIENCE))


Dial = Callable[[], socket.socket]


def receive(client: socket.socket, count: int) -> bytes:
    """Read so many bytes, or up to the end."""
    data = b""
    while len(data) < count and (more := client.recv(count - len(data))):
        data += more
    return data


def silent(client: socket.socket, seconds: float = 0.1) -> bool:
    """Tell whether nothing comes, not even an end, for so long."""
    client.settimeout(seconds)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(PATIENCE)
    return False


def fill(client: socket.socket) -> int:
    """Send until every buffer on the way is full, as the client reads nothing; return how much."""
    sent = 0
    with suppress(TimeoutError):
        while True:
            sent += client.send(b"x" * 65_536)
    return sent


def wait_for_links(proxy: FaultProxy, count: int) -> tuple[ProxyLink, ...]:
    """Wait until the proxy has so many links, and return them."""
    assert eventually(lambda: len(proxy.links) == count)
    return proxy.links


def test_without_faults_it_carries_everything(proxy: FaultProxy, dial: Dial) -> None:
    first, second = dial(), dial()
    first.sendall(b"a" * 100_000)
    second.sendall(b"b")
    assert receive(second, 1) == b"b"
    assert receive(first, 100_000) == b"a" * 100_000
    assert len(proxy.links) == proxy.accepted == 2
    first.shutdown(socket.SHUT_WR)
    assert first.recv(1) == b""
    assert eventually(lambda: len(proxy.links) == 1)


def test_a_reset_is_passed_on(proxy: FaultProxy, dial: Dial) -> None:
    client = dial()
    assert eventually(lambda: proxy.links)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    assert eventually(lambda: not proxy.links)


def test_a_server_that_is_not_there() -> None:
    with FaultProxy(closed_port()) as proxy:
        client = socket.create_connection((HOST, proxy.port), PATIENCE)
        with client, pytest.raises(ConnectionResetError):
            client.recv(1)


def test_latency(proxy: FaultProxy, dial: Dial) -> None:
    """Bytes that follow each other are late by the same time, not by its sum."""
    proxy.set(Latency(0.4))
    client, begun = dial(), time.monotonic()
    for each in (b"1", b"2", b"3"):
        client.sendall(each)
        time.sleep(0.02)
    client.shutdown(socket.SHUT_WR)
    assert receive(client, 4) == b"123"
    assert 0.4 <= time.monotonic() - begun < 1.2


def test_throttle(proxy: FaultProxy, dial: Dial) -> None:
    proxy.set(Throttle(10_000))
    client, begun = dial(), time.monotonic()
    client.sendall(b"x" * 3_000)
    assert receive(client, 3_000) == b"x" * 3_000
    assert time.monotonic() - begun >= 0.27


@pytest.mark.parametrize("rate", [0, -1, float("inf"), float("nan")])
def test_a_rate_that_is_none(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Throttle(rate)


def test_a_throttle_that_is_lifted_holds_nothing_back(proxy: FaultProxy, dial: Dial) -> None:
    proxy.set(Throttle(0.01))
    client = dial()
    client.sendall(b"12")
    assert receive(client, 1) == b"1"
    assert silent(client)
    proxy.set()
    assert receive(client, 1) == b"2"


def test_slow_loris(proxy: FaultProxy, dial: Dial) -> None:
    proxy.set(SlowLoris(0.05))
    client, begun = dial(), time.monotonic()
    client.sendall(b"12345")
    assert receive(client, 5) == b"12345"
    assert time.monotonic() - begun >= 0.2


def test_one_byte_at_a_time(proxy: FaultProxy, dial: Dial) -> None:
    proxy.set(OneByte())
    client = dial()
    client.sendall(bytes(range(256)))
    assert receive(client, 256) == bytes(range(256))
    # `tcpi_data_segs_in` of Linux
    (segments,) = struct.unpack_from("I", client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160), 152)
    assert segments == 256


def test_a_black_hole_before_and_while_a_link_is_open(proxy: FaultProxy, dial: Dial) -> None:
    proxy.set(BlackHole())
    client = dial()
    client.sendall(b"1")
    assert silent(client)
    proxy.set()
    assert receive(client, 1) == b"1"
    proxy.links[0].set(BlackHole(towards="server"))
    client.sendall(b"2")
    client.shutdown(socket.SHUT_WR)
    assert silent(client)
    assert len(proxy.links) == 1  # the end of the stream is not carried either
    proxy.set()
    assert receive(client, 2) == b"2"


def test_the_buffers_are_bounded(proxy: FaultProxy, dial: Dial) -> None:
    """A sender is stopped, as it is by a peer that reads nothing; and nothing is lost."""
    proxy.set(BlackHole())
    client = dial()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    client.settimeout(0.2)
    sent = fill(client)
    assert sent < 20_000_000
    proxy.set()
    client.settimeout(PATIENCE)
    assert len(receive(client, sent)) == sent


@pytest.mark.parametrize("reset", [False, True])
def test_a_cut_after_so_many_bytes(proxy: FaultProxy, dial: Dial, reset: bool) -> None:
    """Counted from `set`; links that come later count anew."""
    client = dial()
    client.sendall(b"before")
    assert receive(client, 6) == b"before"
    proxy.set(CutAfter(3, reset=reset))
    for each in (client, dial()):
        each.sendall(b"12")
        assert receive(each, 2) == b"12"
        each.sendall(b"34")
        assert receive(each, 1) == b"3"
        if reset:
            with pytest.raises(ConnectionResetError):
                each.recv(1)
        else:
            assert each.recv(1) == b""
    assert eventually(lambda: not proxy.links)


FRAMES = [b"Event: A\r\nX: 1\r\n\r\n", b"Event: B\r\nLong: 12345678\r\n\r\n", b"Event: C\r\n\r\n"]


@pytest.mark.parametrize("piece", [OneByte(), ProxyFault()], ids=["bytes", "whole"])
@pytest.mark.parametrize(("number", "offset"), [(1, 5), (2, 16), (3, 1), (3, 1_000)])
def test_a_cut_in_the_middle_of_a_frame(
    proxy: FaultProxy, dial: Dial, number: int, offset: int, piece: ProxyFault
) -> None:
    """Of the frames from `set` on; one that had begun is not counted."""
    client = dial()
    client.sendall(b"Event: Begun\r\n")
    assert receive(client, 14) == b"Event: Begun\r\n"
    proxy.set(CutFrame(number, offset), piece)
    client.sendall(b"\r\n" + b"".join(FRAMES))
    frame = FRAMES[number - 1]
    passed = b"\r\n" + b"".join(FRAMES[: number - 1]) + frame[: min(offset, len(frame) - 1)]
    assert receive(client, 1_000) == passed


def test_a_cut_towards_the_server(proxy: FaultProxy, dial: Dial) -> None:
    proxy.set(CutAfter(2, towards="server"))
    client = dial()
    client.sendall(b"123")
    assert client.recv(3) in (b"", b"1", b"12")  # the echo may be cut as well


@pytest.mark.parametrize("fault", [Drop(), Reset()], ids=["drop", "reset"])
def test_a_drop_and_a_reset(proxy: FaultProxy, dial: Dial, fault: ProxyFault) -> None:
    """Of an open link at once, and of a new one as soon as it is accepted."""
    client = dial()
    client.sendall(b"1")
    assert receive(client, 1) == b"1"
    proxy.set(fault)
    for each in (client, dial()):
        if isinstance(fault, Reset):
            with pytest.raises(ConnectionResetError):
                each.recv(1)
        else:
            assert each.recv(1) == b""
    proxy.set()
    client = dial()
    client.sendall(b"2")
    assert receive(client, 1) == b"2"


def test_a_half_close_towards_the_client() -> None:
    """The server's direction ends, and the client's goes on."""
    received: list[bytes] = []

    def listen(connection: PeerConnection) -> None:
        connection.send(b"hello")
        while data := connection.socket.recv(100):
            received.append(data)
            connection.send(b"dropped")

    with (
        Peer(listen) as peer,
        FaultProxy(peer.port) as proxy,
        socket.create_connection((HOST, proxy.port), PATIENCE) as client,
    ):
        assert receive(client, 5) == b"hello"
        proxy.set(HalfClose())
        assert client.recv(1) == b""
        client.sendall(b"one")
        assert eventually(lambda: received == [b"one"])
        client.sendall(b"two")
        assert eventually(lambda: received == [b"one", b"two"])


def test_a_half_close_towards_the_server(proxy: FaultProxy, dial: Dial) -> None:
    client = dial()
    client.sendall(b"1")
    assert receive(client, 1) == b"1"
    proxy.set(HalfClose(towards="server"))
    assert client.recv(1) == b""  # the echo ends after its client's end


def test_links_end_with_the_proxy_whatever_they_wait_for() -> None:
    """`nothing_left` sees that no thread and no descriptor is left."""
    with Peer(echo) as peer, ExitStack() as clients:
        with FaultProxy(peer.port) as proxy:
            for number, fault in enumerate([BlackHole(), Throttle(0.01), Latency(1_000), ProxyFault()], 1):
                client = clients.enter_context(socket.create_connection((HOST, proxy.port), PATIENCE))
                links = wait_for_links(proxy, number)
                links[-1].set(fault)
                client.settimeout(0.2)
                fill(client)
            begun = time.monotonic()
        assert time.monotonic() - begun < PATIENCE
