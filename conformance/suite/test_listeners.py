"""A user's function that hears the notices: what it is told, and what it cannot break (R-DRIVER-04)."""

import logging
from typing import Any

import pytest

from ami_proto import ActionFailed, ActionFinished, Notice, StateChanged
from conformance.leaks import PATIENCE
from conformance.peer import PeerFactory, bursting, event, honest
from conformance.server import LoopbackServer
from conformance.suite.backends import Backend


class Spoilt:
    """A listener that raises at every notice, and counts them."""

    def __init__(self, kind: type[Exception]) -> None:
        self.heard = 0
        self._kind = kind

    def __call__(self, notice: Notice) -> None:
        """Raise."""
        self.heard += 1
        raise self._kind("its own affair")


@pytest.mark.parametrize("kind", [RuntimeError, TimeoutError, NotImplementedError])
async def test_a_listener_that_raises_breaks_nothing(
    backend: Backend, start_peer: PeerFactory, caplog: pytest.LogCaptureFixture, kind: type[Exception]
) -> None:
    """R-DRIVER-04, invariant 8: each time it is logged, and told again the next time."""
    listener = Spoilt(kind)
    peer = start_peer(bursting(event("Hello")))
    async with backend.connect(peer.port, on_notice=listener) as pbx:
        heard = pbx.events("Hello")
        await pbx.send("Go")
        assert (await heard.get(PATIENCE)).name == "Hello"
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    raised = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(raised) == listener.heard > 5


async def test_a_listener_hears_of_every_action_once(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-CORR-07, invariant 7: with its outcome, the failed ones too."""
    notices: list[Notice] = []
    async with backend.connect(mock_server.port, on_notice=notices.append) as pbx:
        await pbx.send("Ping")
        with pytest.raises(ActionFailed):
            await pbx.send("NoSuchAction")
        await pbx.send("CoreSettings")
    finished = [notice for notice in notices if isinstance(notice, ActionFinished)]
    assert [(each.ticket.action_name, each.outcome.error is None) for each in finished] == [
        ("Ping", True),
        ("NoSuchAction", False),
        ("CoreSettings", True),
    ]


async def test_a_listener_may_look_at_the_state(backend: Backend, start_peer: PeerFactory) -> None:
    """R-DRIVER-07: it is the one that the notice tells of, or a later one."""
    clients: list[Any] = []
    looks: list[tuple[object, object]] = []

    def look(notice: Notice) -> None:
        if clients and isinstance(notice, StateChanged):
            looks.append((notice.new, clients[0].state))

    async with backend.connect(start_peer(honest).port, on_notice=look) as pbx:
        clients.append(pbx)
    assert looks
    assert looks[-1][0] == looks[-1][1]


async def test_a_listener_may_ask_for_what_needs_no_wait(backend: Backend, start_peer: PeerFactory) -> None:
    """R-DRIVER-07: a snapshot, a subscription and its end."""
    clients: list[Any] = []
    seen: list[object] = []

    def listen(notice: Notice) -> None:
        if clients and isinstance(notice, ActionFinished):
            with clients[0].events("Hello") as heard:
                subscriptions = clients[0].snapshot().subscriptions
                seen.append((len(subscriptions), heard is not None))

    async with backend.connect(start_peer(honest).port, on_notice=listen) as pbx:
        clients.append(pbx)
        await pbx.send("Ping")
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert await backend.eventually(lambda: len(seen) == 2)
        assert pbx.snapshot().subscriptions == ()
    assert seen == [(1, True), (1, True)]
