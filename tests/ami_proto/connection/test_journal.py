"""R-OBS-01: typed notices, in order, and bounded even if they are never drained (L6)."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto import (
    ActionFinished,
    ConnectScheduled,
    Decoder,
    EventsDropped,
    Fault,
    FaultSeen,
    Filter,
    Notice,
    Outcome,
    Overflow,
    Reply,
    Sent,
    State,
    StateChanged,
    Ticket,
)
from ami_proto.connection.journal import CHARACTERS_MAX, DETAIL_SIZE_MAX, STEPS_MAX, Journal, ServerJournal
from ami_proto.drivers import MessagesWaiting, SessionId, Subscription
from conformance.laws.playbook import SERVER

SUBSCRIPTION = Subscription(Filter(), 5, Overflow.DROP_OLDEST)


def outcome(number: int = 1) -> Outcome:
    return Outcome(Ticket("pbx", f"pbx:0:{number}", "Ping"), Reply(), None, Sent.FULLY)


def finished(number: int = 1) -> ActionFinished:
    return ActionFinished(outcome(number), elapsed=0.0)


def fault(fault: Fault = Fault.UNMATCHED, detail: str = "", count: int = 1) -> FaultSeen:
    return FaultSeen("pbx", None, fault, count, detail)


def changed(old: State, new: State) -> StateChanged:
    return StateChanged("pbx", None, old, new)


def drops(delta: int, total: int) -> EventsDropped:
    return EventsDropped("pbx", SUBSCRIPTION, delta, total, 5)


class Story:
    """A journal and the part of one server in it, at the time zero."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.server: ServerJournal = self.journal.open(SERVER)
        self.server.advance(0.0)

    def drained(self) -> list[Notice]:
        notices: list[Notice] = []
        while (notice := self.journal.poll()) is not None:
            notices.append(notice)
        assert self.server.undrained == 0
        return notices


def test_notices_come_in_order() -> None:
    story = Story()
    story.server.put_step(changed(State.CLOSED, State.DISCONNECTED))
    story.server.put_outcome(outcome())
    story.server.put_fault(Fault.UNMATCHED, "")
    story.server.put_waiting(SUBSCRIPTION)
    story.server.put_dropped(drops(1, 1))
    assert story.server.undrained == 5
    assert story.drained() == [
        changed(State.CLOSED, State.DISCONNECTED),
        finished(),
        fault(),
        MessagesWaiting(SUBSCRIPTION, "pbx"),
        drops(1, 1),
    ]


def test_outcomes_are_never_dropped_and_are_counted() -> None:
    """R-CORR-05: an undrained outcome keeps its place among the pending actions."""
    story = Story()
    for number in range(1000):
        story.server.put_outcome(outcome(number))
    assert story.server.outcomes == 1000
    assert story.drained() == [finished(number) for number in range(1000)]
    assert story.server.outcomes == 0


def test_faults_of_one_sort_become_one_with_a_count() -> None:
    """L6: bounded and counted; the latest detail stays."""
    story = Story()
    for number in range(1000):
        story.server.put_fault(Fault.UNMATCHED, str(number))
        story.server.put_fault(Fault.DESYNC, "", 2)
    assert story.drained() == [fault(detail="999", count=1000), fault(Fault.DESYNC, count=2000)]
    story.server.put_fault(Fault.UNMATCHED, "")
    assert story.drained() == [fault()]


def test_waiting_messages_are_announced_once_until_drained() -> None:
    story = Story()
    for _ in range(3):
        story.server.put_waiting(SUBSCRIPTION)
    assert story.drained() == [MessagesWaiting(SUBSCRIPTION, "pbx")]
    story.server.put_waiting(SUBSCRIPTION)
    assert story.drained() == [MessagesWaiting(SUBSCRIPTION, "pbx")]


def test_reports_of_drops_add_up() -> None:
    """R-FLOW-03: coalesced, with delta and total."""
    story = Story()
    story.server.put_dropped(drops(5, 5))
    story.server.put_dropped(drops(7, 12))
    assert story.drained() == [drops(12, 12)]


def test_steps_are_kept_up_to_a_bound_and_then_absorbed() -> None:
    """L6: state notices coalesce, and the first of the absorbed says where they began."""
    story = Story()
    for _ in range(STEPS_MAX):
        story.server.put_step(changed(State.DISCONNECTED, State.CONNECTING))
    story.server.put_step(changed(State.CONNECTING, State.CONNECTED))
    story.server.put_step(ConnectScheduled("pbx", "h", 1, 1, 0.1, 1.0, None))
    for _ in range(1000):
        story.server.put_step(changed(State.CONNECTED, State.DISCONNECTED))
    story.server.put_step(ConnectScheduled("pbx", "h", 1, 2, 0.2, 2.0, None))
    notices = story.drained()
    assert len(notices) == STEPS_MAX + 2
    assert notices[-2:] == [
        StateChanged("pbx", None, State.CONNECTING, State.DISCONNECTED, None, absorbed=1000),
        ConnectScheduled("pbx", "h", 1, 2, 0.2, 2.0, None),
    ]
    story.server.put_step(changed(State.CLOSED, State.DISCONNECTED))
    assert story.drained() == [changed(State.CLOSED, State.DISCONNECTED)], "and begins anew"


def flapped(story: Story, begin: int, count: int) -> None:
    """Report so many steps, numbered on, two changes and then a schedule."""
    states = list(State)
    for number in range(begin, begin + count):
        if number % 3 == 2:
            story.server.put_step(ConnectScheduled("pbx", "h", 1, number, 0.1, 1.0, None))
        else:
            number -= number // 3
            old, new = (states[each % len(states)] for each in (number, number + 1))
            story.server.put_step(StateChanged("pbx", SessionId("pbx", number), old, new))


def test_what_was_drained_makes_room() -> None:
    """L6: the bound is on what waits, and not on what ever came."""
    story = Story()
    for begin in range(0, 5 * STEPS_MAX, STEPS_MAX):
        flapped(story, begin, STEPS_MAX)
        steps = story.drained()
        assert len(steps) == STEPS_MAX
        assert all(each.absorbed == 0 for each in steps if isinstance(each, StateChanged))


def test_a_slot_that_absorbs_is_never_overtaken() -> None:
    """R-LIFE-01: a driver that drains a little falls behind, and never ends on a state that is gone."""
    story = Story()
    flapped(story, 0, 3 * STEPS_MAX)
    for _ in range(STEPS_MAX // 2):
        story.journal.poll()
    flapped(story, 3 * STEPS_MAX, 3 * STEPS_MAX)
    last = [each for each in story.drained() if isinstance(each, StateChanged)][-1]
    assert last.session == SessionId("pbx", 4 * STEPS_MAX - 1)


@given(st.lists(st.tuples(st.integers(0, 150), st.integers(0, 90)), max_size=8))
def test_steps_come_in_order_however_they_are_drained(rounds: list[tuple[int, int]]) -> None:
    """R-LIFE-01, L6: each change begins where the one before it ended, and none goes uncounted."""
    story, steps, came = Story(), list[Notice](), 0
    for count, polls in rounds:
        flapped(story, came, count)
        came += count
        steps += [each for each in (story.journal.poll() for _ in range(polls)) if each is not None]
        assert story.server.undrained <= STEPS_MAX + 2
    steps += story.drained()
    changes = [each for each in steps if isinstance(each, StateChanged)]
    schedules = [each.attempt for each in steps if isinstance(each, ConnectScheduled)]
    assert all(earlier.new is later.old for earlier, later in pairwise(changes))
    assert sum(1 + each.absorbed for each in changes) == came - came // 3
    assert [each.session for each in changes[-1:]] == [SessionId("pbx", came - came // 3 - 1)] * (came > 0)
    assert schedules == sorted(schedules)
    assert schedules[-1:] == [came // 3 * 3 - 1] * (came >= 3)


def test_what_waits_about_an_ended_subscription_is_dropped() -> None:
    """L6: subscribing and unsubscribing for ever, with nobody draining, grows nothing."""
    story = Story()
    story.server.put_outcome(outcome())
    for _ in range(100):
        ended = Subscription(Filter(), 5, Overflow.DROP_OLDEST)
        story.server.put_waiting(ended)
        story.server.put_dropped(EventsDropped("pbx", ended, 1, 1, 5))
        story.server.put_waiting(SUBSCRIPTION)
        story.journal.forget(ended)
    assert story.drained() == [finished(), MessagesWaiting(SUBSCRIPTION, "pbx")]


@pytest.mark.parametrize("kind", Fault)
def test_every_fault_reads_as_a_sentence(kind: Fault) -> None:
    assert len(kind.value.split()) >= 3


def test_a_listener_that_keeps_up_misses_no_step() -> None:
    """R-LIFE-01: each transition is reported by itself to whoever listens."""
    story = Story()
    for number in range(STEPS_MAX * 3):
        story.server.put_step(ConnectScheduled("pbx", "h", 1, number, 0.0, 0.0, None))
        step = story.journal.poll()
        assert isinstance(step, ConnectScheduled)
        assert step.attempt == number


def test_what_waits_about_an_ended_subscription_is_forgotten() -> None:
    """L6: neither its messages nor its drops are announced any more, and both may be again."""
    story, subscription = Story(), Subscription(Filter(), 10, Overflow.DROP_OLDEST)
    for _ in range(2):
        story.server.put_waiting(subscription)
        story.server.put_dropped(EventsDropped("pbx", subscription, 1, 1, 0))
        story.journal.forget(subscription)
        assert story.journal.poll() is None
    story.server.put_waiting(subscription)
    assert story.journal.poll() == MessagesWaiting(subscription, "pbx")
    story.server.put_dropped(EventsDropped("pbx", subscription, 2, 3, 0))
    assert story.journal.poll() == EventsDropped("pbx", subscription, 2, 3, 0)


# -- the peer's words


def of_secret(secret: str = "") -> ServerJournal:
    return Journal().open(replace(SERVER, secret=secret))


def quoted(line: bytes, secret: str = "") -> str:
    return of_secret(secret).quote(line)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"  SSH-2.0-OpenSSH  ", "SSH-2.0-OpenSSH"),
        (b"\x1b[31mred", "\\x1b[31mred"),
        ("h\u00e9".encode(), "h\\xe9"),
        (b"\xff", "\\xff"),
        (b"x" * 1000, "x" * CHARACTERS_MAX),
        (b"\xf0\x9f\x98\x80" * 1000, ("\\U0001f600" * CHARACTERS_MAX)[:CHARACTERS_MAX]),
        (b"", ""),
    ],
)
def test_a_line_is_shown_as_printable_ascii_and_not_too_much_of_it(line: bytes, shown: str) -> None:
    assert quoted(line) == shown


def test_of_a_message_the_first_line_is_shown() -> None:
    (message,) = Decoder().feed(b"Event: Hangup\r\nChannel: SIP/1\r\n\r\n")
    assert of_secret().excerpt(message) == "Event: Hangup"


@pytest.mark.parametrize("begin", [0, 1, CHARACTERS_MAX - 5, CHARACTERS_MAX - 1, CHARACTERS_MAX])
@pytest.mark.parametrize("secret", ["hunter2", "gr\u00fcn und lang", "tab\tbed", "s" * 1000, "\u00fc" * 500])
def test_a_secret_that_the_cut_would_halve_is_masked_whole(begin: int, secret: str) -> None:
    """R-AUTH-01: half of a secret is not known for one any more."""
    filling = "-" * begin
    shown = quoted(f"{filling}{secret}{filling}".encode(), secret)
    assert shown == f"{filling}***{filling}"[:CHARACTERS_MAX]


@pytest.mark.parametrize("secret", ["hunter2", "s" * 100, "t" * 1000])
@pytest.mark.parametrize("times", [1, 10, 100, 1000])
def test_half_a_secret_is_not_shown_where_masks_have_made_a_text_short(secret: str, times: int) -> None:
    """R-AUTH-01: whatever is left at the end of what was looked at."""
    line = secret * times
    for shown in (quoted(line.encode(), secret), of_secret(secret).detail(line)):
        assert set(shown) <= {"*"}


def test_a_secret_in_a_message_that_is_cut_is_masked_whole() -> None:
    """R-AUTH-01: the torn end of a stream is quoted, too."""
    secret = "s" * 500
    (message,) = (decoder := Decoder()).feed(f"banal {secret} line".encode()) + decoder.eof()
    assert of_secret(secret).excerpt(message) == "banal *** line"


@pytest.mark.parametrize("begin", [0, DETAIL_SIZE_MAX - 1, DETAIL_SIZE_MAX])
def test_a_report_is_one_printable_line_without_secrets_and_not_too_long(begin: int) -> None:
    """R-AUTH-01; invariant 6: a server's message can be as long as a frame, and full of anything."""
    secret, filling = "s" * 1000, "-" * begin
    detail = of_secret(secret).detail(f"{filling}{secret}\n\x1b[0m{'x' * 10_000}")
    assert detail == f"{filling}***\\n\\x1b[0m{'x' * 10_000}"[:DETAIL_SIZE_MAX]
