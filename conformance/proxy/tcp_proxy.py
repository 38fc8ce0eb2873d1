"""The proxy, its links, and the two threads of each direction of a link."""

import math
import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Self

from .network_faults import (
    PIECE_MAX,
    BlackHole,
    CarriedBytes,
    CutAfter,
    CutFrame,
    HalfClose,
    Latency,
    ProxyFault,
    piece_max,
    rest_after,
)

HOST = "127.0.0.1"
BUFFER_MAX = 262_144
"""Bytes of one direction from which on the proxy stops reading. With a last read it holds a piece more."""
FULL_PAUSE = 0.005
"""Seconds until the next attempt to write to a socket that takes nothing."""
SEND_FLAGS = socket.MSG_DONTWAIT | socket.MSG_EOR
"""Never wait, and let the kernel join no two writes in one segment (skb->eor in its tcp_sendmsg)."""
CONNECT_TIMEOUT = 10.0
"""Seconds for the server to accept."""


class _Flow:
    """One direction of a link: a thread reads into a bounded buffer, another writes.

    All state belongs to the link's condition; no system call blocks while it is held.
    """

    def __init__(self, link: "ProxyLink", source: socket.socket, sink: socket.socket) -> None:
        self.faults: list[ProxyFault] = []
        self.carried = CarriedBytes()
        self.finished = self.half_closed = False
        self.rest_until = 0.0
        self._link, self._source, self._sink = link, source, sink
        # With the times of arrival. The last is empty for the end of the stream, None for a reset.
        self._chunks: deque[tuple[float, bytes | None]] = deque()
        self._buffered = 0

    def read(self) -> None:
        """Read until the end of the source or of the link."""
        data: bytes | None = b"-"
        while data and not self._link.ended:
            try:
                data = self._source.recv(PIECE_MAX)
            except OSError:
                data = None
            with self._link.changed:
                self._chunks.append((time.monotonic(), data))
                self._buffered += len(data or b"")
                self._link.changed.notify_all()
                self._link.changed.wait_for(lambda: self._buffered < BUFFER_MAX or self._link.ended)

    def write(self) -> None:
        """Write until the end of the source or of the link, as the faults of the moment allow."""
        with self._link.changed:
            while not (self.finished or self._link.ended):
                if (pause := self._step()) != 0:
                    self._link.changed.wait(pause)

    def _step(self) -> float | None:
        """Do what is due. Returns the seconds until the next step; None until something changes."""
        arrived, data = self._chunks[0] if self._chunks else (math.inf, b"")
        piece = (data or b"")[: min(map(piece_max, self.faults), default=PIECE_MAX)]
        for fault in self.faults:
            if (room := self.carried.room(fault, piece)) <= 0:
                self._link.end(reset=isinstance(fault, CutAfter | CutFrame) and fault.reset)
                return 0
            piece = piece[: int(min(room, len(piece)))]
        if any(isinstance(fault, BlackHole) for fault in self.faults):
            return None
        if any(isinstance(fault, HalfClose) for fault in self.faults):
            self._half_close()
        late = max((fault.seconds for fault in self.faults if isinstance(fault, Latency)), default=0.0)
        if (wait := max(arrived + late, self.rest_until) - time.monotonic()) > 0:
            return wait if self._chunks else None
        return self._send(piece) if data else self._finish(reset=data is None)

    def _send(self, piece: bytes) -> float:
        try:
            # After a half-close bytes are read and dropped: their sender must not be stopped.
            sent = len(piece) if self.half_closed else self._sink.send(piece, SEND_FLAGS)
        except BlockingIOError:
            return FULL_PAUSE
        except OSError:
            return self._finish(reset=True)
        arrived, data = self._chunks.popleft()
        if data and sent < len(data):
            self._chunks.appendleft((arrived, data[sent:]))
        self._buffered -= sent
        self.carried.add(piece[:sent])
        self.rest_until = time.monotonic() + max(
            (rest_after(fault, sent) for fault in self.faults), default=0
        )
        self._link.changed.notify_all()
        return 0

    def _finish(self, *, reset: bool) -> float:
        self.finished = True
        if reset or all(flow.finished for flow in self._link.flows):
            self._link.end(reset=reset)
        else:
            self._half_close()
        return 0

    def _half_close(self) -> None:
        if not self.half_closed:
            self.half_closed = True
            with suppress(OSError):
                self._sink.shutdown(socket.SHUT_WR)


class ProxyLink:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.changed = threading.Condition()
        self.ended = False
        self._reset = False
        self._sockets = (client, server)
        self.flows = (_Flow(self, server, client), _Flow(self, client, server))

    def set(self, *faults: ProxyFault) -> None:
        """Replace the faults of this link, at once; without arguments it has none."""
        with self.changed:
            for flow, towards in zip(self.flows, ("client", "server"), strict=True):
                flow.faults = [fault for fault in faults if fault.towards in (towards, "both")]
                flow.carried.mark()
                flow.rest_until = 0.0
            self.changed.notify_all()

    def end(self, *, reset: bool = False) -> None:
        """End the link. `run` closes its sockets as soon as its threads have left them."""
        with self.changed:
            self._reset = self._reset or (reset and not self.ended)
            self.ended = True
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RD)  # wakes a blocked recv, and sends nothing
            self.changed.notify_all()

    def run(self) -> None:
        """Carry bytes until the end, and close the sockets."""
        jobs = [job for flow in self.flows for job in (flow.read, flow.write)]
        threads = [threading.Thread(target=job, name="fault-proxy-flow") for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for each in self._sockets:
            with each, suppress(OSError):
                if self._reset:
                    close_by_reset(each)
                else:
                    each.shutdown(socket.SHUT_WR)  # FIN first: a close with bytes unread sends only RST


def close_by_reset(sock: socket.socket) -> None:
    """Close a socket with an RST, which a linger time of 0 makes the kernel send."""
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class FaultProxy:
    """Listen on a free port of 127.0.0.1, and connect each link to a server. Use it in a `with`.

    A link costs five threads, and buffers at most 320 KiB for each direction. A client is reset if the
    server cannot be reached.
    """

    def __init__(self, port: int, host: str = HOST) -> None:
        self.host = HOST
        self._server = (host, port)
        self._faults: tuple[ProxyFault, ...] = ()
        self._lock = threading.Lock()
        self._links: list[ProxyLink] = []
        self._threads: list[threading.Thread] = []
        self._closed = False
        self.accepted = 0
        """The number of links accepted so far."""
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        """The port for clients."""

    @property
    def links(self) -> tuple[ProxyLink, ...]:
        """The open links, oldest first. Each has a `set` of its own."""
        with self._lock:
            return tuple(link for link in self._links if not link.ended)

    def set(self, *faults: ProxyFault) -> None:
        """Replace the faults of every link, open and future; without arguments there are none."""
        with self._lock:
            self._faults = faults
            for link in self._links:
                link.set(*faults)

    def __enter__(self) -> Self:
        self._acceptor = threading.Thread(target=self._accept, name="fault-proxy")
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closed = True
            links = list(self._links)
        with self._listener:
            self._listener.shutdown(socket.SHUT_RD)  # wakes accept
            self._acceptor.join()
        for link in links:
            link.end()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            thread = threading.Thread(target=self._serve, args=(client,), name="fault-proxy-link")
            self._threads = [each for each in self._threads if each.is_alive()]
            thread.start()
            self._threads.append(thread)

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server, CONNECT_TIMEOUT)
        except OSError:
            close_by_reset(client)
            return
        for each in (client, server):
            each.settimeout(None)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = ProxyLink(client, server)
        with self._lock:
            link.set(*self._faults)
            self._links.append(link)
            if self._closed:
                link.end()
        link.run()
        with self._lock:
            self._links.remove(link)
