"""R-DRIVER-04: a listener may make requests, and may raise."""

import logging
import time
from collections.abc import Callable

import pytest

from ami_backends.selectors import Reactor
from ami_proto import Action, ActionFinished, Connection, Filter, Notice, State, StateChanged
from conformance.laws.peer import PATIENCE, Peer, honest
from conformance.suite.leaks import nothing_left
from tests.peers import config

__all__ = ["nothing_left"]


def run(machine: Connection, listen: Callable[[Notice], None], condition: Callable[[], bool]) -> Reactor:
    """Run a reactor with this listener until something is true; return it, closed."""
    reactor = Reactor(machine, on_notice=listen)
    machine.start(time.monotonic())
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        reactor.run_once(0.1)
    reactor.close()
    return reactor


def test_a_listener_that_raises_is_contained_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    """R-DRIVER-04: the next notices are delivered."""
    heard: list[Notice] = []

    def listen(notice: Notice) -> None:
        heard.append(notice)
        raise RuntimeError("a bug of the listener")

    with Peer(honest) as peer:
        machine = Connection(config(peer.port), seed=1)
        reactor = run(machine, listen, lambda: machine.state is State.READY)
    assert machine.state is State.READY
    assert reactor.listener_errors == len(heard) > 5
    assert "a listener raised on StateChanged" in [record.message for record in caplog.records]
    assert all(record.levelno == logging.ERROR and record.exc_text for record in caplog.records)


def test_a_listener_may_submit_cancel_subscribe_and_stop() -> None:
    with Peer(honest) as peer:
        machine = Connection(config(peer.port), seed=1)

        def listen(notice: Notice) -> None:
            if isinstance(notice, StateChanged) and notice.new is State.READY:
                machine.cancel(machine.submit(Action("Ping"), time.monotonic()), time.monotonic())
                machine.subscribe(Filter())
                machine.submit(Action("Ping"), time.monotonic())
            elif isinstance(notice, ActionFinished):
                outcomes.append(notice.outcome.succeeded)
                if notice.outcome.succeeded:
                    machine.stop(time.monotonic())

        outcomes: list[bool] = []
        run(machine, listen, lambda: machine.stopped)
    assert machine.stopped
    assert outcomes == [False, True]
