"""Scripted TCP peers: servers that send whatever bytes a test wants, and misbehave in any way.

A script is a function that serves one accepted connection, in a thread of its own. Where Asterisk's own
behaviour matters, use `conformance.mock`.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Protocol, Self

from conformance.laws.playbook import BANNER

BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
"""What Asterisk sends right after the answer to a login, once it has booted."""

HOST = "127.0.0.1"

PATIENCE = 10.0
"""Seconds that a test waits for an event that should come within milliseconds."""

Script = Callable[["PeerConnection"], None]


class PeerConnection:
    """One accepted connection, from the server's side. Every method blocks."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._buffer = b""

    def send(self, *data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(b"".join(data))

    def read_action(self) -> dict[str, str]:
        """Read the next action. Raises `EOFError` when the client has closed."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            data = self.socket.recv(65_536)
            if not data:
                raise EOFError
            self._buffer += data
        text, self._buffer = self._buffer[:end].decode(), self._buffer[end + 4 :]
        return dict(line.split(": ", 1) for line in text.split("\r\n"))

    def answer(self, action: dict[str, str], status: str = "Success", *lines: str) -> None:
        """Send the response to an action."""
        rest = "".join(f"{line}\r\n" for line in lines)
        self.send(f"Response: {status}\r\nActionID: {action['ActionID']}\r\n{rest}\r\n".encode())

    def accept_login(self) -> None:
        """Send the banner, accept any secret, and send FullyBooted."""
        self.send(BANNER)
        while True:
            action = self.read_action()
            self.answer(action, "Success", *(["Challenge: 1"] if action["Action"] == "Challenge" else []))
            if action["Action"] == "Login":
                self.send(BOOTED)
                return

    def serve(self) -> None:
        """Answer every action with success, until Logoff or the end."""
        while (action := self.read_action())["Action"] != "Logoff":
            self.answer(action, "Success", "Ping: Pong")
        self.answer(action, "Goodbye")

    def wait_closed(self) -> None:
        """Read and drop bytes until the client closes."""
        while self.socket.recv(65_536):
            pass


class Peer:
    """Listen on a loopback port. Each connection gets the next script; the last script serves the rest.

    A connection ends when its script returns. An error in a script fails the test, unless the client has
    closed the connection.
    """

    def __init__(self, *scripts: Script, context: ssl.SSLContext | None = None, host: str = HOST) -> None:
        self._scripts = scripts
        self._context = context
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.accepted = 0
        self.errors: list[BaseException] = []
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="peer")]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_listening()
        for sock in self._sockets:
            _shut(sock)
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not self.errors, self.errors

    def stop_listening(self) -> None:
        """Refuse connections from now on."""
        _shut(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts[min(self.accepted, len(self._scripts) - 1)]
            self.accepted += 1
            thread = threading.Thread(target=self._serve, args=(sock, script), name="peer-connection")
            self._sockets.append(sock)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, script: Script) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
                self._sockets.append(sock)
            script(PeerConnection(sock))
        except (OSError, EOFError):
            pass  # the client may close at any time
        except BaseException as error:  # noqa: BLE001 - raised where the test ends
            self.errors.append(error)
        finally:
            _shut(sock)
            sock.close()


class PeerFactory(Protocol):
    """Start a peer that ends with the test."""

    def __call__(self, *scripts: Script, context: ssl.SSLContext | None = None) -> Peer:
        """Return a peer with these scripts, over TLS if `context` is given."""


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


# -- scripts


def honest(connection: PeerConnection) -> None:
    """Accept the login, and answer every action."""
    connection.accept_login()
    connection.serve()


def silent(connection: PeerConnection) -> None:
    """Send nothing."""
    connection.wait_closed()


def silent_after_login(connection: PeerConnection) -> None:
    """Accept the login, and then send nothing."""
    connection.accept_login()
    connection.wait_closed()


def reset(connection: PeerConnection) -> None:
    """End the connection by RST."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.socket.close()


def speaking(*data: bytes) -> Script:
    """Return a script that sends these bytes at once, then waits for the end."""

    def script(connection: PeerConnection) -> None:
        connection.send(*data)
        connection.wait_closed()

    return script


def leaving(connection: PeerConnection) -> None:
    """Accept the login, and close at the first action."""
    connection.accept_login()
    connection.read_action()


def echoing(connection: PeerConnection) -> None:
    """Answer every action with its own `Number`."""
    connection.accept_login()
    while (action := connection.read_action())["Action"] != "Logoff":
        connection.answer(action, "Success", f"Number: {action['Number']}")
    connection.answer(action, "Goodbye")


def recording(received: list[str]) -> Script:
    """Return a script that serves, and appends the names of the actions."""

    def script(connection: PeerConnection) -> None:
        connection.accept_login()
        while True:
            action = connection.read_action()
            received.append(action["Action"])
            connection.answer(action, "Goodbye" if received[-1] == "Logoff" else "Success", "Ping: Pong")

    return script


def holding(count: int, go: threading.Event) -> Script:
    """Return a script that takes `count` actions, and answers them in reverse order once `go` is set."""

    def script(connection: PeerConnection) -> None:
        connection.accept_login()
        held = [connection.read_action() for _ in range(count)]
        go.wait(PATIENCE)
        for action in reversed(held):
            connection.answer(action, "Success", f"Number: {action.get('Number', '')}")
        connection.serve()

    return script


def bursting(*frames: bytes) -> Script:
    """Return a script that sends these frames before the answer to the first action."""

    def script(connection: PeerConnection) -> None:
        connection.accept_login()
        action = connection.read_action()
        connection.send(*frames)
        connection.answer(action)
        connection.serve()

    return script


def flooding(count: int, name: str = "Tick") -> Script:
    """Return a script that sends so many numbered events before the answer to the first action."""
    return bursting(*events(count, name))


def events(count: int, name: str = "Tick", start: int = 0) -> Iterator[bytes]:
    """Yield numbered events."""
    for number in range(start, start + count):
        yield b"Event: %s\r\nPrivilege: user,all\r\nNumber: %d\r\n\r\n" % (name.encode(), number)


def event(name: str, **headers: str) -> bytes:
    """Return one event."""
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    return f"Event: {name}\r\nPrivilege: call,all\r\n{lines}\r\n".encode()


# -- unreachable ports


def closed_port() -> int:
    """Return a port on which no server listens."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def black_hole() -> Iterator[int]:
    """Give a port whose accept queue is full: the kernel drops each SYN."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((HOST, 0), backlog=0))
        for _ in range(4):
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
