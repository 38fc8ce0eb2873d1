"""Which action takes which strategy."""

from typing import Any

import pytest

from ami_proto import Action
from ami_proto.completion import AsyncEvent, Automatic, Completion, EventList, EventOnly, Fence
from ami_proto.config.server import DURATION_MAX
from ami_proto.correlation.odd_actions import (
    ODD_ACTIONS,
    ORIGINATE_MARGIN,
    ORIGINATE_TIMEOUT_DEFAULT,
    WAIT_EVENT_MARGIN,
    blocks_session,
    completion_for,
    fence_allowed,
)

LISTS_UNMARKED_BEFORE_13_2 = """
    Agents BridgeInfo BridgeList BridgeTechnologyList DAHDIShowChannels DBGet IAXpeerlist ParkedCalls
    Parkinglots PRIShowSpans QueueStatus QueueSummary SIPpeerstatus Status VoicemailUsersList
"""


@pytest.mark.parametrize(
    ("name", "completion"),
    [
        ("CoreShowChannels", Automatic()),
        ("NobodyHasHeardOfIt", Automatic()),
        ("QueueRule", Automatic()),
        ("FAXSessions", Automatic()),
        ("FAXStats", AsyncEvent("FAXStats")),
        ("faxsession", Fence()),
        ("IAXnetstats", Fence(response_required=False)),
        ("Queues", Fence(response_required=False)),
        ("JabberSend", Fence()),
        ("ModuleLoad", Fence()),
        ("PRIDebugSet", Fence()),
        ("DataGet", EventOnly("DataGet Tree")),
        ("STATUS", Automatic(terminal_events=frozenset({"StatusComplete"}))),
        ("IAXpeerlist", Automatic(terminal_events=frozenset({"PeerlistComplete"}))),
    ],
)
def test_the_choice_follows_the_action(name: str, completion: Completion) -> None:
    """R-CORR-01: nothing has to be declared for the actions Asterisk has."""
    assert completion_for(Action(name)) == completion


def test_every_list_that_was_not_marked_has_its_end() -> None:
    """R-CORR-02: those of the facts, and no other."""
    ends = {name: each.terminal_events for name, each in ODD_ACTIONS.items() if isinstance(each, Automatic)}
    others = {"IAXpeerlist": "Peerlist", "VoicemailUsersList": "VoicemailUserEntry"}
    assert ends == {
        name.lower(): {f"{others.get(name, name)}Complete"} for name in LISTS_UNMARKED_BEFORE_13_2.split()
    }


def test_few_actions_need_no_response() -> None:
    """R-CORR-10: a pong alone is no evidence that a module was loaded."""
    without = {name for name, each in ODD_ACTIONS.items() if not each.response_required}
    assert without == {"iaxnetstats", "queues", "dataget", "events"}


@pytest.mark.parametrize(
    ("timeout", "duration"),
    [
        ("60", 60 + WAIT_EVENT_MARGIN),
        ("0", WAIT_EVENT_MARGIN),
        ("999999999", DURATION_MAX),
        ("-1", None),
        (None, None),
        ("soon", None),
    ],
)
def test_wait_event_lasts_as_long_as_it_waits(timeout: str | None, duration: float | None) -> None:
    """R-CORR-01: for ever is as long as any action."""
    action = Action("WaitEvent", {} if timeout is None else {"Timeout": timeout})
    assert completion_for(action) == EventList(
        terminal_events=frozenset({"WaitEventComplete"}), duration=duration
    )


@pytest.mark.parametrize(
    ("name", "headers", "blocks"),
    [
        ("Originate", {}, False),
        ("Originate", {"Async": "true"}, False),
        ("originate", {"async": "Yes "}, False),
        *(("Originate", {"Async": yes}, False) for yes in ("yes", "true", "y", "t", "1", "on")),
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


def test_a_ping_may_follow_anything_but_wait_event() -> None:
    """R-CORR-14."""
    assert [fence_allowed(Action(name)) for name in ("waitevent", "Command")] == [False, True]


def test_an_originate_ends_with_its_event() -> None:
    """R-CORR-15: and says what to look at where that does not come."""
    originate = completion_for(Action("ORIGINATE", {"Channel": "PJSIP/7"}))
    assert isinstance(originate, AsyncEvent)
    assert originate.unconfirmed_hint == (
        "OriginateResponse needs class 'call' in the user's read classes and in the event mask,"
        " and no event filter that hides it"
    )


@pytest.mark.parametrize("headers", [{}, {"Async": "false"}])
@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (None, ORIGINATE_TIMEOUT_DEFAULT),
        ("60000", 60.0),
        ("1500", 1.5),
        ("soon", ORIGINATE_TIMEOUT_DEFAULT),
        ("-1", ORIGINATE_TIMEOUT_DEFAULT),
        ("６0000", ORIGINATE_TIMEOUT_DEFAULT),
        ("9" * 30, ORIGINATE_TIMEOUT_DEFAULT),
    ],
)
def test_an_originate_lasts_as_long_as_it_dials(
    headers: dict[str, Any], timeout: str | None, seconds: float
) -> None:
    """R-CORR-15: its own Timeout and a margin, asynchronous or not."""
    action = Action("Originate", headers | ({} if timeout is None else {"Timeout": timeout}))
    assert completion_for(action).duration == seconds + ORIGINATE_MARGIN
