"""A case that only greenlets have: Ctrl-C is raised in the greenlet that runs, which may be the reactor's."""

import gevent
import pytest

from ami_backends.gevent import connect_machine
from ami_backends.selectors import Reactor
from ami_proto import ActionLost, Connection
from conformance.laws.peer import PATIENCE, Peer, silent_after_login
from conformance.suite.leaks import nothing_left
from tests.peers import config

__all__ = ["nothing_left"]

gevent.sleep(0)  # the hub opens descriptors that stay


class Interrupted(Connection):
    """A machine in which Ctrl-C is raised, once `due` is set."""

    due = False

    def handle_timeout(self, now: float) -> None:
        if self.due:
            raise KeyboardInterrupt
        super().handle_timeout(now)


def test_a_driver_that_is_interrupted_twice_as_it_ends_wakes_every_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Invariant 7: one Ctrl-C ends the driver, and another comes while it closes its reactor."""
    close = Reactor.close

    def close_interrupted(reactor: Reactor) -> None:
        close(reactor)
        raise KeyboardInterrupt

    with Peer(silent_after_login) as peer:
        machine = Interrupted(config(peer.port), seed=1)
        client = connect_machine(machine)
        sending = gevent.spawn(client.send, "Ping")
        gevent.sleep(0)
        monkeypatch.setattr(Reactor, "close", close_interrupted)
        machine.due = True
        gevent.spawn(client.snapshot)  # a round, now
        with pytest.raises(KeyboardInterrupt):
            gevent.sleep(PATIENCE)
        sending.join(PATIENCE)
        assert isinstance(sending.exception, ActionLost | ConnectionError), sending
        client.close()
