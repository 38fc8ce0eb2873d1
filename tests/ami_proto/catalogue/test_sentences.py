"""What the catalogue says in sentences, for help, the pages and the command line."""

import pytest

from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.catalogue.event_record import EVENTS
from ami_proto.catalogue.sentences import (
    availability,
    call_line,
    docstring_of,
    ending,
    needed_class,
    receiving_class,
)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ping", "Answered by one response."),
        ("command", "one response with the command's output. Until then, Asterisk serves nothing else"),
        ("queuesummary", "a list of QueueSummary, ended by QueueSummaryComplete, without EventList headers"),
        ("queuestatus", "a list of QueueParams, QueueMember and QueueEntry, ended by QueueStatusComplete"),
        ("pjsipshowaors", "Answered by a list of AorList, ended by AorListComplete."),
        ("hangup", "one response, or by a list of ChannelHungup, ended by ChannelsHungupListComplete."),
        ("faxstats", "Answered by a response, and then by the event FAXStats."),
        ("dataget", "Answered by the event DataGet Tree, without a response."),
        ("jabbersend", "Its end cannot be recognised: a Ping follows it."),
        ("events", "There may be no response. Its end cannot be recognised: a Ping follows it."),
        ("originate", "OriginateResponse unless it is synchronous. A synchronous one keeps Asterisk from"),
        ("waitevent", "the events of the session, ended by WaitEventComplete. Until then, Asterisk serves"),
    ],
)  # fmt: skip
def test_each_end_is_in_words(name: str, says: str) -> None:
    """R-CORR-02."""
    assert says in ending(ACTIONS[name])


def test_every_name_in_an_end_is_written_as_asked() -> None:
    said = ending(ACTIONS["queuestatus"], "<{}>".format)
    assert said == (
        "Answered by a list of <QueueParams>, <QueueMember> and <QueueEntry>, ended by <QueueStatusComplete>,"
        " without <EventList> headers before 13.2."
    )


def test_classes_are_in_words() -> None:
    assert needed_class(ACTIONS["ping"]) == "Every user may send it."
    assert needed_class(ACTIONS["originate"]) == "A user needs the class originate to send it."
    assert needed_class(ACTIONS["hangup"]) == "A user needs the class system or call to send it."
    assert receiving_class(EVENTS["Hangup"].classes) == "Sent to users with the class call."
    assert receiving_class(()) == ""


def test_releases_are_in_words() -> None:
    assert availability("1.8-11", ()) == "Asterisk 1.8 to 11."
    assert availability("16 18-master", ("16.0.0",)) == "Asterisk 16, 18 to master, since 16.0.0."


def test_a_call_shows_what_may_be_given_by_position() -> None:
    assert call_line(ACTIONS["ping"]) == "ping()"
    assert call_line(ACTIONS["absolutetimeout"]) == "absolute_timeout(channel, timeout)"
    assert call_line(ACTIONS["bridgelist"]) == "bridge_list(*, bridge_type)"


def test_help_says_all_of_it() -> None:
    """R-TYPE-01."""
    assert docstring_of(ACTIONS["absolutetimeout"]).splitlines() == [
        "Hang up a channel after a time, counted from now.",
        "",
        "`channel` (Channel): The full name of the channel.",
        "`timeout`, in seconds (Timeout): How long the channel may still live; more than zero.",
        "",
        "Answered by one response.",
        "A user needs the class system or call to send it.",
        "Asterisk 1.8 to master, since 0.5.0.",
    ]
