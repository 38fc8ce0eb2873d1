"""Faults of the ancestor between the dial and READY."""

import time
from dataclasses import replace

import pytest
from peers import Owner
from virtual import Virtual

from ami_backends.telemetry import Logs
from ami_proto import Action, Disconnect, Reason, State, StateChanged
from conformance.leaks import nothing_left
from conformance.peer import closed_port
from conformance.playbook import BANNER, SERVER, Playbook
from conformance.server import MockServer, User

__all__ = ["nothing_left"]

HOUR = 3600.0


@pytest.mark.parametrize("key", ["pbx 01", "node_", "pbx:1", "pbx-münchen", "p" * 200])
def test_server_keys_that_never_log_in(key: str) -> None:
    """R-ID-03. The ActionID came back otherwise than the client had written it, and no answer was known."""
    server = MockServer(users=[User(SERVER.username, SERVER.secret)])
    world = Virtual(replace(SERVER, key=key), server)
    world.machine.start(world.now)
    world.until(lambda: world.machine.state is State.READY)
    for _ in range(3):
        assert world.outcome(world.machine.submit(Action("Ping"), world.now)).succeeded
    assert world.machine.key == key
    assert {each.server for each in world.kept(StateChanged)} == {key}


def test_a_refused_connect_noticed_only_at_the_timeout() -> None:
    """R-LIFE-04. Writable was taken for connected, and the error in the socket was never asked for."""
    begin = time.monotonic()
    with Owner(closed_port(), connect_timeout=HOUR, retry=False) as owner:
        owner.until(lambda: owner.machine.stopped)
        cause = owner.machine.snapshot().last_cause
        steps = [each.new for each in owner.notices if isinstance(each, StateChanged)]
    assert time.monotonic() - begin < HOUR / 10
    assert cause is not None
    assert cause.reason is Reason.REFUSED
    assert steps == [State.DISCONNECTED, State.CONNECTING, State.CLOSED]  # never CONNECTED


def test_a_login_timer_started_at_connect() -> None:
    """R-AUTH-02. A slow dial left the login no time, and a healthy server was given up."""
    config = replace(SERVER, connect_timeout=10.0, banner_timeout=5.0, login_timeout=2.0, auth="plain")
    play = Playbook(config).start()
    play.wait(9.9).connect()
    play.wait(4.9).receive(BANNER)
    play.wait(1.9).reply(play.unanswered[0])
    play.expect_states(
        State.DISCONNECTED, State.CONNECTING, State.CONNECTED, State.AUTHENTICATING, State.READY
    )
    assert not play.wait(1.0).take(StateChanged)


@pytest.mark.parametrize("retry", [True, False], ids=["retried", "final"])
def test_a_refused_login_silent_and_retried_for_ever(retry: bool, caplog: pytest.LogCaptureFixture) -> None:
    """R-AUTH-03. Nobody was told that the secret was wrong, and the server banned the address for trying."""
    play = Playbook(replace(SERVER, auth="plain", retry_refused=retry)).start()
    delays = []
    for _ in range(3 if retry else 1):
        play.connect().receive(BANNER)
        play.reply(play.unanswered[0], "Message: No such luck", status="Error")
        (lost,) = (each for each in play.take(StateChanged) if each.cause is not None)
        assert lost.cause == Disconnect(Reason.LOGIN_REFUSED, "No such luck")
        Logs()(lost)
        refused, session = play.now, play.session
        while play.session == session and play.now < refused + HOUR:
            play.wait(0.01)
        delays.append(play.now - refused)
    assert [each.levelname for each in caplog.records if "No such luck" in each.message] == ["ERROR"] * len(
        delays
    )
    if retry:
        assert all(SERVER.reconnect_min <= each <= SERVER.reconnect_max for each in delays)
    else:
        assert play.connection.stopped
