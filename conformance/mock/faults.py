"""Planned faults of links, each a trigger and an effect.

    faults = [
        PlannedFault(OnLogin(2.0), DropLink()),                # two seconds after each login
        PlannedFault(OnRequest(2, "Ping"), Lose()),            # the second Ping gets no answer
        PlannedFault(OnEvent(3), DropMidFrame(20), links=[1]), # on the first link, inside the third event
        PlannedFault(OnConnect(), Trickle(1)),                 # each byte in a segment of its own
    ]
    server = MockServer(faults=faults)

They are faults of links and hosts, not of Asterisk. They run in the sans-I/O core: times are those of the
timeline and counts those of the session, so each run is the same. The transport has to do the rest (RST,
silence, a closed port, small segments): `MockSession.reset`, `frozen` and `piece_size` and `Core.accepting`
ask for it, and `LoopbackServer` does all of it.

There are two kinds of effects. Some change the link from then on: DropLink, Freeze, Mute, Lag, Trickle,
RefuseLinks, Inject. The others, the subclasses of `Alteration`, change the next frames: after OnRequest the
answer to the action, after OnEvent the event, otherwise the first frame that is sent.

The cut of a slow reader is not a planned fault but Asterisk's own behaviour,
`LoopbackServer(write_timeout=0.1)`.
"""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from functools import partial

from .mock_session import MockSession, MockUser, SessionServer
from .requests import Request

# triggers


@dataclass(frozen=True, slots=True)
class OnConnect:
    """`after` seconds after the link was accepted; 0 is before the banner."""

    after: float = 0.0


@dataclass(frozen=True, slots=True)
class OnLogin:
    """`after` seconds after a login was accepted; its response is sent before."""

    after: float = 0.0


@dataclass(frozen=True, slots=True)
class OnRequest:
    """Before the request of this number on the link is run; the first is 1, None means every one.

    With a name, only requests of that action count; case does not matter.
    """

    number: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class OnEvent:
    """Before the event of this number is sent; list items count as events. Otherwise as `OnRequest`."""

    number: int | None = None
    name: str = ""


FaultTrigger = OnConnect | OnLogin | OnRequest | OnEvent

# effects on the link


class FaultEffect(ABC):
    """What a fault does to a session."""

    @abstractmethod
    def apply(self, session: "FaultySession") -> None:
        """Apply the effect to a session."""


@dataclass(frozen=True, slots=True)
class DropLink(FaultEffect):
    """Close the link after the output so far; with `reset` by RST, which may destroy output on its way."""

    reset: bool = False

    def apply(self, session: "FaultySession") -> None:
        """Close the session."""
        session.reset = self.reset
        session.hang_up()


@dataclass(frozen=True, slots=True)
class Freeze(FaultEffect):
    """Neither read nor write any more and leave the link open, as a stopped process does."""

    def apply(self, session: "FaultySession") -> None:
        """Freeze the session."""
        session.frozen = True


@dataclass(frozen=True, slots=True)
class Mute(FaultEffect):
    """Send nothing any more; requests are still read and run."""

    def apply(self, session: "FaultySession") -> None:
        """Mute the session."""
        session.muted = True


@dataclass(frozen=True, slots=True)
class Lag(FaultEffect):
    """Delay all output by so many seconds, in order."""

    seconds: float

    def apply(self, session: "FaultySession") -> None:
        """Set the lag of the session."""
        session.lag = self.seconds


@dataclass(frozen=True, slots=True)
class Trickle(FaultEffect):
    """Send so many bytes at a time, each time a segment of its own."""

    size: int = 1

    def apply(self, session: "FaultySession") -> None:
        """Set the piece size of the session."""
        session.piece_size = self.size


@dataclass(frozen=True, slots=True)
class RefuseLinks(FaultEffect):
    """Refuse new links for so many seconds, or for ever with None; this link stays open."""

    seconds: float | None = None

    def apply(self, session: "FaultySession") -> None:
        """Close the port of the server."""
        session.refuse(self.seconds)


@dataclass(frozen=True, slots=True)
class Inject(FaultEffect):
    """Send bytes between two frames; `noise` has examples."""

    data: bytes

    def apply(self, session: "FaultySession") -> None:
        """Send the bytes."""
        session.send_unaltered(self.data)


# effects on the next frames


class Alteration(FaultEffect):
    """An effect on each frame of the next answer, or on the next event."""

    def apply(self, session: "FaultySession") -> None:
        """Alter the frames that are sent next."""
        session.alteration = self

    @abstractmethod
    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Send the altered frame."""


@dataclass(frozen=True, slots=True)
class DropMidFrame(Alteration):
    """Send the first `count` bytes of the frame, then close the link."""

    count: int
    reset: bool = False

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Tear it."""
        session.send_unaltered(frame[: self.count])
        DropLink(self.reset).apply(session)


@dataclass(frozen=True, slots=True)
class Tear(Alteration):
    """Send the first `count` bytes of the frame, then the next frame as if this one were complete."""

    count: int

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Tear it."""
        session.send_unaltered(frame[: self.count])


@dataclass(frozen=True, slots=True)
class Lose(Alteration):
    """Do not send the frame."""

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Send nothing."""


@dataclass(frozen=True, slots=True)
class Repeat(Alteration):
    """Send each frame so many times."""

    times: int = 2

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Send the frame `times` times."""
        session.send_unaltered(frame * self.times)


@dataclass(frozen=True, slots=True)
class Delay(Alteration):
    """Send the frame so many seconds later; frames sent meanwhile overtake it."""

    seconds: float

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Send the frame later."""
        session.later(self.seconds, partial(session.send_unaltered, frame))


@dataclass(frozen=True, slots=True)
class ChangeActionId(Alteration):
    """Replace the ActionID of the answer; None removes it, as in errors before the login."""

    action_id: str | None = None

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Send the frame with the other ActionID, or without any."""
        line = b"" if self.action_id is None else f"ActionID: {self.action_id}\r\n".encode()
        session.send_unaltered(_ACTION_ID.sub(lambda _match: line, frame))


@dataclass(frozen=True, slots=True)
class Replace(Alteration):
    """Send other bytes in place of each frame."""

    data: bytes

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Send the other bytes."""
        session.send_unaltered(self.data)


# a fault, and a session with faults

_ACTION_ID = re.compile(rb"^ActionID: .*?\r\n", re.MULTILINE)
_EVENT = re.compile(rb"Event: (.*?)\r\n")


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A trigger, an effect, and the numbers of the links that fail; the first is 1, None means every one."""

    when: FaultTrigger
    what: FaultEffect
    links: Container[int] | None = None


class FaultySession(MockSession):
    """A session whose link has planned faults."""

    def __init__(self, server: SessionServer, number: int, peer: str, faults: Iterable[PlannedFault]) -> None:
        super().__init__(server, number, peer)
        self.muted = False
        self.lag = 0.0
        """Seconds by which all output is delayed."""
        self.alteration: Alteration | None = None
        """The effect on the next frames, if any."""
        self._faults = [fault for fault in faults if fault.links is None or number in fault.links]
        self._counts: Counter[tuple[type[FaultTrigger], str]] = Counter()

    # for effects

    def send_unaltered(self, data: bytes) -> None:
        """Send bytes without alteration; after the lag, if there is one."""
        if self.lag:
            self.later(self.lag, partial(self._send, data))
        else:
            self._send(data)

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` so many seconds from now."""
        self._server.timeline.after(seconds, callback)

    def refuse(self, seconds: float | None) -> None:
        """Accept no links, for so many seconds or for ever."""
        self._server.accepting = False
        if seconds is not None:
            self.later(seconds, partial(setattr, self._server, "accepting", True))

    # where faults are triggered

    def send_banner(self, banner: str) -> None:
        """Trigger the faults of the connect, then send the banner."""
        for fault in self._faults:
            if isinstance(fault.when, OnConnect):
                self._plan(fault, fault.when.after)
        super().send_banner(banner)

    def log_in(self, user: MockUser) -> None:
        """Log a user in, and set the timers of the faults after a login."""
        super().log_in(user)
        for fault in self._faults:
            if isinstance(fault.when, OnLogin):
                self.later(fault.when.after, partial(self._apply, fault))

    def receive(self, data: bytes, now: float) -> None:
        """Handle bytes from the client, unless the link is frozen."""
        if self.frozen:
            self._server.handle_timeout(now)
        else:
            super().receive(data, now)

    def transmit(self) -> bytes:
        """Return the bytes for the client; none if the link is frozen."""
        return b"" if self.frozen else super().transmit()

    def push(self, raw: bytes) -> None:
        """Send a frame, with the alteration of a fault."""
        event = _EVENT.match(raw)
        before = self.alteration
        if event:
            self._trigger(OnEvent, event[1].decode("utf-8", "replace"))
        if self.closed:  # by a fault that this event triggered
            return
        if self.alteration:
            self.alteration.alter(self, raw)
        else:
            self.send_unaltered(raw)
        # A list item has its own alteration; after it that of the answer continues. Outside an answer an
        # alteration ends with the frame.
        if event or not self._busy:
            self.alteration = before if self._busy else None

    def handle_disconnected(self) -> None:
        """Handle the end of the link by the client; the lag ends."""
        self.lag = 0.0
        super().handle_disconnected()

    def hang_up(self) -> None:
        """Close the link, after the output that the lag delays."""
        if self.lag and not self.closed:
            self.later(self.lag, super().hang_up)
        else:
            super().hang_up()

    def _perform(self, request: Request) -> None:
        self._trigger(OnRequest, request.action)
        if not (self.closed or self.frozen):
            super()._perform(request)

    def _finish_action(self) -> None:
        self.alteration = None
        super()._finish_action()

    def _trigger(self, kind: type[OnRequest] | type[OnEvent], name: str) -> None:
        """Count a request or an event, and apply the faults that it triggers."""
        # Each is counted twice: among all, and among those of its name.
        keys = {(kind, ""), (kind, name.lower())}
        self._counts.update(keys)
        for fault in self._faults:
            if isinstance(moment := fault.when, kind):
                key = (kind, moment.name.lower())
                if key in keys and moment.number in (None, self._counts[key]):
                    self._apply(fault)

    def _plan(self, fault: PlannedFault, seconds: float) -> None:
        if seconds:
            self.later(seconds, partial(self._apply, fault))
        else:
            self._apply(fault)

    def _apply(self, fault: PlannedFault) -> None:
        if not self.closed:
            fault.what.apply(self)

    def _send(self, data: bytes) -> None:
        if not (self.muted or self.frozen or self.reset):
            super().push(data)
