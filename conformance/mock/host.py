"""Serve a mock server's core on a loopback port: one daemon thread, one selector, any number of links.

The methods under "faults" cause a fault at once; `faults.py` has the planned ones. All are faults of links
and hosts; only `write_timeout` is Asterisk's own behaviour.
"""

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Self, TypeVar

from .mock_server import MockServer
from .socket_link import SocketLink

_Returned = TypeVar("_Returned")

BACKLOG = 128
"""Links that may wait for accept. Asterisk's 10 (main/tcptls.c) would make reconnect storms fail here."""

CALL_TIMEOUT = 10.0
"""Seconds that `call` and `stop` wait for the thread, which answers at once unless it has crashed."""


class LoopbackServer:
    """A mock server on a port of this machine, from `start` to `stop`, or as a context manager.

    The core belongs to the thread: use `call` to reach it. `chunk_size` and `transform` may be set at any
    time and apply to everything that is sent afterwards.

    `write_timeout` is `writetimeout` of manager.conf, in seconds: the link of a client that takes nothing for
    so long is closed, in mid-frame and without a message. Asterisk's default and minimum is 0.1. Here the
    default is None (never), because a test's client may be stopped in a debugger, or get no processor for a
    while.
    """

    def __init__(
        self,
        core: MockServer,
        tls_context: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        write_timeout: float | None = None,
    ) -> None:
        self.core = core
        self.host = host
        self.port = port
        """The port; 0 before `start` means any free port."""
        self.tls_context = tls_context
        self.chunk_size: int | None = None
        """Most bytes per write, each write a segment of its own; None is as many as the kernel takes."""
        self.transform: Callable[[bytes], bytes] | None = None
        """A function that changes all bytes before they are sent."""
        self.write_timeout = write_timeout
        self.accepted = 0
        """The number of links accepted so far."""
        self._port_closed = False
        self._hang_up_after: int | None = None
        self._paused = False
        self._running = False
        self._links: dict[int, SocketLink] = {}
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._calls: list[Callable[[], None]] = []

    # start and stop

    def start(self) -> Self:
        """Listen, and serve in a new thread. Raises OSError if the port is not available."""
        self._listener = self._open_port()
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ, self._run_calls)
        self._watch_listener()
        self._running = True
        self._thread = threading.Thread(target=self._run, name=f"mock-ami-{self.port}", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every link and the port, and end the thread. A second call does nothing."""
        if self._thread is None:
            return
        if self._thread.is_alive():
            self.call(self._end_loop)
        self._thread.join(CALL_TIMEOUT)
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def call(self, function: Callable[[MockServer], _Returned]) -> _Returned:
        """Run a function on the core in the host's thread; return its result or raise its exception."""
        if threading.current_thread() is self._thread:
            return function(self.core)
        if self._thread is None or not self._thread.is_alive():
            raise RuntimeError("the mock server is not running")
        future: Future[_Returned] = Future()

        def run() -> None:
            try:
                # First the time, so that the function finds the core's `now` up to date.
                self.core.handle_timeout(time.monotonic())
                future.set_result(function(self.core))
            except BaseException as error:  # noqa: BLE001 - raised again where `call` waits
                future.set_exception(error)

        self._calls.append(run)
        self._waker.send(b"\0")
        return future.result(CALL_TIMEOUT)

    # faults

    def drop_links(self, *, reset: bool = False) -> None:
        """Close every link at once and discard unsent output; with `reset`, by RST."""

        def apply(_core: MockServer) -> None:
            for link in list(self._links.values()):
                self._close(link, reset=reset)

        self.call(apply)

    def hang_up_after(self, count: int | None) -> None:
        """Close each link, present and future, after `count` more bytes; None undoes this."""

        def apply(_core: MockServer) -> None:
            self._hang_up_after = count
            for link in self._links.values():
                link.allowance = count

        self.call(apply)

    def stop_accepting(self) -> None:
        """Close the port, so that connects are refused. Links stay open."""
        self.call(lambda _core: self._set_port_closed(True))

    def resume_accepting(self) -> None:
        """Open the same port again."""
        self.call(lambda _core: self._set_port_closed(False))

    def pause(self) -> None:
        """Stop reading, writing and accepting, as a stopped process does. Links stay half-open."""

        def apply(_core: MockServer) -> None:
            self._paused = True
            for watched in [*(link.socket for link in self._links.values()), self._listener]:
                self._unwatch(watched)

        self.call(apply)

    def resume(self) -> None:
        """Read, write and accept again after `pause`."""

        def apply(_core: MockServer) -> None:
            self._paused = False
            self._watch_listener()
            for link in list(self._links.values()):
                if not link.session.frozen:
                    self._selector.register(link.socket, link.interest, link)
                    self._flush(link)

        self.call(apply)

    # the thread

    def _run(self) -> None:
        try:
            while self._running:
                for key, _ in self._selector.select(self._select_timeout()):
                    if isinstance(key.data, SocketLink):
                        self._serve(key.data)
                    else:
                        key.data()
                self.core.handle_timeout(time.monotonic())
                self._flush_pending()
                self._cut_slow_readers()
                # In every round, because a fault (RefuseLinks) changes `core.accepting`.
                self._update_port()
        finally:
            self._close_all()

    def _select_timeout(self) -> float | None:
        """Return the seconds until the next deadline, or None."""
        deadlines = [self.core.timeout(), *(self._cut_due(link) for link in self._links.values())]
        known = [deadline for deadline in deadlines if deadline is not None]
        return max(0.0, min(known) - time.monotonic()) if known else None

    def _run_calls(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake.recv(4096)
        while self._calls:
            self._calls.pop(0)()

    def _end_loop(self, _core: MockServer) -> None:
        self._running = False

    def _serve(self, link: SocketLink) -> None:
        """Read from one link and write to it, as far as it is ready."""
        # An earlier socket of the same round may have paused the host or closed this link.
        if self._paused or link.session.frozen or link.number not in self._links:
            return
        data = link.read()
        if data is None:
            self._close(link)
            return
        if data:
            link.session.receive(data, time.monotonic())
        self._flush(link)

    def _flush_pending(self) -> None:
        """Send the output of the sessions that have any since the last round."""
        if self._paused:
            return
        pending_sessions, self.core.pending_sessions = self.core.pending_sessions, set()
        for session in pending_sessions:
            if link := self._links.get(session.number):
                self._flush(link)

    def _flush(self, link: SocketLink) -> None:
        if link.session.frozen:
            self._unwatch(link.socket)
        elif not link.write(self.chunk_size, self.transform, time.monotonic()):
            self._close(link, reset=link.session.reset)
        elif link.interest != self._selector.get_key(link.socket).events:
            self._selector.modify(link.socket, link.interest, link)

    def _cut_due(self, link: SocketLink) -> float | None:
        """Return the time when a link is closed for a slow reader: `writetimeout` (main/iostream.c)."""
        if self.write_timeout is None or link.stalled_since is None or self._paused:
            return None
        return link.stalled_since + self.write_timeout

    def _cut_slow_readers(self) -> None:
        now = time.monotonic()
        for link in list(self._links.values()):
            if (due := self._cut_due(link)) is not None and due <= now:
                self._close(link)

    def _update_port(self) -> None:
        """Listen if the core accepts links and `stop_accepting` has not closed the port."""
        if self.core.accepting and not self._port_closed:
            self._listen()
        else:
            self._stop_listening()

    def _set_port_closed(self, closed: bool) -> None:
        self._port_closed = closed
        self._update_port()

    def _accept(self) -> None:
        if self._listener is None or self._paused:
            return
        try:
            raw, peer = self._listener.accept()
            stream = self._prepare(raw)
        except OSError:  # the client has closed the link already
            return
        session = self.core.connect(time.monotonic(), f"IPV4/TCP/{peer[0]}/{peer[1]}")
        link = SocketLink(stream, session, self._hang_up_after)
        self.accepted += 1
        self._links[link.number] = link
        self._selector.register(stream, link.interest, link)
        self._flush(link)

    def _prepare(self, raw: socket.socket) -> socket.socket:
        """Make an accepted socket non-blocking, and TLS if wanted; the first read does the handshake."""
        raw.setblocking(False)
        # Asterisk sets it too; and with `chunk_size` each write must be a segment of its own.
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls_context is None:
            return raw
        return self.tls_context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)

    def _open_port(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, self.port), family=family, backlog=BACKLOG)
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        return listener

    def _listen(self) -> None:
        if self._listener is None:
            self._listener = self._open_port()
            if not self._paused:
                self._watch_listener()

    def _watch_listener(self) -> None:
        if self._listener is not None:
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._unwatch(self._listener)
            self._listener.close()
            self._listener = None

    def _unwatch(self, watched: socket.socket | None) -> None:
        """Unregister a socket, unless `pause` has done so."""
        if watched is not None and watched in self._selector.get_map():
            self._selector.unregister(watched)

    def _close(self, link: SocketLink, *, reset: bool = False) -> None:
        del self._links[link.number]
        self._unwatch(link.socket)
        link.close(reset=reset)

    def _close_all(self) -> None:
        for link in list(self._links.values()):
            self._close(link)
        self._stop_listening()
        self._selector.close()
        self._wake.close()
        self._waker.close()
