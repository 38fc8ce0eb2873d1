"""Everything that can happen to a connection, as moves that are possible in some states."""

from collections.abc import Callable
from typing import Final

from ami_proto import State
from ami_proto.connection.login import Step
from conformance.laws.playbook import BANNER, frame
from tests.workshop.explore.subject import Subject

OPEN_MAX = 1
"""Actions of the application that are open at once. One is enough: they end independently."""
UNANSWERED_MAX = 2
"""Actions that the peer leaves without an answer in one session. Their number is part of a state, because an
error without ActionID may answer any of them; more would show nothing new."""
UNANSWERED_BEFORE_PAUSE_MAX = 4
"""Actions without an answer after which no further pause begins. Each pause forgives the pings before it, so
that pauses without end would mean pings without end, and more would show nothing new."""
LATE = 2.0
"""Seconds that a driver is late. Beyond one second it is excused once (`connection/heartbeat.py`)."""

Move = tuple[Callable[[Subject], bool], Callable[[Subject], None]]
"""Whether it is possible, and its function."""


def _streaming(subject: Subject) -> bool:
    session = subject.connection._lifecycle.session
    return session is not None and session.connected


def _calm(subject: Subject) -> bool:
    """Whether a stream is up, without a half frame in it."""
    session = subject.connection._lifecycle.session
    return session is not None and session.connected and session.inbox.buffered == 0


def _halfway(subject: Subject) -> bool:
    """Whether the peer has sent its banner, and a half frame after it."""
    session = subject.connection._lifecycle.session
    return session is not None and session.banner is not None and session.inbox.buffered > 0


def _greeted(subject: Subject) -> bool:
    """Whether the peer has sent its banner, and no half frame after it."""
    session = subject.connection._lifecycle.session
    return _calm(subject) and session is not None and session.banner is not None


def _held_back(subject: Subject) -> bool:
    """Whether an action must wait for READY."""
    state = subject.connection.state
    return not state.sending and state not in (State.CLOSED, State.CLOSING)


def _room(subject: Subject) -> bool:
    return len(subject.open) < OPEN_MAX and _unanswered(subject) < UNANSWERED_MAX


def _unanswered(subject: Subject) -> int:
    session = subject.connection._lifecycle.session
    return 0 if session is None else session.outbox._actions_shown - session.pending.answered


def _can_pause(subject: Subject) -> bool:
    """Whether another pause may begin. Each forgives the pings that went without an answer before it."""
    return subject.subscription is None or _unanswered(subject) < UNANSWERED_BEFORE_PAUSE_MAX


def _in(*states: State) -> Callable[[Subject], bool]:
    return lambda subject: subject.connection.state in states


def _answer(subject: Subject, status: str, *lines: str) -> None:
    """Answer the oldest action, as its server would."""
    action = subject.requests.popleft()
    status = {"Logoff": "Goodbye"}.get(action.name, status) if status == "Success" else status
    values = ("Challenge: 1", "Timestamp: 100", *lines)
    subject.receive(frame(f"Response: {status}", f"ActionID: {action.action_id}", *values))


def _answer_booting(subject: Subject) -> None:
    """Say that the server started five seconds ago."""
    _answer(subject, "Success", "CoreStartupDate: 1970-01-01", "CoreStartupTime: 00:01:35")


MOVES: Final[dict[str, Move]] = {
    # requests
    "start": (_in(State.CLOSED), lambda s: s.connection.start(s.now)),
    "stop": (lambda s: True, lambda s: s.connection.stop(s.now)),
    "admit": (lambda s: s.connection.wants_admission, lambda s: s.connection.admit(s.now)),
    "submit": (lambda s: s.connection.state.sending and _room(s), lambda s: s.request("CoreStatus")),
    "submit blocking": (lambda s: s.connection.state.sending and _room(s), lambda s: s.request("Command")),
    "submit waiting": (
        lambda s: _held_back(s) and _room(s),
        lambda s: s.request("CoreStatus", wait=True),
    ),
    "cancel": (lambda s: bool(s.open), Subject.cancel),
    "consume": (
        lambda s: s.subscription is not None and s.subscription.depth > 0 and _can_pause(s),
        Subject.consume,
    ),
    # facts
    "connected": (_in(State.CONNECTING), lambda s: s.connection.handle_connected(s.session, s.now)),
    "disconnected": (lambda s: True, lambda s: s.disconnect(s.session)),
    "write": (lambda s: _streaming(s) and s.connection.snapshot().outbound_bytes > 0, Subject.write),
    "banner": (lambda s: _calm(s) and s.connection.state is State.CONNECTED, lambda s: s.receive(BANNER)),
    "answer": (lambda s: bool(s.requests) and _streaming(s), lambda s: _answer(s, "Success")),
    "answer booting": (
        lambda s: bool(s.requests) and s.requests[0].name == "CoreStatus" and _streaming(s),
        _answer_booting,
    ),
    "refuse": (lambda s: bool(s.requests) and _streaming(s), lambda s: _answer(s, "Error")),
    "orphan": (_calm, lambda s: s.receive(frame("Response: Error", "Message: Missing action in request"))),
    "event": (
        lambda s: _greeted(s) and _can_pause(s),
        lambda s: s.receive(frame("Event: Hangup", "Privilege: call,all")),
    ),
    "booted": (_greeted, lambda s: s.receive(frame("Event: FullyBooted", "Privilege: system,all"))),
    "half frame": (_calm, lambda s: s.receive(b"Event: Half\r\n")),
    "frame ends": (_halfway, lambda s: s.receive(b"\r\n")),
    "garbage": (_calm, lambda s: s.receive(frame("Neither: this nor that"))),
    # time
    "time passes": (lambda s: s.connection.poll_timeout() is not None, Subject.pass_time),
    "overslept": (lambda s: s.connection.poll_timeout() is not None, lambda s: s.pass_time(LATE)),
}


def well_behaved(subject: Subject) -> str:
    """Return the next move of a server and a user who behave."""
    connection = subject.connection
    session = connection._lifecycle.session
    if connection.state is State.CLOSED:
        return "start"
    if connection.wants_admission:
        return "admit"
    if connection.state is State.CONNECTING:
        return "connected"
    if connection.state is State.CONNECTED and _calm(subject):
        return "banner"
    for name in ("write", "answer", "consume"):
        if name in MOVES and MOVES[name][0](subject):
            return name
    if session is not None and session.login.step is Step.BOOT_AWAITED and _calm(subject):
        return "booted"
    return "time passes"
