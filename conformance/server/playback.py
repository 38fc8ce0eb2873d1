"""A mock server that plays a capture: what a real Asterisk said once, to whoever logs in now.

A capture is played as a script: say this, await that action, say what followed. An action that comes is the
awaited one if it has its name; the ActionID that it has goes into whatever carried the recorded one. Anybody
is let in where the capture's user was, because a capture holds no secret to check. What the script does not
await, such as the Challenge of a client whose login is another than the capture's, or a heartbeat, the mock
answers by itself, between two frames of the script. Live events are the script's only.

When a client does what the capture's client did, it hears what that one heard, byte for byte but for the
ActionIDs; the link ends as it ended then, in the middle of a frame if need be.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.corpus import Capture

from .privileges import NONE
from .requests import Request, RequestReader, to_bytes
from .server import MockServer
from .session import Session, User
from .timeline import Timer

_BANNER = re.compile(rb"Asterisk Call Manager/(\S+)\r\n")
_ACTION_ID = re.compile(rb"(?<=\r\n)ActionID: .*?\r\n")
_FRAME = re.compile(rb".*?\r\n\r\n|.+\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cue:
    """An action that the capture's client sent, and when: seconds from its beginning."""

    at: float
    request: Request


@dataclass(frozen=True, slots=True)
class Line:
    """A frame, or a torn one at the end, and when the last of it was received."""

    at: float
    data: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The server closed the link."""

    at: float


Step = Cue | Line | End


def script(capture: Capture) -> list[Step]:
    """Turn a capture into what happened, in order, without the banner."""
    cues: list[Step] = [*_cues(capture)]
    lines: list[Step] = [*_lines(capture)]
    end = max([at for at, _ in capture.chunks], default=0.0)
    # sorting is stable: what was sent at the moment of a read was sent before it
    return [*sorted([*cues, *lines], key=lambda step: step.at), End(end)]


def banner(capture: Capture) -> str:
    """Give the AMI version that a capture begins with."""
    match = _BANNER.match(capture.data)
    if match is None:
        raise ValueError(f"{capture.name} does not begin with a banner")
    return match[1].decode()


class Playback(MockServer):
    """Play a capture on every link, from its beginning.

    `pace` scales the capture's pauses: 1 as it was, 0 as fast as the client goes.
    """

    def __init__(self, capture: Capture, *, pace: float = 1.0, seed: int = 0) -> None:
        if pace < 0:
            raise ValueError(f"pace must not be negative: {pace}")
        super().__init__(banner=banner(capture), seed=seed)
        self.pace = pace
        self._script = script(capture)
        self._players: dict[Session, _Player] = {}

    def perform(self, session: Session, request: Request) -> None:
        """Give the request to the script; what that does not await is answered as ever."""
        player = self._players.get(session)
        if player is None:
            player = self._players[session] = _Player(self, session, self._script)
        if not player.take(request):
            super().perform(session, request)

    def forget(self, session: Session) -> None:
        """Strike a closed session off, with its player."""
        self._players.pop(session, None)
        super().forget(session)


class _Player:
    """One link's place in the script."""

    def __init__(self, server: Playback, session: Session, steps: list[Step]) -> None:
        self._server = server
        self._session = session
        self._steps = deque(steps)
        self._time = 0.0
        """The capture's time reached."""
        self._waiting: Timer | None = None
        self._arrived: deque[Request] = deque()
        self._cues = deque(step.request for step in steps if isinstance(step, Cue))
        self._ids: dict[bytes, bytes] = {}
        """Which header takes the place of a recorded one."""

    def take(self, request: Request) -> bool:
        """Go on with an awaited action; say whether it was one."""
        self._skip_challenge(request)
        if not self._cues or self._cues[0].action.lower() != request.action.lower():
            return False
        recorded = self._cues.popleft()
        self._ids[_action_id_line(recorded)] = _action_id_line(request)
        self._arrived.append(request)
        if self._waiting is None:
            self._go_on()
        return True

    def _skip_challenge(self, request: Request) -> None:
        """Leave out the capture's challenge, and its answer, for a client that logs in without."""
        if request.action.lower() != "login" or not self._cues or self._cues[0].action.lower() != "challenge":
            return
        answer = _action_id_line(self._cues.popleft())
        self._steps = deque(
            step
            for step in self._steps
            if not (isinstance(step, Cue) and step.request.action.lower() == "challenge")
            and not (isinstance(step, Line) and answer and answer in step.data)
        )

    def _go_on(self) -> None:
        """Play up to the next pause, or the next action that has not come."""
        self._waiting = None
        while self._steps and not self._session.closed:
            step = self._steps[0]
            if isinstance(step, Cue):
                if not self._arrived:
                    return
                self._enter(step, self._arrived.popleft())
            elif (pause := (step.at - self._time) * self._server.pace) > 0:
                self._time = step.at
                self._waiting = self._server.timeline.after(pause, self._go_on)
                return
            self._steps.popleft()
            self._time = step.at
            self._play(step)

    def _play(self, step: Step) -> None:
        match step:
            case Line(data=data):
                self._session.write(self._readdressed(data))
            case End():
                self._session.hang_up()
            case Cue():
                pass

    def _enter(self, cue: Cue, request: Request) -> None:
        """Let whoever logs in be somebody, who may do anything and hears nothing but the script."""
        if cue.request.action.lower() == "login":
            name = request.get("Username")
            self._session.admit(User(name, request.get("Secret")))
            self._session.mask = NONE

    def _readdressed(self, data: bytes) -> bytes:
        return _ACTION_ID.sub(lambda found: self._ids.get(found[0], found[0]), data)


def _cues(capture: Capture) -> Iterator[Cue]:
    """Read what was sent as Asterisk does: it may hold several actions, or none that is one."""
    reader = RequestReader()
    for at, text in capture.sent:
        reader.feed(text.encode("latin-1"))
        while (request := reader.next_request()) is not None:
            yield Cue(at, request)


def _lines(capture: Capture) -> Iterator[Line]:
    """Cut what was received into frames, so that nothing else can come into the middle of one."""
    start = len(f"Asterisk Call Manager/{banner(capture)}\r\n")
    reads = iter([(at, size) for at, size in capture.chunks if size > 0])
    at, received = 0.0, 0
    for frame in _FRAME.finditer(capture.data, start):
        while received < frame.end() and (read := next(reads, None)) is not None:
            at, received = read[0], received + read[1]
        yield Line(at, frame[0])


def _action_id_line(request: Request) -> bytes:
    """Give the header that answers carry, or nothing."""
    return to_bytes(f"ActionID: {request.action_id}\r\n") if request.action_id else b""
