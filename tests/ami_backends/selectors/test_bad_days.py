"""What the suite of all drivers leaves out of the bad days."""

import time

import pytest
from peers import Owner, client_of

from ami_proto import ConnectFailed, Reason, State
from conformance.leaks import nothing_left
from conformance.peer import BANNER, Peer, black_hole, speaking

__all__ = ["nothing_left"]


def test_a_client_that_waits_for_a_black_hole_closes_at_once() -> None:
    with black_hole() as port, Owner(port) as owner:
        owner.until(lambda: owner.machine.state is State.CONNECTING)
        owner.reactor.poll()
        owner.machine.stop(time.monotonic())
        owner.until(lambda: owner.machine.stopped, 1.0)
        assert not owner.reactor._lines


def test_a_login_that_is_never_answered_is_overdue() -> None:
    """R-AUTH-02: two seconds are the least, since Asterisk sleeps one before it refuses."""
    with Peer(speaking(BANNER)) as peer, pytest.raises(ConnectFailed) as failed:
        client_of(peer.port, login_timeout=2.0)
    assert failed.value.cause.reason is Reason.LOGIN_TIMEOUT
