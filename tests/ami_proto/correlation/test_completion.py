"""What a strategy sees: the progress of an action, and the marks that its messages carry."""

import pytest

from ami_proto.completion import Progress
from ami_proto.correlation.completion import closes, named, opens_list, succeeded
from tests.playbooks import message

START = ("Response: Success", "EventList: start")
ITEM = ("Event: CoreShowChannel", "Channel: PJSIP/7")
END = ("Event: CoreShowChannelsComplete", "EventList: Complete", "ListItems: 1")


def collected(*messages: tuple[str, ...], events_max: int = 10) -> Progress:
    progress = Progress()
    for lines in messages:
        progress.collect(message(*lines), events_max, {"bye"})
    return progress


def test_response_items_and_end_are_kept_apart() -> None:
    second = ("Response: Success", "Message: again")
    progress = collected(START, ITEM, ITEM, second, END)
    assert progress.response == message(*START)
    assert progress.responses == 2
    assert progress.events == [message(*ITEM), message(*ITEM), message(*second)]
    assert progress.complete == message(*END)
    assert (progress.dropped, progress.damaged) == (0, 0)
    progress.note_damage()
    assert (progress.damaged, progress.reply().damaged) == (1, 1)


def test_an_end_may_be_told_by_its_name() -> None:
    """R-CORR-02: as before 13.2. The first end is the end."""
    again = ("Event: Bye", "Number: 2")
    progress = collected(("Event: bye", "Number: 1"), again)
    assert progress.complete is not None
    assert progress.complete["Number"] == "1"
    assert progress.events == [message(*again)]


def test_the_first_error_is_the_response() -> None:
    """R-CORR-03: a success gives way to it, and nothing is lost but the promise of a list."""
    sent, errors = (
        ("Response: Success", "Message: Sent"),
        [("Response: Error", f"Message: {n}") for n in "12"],
    )
    progress = collected(sent, ITEM, END, ITEM, *errors)
    assert progress.response == message(*errors[0])
    assert progress.events == [message(*each) for each in (sent, ITEM, ITEM, errors[1])]
    assert collected(START, ITEM, errors[0]).events == [message(*ITEM)]


def test_what_is_beyond_the_cap_is_counted() -> None:
    """R-CORR-09: memory stays bounded; response and end have places of their own."""
    progress = collected(START, ITEM, ITEM, ITEM, END, events_max=1)
    assert (len(progress.events), progress.dropped) == (1, 2)
    assert progress.complete is not None
    full = collected(("Response: Success",), ITEM, ("Response: Error",), ("Response: Error",), events_max=1)
    assert (full.events, full.dropped, full.responses) == ([message(*ITEM)], 2, 3)


def test_the_version_is_that_of_the_server_that_gets_the_action() -> None:
    before, after = Progress(), Progress()
    after.begin((2, 6, 0))
    assert [each.ami_version for each in (before, after)] == [(), (2, 6, 0)]


@pytest.mark.parametrize(
    ("lines", "closing"),
    [
        (END, True),
        (ITEM, False),
        (("Event: X", "EventList: cancelled"), True),
        (("Event: X", "EventList: start"), False),
        (("Event: XCOMPLETE",), True),
        (("Response: XComplete", "EventList: Complete"), False),
    ],
)
def test_marks_are_read_in_any_case(lines: tuple[str, ...], closing: bool) -> None:
    assert closes(message(*lines), {"XComplete"}) is closing


def test_other_marks() -> None:
    assert opens_list(message(*START))
    assert opens_list(message("Response: Success", "EventList: Start"))  # FAXSessions, res/res_fax.c:4463
    assert not opens_list(message("Response: Success"))
    assert named(message("Event: dialend"), {"DialEnd"})
    assert not named(message("Event: DialEnd"), ())
    assert [succeeded(message(f"Response: {word}")) for word in ("SUCCESS", "Goodbye", "Error", "")] == [
        True,
        True,
        False,
        False,
    ]
