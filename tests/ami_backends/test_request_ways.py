"""R-DRIVER-06: a request that a caller makes gives the same as one that is posted.

For every capture of real servers, and for mutated ones: the peer answers an action with the capture, which
then has the ActionID of that action, and hangs up.
"""

import random
import re
from collections.abc import Callable
from typing import Any

import gevent
import pytest

from ami_backends import gevent as greenlets
from ami_backends import selectors as threads
from ami_backends.gevent.client import ReactorGreenlet
from ami_backends.selectors import Client, ReactorThread, Runner
from ami_proto import AmiError, Connection, Gap, Message, Overflow
from conformance.corpus import Capture
from conformance.laws.peer import Peer, PeerConnection, honest
from conformance.suite.leaks import nothing_left
from tests.cases import CAPTURES, case_id
from tests.peers import config

__all__ = ["nothing_left"]

gevent.sleep(0)  # the hub opens descriptors that stay

Result = tuple[str, list[bytes | str], dict[Any, int]]
"""How the action ended, what the subscription got up to the end of the session, and the faults."""


def mutated(data: bytes, seed: int) -> bytes:
    """Return the bytes with some of them changed, removed or doubled."""
    rng = random.Random(seed)
    pieces = bytearray(data)
    for _ in range(1 + len(data) // 2_000):
        place = rng.randrange(len(pieces))
        match rng.randrange(3):
            case 0:
                pieces[place] = rng.choice(b"\r\n: aE\0\xff")
            case 1:
                del pieces[place : place + rng.randrange(1, 40)]
            case 2:
                pieces[place:place] = pieces[place : place + rng.randrange(1, 200)]
    return bytes(pieces)


def play(connect_machine: Callable[..., Client], data: bytes) -> Result:
    """Send an action that is answered with these bytes; return what became of it."""

    def answer(connection: PeerConnection) -> None:
        connection.accept_login()
        for _ in range(3):
            connection.answer(connection.read_action(), "Success", "Ping: Pong")
        action_id = connection.read_action()["ActionID"].encode()
        connection.send(re.sub(rb"(?m)^ActionID: [^\r\n]*", lambda _: b"ActionID: " + action_id, data))

    with Peer(answer, honest) as peer:
        pbx = connect_machine(Connection(config(peer.port), seed=1))
        with pbx, pbx.events(replies=True, marks=True, limit=100_000, policy=Overflow.DROP_NEWEST) as heard:
            for _ in range(3):
                assert pbx.send("Ping")["Ping"] == "Pong"
            try:
                reply = pbx.send("Command", {"Command": "x"})
                end = repr((reply.response, reply.events, reply.output))
            except AmiError as error:
                end = repr(error)
            items: list[bytes | str] = []
            for item in heard:
                items.append(item.raw if isinstance(item, Message) else type(item).__name__)
                if isinstance(item, Gap):
                    break
            return end, items, dict(pbx.snapshot().faults)


WAYS = [(threads.connect_machine, ReactorThread), (greenlets.connect_machine, ReactorGreenlet)]


@pytest.mark.parametrize(("connect_machine", "runner"), WAYS, ids=["selectors", "gevent"])
@pytest.mark.parametrize("capture", CAPTURES, ids=case_id)
def test_both_ways_give_the_same(
    monkeypatch: pytest.MonkeyPatch,
    connect_machine: Callable[..., Client],
    runner: type[Runner],
    capture: Capture,
) -> None:
    """As it came, and mutated."""
    made: list[bool] = []
    try_request = Runner.try_request

    def noting(self: Runner, request: Callable[[], None]) -> bool:
        made.append(try_request(self, request))
        return made[-1]

    monkeypatch.setattr(Runner, "try_request", noting)
    _, _, whole = capture.data.partition(b"\r\n")
    whole = whole[:200_000]
    for data in (whole, mutated(whole, 1)):
        results: list[Result] = []
        for posted in (False, True):
            # No signal handler raises here: the main thread may make its requests as well.
            monkeypatch.setattr(runner, "interruptible", posted)
            made.clear()
            results.append(play(connect_machine, data))
            assert any(made) is not posted
        assert results[0] == results[1]
