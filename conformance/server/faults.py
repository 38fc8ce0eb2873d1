"""What can go wrong on a link: a small language of faults, each a moment and a deed.

    faults = [
        Fault(LoggedIn(2.0), Drop()),                  # two seconds after each login
        Fault(Asked(2, "Ping"), Lose()),               # the second Ping is never answered
        Fault(Told(3), Cut(20), links=[1]),            # on the first link, in the middle of the third event
        Fault(Connected(), Trickle(1)),                # every byte by itself
    ]
    server = MockServer(faults=faults)

They are faults of links and hosts, not of Asterisk, and live in the sans-I/O core: times are the timeline's,
counts are the session's own, so a run repeats exactly. What only a transport can do (RST, silence of the
kernel, a closed port, small segments) is asked of it by `Session.reset`, `frozen` and `piece_size` and by
`Core.accepting`; `LoopbackServer` does all of it.

A deed is one of two kinds. Some befall the link, from the moment on: Drop, Freeze, Mute, Lag, Trickle,
Refuse, Say (`noise` has things to say). The others, `Alteration`s, change what is about to be said: the
answer to the action, or the event, whose turn it is; at other moments, the first thing said afterwards.

What no fault here does is what Asterisk itself does to a slow reader: `LoopbackServer(write_timeout=0.1)`.
"""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from functools import partial

from .requests import Request
from .session import Server, Session, User

# moments


@dataclass(frozen=True, slots=True)
class Connected:
    """So many seconds after the link was accepted; 0 is before the banner."""

    after: float = 0.0


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """So many seconds after a login was accepted; the response to it is said before."""

    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """When the link's request of this number comes, the first being 1, before it is run.

    With a name, only actions of that name count, in any case; `number` None means each of them.
    """

    number: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """When the link's event of this number is about to be said; list items are events. Else as `Asked`."""

    number: int | None = None
    name: str = ""


Moment = Connected | LoggedIn | Asked | Told

# deeds that befall the link


class Deed(ABC):
    """What a fault does to a session."""

    @abstractmethod
    def befall(self, session: "FaultySession") -> None:
        """Do it."""


@dataclass(frozen=True, slots=True)
class Drop(Deed):
    """Close the link after what was said; with `reset` by RST, which may destroy that on its way."""

    reset: bool = False

    def befall(self, session: "FaultySession") -> None:
        """Close."""
        session.reset = self.reset
        session.hang_up()


@dataclass(frozen=True, slots=True)
class Freeze(Deed):
    """Read and write nothing any more, and leave the link open: a stopped process, a black hole."""

    def befall(self, session: "FaultySession") -> None:
        """Freeze."""
        session.frozen = True


@dataclass(frozen=True, slots=True)
class Mute(Deed):
    """Say nothing any more; what the client sends is still read, and done."""

    def befall(self, session: "FaultySession") -> None:
        """Fall silent."""
        session.muted = True


@dataclass(frozen=True, slots=True)
class Lag(Deed):
    """Let everything said from now on arrive so many seconds later, in its order."""

    seconds: float

    def befall(self, session: "FaultySession") -> None:
        """Slow down."""
        session.lag = self.seconds


@dataclass(frozen=True, slots=True)
class Trickle(Deed):
    """Send so many bytes at a time, each a segment of its own."""

    size: int = 1

    def befall(self, session: "FaultySession") -> None:
        """Cut small."""
        session.piece_size = self.size


@dataclass(frozen=True, slots=True)
class Refuse(Deed):
    """Refuse new links, for so many seconds or, with None, for ever; this one stays."""

    seconds: float | None = None

    def befall(self, session: "FaultySession") -> None:
        """Close the port."""
        session.refuse(self.seconds)


@dataclass(frozen=True, slots=True)
class Say(Deed):
    """Put bytes between the frames, as they are."""

    data: bytes

    def befall(self, session: "FaultySession") -> None:
        """Say them."""
        session.say(self.data)


# deeds that change what is about to be said


class Alteration(Deed):
    """A deed upon the answer or event whose turn it is, frame by frame."""

    def befall(self, session: "FaultySession") -> None:
        """Wait for the frames."""
        session.alteration = self

    @abstractmethod
    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Say the frame, as it is to be said."""


@dataclass(frozen=True, slots=True)
class Cut(Alteration):
    """Say the first `count` bytes of the frame, then close the link: torn, and no word."""

    count: int
    reset: bool = False

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Tear it."""
        session.say(frame[: self.count])
        Drop(self.reset).befall(session)


@dataclass(frozen=True, slots=True)
class Tear(Alteration):
    """Say the first `count` bytes of the frame only, and go on with the next as if it had been whole."""

    count: int

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Tear it."""
        session.say(frame[: self.count])


@dataclass(frozen=True, slots=True)
class Lose(Alteration):
    """Say nothing of it."""

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class Repeat(Alteration):
    """Say each frame so many times."""

    times: int = 2

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Repeat it."""
        session.say(frame * self.times)


@dataclass(frozen=True, slots=True)
class Late(Alteration):
    """Say it so many seconds later than its time; what comes meanwhile overtakes it."""

    seconds: float

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Put it off."""
        session.later(self.seconds, partial(session.say, frame))


@dataclass(frozen=True, slots=True)
class Readdress(Alteration):
    """Give the answer another ActionID, or with None none at all, as an error before the login has none."""

    action_id: str | None = None

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Change the address."""
        line = b"" if self.action_id is None else f"ActionID: {self.action_id}\r\n".encode()
        session.say(_ACTION_ID.sub(lambda _match: line, frame))


@dataclass(frozen=True, slots=True)
class Replace(Alteration):
    """Say other bytes instead of each frame."""

    data: bytes

    def alter(self, session: "FaultySession", frame: bytes) -> None:
        """Say the other."""
        session.say(self.data)


# a fault, and a session that has some

_ACTION_ID = re.compile(rb"^ActionID: .*?\r\n", re.MULTILINE)
_EVENT = re.compile(rb"Event: (.*?)\r\n")


@dataclass(frozen=True, slots=True)
class Fault:
    """What shall go wrong, when, and on which links: their numbers, the first being 1, or None for each."""

    when: Moment
    what: Deed
    links: Container[int] | None = None


class FaultySession(Session):
    """A session whose link fails as planned."""

    def __init__(self, server: Server, number: int, peer: str, faults: Iterable[Fault]) -> None:
        super().__init__(server, number, peer)
        self.muted = False
        self.lag = 0.0
        """Seconds between saying something and its way out."""
        self.alteration: Alteration | None = None
        """What becomes of the next frames."""
        self._faults = [fault for fault in faults if fault.links is None or number in fault.links]
        self._counts: Counter[tuple[type[Moment], str]] = Counter()

    # what can be done to it

    def say(self, data: bytes) -> None:
        """Send bytes, unaltered; with a lag, later."""
        if self.lag:
            self.later(self.lag, partial(self._send, data))
        else:
            self._send(data)

    def later(self, seconds: float, deed: Callable[[], None]) -> None:
        """Do something so many seconds from now."""
        self._server.timeline.after(seconds, deed)

    def refuse(self, seconds: float | None) -> None:
        """Stop accepting, for a time or for ever."""
        self._server.accepting = False
        if seconds is not None:
            self.later(seconds, partial(setattr, self._server, "accepting", True))

    # where faults come in

    def greet(self, banner: str) -> None:
        """Send the banner, unless something happens before."""
        for fault in self._faults:
            if isinstance(fault.when, Connected):
                self._plan(fault, fault.when.after)
        super().greet(banner)

    def admit(self, user: User) -> None:
        """Let a user in, and plan what shall happen then."""
        super().admit(user)
        for fault in self._faults:
            if isinstance(fault.when, LoggedIn):
                self.later(fault.when.after, partial(self._befall, fault))

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes, unless the link is frozen."""
        if self.frozen:
            self._server.handle_timeout(now)
        else:
            super().receive(data, now)

    def transmit(self) -> bytes:
        """Give the bytes for the client, none of a frozen link."""
        return b"" if self.frozen else super().transmit()

    def push(self, raw: bytes) -> None:
        """Say a frame, or what a fault makes of it."""
        event = _EVENT.match(raw)
        before = self.alteration
        if event:
            self._happen(Told, event[1].decode("utf-8", "replace"))
        if self.closed:
            return
        if self.alteration:
            self.alteration.alter(self, raw)
        else:
            self.say(raw)
        if event or not self._busy:
            self.alteration = before if self._busy else None

    def handle_disconnected(self) -> None:
        """Learn that the client hung up; nothing lags any more."""
        self.lag = 0.0
        super().handle_disconnected()

    def hang_up(self) -> None:
        """Close the link, behind what still lags."""
        if self.lag and not self.closed:
            self.later(self.lag, super().hang_up)
        else:
            super().hang_up()

    def _perform(self, request: Request) -> None:
        self._happen(Asked, request.action)
        if not (self.closed or self.frozen):
            super()._perform(request)

    def _finish_action(self) -> None:
        self.alteration = None
        super()._finish_action()

    def _happen(self, kind: type[Asked] | type[Told], name: str) -> None:
        """Count a request or an event, and let befall what was planned for it."""
        keys = {(kind, ""), (kind, name.lower())}
        self._counts.update(keys)
        for fault in self._faults:
            if isinstance(moment := fault.when, kind):
                key = (kind, moment.name.lower())
                if key in keys and moment.number in (None, self._counts[key]):
                    self._befall(fault)

    def _plan(self, fault: Fault, seconds: float) -> None:
        if seconds:
            self.later(seconds, partial(self._befall, fault))
        else:
            self._befall(fault)

    def _befall(self, fault: Fault) -> None:
        if not self.closed:
            fault.what.befall(self)

    def _send(self, data: bytes) -> None:
        if not (self.muted or self.frozen or self.reset):
            super().push(data)
