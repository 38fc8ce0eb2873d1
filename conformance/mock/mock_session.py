"""One AMI session: bytes and time in, bytes out, strictly one action after another.

Asterisk serves each session with one thread (session_do, main/manager.c): it reads a line, runs an action to
its end, and only then flushes the events that were queued meanwhile. The mock does the same: while an action
runs or waits (a refused login, a synchronous Originate, WaitEvent), events are held back and further input
stays unread. So no event ever appears inside a list.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

from .privileges import ALL, NONE, Privilege
from .requests import LINE_BUFFER, Request, RequestReader, to_bytes
from .timeline import Timeline


@dataclass(frozen=True, slots=True)
class MockUser:
    """An entry of manager.conf: a name, its secret, and the classes that it may `read` and `write`."""

    name: str
    secret: str
    read: Privilege = ALL
    write: Privilege = ALL
    filters: tuple[str, ...] = ()
    """The `eventfilter` lines: patterns over the whole text of an event; `!` marks those that drop it."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """A pattern over the whole text of an event, and whether a match takes or drops the event."""

    pattern: re.Pattern[bytes]
    take: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a pattern; a leading `!` makes it drop events. Raises `re.error` if it does not compile."""
        return cls(re.compile(to_bytes(text.removeprefix("!")), re.MULTILINE), take=not text.startswith("!"))


class SessionServer(Protocol):
    """The part of a server that its sessions use; `Core` implements it."""

    timeline: Timeline
    auth_timeout: float
    accepting: bool

    def timeout(self) -> float | None:
        """Return the time of the next deadline, or None."""

    def handle_timeout(self, now: float) -> None:
        """Advance the time and run everything that is due."""

    def perform(self, session: "MockSession", request: Request) -> None:
        """Run one request."""

    def mark_pending(self, session: "MockSession") -> None:
        """Note that a session has output for its transport."""

    def remove_session(self, session: "MockSession") -> None:
        """Remove a closed session."""


class MockSession:
    """The server's end of one link. `MockServer.connect` makes it.

    The owner of the transport calls `receive`, sends the bytes that `transmit` returns, and closes the link
    once `closed` is true and `transmit` returns nothing more. Any call may produce output on any session of
    the server; `MockServer.pending_sessions` names the sessions to look at.
    """

    def __init__(self, server: SessionServer, number: int, peer: str) -> None:
        self.number = number
        self.peer = peer
        """The client's address as in security events: `IPV4/TCP/127.0.0.1/40001`."""
        self.connected_at = server.timeline.now
        self.user: MockUser | None = None
        self.challenge = ""
        self.mask = ALL
        self.filters: list[EventFilter] = []
        self.closed = False
        self.frozen = False
        """A fault: the transport neither reads nor writes any more, and leaves the link open."""
        self.reset = False
        """A fault: the transport closes the link by RST."""
        self.piece_size: int | None = None
        """A fault: the most bytes that the transport sends at a time; None is no limit."""
        self._server = server
        self._reader = RequestReader()
        self._output: list[bytes] = []
        self._held: list[bytes] = []
        self._busy = False
        self._waiting = False
        self._on_activity: Callable[[], None] | None = None
        self._auth_timer = server.timeline.after(server.auth_timeout, self.hang_up)

    # for the transport

    def receive(self, data: bytes, now: float) -> None:
        """Handle bytes from the client."""
        self._server.handle_timeout(now)
        if self.closed:
            return
        self._reader.feed(data)
        # Before the input is served: WaitEvent ends at new input, and its answer comes first.
        self._notify_activity()
        self._serve()

    def transmit(self) -> bytes:
        """Return all bytes for the client and remove them; empty if there are none."""
        if not self._output:
            return b""
        data = b"".join(self._output)
        self._output.clear()
        return data

    def timeout(self) -> float | None:
        """Return the time of the server's next deadline: all sessions share one timeline."""
        return self._server.timeout()

    def handle_timeout(self, now: float) -> None:
        """Advance the time of the whole server."""
        self._server.handle_timeout(now)

    def handle_disconnected(self) -> None:
        """Handle the end of the link by the client."""
        self._output.clear()
        self.hang_up()

    def push(self, raw: bytes) -> None:
        """Send bytes at once, without mask, filters and order: for floods, benchmarks, and broken servers."""
        self._output.append(raw)
        self._server.mark_pending(self)

    @property
    def room(self) -> int:
        """Bytes that one read of Asterisk would take now, or after the running action."""
        return LINE_BUFFER if self._busy else self._reader.room

    # for the server

    @property
    def effective_mask(self) -> Privilege:
        """The event classes that this session receives: its mask within its user's `read`."""
        return self.user.read & self.mask if self.user else NONE

    def send_banner(self, banner: str) -> None:
        """Send the banner: one line, without an empty line after it."""
        self.write(f"Asterisk Call Manager/{banner}\r\n".encode())

    def log_in(self, user: MockUser) -> None:
        """Make the session a user's: it receives events from now on, and the login timeout ends."""
        self.user = user
        self.filters = [EventFilter.parse(text) for text in user.filters]
        self._auth_timer.cancel()

    def write(self, raw: bytes) -> None:
        """Send bytes, unless the session is closed (astman_append)."""
        if not self.closed:
            self.push(raw)

    def deliver(self, event: bytes, classes: Privilege) -> None:
        """Send an event or hold it back, if mask and filters let it pass.

        The mask must have all classes of the event, not only one of them (process_events, main/manager.c).
        """
        if self.user is None or self.closed:
            return
        if classes & self.effective_mask == classes and self._passes(event):
            if self._busy:
                self._held.append(event)
            else:
                self.push(event)
        # Also for an event that the mask keeps out: every event wakes the waiting thread (main/manager.c).
        self._notify_activity()

    def wait(self, on_activity: Callable[[], None] | None = None) -> None:
        """Keep the running action open until `resume`; `on_activity` is called at each input and event."""
        self._waiting = True
        self._on_activity = on_activity

    def resume(self) -> None:
        """End the action that waits: flush the held events, then serve the input that came meanwhile."""
        self._waiting = False
        self._on_activity = None
        self._finish_action()
        self._serve()

    def flush_events(self) -> None:
        """Send the events that were held back."""
        held, self._held = self._held, []
        for event in held:
            self.write(event)

    def hang_up(self) -> None:
        """Close the session; the transport still sends the output before it closes the link."""
        if not self.closed:
            self.closed = True
            self._on_activity = None
            self._auth_timer.cancel()
            self._server.remove_session(self)

    def _serve(self) -> None:
        while not (self._busy or self.closed) and (request := self._reader.next_request()) is not None:
            self._busy = True
            self._perform(request)
            # A handler that called `wait` has not answered yet: `resume` ends its action.
            if not self._waiting:
                self._finish_action()

    def _perform(self, request: Request) -> None:
        self._server.perform(self, request)

    def _finish_action(self) -> None:
        self._busy = False
        self.flush_events()

    def _notify_activity(self) -> None:
        if self._on_activity is not None:
            self._on_activity()

    def _passes(self, event: bytes) -> bool:
        """Whether the filters take an event: one "take" matches or there is none, and no "drop" matches."""
        takes = [filter_.pattern for filter_ in self.filters if filter_.take]
        drops = [filter_.pattern for filter_ in self.filters if not filter_.take]
        taken = not takes or any(pattern.search(event) for pattern in takes)
        return taken and not any(pattern.search(event) for pattern in drops)
