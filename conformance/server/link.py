"""One accepted socket of the host: bytes in, bytes out, plain or TLS, never blocking."""

import contextlib
import selectors
import socket
import ssl
import struct
from collections.abc import Callable

from .session import Session

READ_SIZE = 65_536
"""Bytes per read of a plain socket."""

NOT_YET = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Link:
    """A socket and the session behind it. `read` and `write` do what is possible now."""

    def __init__(self, stream: socket.socket, session: Session, allowance: int | None) -> None:
        self.socket = stream
        self.session = session
        self.number = session.number
        self.allowance = allowance
        """Bytes that may still be sent before the host hangs up; None means any number."""
        self.interest = selectors.EVENT_READ
        """What to wait for: always reading, to notice the client's end, and writing when that is held up."""
        self.stalled_since: float | None = None
        """Since when the client has taken nothing of what waits for it; None while nothing does."""
        self._handshaking = isinstance(stream, ssl.SSLSocket)
        self._unsent = memoryview(b"")

    def read(self) -> bytes | None:
        """Give what the client sent, empty when there is nothing yet, None at the end."""
        try:
            if isinstance(self.socket, ssl.SSLSocket):
                return self._read_tls(self.socket)
            return self.socket.recv(READ_SIZE) or None
        except NOT_YET:
            return b""
        except OSError:
            return None

    def write(self, chunk_size: int | None, transform: Callable[[bytes], bytes] | None, now: float) -> bool:
        """Send what is there, as far as it goes; say whether the link lives on."""
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
            if self.stalled_since is None or len(self._unsent) != waiting:
                self.stalled_since = now
            return True
        except OSError:
            return False
        self.stalled_since = None
        return not self.session.closed

    def close(self, *, reset: bool) -> None:
        """Close the socket, by RST or in order, and tell the session."""
        with contextlib.suppress(OSError, ValueError):
            if reset:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif self.session.closed and isinstance(self.socket, ssl.SSLSocket):
                self.socket.unwrap()
        self.socket.close()
        self.session.handle_disconnected()

    def _read_tls(self, stream: ssl.SSLSocket) -> bytes | None:
        """Shake hands until that is done, then read once, as much as Asterisk's line buffer takes.

        What a record holds beyond that stays inside OpenSSL until more bytes come, as in Asterisk: get_input
        of main/manager.c waits for the socket and never asks SSL_pending (facts 1.4).
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
        """Take the session's output, all of it, once the last is sent; say whether there is any to send."""
        if not self._unsent:
            data = self.session.transmit()
            self._unsent = memoryview(transform(data) if transform and data else data)
        return bool(self._unsent)

    def _send(self, chunk_size: int | None) -> bool:
        """Send once; say whether more may be sent."""
        room = len(self._unsent) if chunk_size is None else chunk_size
        if self.allowance is None:
            self._unsent = self._unsent[self.socket.send(self._unsent[:room]) :]
            return True
        if self.allowance:
            sent = self.socket.send(self._unsent[: min(room, self.allowance)])
            self._unsent = self._unsent[sent:]
            self.allowance -= sent
        return self.allowance > 0
