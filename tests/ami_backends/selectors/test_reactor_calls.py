"""Waking a reactor: the descriptor for an outer loop, and calls posted from other threads."""

import selectors
import threading
import time

import pytest

from ami_proto import State
from conformance.laws.peer import PATIENCE, Peer, honest, silent
from conformance.suite.leaks import nothing_left
from tests.peers import Owner

__all__ = ["nothing_left"]


def test_an_outer_loop_waits_for_the_descriptor_and_the_deadline() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner, selectors.DefaultSelector() as outer:
        outer.register(owner.reactor.fileno(), selectors.EVENT_READ)
        rounds = 0
        while owner.machine.state is not State.READY:
            deadline = owner.reactor.deadline()
            wait = PATIENCE if deadline is None else max(0.0, deadline - time.monotonic())
            outer.select(min(wait, PATIENCE))
            owner.reactor.poll()
            rounds += 1
        assert rounds < 30
        owner.reactor.call_soon(lambda: None)  # makes the descriptor readable
        due = owner.reactor.deadline()
        assert due is not None
        assert due <= time.monotonic()
        assert outer.select(PATIENCE)
        owner.reactor.poll()
        assert not outer.select(0)


def test_posted_calls_are_made_in_order_in_the_owners_thread() -> None:
    """R-DRIVER-06."""
    made: list[tuple[int, int]] = []
    with Peer(silent) as peer, Owner(peer.port) as owner:

        def post(sender: int) -> None:
            for number in range(500):

                def call(number: int = number) -> None:
                    made.append((sender, number))
                    assert threading.current_thread() is threading.main_thread()

                owner.reactor.call_soon(call)

        threads = [threading.Thread(target=post, args=(sender,)) for sender in range(8)]
        for thread in threads:
            thread.start()
        owner.until(lambda: len(made) == 8 * 500)
        for thread in threads:
            thread.join()
    for sender in range(8):
        assert [number for who, number in made if who == sender] == list(range(500))


def test_a_call_that_posts_another_does_not_prolong_the_round() -> None:
    made: list[int] = []
    with Peer(silent) as peer, Owner(peer.port) as owner:

        def again() -> None:
            made.append(1)
            owner.reactor.call_soon(again)

        owner.reactor.call_soon(again)
        owner.reactor.poll()
        assert 1 <= len(made) <= 2  # a round makes the posted calls before and after its wait
        owner.reactor.poll()
        assert len(made) <= 4


def test_a_posted_call_that_raises_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """R-OBS-04: neither the server's secret, nor a value that `redact_names` masks."""

    def fail() -> None:
        raise ValueError("it was hunter2, with PIN=1234")

    with Peer(silent) as peer, Owner(peer.port, secret="hunter2", redact_names=("^pin$",)) as owner:
        owner.reactor.call_soon(fail)
        owner.reactor.poll()
    assert "it was ***, with PIN=***" in caplog.text
