"""R-CORR-01, R-CORR-11: users write strategies, and a faulty one fails its own action only."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ami_proto import Action, ConfigError, Fault, FaultSeen, Filter, Kind, Message, MisuseError, State
from ami_proto.completion import (
    AsyncEvent,
    Automatic,
    Completion,
    CompletionFailed,
    Progress,
    Strategy,
    Verdict,
)
from conformance.laws.playbook import SERVER, Playbook, frame
from tests.playbooks import LINES, STATUS, TEXT, error_of, pong


@dataclass(frozen=True)
class Custom:
    """A strategy as a user writes it."""

    verdicts: tuple[Verdict | Exception, ...]
    duration: float | None = None
    events_max: int = 10
    async_events: frozenset[str] = frozenset({"dialend"})
    response_required: bool = False
    unconfirmed_hint: str | None = None
    terminal_events: frozenset[str] = frozenset()
    fence: bool = False

    def judge(self, progress: Progress, message: Message) -> Verdict:
        verdict = self.verdicts[len(progress.events) + (progress.response is not None)]
        if isinstance(verdict, Exception):
            raise verdict
        return verdict


def test_users_write_their_own(ready: Playbook) -> None:
    """R-CORR-01: and one that users can write."""
    everything = ready.subscribe()
    strategy: Completion = Custom((Verdict.MORE, Verdict.DONE))
    ticket = ready.submit(Action("Dial"), completion=strategy)
    ready.reply(ticket)
    ready.receive(frame("Event: DialEnd", "Privilege: call,all", f"ActionID: {ticket.action_id}"))
    assert ready.outcome(ticket).unwrap().events[0].name == "DialEnd"
    assert len(ready.messages(everything)) == 1, "an asynchronous event is everybody's"


def test_a_strategy_that_raises_fails_its_own_action_only(ready: Playbook) -> None:
    """R-CORR-11."""
    boom = ZeroDivisionError("boom")
    broken, whole = (
        ready.submit(Action("Dial"), completion=Custom((boom,))),
        ready.submit(STATUS),
    )
    ready.receive(
        frame("Response: Success", f"ActionID: {broken.action_id}")
        + frame("Response: Success", f"ActionID: {whole.action_id}")
    )
    error = error_of(ready.outcome(broken))
    assert isinstance(error, CompletionFailed)
    assert error.__cause__ is boom
    assert ready.outcome(whole).succeeded


def test_a_strategy_that_does_not_judge_fails_its_own_action_only(ready: Playbook) -> None:
    """R-CORR-11: who forgets to return would otherwise wait for ever."""
    silent = Custom((None,))  # type: ignore[arg-type]
    broken, whole = ready.submit(Action("Dial"), completion=silent), ready.submit(STATUS)
    ready.reply(broken).reply(whole)
    error = error_of(ready.outcome(broken))
    assert isinstance(error, CompletionFailed)
    assert "judge returned NoneType, not a Verdict" in str(error)
    assert ready.outcome(whole).succeeded


def test_a_response_that_is_ignored_is_unmatched(ready: Playbook) -> None:
    everything = ready.subscribe()
    ticket = ready.submit(Action("Dial"), completion=Custom((Verdict.IGNORE, Verdict.DONE)))
    ready.reply(ticket).item(ticket, "NotMine")
    assert not ready.outcomes(ticket)
    assert ready.faults() == {Fault.UNMATCHED: 1}
    assert len(ready.messages(everything)) == 1


def test_requests_from_inside_a_strategy_are_refused(ready: Playbook) -> None:
    """L3, invariant 8."""

    class Meddler(Automatic):
        def judge(self, progress: Progress, message: Message) -> Verdict:
            ready.connection.stop(ready.now)
            return Verdict.DONE

    ticket = ready.submit(STATUS, completion=Meddler())
    ready.reply(ticket)
    error = error_of(ready.outcome(ticket))
    assert isinstance(error.__cause__, MisuseError)
    assert ready.connection.state is State.READY


def test_an_action_that_ended_early_is_open_no_more() -> None:
    """L4, R-CORR-11: no second end by a later answer, by its deadline, or with the session."""
    play = Playbook(replace(SERVER, max_frame_size=65_536)).log_in()
    broken = play.submit(STATUS, completion=Custom((ZeroDivisionError(),)), timeout=5)
    oversized = play.submit(STATUS, timeout=5)
    for ticket, lines in ((broken, ()), (oversized, ("X: " + "x" * 70_000,))):
        play.reply(ticket, *lines)
        assert not play.outcome(ticket).succeeded
    assert play.connection.snapshot().actions_pending == 0
    play.reply(broken).reply(oversized).wait(10).disconnect()
    for ticket in (broken, oversized):
        play.outcome(ticket)


@dataclass(frozen=True)
class Faulty(Strategy):
    """A strategy that does what it is told when it should judge."""

    deed: str = ""

    def judge(self, progress: Progress, message: Message) -> Verdict:
        match self.deed:
            case "recurse":
                return self.judge(progress, message)
            case "meddle":
                progress.complete = message  # type: ignore[misc]
            case "lie":
                return "done"  # type: ignore[return-value]
        raise ZeroDivisionError


@pytest.mark.parametrize("fence", [False, True])
@pytest.mark.parametrize("deed", ["raise", "recurse", "meddle", "lie"])
def test_a_faulty_strategy_fails_its_own_action_only(ready: Playbook, deed: str, fence: bool) -> None:
    """R-CORR-11: whatever it does; its fence is let go."""
    broken = ready.submit(STATUS, completion=Faulty(deed=deed, fence=fence))
    whole = ready.submit(TEXT)
    assert isinstance(ready.reply(broken).outcome(broken).error, CompletionFailed)
    if fence:
        pong(ready, broken)
    assert pong(ready.receive(LINES), whole).outcome(whole).succeeded
    assert ready.faults() == ({Fault.UNMATCHED: 1} if fence else {})


@dataclass(frozen=True, slots=True)
class Raising(Strategy):
    """Take the response, and raise at anything else."""

    def judge(self, progress: Progress, message: Message) -> Verdict:
        if message.kind is Kind.RESPONSE:
            return Verdict.MORE
        raise ValueError


def test_what_a_strategy_raised_at_is_not_lost(ready: Playbook) -> None:
    """R-CORR-11, R-CORR-12, invariant 10: it is in the reply, and everybody's where it is an event."""
    everything = ready.subscribe()
    strategy = Raising(async_events=frozenset({"DialEnd"}))
    one, two = (
        ready.submit(STATUS, completion=strategy),
        ready.submit(STATUS, completion=Faulty(deed="raise")),
    )
    ready.reply(one).receive(frame("Event: DialEnd", "Privilege: call,all", f"ActionID: {one.action_id}"))
    (event,) = ready.messages(everything)
    assert isinstance(event, Message)
    error = error_of(ready.outcome(one))
    assert isinstance(error, CompletionFailed)
    assert [*error.reply] == [event]
    ready.reply(two, "Message: seen")
    assert ready.outcome(two).reply["Message"] == "seen"
    assert ready.faults() == {}


class Meddling(Exception):
    """Submits an action while it is described."""

    play: Playbook

    def __repr__(self) -> str:
        self.play.submit(STATUS)
        return "meddled"


def test_an_exception_that_makes_requests_is_refused(ready: Playbook) -> None:
    """Invariant 8: the user's code runs while it is described as well."""
    Meddling.play = ready
    strategy = Custom((Meddling(),))
    broken = ready.submit(STATUS, completion=strategy)
    assert "Meddling" in str(ready.reply(broken).outcome(broken).error)

    def meddle(message: Message) -> bool:
        raise Meddling

    ready.connection.subscribe(Filter(where=meddle))
    ready.event("Hangup").expect_actions()
    assert ready.faults() == {Fault.PREDICATE_FAILED: 1}


def endless() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"Event{number}"


@pytest.mark.parametrize(
    "nonsense",
    [
        {"async_events": endless()},
        {"terminal_events": endless()},
        {"terminal_events": "StatusComplete"},
        {"terminal_events": frozenset({1})},
        {"terminal_events": None},
        {"events_max": -1},
        {"events_max": 2.5},
        {"unconfirmed_hint": 7},
        {"duration": 0.0},
        {"duration": float("nan")},
        {"duration": "long"},
    ],
    ids=lambda each: " ".join(f"{key}={type(value).__name__}" for key, value in each.items()),
)
def test_nonsense_is_refused_at_the_request(ready: Playbook, nonsense: dict[str, Any]) -> None:
    """R-CORR-11, L3: typed, and nothing is changed."""
    before = ready.connection.snapshot()
    with pytest.raises(ConfigError):
        ready.submit(STATUS, completion=Automatic(**nonsense))
    assert ready.connection.snapshot() == before


def test_names_of_events_count_in_any_case(ready: Playbook) -> None:
    ticket = ready.submit(Action("Dial"), completion=AsyncEvent("DIALEND"))
    ready.reply(ticket).receive(
        frame("Event: DialEnd", "Privilege: call,all", f"ActionID: {ticket.action_id}")
    )
    assert ready.outcome(ticket).succeeded


def test_a_response_that_a_strategy_does_not_want_is_told_as_such(ready: Playbook) -> None:
    """R-CORR-08: it is neither lost nor part of the reply."""
    ticket = ready.submit(STATUS, completion=Custom((Verdict.IGNORE, Verdict.DONE)))
    ready.reply(ticket)
    (seen,) = ready.take(FaultSeen)
    detail = "Response: Success, refused by the completion strategy"
    assert (seen.fault, seen.detail, seen.action_id) == (Fault.UNMATCHED, detail, ticket.action_id)
