"""Machines that break a law, and the checks that catch them."""

import contextlib
from dataclasses import replace
from typing import Any

import pytest

import ami_proto as ami
from ami_backends.clients import lifetime
from ami_proto.correlation.entry import ActionBytes, Entry, Purpose
from ami_proto.drivers import Command, Connect, SessionId, Watch
from conformance.laws import LawBroken
from conformance.mock import LoopbackServer
from conformance.suite.backends import BACKEND_NAMES, LAWFUL, backend_of
from conformance.world import Scenario, World
from tests.manual_network import ManualNetwork

PING = ami.Action("Ping")
EARLIER = SessionId("pbx", 1)
LAWFUL_BACKENDS = [name for name in BACKEND_NAMES if name.endswith(LAWFUL)]


def story(kind: type[ami.Connection]) -> None:
    """Log in, send, subscribe, lose the connection, and recover."""
    talk = ManualNetwork(kind=kind)
    talk.machine.start(0.0)
    talk.settle()
    subscription = talk.machine.subscribe(ami.Filter(), limit=1)
    for _ in range(3):
        talk.server.publish({"Event": "X"}, "call")
    for _ in range(8):
        try:
            talk.machine.submit(PING, talk.now)
        except ami.Backpressure:
            assert len(talk.machine.open) == 6
    talk.carry_up(10, 3)
    talk.settle()
    while talk.machine.poll_message(subscription) is not None:
        pass
    talk.machine.submit(ami.Action("WaitEvent", {"Timeout": 9}), talk.now)
    talk.carry_up(65_536, 65_536)
    talk.lose(ami.Reason.EOF)
    talk.settle()
    talk.heal()
    talk.finish()


def test_an_honest_machine_keeps_every_law() -> None:
    story(ami.Connection)


class Raises(ami.Connection):
    law = "L2"

    def handle_received(self, session: SessionId, data: bytes, now: float) -> None:
        super().handle_received(session, data, now)
        if b"Event: X" in data:
            raise ValueError(data)


class RefusesTooLate(ami.Connection):
    law = "L3"

    def submit(self, *arguments: Any, **options: Any) -> ami.Ticket:
        ticket = super().submit(*arguments, **options)
        if ticket.action_id.endswith("5"):
            raise ami.Backpressure("too late")
        return ticket


class RefusesRudely(ami.Connection):
    law = "L3"

    def submit(self, *arguments: Any, **options: Any) -> ami.Ticket:
        raise ZeroDivisionError


class Forgets(ami.Connection):
    law = "L4"

    def poll_notice(self) -> ami.Notice | None:
        notice = super().poll_notice()
        return super().poll_notice() if isinstance(notice, ami.ActionFinished) else notice


class Repeats(ami.Connection):
    law = "L4"

    last: ami.Notice | None = None

    def poll_notice(self) -> ami.Notice | None:
        if isinstance(self.last, ami.ActionFinished):
            again, self.last = self.last, None
            return again
        self.last = super().poll_notice()
        return self.last


class SleepsLong(ami.Connection):
    law = "L5"

    def poll_timeout(self) -> float | None:
        deadline = super().poll_timeout()
        return None if deadline is None else deadline + 1


class NeverSleeps(ami.Connection):
    law = "L5"

    def poll_timeout(self) -> float | None:
        return self._journal.now


class Hoards(ami.Connection):
    law = "L6"

    def snapshot(self) -> ami.Snapshot:
        seen = super().snapshot()
        return replace(seen, subscriptions=tuple(replace(each, depth=3) for each in seen.subscriptions))


class SpeaksOfTheDead(ami.Connection):
    law = "L7"

    def poll_command(self) -> Command | None:
        command = super().poll_command()
        if isinstance(command, Watch) and command.session != EARLIER:
            return Watch(EARLIER, read=True, write=False)
        return command


class ReusesNumbers(ami.Connection):
    law = "L7"

    def poll_command(self) -> Command | None:
        command = super().poll_command()
        return replace(command, session=EARLIER) if isinstance(command, Connect) else command


class TakesBytesBack(ami.Connection):
    law = "bytes that were shown are sent"

    def poll_transmit(self, session: SessionId, limit: int = 0) -> bytes:
        return super().poll_transmit(session, 65_536).replace(b"ction: Ping", b"ction: Pong")


class TearsLines(ami.Connection):
    law = "bytes that were shown are sent"

    def poll_transmit(self, session: SessionId, limit: int = 0) -> bytes:
        return super().poll_transmit(session, 65_536)[:7]


class LosesLines(ami.Connection):
    law = "bytes that were shown are sent"

    def poll_transmit(self, session: SessionId, limit: int = 0) -> bytes:
        return super().poll_transmit(session, 65_536).replace(b"\r\n\r\n", b"\r\n")


class SendsAgain(ami.Connection):
    """Send each lost action once more on the next session: under its old ActionID, and without an outcome."""

    law = "bytes that were shown are sent"

    def handle_disconnected(self, session: SessionId, cause: ami.Disconnect, now: float) -> None:
        present = self._lifecycle.session
        lost = [] if present is None else list(present.pending._entries.values())
        super().handle_disconnected(session, cause, now)
        for each in lost:
            again = ActionBytes(each.outgoing.data)
            self._actions.waiting.add(
                Entry(
                    each.ticket,
                    each.completion,
                    again,
                    None,
                    purpose=Purpose.PING,
                    blocks=False,
                    fence_id=None,
                )
            )


class SkipsChanges(ami.Connection):
    law = "every change is reported"

    def poll_notice(self) -> ami.Notice | None:
        notice = super().poll_notice()
        return super().poll_notice() if isinstance(notice, ami.StateChanged) else notice


LIARS = (
    LosesLines,
    SendsAgain,
    SkipsChanges,
    Raises,
    RefusesTooLate,
    RefusesRudely,
    Forgets,
    Repeats,
    SleepsLong,
    NeverSleeps,
    Hoards,
    SpeaksOfTheDead,
    ReusesNumbers,
    TakesBytesBack,
    TearsLines,
)


@pytest.mark.parametrize("liar", LIARS)
def test_a_machine_that_breaks_a_law_is_caught(liar: Any) -> None:
    """L2 to L7: each by the law it breaks."""
    with pytest.raises(LawBroken) as broken:
        story(liar)
    assert broken.value.law == liar.law
    assert "the story so far" in str(broken.value)


@pytest.mark.parametrize("liar", [TearsLines, Raises, Forgets, SleepsLong, NeverSleeps, RefusesRudely])
@pytest.mark.parametrize("name", [*LAWFUL_BACKENDS, "reactor-lawful"])
def test_a_driver_does_not_hide_a_broken_law(
    liar: Any, name: str, mock_server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine raises inside the driver, which reports that as its own end; the program ignores it."""
    monkeypatch.setattr(lifetime, "Connection", liar)
    backend = backend_of(name)
    beat = {"heartbeat_interval": 0.05, "heartbeat_timeout": 0.05, "read_timeout": 5.0}

    async def program() -> None:
        with contextlib.suppress(Exception):
            async with backend.connect(mock_server.port, **beat) as pbx:
                await backend.aside(mock_server.call, lambda core: core.publish({"Event": "X"}, "call"))
                await pbx.send("Ping", timeout=0.2)
                await backend.sleep(0.3)

    with pytest.raises(LawBroken) as broken:
        backend.run(program, {})
    assert broken.value.law == liar.law


def test_a_failed_world_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the end of the trace, and the next run of the seed fails in the same way."""
    monkeypatch.setattr(ami, "Connection", Forgets)
    failures = []
    for _ in range(2):
        with pytest.raises(LawBroken) as broken:
            World(Scenario(seed=0)).run()
        failures.append(str(broken.value))
    assert failures[0] == failures[1]


def test_a_machine_that_never_reconnects_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-LIFE-06, invariant 9: by the recovery after the heal, since no single step is wrong."""

    class GivesUp(ami.Connection):
        """Do nothing once a session is lost: no dial, no deadline."""

        @property
        def idle(self) -> bool:
            return self.state is ami.State.DISCONNECTED and not self._lifecycle.work_left

        def poll_timeout(self) -> float | None:
            return None if self.idle else super().poll_timeout()

        def handle_timeout(self, now: float) -> None:
            if not self.idle:
                super().handle_timeout(now)

    monkeypatch.setattr(ami, "Connection", GivesUp)
    with pytest.raises(AssertionError, match="not READY"):
        World(Scenario(seed=1)).run()
