"""One accepted socket of the host, plain or TLS, non-blocking."""

import contextlib
import selectors
import socket
import ssl
import struct
from collections.abc import Callable

from .mock_session import MockSession

READ_SIZE = 65_536
"""Most bytes per read of a plain socket."""

NOT_YET = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class SocketLink:
    """A socket and its session. `read` and `write` do what is possible without blocking."""

    def __init__(self, stream: socket.socket, session: MockSession, allowance: int | None) -> None:
        self.socket = stream
        self.session = session
        self.number = session.number
        self.allowance = allowance
        """Bytes that may still be sent before the host hangs up; None means any number."""
        self.interest = selectors.EVENT_READ
        """What the selector waits for: always reading, to notice the end; writing while output is left."""
        self.stalled_since: float | None = None
        """Since when the client has taken none of the output that is left; None while nothing is left."""
        self._handshaking = isinstance(stream, ssl.SSLSocket)
        self._unsent = memoryview(b"")

    def read(self) -> bytes | None:
        """Return bytes from the client: empty if there are none yet, None at the end of the stream."""
        try:
            if isinstance(self.socket, ssl.SSLSocket):
                return self._read_tls(self.socket)
            return self.socket.recv(READ_SIZE) or None
        except NOT_YET:
            return b""
        except OSError:
            return None

    def write(self, chunk_size: int | None, transform: Callable[[bytes], bytes] | None, now: float) -> bool:
        """Send as much output as the socket takes. Returns whether the link stays open."""
        # The banner waits until the handshake is done.
        if self._handshaking:
            return True
        self.interest = selectors.EVENT_READ
        size = self.session.piece_size or chunk_size
        waiting = len(self._unsent)
        try:
            while self._fill(transform):
                if not self._send(size):
                    return False
        except NOT_YET:
            self.interest |= selectors.EVENT_WRITE
            # A client that takes any byte at all is not stalled: the time starts anew.
            if self.stalled_since is None or len(self._unsent) != waiting:
                self.stalled_since = now
            return True
        except OSError:
            return False
        self.stalled_since = None
        return not self.session.closed

    def close(self, *, reset: bool) -> None:
        """Close the socket, in order or by RST, and notify the session."""
        with contextlib.suppress(OSError, ValueError):
            if reset:
                # A linger time of 0 makes the kernel send RST at close.
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif self.session.closed and isinstance(self.socket, ssl.SSLSocket):
                self.socket.unwrap()  # sends close_notify
        self.socket.close()
        self.session.handle_disconnected()

    def _read_tls(self, stream: ssl.SSLSocket) -> bytes | None:
        """Do the handshake, then read once, at most what Asterisk's line buffer takes.

        The rest of a TLS record stays inside OpenSSL until more bytes come, as in Asterisk: get_input of
        main/manager.c waits for the socket and never asks SSL_pending (facts 1.4).
        """
        if self._handshaking:
            self.interest = selectors.EVENT_READ
            try:
                stream.do_handshake()
            except ssl.SSLWantWriteError:
                self.interest |= selectors.EVENT_WRITE
                raise
            self._handshaking = False
        return stream.recv(self.session.room) or None

    def _fill(self, transform: Callable[[bytes], bytes] | None) -> bool:
        """Collect the session's output once the last was sent. Returns whether there is any to send."""
        if not self._unsent:
            data = self.session.transmit()
            self._unsent = memoryview(transform(data) if transform and data else data)
        return bool(self._unsent)

    def _send(self, chunk_size: int | None) -> bool:
        """Send once. Returns whether the link may send more."""
        room = len(self._unsent) if chunk_size is None else chunk_size
        if self.allowance is None:
            self._unsent = self._unsent[self.socket.send(self._unsent[:room]) :]
            return True
        if self.allowance:
            sent = self.socket.send(self._unsent[: min(room, self.allowance)])
            self._unsent = self._unsent[sent:]
            self.allowance -= sent
        return self.allowance > 0
