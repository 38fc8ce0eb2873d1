"""Put a mock server's core on a loopback port: one daemon thread, one selector, any number of links.

The switches here make a fault at once; `faults` are those that are planned. Both are faults of links and of
hosts, not of Asterisk, but for `write_timeout`.
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

from .link import Link
from .server import MockServer

Result = TypeVar("Result")

BACKLOG = 128
"""Links that may wait for accept; the 10 of Asterisk (main/tcptls.c) would disturb reconnect storms."""

PATIENCE = 10.0
"""Seconds that `call` and `stop` wait for the thread, which answers at once unless it is dead."""


class LoopbackServer:
    """A mock server on a port of this machine, from `start` to `stop`, or as a context manager.

    The core belongs to the thread: reach it through `call`. `chunk_size` and `transform` may be set at any
    time and hold for what is sent from then on.

    `write_timeout` is that of manager.conf, in seconds: a client that takes nothing for so long is cut off,
    in the middle of a frame and without a word. Asterisk's default, and least, is 0.1. Here it is None, for
    ever: a test's client that is stopped in a debugger, or has no processor for a moment, did nothing wrong.
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
        """The port listened on; 0 before `start` means any."""
        self.tls_context = tls_context
        self.chunk_size: int | None = None
        """Bytes per write, each a segment of its own; None writes as much as the kernel takes."""
        self.transform: Callable[[bytes], bytes] | None = None
        """Change the bytes on their way out."""
        self.write_timeout = write_timeout
        self.accepted = 0
        """Links accepted so far."""
        self._shut = False
        self._hang_up_after: int | None = None
        self._paused = False
        self._running = False
        self._links: dict[int, Link] = {}
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._errands: list[Callable[[], None]] = []

    # life

    def start(self) -> Self:
        """Listen, and serve in a thread of its own. Raises OSError when the port cannot be had."""
        self._listener = self._open_port()
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ, self._run_errands)
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
            self.call(self._leave)
        self._thread.join(PATIENCE)
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def call(self, errand: Callable[[MockServer], Result]) -> Result:
        """Run a function on the core inside its thread, now, and give its result or raise its exception."""
        if threading.current_thread() is self._thread:
            return errand(self.core)
        if self._thread is None or not self._thread.is_alive():
            raise RuntimeError("the mock server is not running")
        future: Future[Result] = Future()

        def run() -> None:
            try:
                self.core.handle_timeout(time.monotonic())
                future.set_result(errand(self.core))
            except BaseException as error:  # noqa: BLE001 - raised again where `call` waits
                future.set_exception(error)

        self._errands.append(run)
        self._waker.send(b"\0")
        return future.result(PATIENCE)

    # faults

    def drop_links(self, *, reset: bool = False) -> None:
        """Close every link at once, what is unsent included; with `reset`, by RST."""

        def apply(_core: MockServer) -> None:
            for link in list(self._links.values()):
                self._close(link, reset=reset)

        self.call(apply)

    def hang_up_after(self, count: int | None) -> None:
        """Close each link, present and future, once it was sent `count` more bytes; None takes this back."""

        def apply(_core: MockServer) -> None:
            self._hang_up_after = count
            for link in self._links.values():
                link.allowance = count

        self.call(apply)

    def stop_accepting(self) -> None:
        """Close the port: connects are refused from now on. Links stay."""
        self.call(lambda _core: self._shut_port(True))

    def resume_accepting(self) -> None:
        """Open the same port again."""
        self.call(lambda _core: self._shut_port(False))

    def pause(self) -> None:
        """Stop reading, writing and accepting, as a stopped process does: links stay, half-open."""

        def apply(_core: MockServer) -> None:
            self._paused = True
            for watched in [*(link.socket for link in self._links.values()), self._listener]:
                self._unwatch(watched)

        self.call(apply)

    def resume(self) -> None:
        """Go on where `pause` stopped."""

        def apply(_core: MockServer) -> None:
            self._paused = False
            self._watch_listener()
            for link in list(self._links.values()):
                if not link.session.frozen:
                    self._selector.register(link.socket, link.interest, link)
                    self._pump(link)

        self.call(apply)

    # the thread

    def _run(self) -> None:
        try:
            while self._running:
                for key, _ in self._selector.select(self._patience()):
                    if isinstance(key.data, Link):
                        self._serve(key.data)
                    else:
                        key.data()
                self.core.handle_timeout(time.monotonic())
                self._pump_stirred()
                self._cut_slow_readers()
                self._mind_the_port()
        finally:
            self._close_all()

    def _patience(self) -> float | None:
        """Give the seconds until something is due, or None."""
        deadlines = [self.core.timeout(), *(self._cut_due(link) for link in self._links.values())]
        known = [deadline for deadline in deadlines if deadline is not None]
        return max(0.0, min(known) - time.monotonic()) if known else None

    def _run_errands(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake.recv(4096)
        while self._errands:
            self._errands.pop(0)()

    def _leave(self, _core: MockServer) -> None:
        self._running = False

    def _serve(self, link: Link) -> None:
        """Move what one link has ready, in both directions."""
        if self._paused or link.session.frozen or link.number not in self._links:
            return
        data = link.read()
        if data is None:
            self._close(link)
            return
        if data:
            link.session.receive(data, time.monotonic())
        self._pump(link)

    def _pump_stirred(self) -> None:
        """Write for every session that the core has touched since the last round."""
        if self._paused:
            return
        stirred, self.core.stirred = self.core.stirred, set()
        for session in stirred:
            if link := self._links.get(session.number):
                self._pump(link)

    def _pump(self, link: Link) -> None:
        if link.session.frozen:
            self._unwatch(link.socket)
        elif not link.write(self.chunk_size, self.transform, time.monotonic()):
            self._close(link, reset=link.session.reset)
        elif link.interest != self._selector.get_key(link.socket).events:
            self._selector.modify(link.socket, link.interest, link)

    def _cut_due(self, link: Link) -> float | None:
        """Give the time when a link's client has been too slow: `writetimeout` (main/iostream.c)."""
        if self.write_timeout is None or link.stalled_since is None or self._paused:
            return None
        return link.stalled_since + self.write_timeout

    def _cut_slow_readers(self) -> None:
        now = time.monotonic()
        for link in list(self._links.values()):
            if (due := self._cut_due(link)) is not None and due <= now:
                self._close(link)

    def _mind_the_port(self) -> None:
        """Listen exactly while both the core and whoever holds the switch want it."""
        if self.core.accepting and not self._shut:
            self._listen()
        else:
            self._stop_listening()

    def _shut_port(self, shut: bool) -> None:
        self._shut = shut
        self._mind_the_port()

    def _accept(self) -> None:
        if self._listener is None or self._paused:
            return
        try:
            raw, peer = self._listener.accept()
            stream = self._prepare(raw)
        except OSError:  # the client gave up already
            return
        session = self.core.connect(time.monotonic(), f"IPV4/TCP/{peer[0]}/{peer[1]}")
        link = Link(stream, session, self._hang_up_after)
        self.accepted += 1
        self._links[link.number] = link
        self._selector.register(stream, link.interest, link)
        self._pump(link)

    def _prepare(self, raw: socket.socket) -> socket.socket:
        """Make an accepted socket non-blocking, and TLS where wanted; the handshake comes later."""
        raw.setblocking(False)
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
        """Forget a socket, which `pause` may have done before."""
        if watched is not None and watched in self._selector.get_map():
            self._selector.unregister(watched)

    def _close(self, link: Link, *, reset: bool = False) -> None:
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
