"""One AMI session: bytes and time in, bytes out, strictly one action after another.

Asterisk serves each session with one thread (session_do, main/manager.c): it reads a line, runs an action to
its end, and only then flushes the events that came meanwhile. So here: while an action runs, or waits (a
refused login, a synchronous Originate, WaitEvent), events are held and further input stays unread; a list is
never torn by an event.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

from .privileges import ALL, NONE, Privilege
from .requests import LINE_BUFFER, Request, RequestReader, to_bytes
from .timeline import Timeline


@dataclass(frozen=True, slots=True)
class User:
    """An entry of manager.conf: who may log in, what it may hear and do."""

    name: str
    secret: str
    read: Privilege = ALL
    write: Privilege = ALL
    filters: tuple[str, ...] = ()
    """Its `eventfilter` lines: patterns over an event's whole text, with `!` in front of those that drop."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """One line of the action `Filter`: a pattern over an event's whole text, to take or to drop."""

    pattern: re.Pattern[bytes]
    take: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern with or without `!`; `re.error` when it is none."""
        return cls(re.compile(to_bytes(text.removeprefix("!")), re.MULTILINE), take=not text.startswith("!"))


class Server(Protocol):
    """What a session needs of its server; `Core` is one."""

    timeline: Timeline
    auth_timeout: float
    accepting: bool

    def timeout(self) -> float | None:
        """Give the time of the next thing to happen, or None."""

    def handle_timeout(self, now: float) -> None:
        """Let time pass."""

    def perform(self, session: "Session", request: Request) -> None:
        """Run one request."""

    def stir(self, session: "Session") -> None:
        """Learn that a session has something for its transport."""

    def forget(self, session: "Session") -> None:
        """Learn that a session is closed."""


class Session:
    """One client's link. Made by `MockServer.connect`.

    The owner of the transport calls `receive`, sends what `transmit` gives, and closes the link once `closed`
    is true and `transmit` gave its last. Any call, and any call on another session of the server, may produce
    output here: `MockServer.stirred` names the sessions to look at.
    """

    def __init__(self, server: Server, number: int, peer: str) -> None:
        self.number = number
        self.peer = peer
        """The client's address as security events write it: `IPV4/TCP/127.0.0.1/40001`."""
        self.connected_at = server.timeline.now
        self.user: User | None = None
        self.challenge = ""
        self.mask = ALL
        self.filters: list[EventFilter] = []
        self.closed = False
        self.frozen = False
        """Whether the transport shall neither read nor write any more, and leave the link open: a fault."""
        self.reset = False
        """Whether the transport shall close the link by RST: a fault."""
        self.piece_size: int | None = None
        """Bytes that the transport shall send at a time, as a fault; None means as many as it likes."""
        self._server = server
        self._reader = RequestReader()
        self._output: list[bytes] = []
        self._held: list[bytes] = []
        self._busy = False
        self._waiting = False
        self._on_news: Callable[[], None] | None = None
        self._auth_timer = server.timeline.after(server.auth_timeout, self.hang_up)

    # the transport's side

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes from the client."""
        self._server.handle_timeout(now)
        if self.closed:
            return
        self._reader.feed(data)
        self._tell_news()
        self._serve()

    def transmit(self) -> bytes:
        """Give, and forget, all bytes for the client; empty when there are none."""
        if not self._output:
            return b""
        data = b"".join(self._output)
        self._output.clear()
        return data

    def timeout(self) -> float | None:
        """Give the time of the next thing to happen: the server's, for time belongs to the server."""
        return self._server.timeout()

    def handle_timeout(self, now: float) -> None:
        """Let time pass, for the whole server."""
        self._server.handle_timeout(now)

    def handle_disconnected(self) -> None:
        """Learn that the client hung up."""
        self._output.clear()
        self.hang_up()

    def push(self, raw: bytes) -> None:
        """Send bytes as they are, past masks and order: for floods, benchmarks, and broken servers."""
        self._output.append(raw)
        self._server.stir(self)

    @property
    def room(self) -> int:
        """Say how much one read of Asterisk would take, now or once the running action is over."""
        return LINE_BUFFER if self._busy else self._reader.room

    # the server's side

    @property
    def hearing(self) -> Privilege:
        """Say which classes of events this session gets; none before login."""
        return self.user.read & self.mask if self.user else NONE

    def greet(self, banner: str) -> None:
        """Send the one line without an empty line behind it."""
        self.write(f"Asterisk Call Manager/{banner}\r\n".encode())

    def admit(self, user: User) -> None:
        """Let a user in: from now on events are heard, and there is no hurry."""
        self.user = user
        self.filters = [EventFilter.parse(text) for text in user.filters]
        self._auth_timer.cancel()

    def write(self, raw: bytes) -> None:
        """Send bytes, unless the link is closed (astman_append)."""
        if not self.closed:
            self.push(raw)

    def deliver(self, event: bytes, classes: Privilege) -> None:
        """Queue an event, if this session may and wants to hear all its classes (process_events)."""
        if self.user is None or self.closed:
            return
        if classes & self.hearing == classes and self._passes(event):
            if self._busy:
                self._held.append(event)
            else:
                self.push(event)
        self._tell_news()

    def wait(self, on_news: Callable[[], None] | None = None) -> None:
        """Keep the running action open until `resume`; `on_news` is told of input and events meanwhile."""
        self._waiting = True
        self._on_news = on_news

    def resume(self) -> None:
        """End the action that waited: flush events, then serve what the client sent meanwhile."""
        self._waiting = False
        self._on_news = None
        self._finish_action()
        self._serve()

    def flush_events(self) -> None:
        """Write the events that were held back."""
        held, self._held = self._held, []
        for event in held:
            self.write(event)

    def hang_up(self) -> None:
        """Close the link after what was written."""
        if not self.closed:
            self.closed = True
            self._on_news = None
            self._auth_timer.cancel()
            self._server.forget(self)

    def _serve(self) -> None:
        while not (self._busy or self.closed) and (request := self._reader.next_request()) is not None:
            self._busy = True
            self._perform(request)
            if not self._waiting:
                self._finish_action()

    def _perform(self, request: Request) -> None:
        self._server.perform(self, request)

    def _finish_action(self) -> None:
        self._busy = False
        self.flush_events()

    def _tell_news(self) -> None:
        if self._on_news is not None:
            self._on_news()

    def _passes(self, event: bytes) -> bool:
        """Apply the filters: what a "take" matches, or all without one, less what a "drop" matches."""
        takes = [filter_.pattern for filter_ in self.filters if filter_.take]
        drops = [filter_.pattern for filter_ in self.filters if not filter_.take]
        taken = not takes or any(pattern.search(event) for pattern in takes)
        return taken and not any(pattern.search(event) for pattern in drops)
