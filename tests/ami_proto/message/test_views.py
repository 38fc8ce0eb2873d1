"""Views of events, and the values of events that are numbers."""

from typing import Any

import pytest

import ami_proto.events
from ami_proto import Decoder, Gap, Message, MisuseError
from ami_proto.catalogue.event_record import EVENTS
from ami_proto.events import (
    AOC_D,
    ChannelState,
    EventView,
    Hangup,
    Newexten,
    channel_state,
    event_time,
    hangup_cause,
    header_seconds,
    is_event,
)
from ami_proto.message.view import event_pattern


def event(name: str, **headers: str) -> Message:
    lines = "".join(f"{header}: {value}\r\n" for header, value in headers.items())
    return Decoder().feed(f"Event: {name}\r\n{lines}\r\n".encode())[0]


def test_a_view_is_of_its_event_in_any_case() -> None:
    """R-TYPE-02: the documentation writes NewExten, the wire Newexten."""
    assert is_event(event("Hangup"), Hangup)
    assert is_event(event("HANGUP"), Hangup)
    assert is_event(event("NewExten"), Newexten)
    assert is_event(event("AOC-D"), AOC_D)
    assert not is_event(event("HangupRequest"), Hangup)


def test_nothing_else_is_an_event() -> None:
    """R-TYPE-02: marks among the messages, responses and frames without a name."""
    response, unknown = Decoder().feed(b"Response: Hangup\r\n\r\nX: 1\r\n\r\n")
    for item in (response, unknown, Gap("pbx", 0.0, 1.0, None), None):
        assert not is_event(item, Hangup)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (EventView, "EventView is no view of an event, such as ami_proto.events.Hangup"),
        (Message, "Message is no view of an event, such as ami_proto.events.Hangup"),
        ("Hangup", "str is no view of an event, such as ami_proto.events.Hangup"),
        (None, "NoneType is no view of an event, such as ami_proto.events.Hangup"),
    ],
)
@pytest.mark.parametrize("item", [event("Hangup"), None])
def test_what_is_no_view_is_refused_at_once(item: object, wrong: Any, sentence: str) -> None:
    """R-TYPE-02: typed, in one sentence, and not with the first event only."""
    with pytest.raises(MisuseError) as caught:
        is_event(item, wrong)
    assert str(caught.value) == sentence
    if isinstance(wrong, type):
        with pytest.raises(MisuseError, match="is no view of an event"):
            event_pattern(wrong)


def test_a_view_of_one_s_own_is_a_view() -> None:
    """R-TYPE-02: of an event of a module that Asterisk does not come with."""

    class Own(EventView):
        event = "Own"

    assert is_event(event("OWN"), Own)
    assert event_pattern(Own) == "Own"


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_has_its_view(name: str) -> None:
    view = getattr(ami_proto.events, EVENTS[name].view)
    assert issubclass(view, EventView)
    assert (view.event, view.__doc__) == (name, EVENTS[name].means)
    assert getattr(ami_proto.events, EVENTS[name].view) is view
    assert is_event(event(name), view)


def test_threads_that_ask_at_once_get_the_same_view() -> None:
    """R-TYPE-02: each makes one; the first that is kept is everyone's."""
    made = [getattr(ami_proto.events, "__getattr__")("Hangup") for _ in range(2)]  # noqa: B009
    assert made == [Hangup, Hangup]


def test_a_star_gives_the_views_too() -> None:
    """R-TYPE-02."""
    given: dict[str, object] = {}
    exec("from ami_proto.events import *", given)
    assert given["Hangup"] is Hangup
    assert given["is_event"] is is_event
    assert {record.view for record in EVENTS.values()} < given.keys()
    assert "event_view" not in given


def test_an_unknown_view_is_an_attribute_error_with_a_hint() -> None:
    with pytest.raises(AttributeError, match="did you mean 'Newchannel'"):
        _ = ami_proto.events.Newchanel  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"has no event 'Zzz'$"):
        _ = ami_proto.events.Zzz  # type: ignore[attr-defined]
    assert {"Hangup", "is_event"} <= set(dir(ami_proto.events))


def test_a_view_names_its_event_for_subscriptions() -> None:
    """R-TYPE-02."""
    assert event_pattern(Hangup) == "Hangup"
    assert event_pattern(AOC_D) == "AOC-D"
    assert event_pattern("Queue*") == "Queue*"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("16", 16),
        (" 0", 0),
        ("", None),
        ("x", None),
        ("-1", None),
        ("１", None),
        ("1_0", None),
        ("9" * 10, None),
    ],
)
def test_a_cause_is_a_number_or_nothing(text: str, number: int | None) -> None:
    """R-TYPE-03."""
    assert hangup_cause(event("Hangup", Cause=text)) == number


def test_the_state_of_a_channel_has_a_name() -> None:
    """R-TYPE-03."""
    both = event("DialBegin", ChannelState="6", DestChannelState="5")
    assert channel_state(both) is ChannelState.UP
    assert channel_state(both, "Dest") is ChannelState.RINGING
    for state in ChannelState:
        assert channel_state(event("Newstate", ChannelState=str(state.value))) is state
    assert channel_state(event("Newstate", ChannelState="11")) is None
    assert channel_state(event("Newstate")) is None


def test_times_are_seconds() -> None:
    """R-TYPE-03."""
    assert event_time(event("Hangup", Timestamp="1700000000.250000")) == 1700000000.25
    assert event_time(event("Hangup")) is None
    assert header_seconds(event("AgentComplete", HoldTime="12"), "HoldTime") == 12


@pytest.mark.parametrize(("text", "seconds"), [("-1", -1), ("+2.5", 2.5), ("3.", 3), (" 007 ", 7)])
def test_seconds_may_have_a_sign_and_a_fraction(text: str, seconds: float) -> None:
    """R-TYPE-03."""
    assert header_seconds(event("AgentComplete", HoldTime=text), "HoldTime") == seconds


@pytest.mark.parametrize(
    "text",
    ["", "soon", "nan", "inf", "1_000", "１２", "1e3", ".5", "+", "1 2", "1.5.2", "0x10", "9" * 400],
    ids=ascii,
)
def test_what_asterisk_does_not_write_is_no_time(text: str) -> None:
    """R-TYPE-03."""
    assert header_seconds(event("AgentComplete", HoldTime=text), "HoldTime") is None
    assert event_time(event("Hangup", Timestamp=text)) is None
