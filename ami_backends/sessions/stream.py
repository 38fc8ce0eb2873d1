"""One non-blocking stream: TCP to the first address that accepts, then TLS if it is wanted.

A `Stream` never waits. `wants_read` and `wants_write` say what it needs next; its owner waits for that and
calls again. TLS makes this harder than it looks, in three ways:

* A read may have to write and a write may have to read: TLS 1.2 can renegotiate and TLS 1.3 updates keys
  and sends session tickets after the handshake. OpenSSL then raises `SSLWantWriteError` from a read, or
  `SSLWantReadError` from a write, and the same call must be repeated once the socket is ready for *that*.
* OpenSSL reads ahead. Bytes that it has taken from the kernel make no descriptor readable; `pending` says
  that there may be some, and a driver that waits for its selector instead may wait for ever.
* An error is reported once, by OpenSSL and by the kernel. If bytes were read before it in the same turn,
  the error is kept, the bytes are delivered first, and the next `receive` returns it.
"""

import errno
import os
import socket
import ssl
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum, unique
from typing import Any

from ami_backends.sessions.causes import cause_of
from ami_backends.sessions.resolve import Address
from ami_proto import Disconnect, Reason

RECEIVE_BYTES_MAX = 65_536
"""Bytes taken from the kernel at a time. More would save little, for parsing costs more than the call; and a
consumer on the same loop gets its turn before a queue of the default size overflows."""
TLS_RECORDS_MAX = 4
"""TLS records, of at most 16 KiB each, taken at a time: as many bytes as from a plain stream."""
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}
"""Find a dead peer within two minutes also while a blocking action stops the heartbeat."""


@unique
class Phase(Enum):
    """Steps of opening a stream."""

    DIALLING = "dialling"
    SHAKING_HANDS = "shaking hands"
    UP = "up"


class Stream:
    """A socket that is being opened, or is up.

    It has ended when a method returns a `Disconnect`; call `close` then, or at any other time.
    """

    def __init__(self, context: ssl.SSLContext | None, server_name: str) -> None:
        self.phase = Phase.DIALLING
        self.socket: socket.socket | None = None
        self.wants_read = False
        """Whether the stream itself needs to read before it can go on, whatever its owner wants."""
        self.wants_write = False
        """Likewise, to write."""
        self.pending = False
        """Whether OpenSSL may hold bytes that it read ahead: no selector reports them."""
        self._addresses: deque[Address] = deque()
        self._failure: OSError | None = None
        """An error that was met after bytes which had to be delivered first."""
        self._context = context
        self._server_name = server_name

    def dial(self, addresses: Iterable[Address]) -> Disconnect | None:
        """Begin to connect to the first address that can be tried; return why there is none."""
        failure = Disconnect(Reason.UNRESOLVED, "the name has no address")
        try:
            self._addresses = deque(addresses)
            while self._addresses:
                failure = self._dial_one(*self._addresses.popleft()) or failure
                if self.socket is not None:
                    return None
        except (TypeError, ValueError, OverflowError) as error:  # a user's resolver may return anything
            self.close()
            failure = Disconnect(Reason.UNRESOLVED, f"the resolver's answer cannot be used: {error}")
        return failure

    def advance(self) -> Disconnect | None:
        """Take the next step towards UP, once the socket is ready; return why there is none."""
        sock = self.socket
        if sock is None:
            return Disconnect(Reason.NETWORK, "closed")
        try:
            if self.phase is Phase.DIALLING:
                # Writable means only that the attempt is over; this says how it ended.
                if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise OSError(number, os.strerror(number))
                self.wants_write = False
                sock = self._secured(sock)
            if self.phase is Phase.SHAKING_HANDS:
                self._shake_hands(sock)
        except UnicodeError as error:
            self.close()
            return Disconnect(Reason.TLS_FAILED, f"{self._server_name!r} is not a host name: {error}")
        except OSError as error:
            # Only TCP moves on to the next address. A failed handshake is an answer: the server is there.
            refused = self.phase is Phase.DIALLING
            self.close()
            return self.dial(self._addresses) if refused and self._addresses else cause_of(error)
        return None

    def receive(self) -> bytes | Disconnect:
        """Return the bytes that have come, b"" if there are none, or why the stream ended."""
        sock = self.socket
        if sock is None:
            return Disconnect(Reason.NETWORK, "closed")
        try:
            return self._receive_records(sock) if isinstance(sock, ssl.SSLSocket) else _receive(sock)
        except OSError as error:
            return cause_of(error)

    def transmit(self, piece: bytes) -> int | Disconnect:
        """Write as much of the piece as the kernel takes; return how much, or why the stream ended."""
        sock = self.socket
        if sock is None:
            return Disconnect(Reason.NETWORK, "closed")
        try:
            self.wants_read = False
            return sock.send(piece)
        except (BlockingIOError, ssl.SSLWantWriteError):
            return 0
        except ssl.SSLWantReadError:
            # OpenSSL wants the same bytes again once it has read. `poll_transmit` shows them again, because
            # nothing was confirmed.
            self.wants_read = True
            return 0
        except OSError as error:
            return cause_of(error)

    @property
    def dead(self) -> bool:
        """Whether other code closed the descriptor."""
        if self.socket is None:
            return False
        try:
            self.socket.getsockname()
        except OSError as error:
            return error.errno == errno.EBADF
        return False

    def fileno(self) -> int:
        """Return the descriptor that a loop waits for, or -1."""
        return -1 if self.socket is None else self.socket.fileno()

    def close(self) -> None:
        """Close the socket, whatever its phase."""
        if self.socket is not None:
            with suppress(OSError):  # other code closed the descriptor already
                self.socket.close()
            self.socket = None

    def _dial_one(self, family: socket.AddressFamily, address: Any) -> Disconnect | None:  # noqa: ANN401
        """Begin to connect to an address; return why that failed at once."""
        try:
            self.socket = _new_socket(family)
            self.socket.connect(address)
        except BlockingIOError:
            pass  # the usual case: it is under way
        except OSError as error:
            self.close()
            return cause_of(error)
        self.wants_write = True  # a socket becomes writable when its connection is up, or has failed
        return None

    def _secured(self, sock: socket.socket) -> socket.socket:
        """Wrap the socket for TLS; a plain stream is up already."""
        if self._context is None:
            self.phase = Phase.UP
            return sock
        self.phase = Phase.SHAKING_HANDS
        # `wrap_socket` takes the descriptor from `sock` before it checks the name, and would leak it.
        self._server_name.encode("idna")
        self.socket = self._context.wrap_socket(
            sock, server_hostname=self._server_name, do_handshake_on_connect=False, suppress_ragged_eofs=True
        )
        return self.socket

    def _shake_hands(self, sock: socket.socket) -> None:
        self.wants_read = self.wants_write = False
        try:
            if isinstance(sock, ssl.SSLSocket):
                sock.do_handshake()
            self.phase = Phase.UP
            # The banner may have come in the same segment as the end of the handshake: OpenSSL has it then.
            self.pending = True
        except ssl.SSLWantReadError:
            self.wants_read = True
        except ssl.SSLWantWriteError:
            self.wants_write = True

    def _receive_records(self, sock: ssl.SSLSocket) -> bytes | Disconnect:
        """Take records until OpenSSL has no more, or other sessions should have their turn."""
        records: list[bytes] = []
        self.wants_write = False  # if this read wanted to write, it is being repeated now
        try:
            if self._failure is not None:
                raise self._failure
            while len(records) < TLS_RECORDS_MAX:
                record = sock.recv(RECEIVE_BYTES_MAX)
                if not record:
                    break
                records.append(record)
        except ssl.SSLWantReadError:
            self.pending = False
            return b"".join(records)
        except ssl.SSLWantWriteError:
            self.pending = False
            self.wants_write = True
            return b"".join(records)
        except OSError as error:
            if not records:
                raise
            # Deliver the bytes first. Keep the error: neither OpenSSL nor the kernel reports it twice.
            self._failure = error
        self.pending = True
        return b"".join(records) or Disconnect(Reason.EOF)


def _receive(sock: socket.socket) -> bytes | Disconnect:
    try:
        return sock.recv(RECEIVE_BYTES_MAX) or Disconnect(Reason.EOF)
    except BlockingIOError:
        return b""


def _new_socket(family: socket.AddressFamily) -> socket.socket:
    """Return a non-blocking socket that sends at once and finds a dead peer in time."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):  # names of Linux; elsewhere the system's own times apply
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return sock
