"""The breaker on every driver: a server that fails again and again is left alone, then probed."""

import time

import pytest

from ami_proto import (
    ActionLost,
    ActionTimeout,
    BreakerChanged,
    BreakerState,
    ConnectScheduled,
    Notice,
    State,
    StateChanged,
)
from conformance.laws.peer import PATIENCE, PeerConnection, PeerFactory, honest, leaving
from conformance.suite.backends import CLOCK_STEP, SuiteBackend

COOLDOWN = 0.4


class Story:
    """What a client reports: the steps of its breaker, and when it dialled."""

    def __init__(self) -> None:
        self.breaker: list[tuple[BreakerState, int]] = []
        """Each new state, and how often the breaker had opened by then."""
        self.opened: list[float] = []
        self.dialled: list[float] = []
        self.delays: list[float] = []
        """What was scheduled while the breaker was open."""

    def take(self, notice: Notice) -> None:
        """Take a notice."""
        match notice:
            case BreakerChanged(new=new, openings=openings):
                self.breaker.append((new, openings))
                if new is BreakerState.OPEN:
                    self.opened.append(time.monotonic())
            case ConnectScheduled(delay=delay) if self.breaker and self.breaker[-1][0] is BreakerState.OPEN:
                self.delays.append(delay)
            case StateChanged(new=State.CONNECTING):
                self.dialled.append(time.monotonic())

    def dials_after(self, opening: int) -> list[float]:
        """Return the seconds from an opening of the breaker to each later dial."""
        begun = self.opened[opening]
        return [dialled - begun for dialled in self.dialled if dialled > begun]


def hanging_up(_connection: PeerConnection) -> None:
    """Close at once."""


async def test_a_server_that_fails_is_left_alone_probed_and_trusted_again(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-HEALTH-04: failures open it, a failed probe opens it again, a stable one closes it."""
    story = Story()
    peer = start_peer(hanging_up, hanging_up, hanging_up, hanging_up, honest)
    options = {"breaker_threshold": 3, "breaker_cooldown": COOLDOWN, "stable_after": 0.1, "retry": True}
    async with backend.connect(peer.port, on_notice=story.take, **options) as pbx:
        assert peer.accepted == 5
        assert pbx.snapshot().breaker_openings == 2
        assert await backend.eventually(lambda: pbx.snapshot().breaker is BreakerState.CLOSED)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().connect_failures == 0
    opened, probed = BreakerState.OPEN, BreakerState.HALF_OPEN
    assert story.breaker == [(opened, 1), (probed, 1), (opened, 2), (probed, 2), (BreakerState.CLOSED, 2)]
    assert len(story.dialled) == 5
    assert all(delay >= COOLDOWN for delay in story.delays)
    for opening in (0, 1):
        assert min(story.dials_after(opening)) >= COOLDOWN - CLOCK_STEP


async def test_nobody_dials_while_it_is_open(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-HEALTH-04: neither a timer nor an action that waits; a stop ends the wait."""
    story = Story()
    peer = start_peer(leaving, hanging_up)
    options = {"breaker_threshold": 2, "breaker_cooldown": 6 * PATIENCE}
    async with backend.connect(peer.port, on_notice=story.take, **options) as pbx:
        with pytest.raises(ActionLost):
            await pbx.send("Ping")
        assert await backend.eventually(lambda: pbx.snapshot().breaker is BreakerState.OPEN)
        with pytest.raises(ActionTimeout):
            await pbx.send("Ping", wait=True, timeout=0.3)  # many times `reconnect_max`
        assert peer.accepted == 2
        begun = time.monotonic()
    assert time.monotonic() - begun < PATIENCE
    assert [state for state, _ in story.breaker] == [BreakerState.OPEN, BreakerState.CLOSED]
    assert story.dials_after(0) == []
