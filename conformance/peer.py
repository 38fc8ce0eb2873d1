"""Scripted TCP peers: servers that say what a test wants, when it wants, and may misbehave in any way.

A script is a function that serves one accepted line, in a thread of its own. Where Asterisk's own behaviour
matters, take `conformance.server`.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Protocol, Self

BANNER = b"Asterisk Call Manager/11.0.0\r\n"

HOST = "127.0.0.1"

PATIENCE = 10.0
"""Seconds a test waits for what should come in milliseconds."""

Script = Callable[["Line"], None]


class Line:
    """One accepted connection, from the server's side, blocking."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._buffer = b""

    def say(self, *data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(b"".join(data))

    def hear(self) -> dict[str, str]:
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
        self.say(f"Response: {status}\r\nActionID: {action['ActionID']}\r\n{rest}\r\n".encode())

    def welcome(self) -> None:
        """Greet, and let the client in whatever its secret."""
        self.say(BANNER)
        while True:
            action = self.hear()
            self.answer(action, "Success", *(["Challenge: 1"] if action["Action"] == "Challenge" else []))
            if action["Action"] == "Login":
                return

    def serve(self) -> None:
        """Say yes to every action, until Logoff or the end."""
        while (action := self.hear())["Action"] != "Logoff":
            self.answer(action, "Success", "Ping: Pong")
        self.answer(action, "Goodbye")

    def wait_closed(self) -> None:
        """Swallow what comes, to the end."""
        while self.socket.recv(65_536):
            pass


class Peer:
    """Listen on a loopback port and serve each connection by the next script; the last one serves the rest.

    A line ends when its script returns. An error in a script fails the test, unless it is the line's end.
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
            thread = threading.Thread(target=self._serve, args=(sock, script), name="peer-line")
            self._sockets.append(sock)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, script: Script) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
                self._sockets.append(sock)
            script(Line(sock))
        except (OSError, EOFError):
            pass  # the client's end of the line is the client's affair
        except BaseException as error:  # noqa: BLE001 - raised where the test ends
            self.errors.append(error)
        finally:
            _shut(sock)
            sock.close()


class PeerFactory(Protocol):
    """Start a peer that ends with the test."""

    def __call__(self, *scripts: Script, context: ssl.SSLContext | None = None) -> Peer:
        """Give a peer of these scripts, behind TLS where a context is given."""


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


# -- scripts


def honest(line: Line) -> None:
    """Serve as a server should."""
    line.welcome()
    line.serve()


def silent(line: Line) -> None:
    """Never say a word."""
    line.wait_closed()


def silent_after_login(line: Line) -> None:
    """Let the client in, and never say another word."""
    line.welcome()
    line.wait_closed()


def reset(line: Line) -> None:
    """End the line by RST."""
    line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.socket.close()


def speaking(*data: bytes) -> Script:
    """Say these bytes at once, whatever the client does, then wait for its end."""

    def script(line: Line) -> None:
        line.say(*data)
        line.wait_closed()

    return script


def leaving(line: Line) -> None:
    """Let the client in, and leave at its first action."""
    line.welcome()
    line.hear()


def echoing(line: Line) -> None:
    """Give every action its own `Number` back."""
    line.welcome()
    while (action := line.hear())["Action"] != "Logoff":
        line.answer(action, "Success", f"Number: {action['Number']}")
    line.answer(action, "Goodbye")


def recording(heard: list[str]) -> Script:
    """Serve as a server should, and note the names of the actions."""

    def script(line: Line) -> None:
        line.welcome()
        while True:
            action = line.hear()
            heard.append(action["Action"])
            line.answer(action, "Goodbye" if heard[-1] == "Logoff" else "Success", "Ping: Pong")

    return script


def holding(count: int, go: threading.Event) -> Script:
    """Let the client in, take so many actions, and answer them in reverse order once told to go."""

    def script(line: Line) -> None:
        line.welcome()
        held = [line.hear() for _ in range(count)]
        go.wait(PATIENCE)
        for action in reversed(held):
            line.answer(action, "Success", f"Number: {action.get('Number', '')}")
        line.serve()

    return script


def bursting(*frames: bytes) -> Script:
    """Let the client in, and send these frames before the answer to its first action."""

    def script(line: Line) -> None:
        line.welcome()
        action = line.hear()
        line.say(*frames)
        line.answer(action)
        line.serve()

    return script


def flooding(count: int, name: str = "Tick") -> Script:
    """Let the client in, wait for its first action, and send so many numbered events before the answer."""
    return bursting(*events(count, name))


def events(count: int, name: str = "Tick", start: int = 0) -> Iterator[bytes]:
    """Make numbered events."""
    for number in range(start, start + count):
        yield b"Event: %s\r\nPrivilege: user,all\r\nNumber: %d\r\n\r\n" % (name.encode(), number)


def event(name: str, **headers: str) -> bytes:
    """Make one event."""
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    return f"Event: {name}\r\nPrivilege: call,all\r\n{lines}\r\n".encode()


# -- nobody there


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def black_hole() -> Iterator[int]:
    """Give a port whose queue is full: the kernel drops who knocks, without a word."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((HOST, 0), backlog=0))
        for _ in range(4):
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
