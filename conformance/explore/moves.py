"""Everything that can happen to a connection, each as a move that is possible in some states."""

from collections.abc import Callable
from typing import Final

from ami_proto import State
from ami_proto.connection.login import Step
from conformance.explore.subject import Subject
from conformance.playbook import BANNER, frame

OPEN_MAX = 1
"""Actions of the application that are open at once; each ends for itself."""
LATE = 2.0
"""Seconds a driver oversleeps; beyond one, it is forgiven once (`connection/heartbeat.py`)."""

Move = tuple[Callable[[Subject], bool], Callable[[Subject], None]]
"""When it is possible, and what it does."""


def _streaming(subject: Subject) -> bool:
    session = subject.connection._life.session
    return session is not None and session.connected


def _calm(subject: Subject) -> bool:
    """Whether a stream is up, with no half frame in it."""
    session = subject.connection._life.session
    return session is not None and session.connected and session._framer.buffered == 0


def _greeted(subject: Subject) -> bool:
    """Whether the peer has sent its banner, and no half frame behind it."""
    session = subject.connection._life.session
    return _calm(subject) and session is not None and session.banner is not None


def _held_back(subject: Subject) -> bool:
    """Whether an action must wait for READY."""
    state = subject.connection.state
    return not state.sending and state not in (State.CLOSED, State.CLOSING)


def _room(subject: Subject) -> bool:
    return len(subject.open) < OPEN_MAX


def _in(*states: State) -> Callable[[Subject], bool]:
    return lambda subject: subject.connection.state in states


def _answer(subject: Subject, status: str) -> None:
    """Answer the oldest action, as the peer that served it would."""
    action = subject.heard.popleft()
    status = {"Logoff": "Goodbye"}.get(action.name, status) if status == "Success" else status
    subject.receive(frame(f"Response: {status}", f"ActionID: {action.action_id}", "Challenge: 1"))


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
        lambda s: s.subscription is not None and s.subscription.depth > 0,
        Subject.consume,
    ),
    # facts
    "connected": (_in(State.CONNECTING), lambda s: s.connection.handle_connected(s.session, s.now)),
    "disconnected": (lambda s: True, lambda s: s.disconnect(s.session)),
    "write": (lambda s: _streaming(s) and s.connection.snapshot().outbound_bytes > 0, Subject.write),
    "banner": (lambda s: _calm(s) and s.connection.state is State.CONNECTED, lambda s: s.receive(BANNER)),
    "answer": (lambda s: bool(s.heard) and _streaming(s), lambda s: _answer(s, "Success")),
    "refuse": (lambda s: bool(s.heard) and _streaming(s), lambda s: _answer(s, "Error")),
    "orphan": (_calm, lambda s: s.receive(frame("Response: Error", "Message: Missing action in request"))),
    "event": (_greeted, lambda s: s.receive(frame("Event: Hangup", "Privilege: call,all"))),
    "booted": (_greeted, lambda s: s.receive(frame("Event: FullyBooted", "Privilege: system,all"))),
    "half frame": (_calm, lambda s: s.receive(b"Event: Half\r\n")),
    "garbage": (_calm, lambda s: s.receive(frame("Neither: this nor that"))),
    # time
    "time passes": (lambda s: s.connection.poll_timeout() is not None, Subject.pass_time),
    "overslept": (lambda s: s.connection.poll_timeout() is not None, lambda s: s.pass_time(LATE)),
}


def well_behaved(subject: Subject) -> str:
    """Return the move that a server and a user who behave would make next."""
    connection = subject.connection
    session = connection._life.session
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
