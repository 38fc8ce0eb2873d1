"""The shape of a connection: everything that decides its future, without totals that only grow.

Two connections of one shape behave alike: names, numbers and totals differ, and time is counted from now. The
exploration tests that, by exploring connections of a known shape again (`doubt`).

"""

from collections.abc import Hashable

from ami_proto.connection.lifecycle import Lifecycle
from ami_proto.connection.server_queue import ServerQueue
from ami_proto.connection.session import Session
from ami_proto.connection.timers import Timer
from ami_proto.correlation.pending import Pending
from tests.workshop.explore.subject import Subject


def shape_of(subject: Subject) -> Hashable:
    """Return the shape of a connection: equal shapes have the same future."""
    connection, now = subject.connection, subject.now
    lifecycle = connection._lifecycle
    return (
        _of_lifecycle(lifecycle, now),
        _of_pending(connection._actions.waiting, now),
        None if lifecycle.session is None else _of_session(lifecycle.session, now),
        _of_peer(subject),
    )


def _of_lifecycle(lifecycle: Lifecycle, now: float) -> Hashable:
    heartbeat, threshold = lifecycle._heartbeat, lifecycle._config.breaker_threshold
    boot, waiting = lifecycle._boot, Timer.BOOT in lifecycle.timers
    return (
        lifecycle.state,
        lifecycle.retries.breaker.state,
        min(lifecycle.retries.backoff.failures, threshold),
        lifecycle.retries.wanted,
        lifecycle._served,
        lifecycle.commands.reading_paused,
        frozenset((timer, deadline - now) for timer, deadline in lifecycle.timers.items()),
        heartbeat.misses,
        frozenset(heartbeat._late_before),
        heartbeat.resumed,
        heartbeat._patience,
        boot.hidden,
        (boot._asked, boot._login_left) if waiting else None,
    )


def _of_session(session: Session, now: float) -> Hashable:
    return (
        session.connected,
        session.banner is not None,
        session.login.step,
        session.login._ended,
        session.login.boot_hidden,
        bool(session.login.server_time),
        session._booted is not None,
        session._logoff is not None,
        session.inbox.buffered,
        _open_for(session, now),
        None if session.banner is not None else session._greeting.line.partition(b"\n")[0],
        len(session._desyncs),
        tuple(session.pending.find(each.ticket.action_id) is not None for each in session._pings),
        tuple(outgoing.data.split(b"\r\n", 1)[0] for outgoing in session.outbox._queue),
        session.outbox._actions_shown - session.pending.answered,
        _of_pending(session.pending, now),
    )


def _open_for(session: Session, now: float) -> float | None:
    since = session.inbox.open_since
    return None if since is None else now - since


def _of_pending(pending: Pending, now: float) -> Hashable:
    return tuple(
        (
            entry.purpose,
            entry.ticket.action_name,
            None if entry.deadline is None else entry.deadline - now,
            entry.sent,
            None if entry.progress.response is None else entry.progress.response.name,
            max(0, entry.outgoing.number - pending.answered),
            entry.doubt is not None,
        )
        for entry in pending._entries.values()
    )


def _of_peer(subject: Subject) -> Hashable:
    """Return what the peer must still answer, and which of it has a caller that waits."""
    queues = [] if subject.subscription is None else subject.subscription.queues
    session = subject.connection._lifecycle.session
    pending = Pending() if session is None else session.pending
    return (
        tuple(
            (each.name, subject.awaits(each), _unanswered(pending, each.action_id))
            for each in subject.requests
        ),
        tuple(_of_queue(queue, subject.now, subject.connection.config.pause_max) for queue in queues),
    )


def _unanswered(pending: Pending, action_id: str) -> int:
    """Return how far an action is behind the latest that was answered; 0 where its answer settles nothing."""
    entry = pending.find(action_id)
    number = pending._late_responses.get(action_id, 0) if entry is None else entry.outgoing.number
    return max(0, number - pending.answered)


def _of_queue(queue: ServerQueue, now: float, pause_max: float) -> Hashable:
    # Without a session no pause ends, and its end recedes into the past: how far makes no difference.
    end = queue.pause_end(pause_max)
    return (
        min(queue.depth, 3),
        queue.pausing,
        queue._expired,
        queue._excused,
        queue.pause_end_unknown,
        None if end is None else max(end - now, 0.0),
        queue.dropped > queue.reported,
    )
