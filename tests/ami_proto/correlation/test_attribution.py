"""R-CORR-12: which action a message belongs to, and what was an answer to one that has ended."""

import pytest

from ami_proto import Action, Decoder, Sent
from ami_proto.completion import AsyncEvent, Completion, Fence
from ami_proto.correlation.action_ids import ActionIds
from ami_proto.correlation.attribution import asynchronous, is_straggler, owner
from ami_proto.correlation.entry import Entry, Purpose, prepare
from ami_proto.correlation.odd_actions import AUTOMATIC
from ami_proto.correlation.pending import Pending
from conformance.laws.playbook import BANNER
from tests.playbooks import message

QUEUED = "Privilege: call,all"
"""What an event has that came through the event queue."""


class Open:
    """The open actions of a session, and their ids."""

    def __init__(self) -> None:
        self.ids = ActionIds("pbx", "0a0a0a0a")
        self.pending = Pending()

    def action(self, completion: Completion = AUTOMATIC) -> Entry:
        """Open one that was sent."""
        entry = prepare(
            self.ids, "pbx", Action("Test"), completion, now=0.0, deadline=10.0, purpose=Purpose.USER
        )
        entry.outgoing.shown = len(entry.outgoing.data)
        self.ids.draw(entry.ids)
        self.pending.add(entry)
        return entry

    def owner(self, *lines: str) -> Entry | None:
        return owner(self.pending, message(*lines))

    def is_straggler(self, *lines: str) -> bool:
        return is_straggler(self.pending, self.ids, message(*lines))


@pytest.fixture
def session() -> Open:
    return Open()


def named(entry: Entry) -> str:
    return f"ActionID: {entry.ticket.action_id}"


@pytest.mark.parametrize(
    ("name", "privilege", "expected"),
    [
        ("Hangup", True, True),
        ("CoreShowChannel", False, False),
        ("Status", True, False),
        ("PeerStatus", True, False),
    ],
)
def test_what_was_queued_is_told_by_its_privilege(name: str, privilege: bool, expected: bool) -> None:
    """R-CORR-12: `Status` has `Privilege: Call` all the same."""
    lines = [f"Event: {name}", *([QUEUED] if privilege else [])]
    assert asynchronous(message(*lines)) is expected


def test_an_answer_belongs_to_the_action_it_names(session: Open) -> None:
    """R-ID-03: by the exact id; a response without belongs to nobody."""
    one, two = session.action(), session.action()
    assert session.owner("Response: Success", named(two)) is two
    assert session.owner("Event: CoreShowChannel", named(one)) is one
    assert session.owner("Event: Status", QUEUED, named(one)) is one
    assert session.owner("Response: Success", named(two) + "0") is None
    session.pending.open_list(one)
    assert session.owner("Response: Success") is None


def test_a_queued_event_belongs_only_to_who_awaits_it(session: Open) -> None:
    """R-CORR-12: whatever ActionID it has, and in any case."""
    plain, awaiting = session.action(), session.action(AsyncEvent("DialEnd"))
    assert session.owner("Event: DialEnd", QUEUED, named(plain)) is None
    assert session.owner("Event: DIALEND", QUEUED, named(awaiting)) is awaiting
    assert session.owner("Event: Hangup", QUEUED, named(awaiting)) is None
    assert session.owner("Event: ", QUEUED, named(awaiting)) is None


def test_what_names_nobody_belongs_to_the_open_list_else_to_the_fence_in_front(session: Open) -> None:
    """R-CORR-12, R-CORR-14: text is the fence's alone."""
    item, text = ("Event: PeerEntry",), ("Name/username  Host",)
    assert session.owner(*item) is None
    listing, fenced = session.action(), session.action(Fence())
    assert [session.owner(*item), session.owner(*text)] == [fenced, fenced]
    session.pending.open_list(listing)
    assert [session.owner(*item), session.owner(*text)] == [listing, fenced]
    assert session.owner(*item, QUEUED) is None


def test_what_was_skipped_belongs_to_whom_it_would_have(session: Open) -> None:
    """R-WIRE-09: by what it began as."""
    action, fenced = session.action(), session.action(Fence())
    decoder = Decoder(frame_size_max=65_536)
    decoder.feed(BANNER)
    for beginning, expected in (
        (f"Response: Success\r\n{named(action)}\r\n", action),
        (f"Event: CoreShowChannel\r\n{named(action)}\r\n", action),
        ("Event: PeerEntry\r\n", fenced),
        ("a line of text\r\n", fenced),
        ("Response: Success\r\n", None),
    ):
        (skipped,) = decoder.feed(beginning.encode() + b"x: " + b"y" * 70_000 + b"\r\n\r\n")
        assert owner(session.pending, skipped) is expected, beginning


def test_stragglers_are_what_handlers_wrote_for_actions_that_have_ended(session: Open) -> None:
    """R-CORR-12: counted, never delivered."""
    ended = session.action()
    session.pending.remove(ended)
    assert session.is_straggler("Event: CoreShowChannel", named(ended))
    assert not session.is_straggler("Event: CoreShowChannel", QUEUED, named(ended))
    assert not session.is_straggler("Event: CoreShowChannel", "ActionID: somebody:else")
    assert not session.is_straggler("Event: PeerEntry")


def test_what_names_nobody_is_a_straggler_while_an_ended_actions_fence_is_in_front(session: Open) -> None:
    """R-CORR-14: until its pong; not where a list is open."""
    listing, ended = session.action(), session.action(Fence())
    assert ended.sent is Sent.FULLY
    session.pending.remove(ended)
    assert session.is_straggler("Event: PeerEntry")
    assert not session.is_straggler("Event: PeerEntry", QUEUED)
    session.pending.open_list(listing)
    assert not session.is_straggler("Event: PeerEntry")
