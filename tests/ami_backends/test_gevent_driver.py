"""What only greenlets can suffer: a signal's exception is raised in whichever runs."""

import gevent
import pytest

from ami_backends.gevent import connect
from ami_proto import ActionLost
from conformance.leaks import PATIENCE, nothing_left
from conformance.peer import HOST, Line, Peer

__all__ = ["nothing_left"]

gevent.sleep(0)  # the hub opens descriptors that stay


def interrupt() -> None:
    raise KeyboardInterrupt


def deaf(line: Line) -> None:
    """Let the client in, and answer nothing."""
    line.welcome()
    line.wait_closed()


def test_a_driver_that_is_interrupted_as_it_ends_leaves_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Invariant 7: one Ctrl-C ends the driver, and another comes before it has told everybody."""
    with Peer(deaf) as peer:
        client = connect(HOST, peer.port, username="admin", secret="s3cr3t")
        sending = gevent.spawn(client.send, "Ping")
        gevent.sleep(0)
        reactor = client._runner.reactor
        close = reactor.close

        def close_interrupted() -> None:
            close()
            interrupt()

        monkeypatch.setattr(reactor, "close", close_interrupted)
        reactor.call_soon(interrupt)
        with pytest.raises(KeyboardInterrupt):
            gevent.sleep(PATIENCE)
        sending.join(PATIENCE)
        assert isinstance(sending.exception, ActionLost | ConnectionError), sending
        client.close()
