"""R-CORR-01: the strategies, each by what it makes of a message."""

from typing import Any

import pytest

from ami_proto import Action, AsyncEvent, Automatic, Completion, Decoder, Message, Progress, Verdict
from ami_proto.correlation.completion import (
    EVENTS_MAX,
    ORIGINATE_MARGIN,
    ORIGINATE_TIMEOUT_DEFAULT,
    blocks_session,
    completion_for,
    ends_list,
    opens_list,
)
from conformance.playbook import BANNER, frame


def message(*lines: str) -> Message:
    _, found = Decoder().feed(BANNER + frame(*lines))
    return found


def judged(completion: Completion, *lines: str) -> Verdict:
    return completion.judge(Progress(), message(*lines))


PLAIN = ("Response: Success",)
START = ("Response: Success", "EventList: start")
NO = ("Response: Error", "Message: No such channel")
ITEM = ("Event: CoreShowChannel", "Channel: PJSIP/7")
END = ("Event: CoreShowChannelsComplete", "EventList: Complete", "ListItems: 1")


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (PLAIN, Verdict.DONE),
        (START, Verdict.MORE),
        (("Response: Success", "EventList: Start"), Verdict.MORE),  # FAXSessions, res/res_fax.c:4463
        (NO, Verdict.FAILED),
        (("Response: Follows", "Privilege: Command"), Verdict.DONE),
        (("Response: Goodbye",), Verdict.DONE),
        (("Response: Pong",), Verdict.DONE),
        (("Response: Events On",), Verdict.DONE),
        (("Response: Failure",), Verdict.FAILED),  # 1.4's JabberSend
        (("Response: ",), Verdict.FAILED),
        (ITEM, Verdict.MORE),
        (END, Verdict.DONE),
        (("Event: X", "EventList: complete"), Verdict.DONE),
        (("Event: X", "EventList: Cancelled"), Verdict.DONE),
        (("Event: X", "EventList: start"), Verdict.MORE),
    ],
)
def test_the_response_decides(lines: tuple[str, ...], verdict: Verdict) -> None:
    """R-CORR-02: a list when it says so, in any case; success only on evidence (R-CORR-03)."""
    if lines[0] == "Response: Follows":
        raw = BANNER + b"Response: Follows\r\nPrivilege: Command\r\nup\n--END COMMAND--\r\n\r\n"
        assert Automatic().judge(Progress(), Decoder().feed(raw)[1]) is verdict
    else:
        assert judged(Automatic(), *lines) is verdict


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (PLAIN, Verdict.MORE),
        (NO, Verdict.FAILED),
        (("Event: OriginateResponse", "Response: Success"), Verdict.DONE),
        (("Event: originateresponse", "Response: success"), Verdict.DONE),
        (("Event: OriginateResponse", "Response: Failure", "Reason: 5"), Verdict.FAILED),
        (("Event: OriginateResponse",), Verdict.DONE),
        (("Event: Newchannel",), Verdict.IGNORE),
    ],
)
def test_an_asynchronous_action_ends_with_its_event(lines: tuple[str, ...], verdict: Verdict) -> None:
    """R-CORR-03: `OriginateResponse` with `Response: Failure` is a failure."""
    assert judged(AsyncEvent("OriginateResponse", "look there"), *lines) is verdict


def test_progress_keeps_response_items_and_end_apart() -> None:
    progress = Progress()
    second = ("Response: Success", "Message: again")
    for lines in (START, ITEM, ITEM, second, END):
        progress.collect(message(*lines), events_max=10)
    assert progress.response == message(*START)
    assert progress.events == [message(*ITEM), message(*ITEM), message(*second)]
    assert progress.complete == message(*END)
    assert progress.dropped == 0


def test_what_is_beyond_the_cap_is_counted() -> None:
    """R-CORR-09: memory stays bounded; response and end have places of their own."""
    progress = Progress()
    for lines in (START, ITEM, ITEM, ITEM, END):
        progress.collect(message(*lines), events_max=1)
    assert (len(progress.events), progress.dropped) == (1, 2)
    assert progress.complete is not None


@pytest.mark.parametrize("completion", [Automatic(), AsyncEvent("X", None)])
def test_every_strategy_declares_its_limits(completion: Completion) -> None:
    """R-CORR-01: max duration, max messages, terminal events, and what a timeout means."""
    assert completion.duration is None
    assert 1 <= completion.events_max <= EVENTS_MAX
    assert completion.response_required
    assert completion.unconfirmed_hint is None
    assert completion.async_events in (frozenset(), frozenset({"x"}))


@pytest.mark.parametrize(
    ("name", "headers", "blocks"),
    [
        ("Originate", {}, False),
        ("Originate", {"Async": "true"}, False),
        ("originate", {"async": " Yes "}, False),
        ("Originate", {"Async": "1"}, False),
        ("Originate", {"Async": "false"}, True),
        ("Originate", {"Async": ""}, True),
        ("Originate", {"Async": "asynchronously"}, True),
        ("Command", {"Command": "core show uptime"}, True),
        ("WaitEvent", {}, True),
        ("Ping", {}, False),
        ("Hangup", {"Async": "false"}, False),
    ],
)
def test_what_may_block_a_session(name: str, headers: dict[str, str], blocks: bool) -> None:
    """R-HEALTH-07: a synchronous Originate, a Command, WaitEvent. R-ACT-06: Async unless told."""
    assert blocks_session(Action(name, headers)) is blocks


def test_the_choice_follows_the_action() -> None:
    """R-CORR-01: nothing has to be declared for the actions Asterisk has."""
    assert completion_for(Action("CoreShowChannels")) == Automatic()
    originate = completion_for(Action("ORIGINATE", {"Channel": "PJSIP/7"}))
    assert isinstance(originate, AsyncEvent)
    assert "call" in (originate.unconfirmed_hint or "")


@pytest.mark.parametrize("headers", [{}, {"Async": "false"}])
@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (None, ORIGINATE_TIMEOUT_DEFAULT),
        ("60000", 60.0),
        ("1500", 1.5),
        ("soon", ORIGINATE_TIMEOUT_DEFAULT),
        ("-1", ORIGINATE_TIMEOUT_DEFAULT),
        ("9" * 30, ORIGINATE_TIMEOUT_DEFAULT),
    ],
)
def test_an_originate_lasts_as_long_as_it_dials(
    headers: dict[str, Any], timeout: str | None, seconds: float
) -> None:
    """R-CORR-15: its own Timeout and a margin, asynchronous or not."""
    action = Action("Originate", headers | ({} if timeout is None else {"Timeout": timeout}))
    assert completion_for(action).duration == seconds + ORIGINATE_MARGIN


def test_list_marks_are_read_in_any_case() -> None:
    assert opens_list(message(*START))
    assert not opens_list(message(*PLAIN))
    assert ends_list(message(*END))
    assert not ends_list(message(*ITEM))
