"""AMI over a plain blocking socket, without the library: the library must not be needed to test it.

Frames keep the bytes of the stream, up to their empty line. Only the servers and the tests of this folder use
this module; everything else uses the library.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

BANNER_START = b"Asterisk Call Manager/"

FRAME_TIMEOUT = 10.0
"""Seconds for one frame: Asterisk answers in milliseconds, and refuses a login after one second."""


class RawFrame:
    """One message: its bytes, and its headers as text."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        lines = data.decode("utf-8", "surrogateescape").split("\r\n")
        self.headers = [
            (name.strip(), value) for name, colon, value in (_split(line) for line in lines) if colon
        ]

    def __getitem__(self, name: str) -> str:
        """Return a header's first value, or an empty text."""
        return next(iter(self.all(name)), "")

    def __repr__(self) -> str:
        return f"RawFrame({self.data!r})"

    def all(self, name: str) -> list[str]:
        """Return every value of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class RawSession:
    """One AMI session: it connects and reads the banner, then sends actions and reads frames.

    Raises `OSError` when the connection fails or times out, `EOFError` when the server closes it.
    """

    def __init__(
        self, host: str, port: int, *, tls: ssl.SSLContext | None = None, timeout: float = FRAME_TIMEOUT
    ) -> None:
        self._buffer = b""
        self._counter = 0
        self._socket = socket.create_connection((host, port), timeout)
        try:
            if tls is not None:
                self._socket = tls.wrap_socket(self._socket, server_hostname=host)
            self.banner = self._until(b"\r\n")
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket. Idempotent."""
        self._socket.close()

    def send(self, action: str, *headers: tuple[str, str]) -> str:
        """Send an action and return its ActionID."""
        self._counter += 1
        action_id = f"raw:{self._counter}"
        lines = [("Action", action), ("ActionID", action_id), *headers]
        text = "".join(f"{name}: {value}\r\n" for name, value in lines)
        self._socket.sendall(f"{text}\r\n".encode())
        return action_id

    def read(self) -> RawFrame:
        """Read the next frame."""
        while not (data := self._until(b"\r\n\r\n")).strip():
            pass  # some replies end in one empty line too many
        return RawFrame(data)

    def reply(self, action: str, *headers: tuple[str, str]) -> RawFrame:
        """Send an action and read on to the response with its ActionID."""
        action_id = self.send(action, *headers)
        while True:
            frame = self.read()
            # An `OriginateResponse` has a `Response` too, and another session's may have the same ActionID.
            if frame["ActionID"] == action_id and frame["Response"] and not frame["Event"]:
                return frame

    def list(self, action: str, *headers: tuple[str, str]) -> list[RawFrame]:
        """Send a list action and return its items. Raises `ValueError` with a response that opens no list."""
        action_id = self.send(action, *headers)
        items: list[RawFrame] = []
        while True:
            frame = self.read()
            if frame["Response"] and frame["EventList"].lower() != "start":
                raise ValueError(frame)
            if frame["EventList"].lower() == "complete" and frame["ActionID"] == action_id:
                return items
            if frame["Event"] and not frame["Privilege"]:  # live events have one, list items have none
                items.append(frame)

    def event(self, name: str, **headers: str) -> RawFrame:
        """Read on to an event with this name and these header values."""
        while True:
            frame = self.read()
            if frame["Event"] == name and all(frame[key] == value for key, value in headers.items()):
                return frame

    def login(self, username: str, secret: str, events: str = "off") -> RawFrame:
        """Log in and return the response, accepted or not."""
        return self.reply("Login", ("Username", username), ("Secret", secret), ("Events", events))

    def wait_closed(self) -> None:
        """Read until the server closes the connection."""
        try:
            while self._socket.recv(65_536):
                pass
        except ConnectionResetError:
            pass  # a killed server's kernel resets

    def _until(self, end: bytes) -> bytes:
        while (found := self._buffer.find(end)) < 0:
            data = self._socket.recv(65_536)
            if not data:
                raise EOFError(f"the server closed the connection after {self._buffer[-80:]!r}")
            self._buffer += data
        frame, self._buffer = self._buffer[: found + len(end)], self._buffer[found + len(end) :]
        return frame


def _split(line: str) -> tuple[str, bool, str]:
    name, colon, value = line.partition(":")
    return name, bool(colon), value.removeprefix(" ")


@contextmanager
def logged_in(
    host: str,
    port: int,
    username: str,
    secret: str,
    *,
    events: str = "off",
    tls: ssl.SSLContext | None = None,
) -> Iterator[RawSession]:
    """Give a session that is logged in; log off at the end."""
    with RawSession(host, port, tls=tls) as session:
        answer = session.login(username, secret, events)
        if answer["Response"] != "Success":
            raise PermissionError(f"login of {username} refused: {answer['Message']}")
        yield session


def greets(host: str, port: int, timeout: float) -> bool:
    """Return whether an AMI server sends its banner on this port within `timeout` seconds; one attempt."""
    try:
        with RawSession(host, port, timeout=timeout) as session:
            return session.banner.startswith(BANNER_START)
    except (OSError, EOFError):
        return False
