"""The shape of a connection: all that decides what it will do next, and nothing that only grows.

Two connections of one shape behave alike: names, numbers and totals differ, and time is counted from
now. That this is so is itself tested, by exploring connections that were met in a known shape.
"""

from collections.abc import Hashable

from ami_proto.connection.life import Life
from ami_proto.connection.session import Session
from ami_proto.correlation.pending import Pending
from conformance.explore.subject import Subject


def shape_of(subject: Subject) -> Hashable:
    """Return the shape: equal where the future is."""
    life, now = subject.connection._life, subject.now
    return (
        _of_life(life, now),
        _of_pending(life.waiting, now),
        None if life.session is None else _of_session(life.session, now),
        _of_peer(subject),
    )


def _of_life(life: Life, now: float) -> Hashable:
    heartbeat, threshold = life._heartbeat, life._config.breaker_threshold
    return (
        life.state,
        life.breaker.state,
        min(life.backoff.failures, threshold),
        life.wants_admission,
        life._served,
        life._logoff is not None,
        life.commands.deaf,
        frozenset((timer, deadline - now) for timer, deadline in life.timers._deadlines.items()),
        heartbeat.misses,
        frozenset(heartbeat._forgiven),
        frozenset(heartbeat._excused),
        heartbeat._stretched,
    )


def _of_session(session: Session, now: float) -> Hashable:
    return (
        session.connected,
        session.banner is not None,
        session.login.step,
        session.login._ended,
        session._booted is not None,
        session._framer.buffered,
        None if session.banner is not None else session._greeting.line.partition(b"\n")[0],
        len(session._desyncs),
        tuple(session.pending.find(each.ticket.action_id) is not None for each in session._pings),
        tuple(outgoing.data.split(b"\r\n", 1)[0] for outgoing in session.outbox._queue),
        _of_pending(session.pending, now),
    )


def _of_pending(pending: Pending, now: float) -> Hashable:
    return tuple(
        (
            entry.purpose,
            entry.ticket.action_name,
            None if entry.deadline is None else entry.deadline - now,
            entry.sent,
            entry.progress.response is not None,
        )
        for entry in pending._entries.values()
    )


def _of_peer(subject: Subject) -> Hashable:
    """Return what the peer owes answers to, and whether anybody still waits for them."""
    queue = subject.subscription
    return (
        tuple((each.name, subject.awaits(each)) for each in subject.heard),
        None if queue is None else (queue.depth, queue.pausing, queue.dropped > queue.reported),
    )
