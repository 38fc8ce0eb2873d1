"""From the dial to READY. `Fault:` says what an earlier library did wrong."""

import time
from dataclasses import replace

import pytest

from ami_backends.telemetry import Logs
from ami_proto import Action, Disconnect, Reason, State, StateChanged
from conformance.laws.peer import closed_port
from conformance.laws.playbook import BANNER, SERVER, Playbook
from conformance.mock import MockServer, MockUser
from conformance.suite.leaks import nothing_left
from tests.peers import Owner
from tests.perfect_network import PerfectNetwork

__all__ = ["nothing_left"]

HOUR = 3600.0


@pytest.mark.parametrize("key", ["pbx 01", "node_", "pbx:1", "pbx-münchen", "p" * 200])
def test_every_server_key_logs_in(key: str) -> None:
    """R-ID-03. Fault: Asterisk echoed the ActionID of such a key changed, and no reply was recognised."""
    server = MockServer(users=[MockUser(SERVER.username, SERVER.reveal_secret())])
    world = PerfectNetwork(replace(SERVER, key=key), server)
    world.machine.start(world.now)
    world.until(lambda: world.machine.state is State.READY)
    for _ in range(3):
        assert world.outcome(world.machine.submit(Action("Ping"), world.now)).succeeded
    assert world.machine.key == key
    assert {each.server for each in world.notices_of(StateChanged)} == {key}


def test_a_refused_connect_is_noticed_at_once() -> None:
    """R-LIFE-04. Fault: a writable socket was taken for a connected one; its error was never read."""
    begin = time.monotonic()
    with Owner(closed_port(), connect_timeout=HOUR, retry=False) as owner:
        owner.until(lambda: owner.machine.stopped)
        cause = owner.machine.snapshot().last_cause
        steps = [each.new for each in owner.notices if isinstance(each, StateChanged)]
    assert time.monotonic() - begin < HOUR / 10
    assert cause is not None
    assert cause.reason is Reason.REFUSED
    assert steps == [State.DISCONNECTED, State.CONNECTING, State.CLOSED]  # never CONNECTED


def test_dial_banner_and_login_each_have_their_own_timer() -> None:
    """R-AUTH-02. Fault: one timer ran from the dial on, and a slow dial left no time for the login."""
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
def test_a_refused_login_is_logged_as_an_error_and_retried_with_backoff(
    retry: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """R-AUTH-03. Fault: a wrong secret was not logged, and fast retries made the server ban the address."""
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
