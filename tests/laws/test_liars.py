"""A law that cannot be broken proves nothing: machines that lie, and who finds them out."""

from dataclasses import replace
from typing import Any

import pytest
from conversation import Conversation

import ami_proto as ami
from conformance.laws import LawBroken
from conformance.world import World

PING = ami.Action("Ping")
EARLIER = ami.SessionId("pbx", 1)


def story(kind: type[ami.Connection]) -> None:
    """Log in, ask, listen, lose the link, and recover."""
    talk = Conversation(kind=kind)
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
    talk.lose(ami.Reason.EOF)
    talk.settle()
    talk.heal()
    talk.finish()


def test_an_honest_machine_keeps_every_law() -> None:
    story(ami.Connection)


class Raises(ami.Connection):
    law = "L2"

    def handle_received(self, session: ami.SessionId, data: bytes, now: float) -> None:
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
        return self._now


class Hoards(ami.Connection):
    law = "L6"

    def snapshot(self) -> ami.Snapshot:
        seen = super().snapshot()
        return replace(seen, subscriptions=tuple(replace(each, depth=3) for each in seen.subscriptions))


class SpeaksOfTheDead(ami.Connection):
    law = "L7"

    def poll_command(self) -> ami.Command | None:
        command = super().poll_command()
        if isinstance(command, ami.Watch) and command.session != EARLIER:
            return ami.Watch(EARLIER, read=True, write=False)
        return command


class ReusesNumbers(ami.Connection):
    law = "L7"

    def poll_command(self) -> ami.Command | None:
        command = super().poll_command()
        return replace(command, session=EARLIER) if isinstance(command, ami.Connect) else command


class TakesBytesBack(ami.Connection):
    law = "what was shown was sent"

    def poll_transmit(self, session: ami.SessionId, limit: int = 0) -> bytes:
        return super().poll_transmit(session, 65_536).replace(b"ction: Ping", b"ction: Pong")


class TearsLines(ami.Connection):
    law = "what was shown was sent"

    def poll_transmit(self, session: ami.SessionId, limit: int = 0) -> bytes:
        return super().poll_transmit(session, 65_536)[:7]


class LosesLines(ami.Connection):
    law = "what was shown was sent"

    def poll_transmit(self, session: ami.SessionId, limit: int = 0) -> bytes:
        return super().poll_transmit(session, 65_536).replace(b"\r\n\r\n", b"\r\n")


class SkipsChanges(ami.Connection):
    law = "every change is told"

    def poll_notice(self) -> ami.Notice | None:
        notice = super().poll_notice()
        return super().poll_notice() if isinstance(notice, ami.StateChanged) else notice


LIARS = (
    LosesLines,
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
def test_a_machine_that_breaks_a_law_is_found_out(liar: Any) -> None:
    """L2 to L7: each by the law it breaks."""
    with pytest.raises(LawBroken) as broken:
        story(liar)
    assert broken.value.law == liar.law
    assert "the story so far" in str(broken.value)


def test_a_world_tells_where_it_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seed and the end of the story are in the error, and the next run goes wrong the same way."""
    monkeypatch.setattr(ami, "Connection", Forgets)
    failures = []
    for _ in range(2):
        with pytest.raises(LawBroken) as broken:
            World(seed=0).run()
        failures.append(str(broken.value))
    assert failures[0] == failures[1]


def test_a_machine_that_never_tries_again_does_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-LIFE-06, invariant 9: the heal finds what no step shows."""

    class GivesUp(ami.Connection):
        """Keep quiet once a session is lost, and never dial again."""

        @property
        def idle(self) -> bool:
            return self.state is ami.State.DISCONNECTED and not self._left_over()

        def poll_timeout(self) -> float | None:
            return None if self.idle else super().poll_timeout()

        def handle_timeout(self, now: float) -> None:
            if not self.idle:
                super().handle_timeout(now)

    monkeypatch.setattr(ami, "Connection", GivesUp)
    with pytest.raises(AssertionError, match="not READY"):
        World(seed=1).run()
