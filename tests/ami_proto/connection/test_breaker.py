"""R-HEALTH-04: the breaker, told as stories with a server that fails."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from ami_proto import (
    Action,
    BreakerChanged,
    BreakerState,
    ConnectScheduled,
    Disconnect,
    Reason,
    SetupAction,
    State,
)
from ami_proto.drivers import Connect
from conformance.laws.playbook import BANNER, SERVER, Playbook, frame

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
FRAIL = replace(
    SERVER, auth="plain", breaker_threshold=3, breaker_cooldown=20.0, reconnect_min=1.0, reconnect_max=2.0
)
WAITING = Action("WaitEvent")
REFUSED = Disconnect(Reason.REFUSED)


def failed(times: int, play: Playbook | None = None) -> Playbook:
    """Return a story in which the dial has failed so often in a row."""
    play = Playbook(FRAIL).start() if play is None else play
    for _ in range(times):
        play.wait(2.0)
        play.disconnect(Reason.REFUSED)
    return play


def probing() -> Playbook:
    play = failed(3).wait(20.0)
    play.notices.clear()
    return play


def state_of(play: Playbook) -> BreakerState:
    return play.connection.snapshot().breaker


def test_too_many_failures_in_a_row_open_it() -> None:
    """R-HEALTH-04: reported with reason and counters."""
    play = failed(2)
    assert (state_of(play), play.take(BreakerChanged)) == (CLOSED, [])
    failed(1, play)
    (opened,) = play.take(BreakerChanged)
    assert (opened.old, opened.new, opened.cause) == (CLOSED, OPEN, REFUSED)
    assert (opened.server, opened.failures, opened.openings) == ("pbx", 3, 1)
    snapshot = play.connection.snapshot()
    assert (snapshot.breaker, snapshot.breaker_openings, snapshot.connect_failures) == (OPEN, 1, 3)


def test_while_it_is_open_nobody_dials() -> None:
    """R-HEALTH-04, R-HEALTH-03: the reported delay is the scheduled one, the longer of the two."""
    play = failed(3)
    scheduled = play.take(ConnectScheduled)[-1]
    assert scheduled.delay == 20.0
    assert scheduled.due == play.now + 20.0
    play.take_commands()
    play.wait(19.999).expect_commands()
    assert state_of(play) is OPEN
    play.wait(0.001)
    assert [type(each) for each in play.take_commands()] == [Connect]
    assert state_of(play) is HALF_OPEN


def test_a_backoff_that_is_longer_than_the_cooldown_counts() -> None:
    """R-HEALTH-04: the longer of the two."""
    play = Playbook(replace(FRAIL, breaker_cooldown=0.5)).start()
    failed(5, play)
    delays = [each.delay for each in play.take(ConnectScheduled)[1:]]
    assert min(delays) >= 1.0


def test_a_probe_that_fails_opens_it_again_at_once() -> None:
    """R-HEALTH-04: one probe, not three more failures."""
    play = probing()
    play.disconnect(Reason.EOF)
    assert [(each.old, each.new, each.cause) for each in play.take(BreakerChanged)] == [
        (HALF_OPEN, OPEN, Disconnect(Reason.EOF))
    ]
    assert play.take(ConnectScheduled)[-1].delay == 20.0
    assert play.connection.snapshot().breaker_openings == 2


def test_a_probe_succeeds_when_it_is_stable_and_not_before() -> None:
    """R-HEALTH-04, R-HEALTH-03: READY alone proves nothing."""
    play = probing().log_in().wait(9.9)
    assert (state_of(play), play.take(BreakerChanged)) == (HALF_OPEN, [])
    play.wait(0.1)
    (closed,) = play.take(BreakerChanged)
    assert (closed.old, closed.new, closed.cause, closed.failures) == (HALF_OPEN, CLOSED, None, 3)
    assert play.connection.snapshot().connect_failures == 0
    play.disconnect(Reason.RESET)
    assert state_of(play) is CLOSED
    assert play.take(ConnectScheduled)[-1].delay <= 2.0


def test_a_probe_that_is_lost_from_ready_has_failed() -> None:
    """R-HEALTH-04, R-HEALTH-05: a server that logs in and drops stays left alone."""
    play = probing().log_in().wait(5).disconnect(Reason.RESET)
    assert state_of(play) is OPEN
    assert play.take(ConnectScheduled)[-1].delay == 20.0


@pytest.mark.parametrize("ready", [False, True])
def test_a_stop_ends_the_probe(ready: bool) -> None:
    """R-HEALTH-04: exactly one outcome; and what was started anew begins anew."""
    play = probing()
    if ready:
        play.log_in()
    play.stop(0.0).wait(0.0)
    (ended,) = play.take(BreakerChanged)
    assert (ended.old, ended.new) == (HALF_OPEN, CLOSED)
    assert ended.cause is not None
    assert ended.cause.reason is Reason.STOPPED
    failed(2, play.start())
    assert (state_of(play), play.connection.snapshot().breaker_openings) == (CLOSED, 0)
    failed(1, play)
    assert state_of(play) is OPEN


def test_a_stop_while_it_is_open_closes_it() -> None:
    """R-HEALTH-04: a restart by `start` begins anew."""
    play = failed(3).stop()
    assert [each.new for each in play.take(BreakerChanged)] == [OPEN, CLOSED]
    play.take_commands()
    play.start()
    assert [type(each) for each in play.take_commands()] == [Connect]
    assert state_of(play) is CLOSED


def test_a_probe_that_is_given_up_has_one_outcome() -> None:
    """R-HEALTH-04: the failure that closes the connection ends it."""
    play = Playbook(replace(FRAIL, retry_refused=False)).start()
    failed(3, play).wait(20.0).connect().receive(BANNER)
    play.notices.clear()
    play.reply(play.unanswered[0], "Message: Authentication failed", status="Error")
    assert play.connection.state is State.CLOSED
    (ended,) = play.take(BreakerChanged)
    assert (ended.old, ended.new, ended.cause) == (
        HALF_OPEN,
        CLOSED,
        Disconnect(Reason.LOGIN_REFUSED, "Authentication failed"),
    )


def test_a_throttled_probe_begins_with_its_admission() -> None:
    """R-HEALTH-04: the probe is the attempt, not the wish."""
    play = Playbook(FRAIL, throttled=True).start()
    for _ in range(3):
        play.wait(2.0).connection.admit(play.now)
        play.drain().disconnect(Reason.REFUSED)
    play.wait(100.0)
    assert (play.connection.wants_admission, state_of(play)) == (True, OPEN)
    play.connection.admit(play.now)
    assert state_of(play) is HALF_OPEN


FAILURES: dict[Reason, Callable[[Playbook], object]] = {
    Reason.REFUSED: lambda play: play.disconnect(Reason.REFUSED),
    Reason.TLS_FAILED: lambda play: play.disconnect(Reason.TLS_FAILED),
    Reason.CONNECT_TIMEOUT: lambda play: play.wait(10),
    Reason.BANNER_TIMEOUT: lambda play: play.connect().wait(5),
    Reason.LOGIN_TIMEOUT: lambda play: play.connect().receive(BANNER).wait(10),
    Reason.LOGIN_REFUSED: lambda play: (
        play.connect()
        .receive(BANNER)
        .reply(play.unanswered[0], "Message: Authentication failed", status="Error")
    ),
    Reason.SETUP_FAILED: lambda play: play.log_in().reply(play.unanswered[0], status="Error"),
    Reason.PROTOCOL: lambda play: play.connect().receive(b"220 mail ESMTP\r\n"),
    Reason.EOF: lambda play: in_service(play).disconnect(Reason.EOF),
    Reason.HEARTBEAT: lambda play: in_service(play).wait(30),
    Reason.READ_TIMEOUT: lambda play: (in_service(play).submit(WAITING, timeout=40), play.wait(45)),
}


def in_service(play: Playbook) -> Playbook:
    play.log_in()
    return play.reply(play.unanswered[0])


@pytest.mark.parametrize("reason", FAILURES)
def test_every_kind_of_failure_counts(reason: Reason) -> None:
    """R-HEALTH-04: every failure kind feeds it."""
    server = replace(
        FRAIL,
        breaker_threshold=2,
        stable_after=1000.0,
        retry_refused=True,
        setup=(SetupAction("Filter", required=True),),
    )
    play = Playbook(server).start().disconnect(Reason.REFUSED).wait(2.0)
    play.notices.clear()
    FAILURES[reason](play)
    (opened,) = play.take(BreakerChanged)
    assert opened.new is OPEN
    assert opened.cause is not None
    assert opened.cause.reason is reason


def test_backoff_and_breaker_count_the_same_failures() -> None:
    """R-HEALTH-03: only a stable connection forgets them."""
    play = failed(2)
    play.wait(2.0).log_in().wait(9.0).disconnect()
    assert state_of(play) is OPEN
    assert play.connection.snapshot().connect_failures == 3


def test_undrained_changes_share_a_place() -> None:
    """L6: bounded whatever happens and nobody drains; the last one stands for all."""
    play = Playbook(replace(FRAIL, breaker_threshold=1, breaker_cooldown=1.0), lazy=True).start()
    for _ in range(200):
        while play.connection.state is not State.CONNECTING:
            play.oversleep(1.0)
        session = play.connection.snapshot().session
        assert session is not None
        play.connection.handle_disconnected(session, REFUSED, play.now)
    play.drain()
    changes = play.take(BreakerChanged)
    assert len(changes) < 40
    assert (changes[-1].new, changes[-1].openings) == (OPEN, 200)
    assert sum(1 + each.absorbed for each in changes) == 399
    assert all(before.new is after.old for before, after in pairwise(changes))


def test_frames_of_a_broken_server_do_not_matter() -> None:
    """R-HEALTH-04: it counts ends of sessions, nothing else."""
    play = Playbook(replace(FRAIL, breaker_threshold=1)).log_in()
    play.receive(frame("Neither: this")).event("Hangup")
    assert state_of(play) is CLOSED
