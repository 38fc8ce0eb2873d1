"""One non-blocking stream: TCP to the first address that answers, then TLS where asked for.

It says what it waits for and moves on when that has come; it never waits itself.
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

from ami_backends._causes import cause_of
from ami_backends._resolve import Address
from ami_proto import Disconnect, Reason

RECEIVE_BYTES_MAX = 65_536
"""Taken from the kernel at a time: the calls cost little beside the parsing, and a consumer on the same loop
has its turn before a queue of the default size overflows."""
TLS_RECORDS_MAX = 4
"""Records of 16 KiB taken at a time: as much as from a plain stream."""
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}
"""The backstop of the heartbeat while a blocking action keeps it quiet: two minutes."""


@unique
class Phase(Enum):
    """How far the stream has come."""

    DIALLING = "dialling"
    SHAKING_HANDS = "shaking hands"
    UP = "up"


class Stream:
    """A socket on its way up, or up. Ends with `close`, or with the `Disconnect` it returned."""

    def __init__(self, context: ssl.SSLContext | None, server_name: str) -> None:
        self.phase = Phase.DIALLING
        self.socket: socket.socket | None = None
        self.wants_read = False
        """What the stream itself waits for, before anything its owner wants to watch."""
        self.wants_write = False
        self.pending = False
        """Whether TLS may hold bytes that no selector will tell of."""
        self._addresses: deque[Address] = deque()
        self._failure: OSError | None = None
        """Met while reading, after bytes that had to be delivered first."""
        self._context = context
        self._server_name = server_name

    def dial(self, addresses: Iterable[Address]) -> Disconnect | None:
        """Begin with the first address that can be tried; return why there is none."""
        failure = Disconnect(Reason.UNRESOLVED, "the name has no address")
        try:
            self._addresses = deque(addresses)
            while self._addresses:
                failure = self._dial_one(*self._addresses.popleft()) or failure
                if self.socket is not None:
                    return None
        except (TypeError, ValueError, OverflowError) as error:  # a user's resolver
            self.close()
            failure = Disconnect(Reason.UNRESOLVED, f"the resolver's answer cannot be used: {error}")
        return failure

    def advance(self) -> Disconnect | None:
        """Go on towards UP after the socket became ready; return why it cannot be reached."""
        sock = self.socket
        if sock is None:
            return Disconnect(Reason.NETWORK, "closed")
        try:
            if self.phase is Phase.DIALLING:
                if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise OSError(number, os.strerror(number))
                self.wants_write = False
                sock = self._secured(sock)
            if self.phase is Phase.SHAKING_HANDS:
                self._shake_hands(sock)
        except UnicodeError as error:
            self.close()
            return Disconnect(Reason.TLS_FAILED, f"{self._server_name!r} is no host name: {error}")
        except OSError as error:
            refused = self.phase is Phase.DIALLING
            self.close()
            return self.dial(self._addresses) if refused and self._addresses else cause_of(error)
        return None

    def receive(self) -> bytes | Disconnect:
        """Return what has come, b"" if nothing has, or why the stream ended."""
        sock = self.socket
        if sock is None:
            return Disconnect(Reason.NETWORK, "closed")
        try:
            return self._receive_records(sock) if isinstance(sock, ssl.SSLSocket) else _receive(sock)
        except OSError as error:
            return cause_of(error)

    def transmit(self, piece: bytes) -> int | Disconnect:
        """Write as much of the piece as goes; return how much, or why the stream ended."""
        sock = self.socket
        if sock is None:
            return Disconnect(Reason.NETWORK, "closed")
        try:
            self.wants_read = False
            return sock.send(piece)
        except (BlockingIOError, ssl.SSLWantWriteError):
            return 0
        except ssl.SSLWantReadError:
            self.wants_read = True
            return 0
        except OSError as error:
            return cause_of(error)

    @property
    def dead(self) -> bool:
        """Whether the descriptor was closed under us."""
        if self.socket is None:
            return False
        try:
            self.socket.getsockname()
        except OSError as error:
            return error.errno == errno.EBADF
        return False

    def fileno(self) -> int:
        """Return what a loop waits for; -1 where there is nothing."""
        return -1 if self.socket is None else self.socket.fileno()

    def close(self) -> None:
        """Close the socket, whatever its phase."""
        if self.socket is not None:
            with suppress(OSError):  # its descriptor died under us
                self.socket.close()
            self.socket = None

    def _dial_one(self, family: socket.AddressFamily, address: Any) -> Disconnect | None:  # noqa: ANN401
        """Begin with an address; return why that cannot be."""
        try:
            self.socket = _new_socket(family)
            self.socket.connect(address)
        except BlockingIOError:
            pass
        except OSError as error:
            self.close()
            return cause_of(error)
        self.wants_write = True
        return None

    def _secured(self, sock: socket.socket) -> socket.socket:
        """Put TLS around the socket, or call it up."""
        if self._context is None:
            self.phase = Phase.UP
            return sock
        self.phase = Phase.SHAKING_HANDS
        self._server_name.encode("idna")  # refused here, where no half-made TLS socket is left behind
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
            self.pending = True
        except ssl.SSLWantReadError:
            self.wants_read = True
        except ssl.SSLWantWriteError:
            self.wants_write = True

    def _receive_records(self, sock: ssl.SSLSocket) -> bytes | Disconnect:
        """Take records until OpenSSL has no more, or the others should have their turn."""
        records: list[bytes] = []
        self.wants_write = False
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
            # What came before is delivered first. Neither OpenSSL nor the kernel tells a failure twice.
            self._failure = error
        self.pending = True
        return b"".join(records) or Disconnect(Reason.EOF)


def _receive(sock: socket.socket) -> bytes | Disconnect:
    try:
        return sock.recv(RECEIVE_BYTES_MAX) or Disconnect(Reason.EOF)
    except BlockingIOError:
        return b""


def _new_socket(family: socket.AddressFamily) -> socket.socket:
    """Return a non-blocking socket that sends at once and notices a dead peer in the end."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):  # Linux names; elsewhere the system's own times hold
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return sock
