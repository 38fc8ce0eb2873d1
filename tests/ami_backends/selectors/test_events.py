"""Subscriptions: cases that only threads have. The others are in `conformance/suite/test_events.py`."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ami_backends.selectors import Item
from ami_backends.selectors.runner import BlockingWaiter
from ami_proto import Fault, MisuseError
from conformance.laws.peer import PATIENCE, Peer, bursting, event, honest
from conformance.suite.leaks import eventually, nothing_left
from tests.peers import client_of

__all__ = ["nothing_left"]


def test_a_predicate_that_sends_takes_nothing() -> None:
    """R-FLOW-01, invariant 8: it runs in the reactor's thread, and would wait for itself."""
    with Peer(bursting(event("Dial"))) as peer, client_of(peer.port) as pbx:
        greedy = pbx.events("Dial", where=lambda message: bool(pbx.send("Ping")))
        pbx.send("Go")
        with pytest.raises(TimeoutError):
            greedy.get(0)
        assert pbx.snapshot().faults[Fault.PREDICATE_FAILED] == 1
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_a_close_between_the_question_and_the_request_ends_the_iteration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Peer(honest) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(1) as pool:
        heard = pbx.events()
        ask = heard._request_batch

        def ask_too_late() -> BlockingWaiter[list[Item]]:
            heard.close()
            return ask()

        monkeypatch.setattr(heard, "_request_batch", ask_too_late)
        assert pool.submit(list, heard).result(2.0) == []


def test_a_turn_that_does_not_come_is_a_timeout() -> None:
    with Peer(honest) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(1) as pool:
        heard = pbx.events()
        other = pool.submit(heard.get)
        turn: Any = heard._turn
        assert eventually(turn.locked)
        with pytest.raises(TimeoutError):
            heard.get(0.05)
        heard.close()
        assert isinstance(other.exception(PATIENCE), MisuseError)
