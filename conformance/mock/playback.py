"""A mock server that plays a capture: it sends to each client what a real Asterisk sent once.

A capture is a sequence of steps: send this frame, await that action, send the frames that followed. An action
matches the awaited one by its name; its ActionID replaces the recorded one in all frames. Any user may log in
where the capture's user did, because a capture contains no secret to check. The mock answers actions that the
capture does not await, such as a heartbeat, or a Challenge where the capture had none, by itself, between two
frames of the capture. Events come from the capture only.

A client that sends what the capture's client sent receives the same bytes except for the ActionIDs. The link
ends where it ended in the capture, if need be in the middle of a frame.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.corpus import Capture

from .mock_server import MockServer
from .mock_session import MockSession, MockUser
from .privileges import NONE
from .requests import Request, RequestReader, to_bytes
from .timeline import TimerHandle

_BANNER = re.compile(rb"Asterisk Call Manager/(\S+)\r\n")
_ACTION_ID = re.compile(rb"(?<=\r\n)ActionID: .*?\r\n")
_FRAME = re.compile(rb".*?\r\n\r\n|.+\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AwaitedAction:
    """An action that the capture's client sent, and when, in seconds since the start of the capture."""

    at: float
    request: Request


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """A frame, which may be incomplete at the end, and when its last byte was received."""

    at: float
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordedEnd:
    """The end of the link by the server."""

    at: float


PlaybackStep = AwaitedAction | RecordedFrame | RecordedEnd


def recorded_steps(capture: Capture) -> list[PlaybackStep]:
    """Return the steps of a capture in order, without its banner."""
    awaited: list[PlaybackStep] = [*_awaited_actions(capture)]
    recorded: list[PlaybackStep] = [*_recorded_frames(capture)]
    end = max([at for at, _ in capture.chunks], default=0.0)
    # The sort is stable: an action that was sent at the time of a read comes before it.
    return [*sorted([*awaited, *recorded], key=lambda step: step.at), RecordedEnd(end)]


def recorded_banner(capture: Capture) -> str:
    """Return the AMI version in the banner of a capture."""
    match = _BANNER.match(capture.data)
    if match is None:
        raise ValueError(f"{capture.name} does not begin with a banner")
    return match[1].decode()


class Playback(MockServer):
    """Play a capture from its start on every link.

    `pace` scales the pauses of the capture: 1 keeps them, 0 leaves them out.
    """

    def __init__(self, capture: Capture, *, pace: float = 1.0, seed: int = 0) -> None:
        if pace < 0:
            raise ValueError(f"pace must not be negative: {pace}")
        super().__init__(banner=recorded_banner(capture), seed=seed)
        self.pace = pace
        self._script = recorded_steps(capture)
        self._players: dict[MockSession, _Player] = {}

    def perform(self, session: MockSession, request: Request) -> None:
        """Continue the capture if it awaits the request; otherwise answer it as `MockServer` does."""
        player = self._players.get(session)
        if player is None:
            player = self._players[session] = _Player(self, session, self._script)
        if not player.take(request):
            super().perform(session, request)

    def remove_session(self, session: MockSession) -> None:
        """Remove a closed session and its player."""
        self._players.pop(session, None)
        super().remove_session(session)


class _Player:
    """The state of the playback on one link."""

    def __init__(self, server: Playback, session: MockSession, steps: list[PlaybackStep]) -> None:
        self._server = server
        self._session = session
        self._steps = deque(steps)
        self._time = 0.0
        """The time in the capture that was reached."""
        self._waiting: TimerHandle | None = None
        self._arrived: deque[Request] = deque()
        self._awaited_actions = deque(step.request for step in steps if isinstance(step, AwaitedAction))
        self._ids: dict[bytes, bytes] = {}
        """The ActionID headers to send in place of the recorded ones."""

    def take(self, request: Request) -> bool:
        """Continue the capture if it awaits this action next. Returns whether it does."""
        self._skip_challenge(request)
        if not self._awaited_actions or self._awaited_actions[0].action.lower() != request.action.lower():
            return False
        recorded = self._awaited_actions.popleft()
        self._ids[_action_id_line(recorded)] = _action_id_line(request)
        self._arrived.append(request)
        if self._waiting is None:
            self._play_on()
        return True

    def _skip_challenge(self, request: Request) -> None:
        """Leave out the capture's challenge and its answer for a client that logs in without one."""
        if (
            request.action.lower() != "login"
            or not self._awaited_actions
            or self._awaited_actions[0].action.lower() != "challenge"
        ):
            return
        answer = _action_id_line(self._awaited_actions.popleft())
        self._steps = deque(
            step
            for step in self._steps
            if not (isinstance(step, AwaitedAction) and step.request.action.lower() == "challenge")
            and not (isinstance(step, RecordedFrame) and answer and answer in step.data)
        )

    def _play_on(self) -> None:
        """Play up to the next pause, or to an action that has not come yet."""
        self._waiting = None
        while self._steps and not self._session.closed:
            step = self._steps[0]
            if isinstance(step, AwaitedAction):
                if not self._arrived:
                    return
                self._log_in(step, self._arrived.popleft())
            elif (pause := (step.at - self._time) * self._server.pace) > 0:
                self._time = step.at
                self._waiting = self._server.timeline.after(pause, self._play_on)
                return
            self._steps.popleft()
            self._time = step.at
            self._play(step)

    def _play(self, step: PlaybackStep) -> None:
        match step:
            case RecordedFrame(data=data):
                self._session.write(self._with_action_ids(data))
            case RecordedEnd():
                self._session.hang_up()
            case AwaitedAction():
                pass

    def _log_in(self, cue: AwaitedAction, request: Request) -> None:
        """Log the client in with all rights and an empty mask: its events come from the capture only."""
        if cue.request.action.lower() == "login":
            name = request.get("Username")
            self._session.log_in(MockUser(name, request.get("Secret")))
            self._session.mask = NONE

    def _with_action_ids(self, data: bytes) -> bytes:
        return _ACTION_ID.sub(lambda found: self._ids.get(found[0], found[0]), data)


def _awaited_actions(capture: Capture) -> Iterator[AwaitedAction]:
    """Read the sent bytes as Asterisk does; one write may hold several actions, or part of one."""
    reader = RequestReader()
    for at, text in capture.sent:
        reader.feed(text.encode("latin-1"))  # the JSON of a capture has one character for each byte
        while (request := reader.next_request()) is not None:
            yield AwaitedAction(at, request)


def _recorded_frames(capture: Capture) -> Iterator[RecordedFrame]:
    """Cut the received bytes into frames, so that other answers are sent between frames only."""
    start = len(f"Asterisk Call Manager/{recorded_banner(capture)}\r\n")
    reads = iter([(at, size) for at, size in capture.chunks if size > 0])
    at, received = 0.0, 0
    for frame in _FRAME.finditer(capture.data, start):
        while received < frame.end() and (read := next(reads, None)) is not None:
            at, received = read[0], received + read[1]
        yield RecordedFrame(at, frame[0])


def _action_id_line(request: Request) -> bytes:
    """Return the ActionID header that answers repeat; empty if there is none."""
    return to_bytes(f"ActionID: {request.action_id}\r\n") if request.action_id else b""
