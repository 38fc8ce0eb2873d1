"""The open actions of a session, and the one end of each."""

from itertools import count
from typing import Any

import pytest

from ami_proto import (
    ActionCancelled,
    ActionError,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ActionUnconfirmed,
    ConfigError,
    Disconnect,
    Message,
    Reason,
    Sent,
    Ticket,
)
from ami_proto.completion import (
    AsyncEvent,
    Automatic,
    Completion,
    CompletionFailed,
    MissingResponse,
    Progress,
    ReplyTooLarge,
    Verdict,
)
from ami_proto.correlation.entry import NAMES_MAX, ActionBytes, Entry, Purpose
from ami_proto.correlation.pending import LATE_RESPONSES_MAX, Pending
from tests.playbooks import message

SUCCESS = ("Response: Success", "Message: fine")


def entry(
    number: int = 1,
    deadline: float | None = 10.0,
    *,
    completion: Completion | None = None,
    purpose: Purpose = Purpose.USER,
    blocks: bool = False,
    fence_id: str | None = None,
    shortened: bool = False,
) -> Entry:
    return Entry(
        Ticket("pbx", f"pbx:0:{number}", "Test"),
        completion or Automatic(),
        ActionBytes(b"x" * 100),
        deadline,
        purpose=purpose,
        blocks=blocks,
        fence_id=fence_id,
        shortened=shortened,
    )


def sent(entry: Entry) -> Entry:
    entry.outgoing.shown = len(entry.outgoing.data)
    return entry


def test_an_action_is_found_by_its_exact_id() -> None:
    """R-ID-03: correlation is by the exact id that was sent."""
    pending, one = Pending(), entry(1)
    pending.add(one)
    assert pending.find("pbx:0:1") is one
    assert pending.find("pbx:0:01") is None
    assert pending.find("PBX:0:1") is None


@pytest.mark.parametrize(
    "stranger", ["pbx:0:12", "pbx:0:1 ", "pbx:0:1:1", "pbx:0:", " pbx:0:1", "bx:0:1", ""]
)
def test_a_neighbour_of_an_id_is_a_stranger(stranger: str) -> None:
    """R-ID-03: an id of which ours is a part, or that is a part of ours; as an action, a fence, and later."""
    pending, one = Pending(), sent(entry(1, fence_id="pbx:0:2"))
    one.outgoing.number = 1
    pending.add(one)
    fences = [stranger, stranger.replace("0:1", "0:2")]
    assert pending.find(stranger) is None
    assert not any(pending.is_fence(each) for each in fences)
    assert not pending.awaits_response(stranger)
    pending.remove(one)
    assert pending.awaits_response("pbx:0:1")
    assert not any(pending.awaits_response(each) for each in fences)
    pending.take_late_response(stranger)
    assert pending.answered == 0


def test_opening_and_closing_keep_the_accounts() -> None:
    pending = Pending()
    mine, ping = entry(1), entry(2, None, purpose=Purpose.PING)
    pending.add(mine)
    pending.add(ping)
    assert (len(pending), pending.user_count, pending.size, pending.next_deadline()) == (2, 1, 200, 10.0)
    assert pending.remove(mine)
    assert not pending.remove(mine)
    assert (len(pending), pending.user_count, pending.size, pending.next_deadline()) == (1, 0, 100, None)


def test_an_action_without_a_deadline_takes_no_others_with_it() -> None:
    """R-CORR-06: a ping that is answered, before the first action has timed out."""
    pending, mine, ping = Pending(), entry(1), entry(2, None, purpose=Purpose.PING)
    pending.add(mine)
    pending.add(ping)
    pending.remove(ping)
    assert pending.pop_due(10.0) is mine


def test_deadlines_close_actions_in_order_and_once() -> None:
    """R-CORR-06: by deadline, not by submission."""
    pending, late, early = Pending(), entry(1, 9.0), entry(2, 3.0)
    pending.add(late)
    pending.add(early)
    assert pending.pop_due(2.999) is None
    assert pending.pop_due(9.0) is early
    assert pending.pop_due(9.0) is late
    assert pending.pop_due(9.0) is None
    assert len(pending) == 0


def test_a_deadline_has_passed_when_it_is_reached() -> None:
    """R-CORR-06: and what the engine watches itself has none."""
    assert [entry(1, 10.0).overdue(now) for now in (9.999, 10.0, 11.0)] == [False, True, True]
    assert not entry(1, None, purpose=Purpose.PING).overdue(1e9)


def test_the_loss_of_a_session_closes_everything_in_order_of_submission() -> None:
    """R-CORR-07: every pending action, once."""
    pending, entries = Pending(), [entry(number, 100.0 - number) for number in range(5)]
    for each in entries:
        pending.add(each)
    assert pending.pop_all() == entries
    assert pending.pop_all() == []
    assert (pending.size, pending.user_count, pending.next_deadline()) == (0, 0, None)


def test_items_without_action_id_belong_to_the_list_that_answered_last() -> None:
    """R-CORR-12: the list whose response came last, while it is open."""
    pending, one, two = Pending(), entry(1), entry(2)
    pending.add(one)
    pending.add(two)
    assert [pending.collector, pending.collecting] == [None, False]
    pending.open_list(one)
    pending.open_list(two)
    pending.remove(one)
    assert [pending.collector, pending.collecting] == [two, True]
    pending.remove(two)
    assert [pending.collector, pending.collecting] == [None, False]


def test_an_action_that_was_never_sent_leaves_no_fence_behind() -> None:
    """R-CORR-14: what names no action belongs to the next that is fenced."""
    pending, unsent, behind = Pending(), entry(1, fence_id="pbx:0:2"), sent(entry(3, fence_id="pbx:0:4"))
    pending.add(unsent)
    pending.add(behind)
    pending.remove(unsent)
    assert (pending.collector, pending.is_fence("pbx:0:2"), pending.abandoned) == (behind, False, False)


def test_an_action_that_ends_early_leaves_its_fence_behind() -> None:
    """R-CORR-14: what comes up to the pong is nobody's; behind it, nothing is collected any more."""
    pending, early = Pending(), sent(entry(1, fence_id="pbx:0:2"))
    pending.add(early)
    pending.remove(early)
    assert (pending.collector, pending.abandoned, pending.collecting) == (None, True, True)
    assert pending.pass_fence("pbx:0:2") is None
    assert (pending.abandoned, pending.collecting) == (False, False)


def test_answers_that_are_due_are_remembered_up_to_a_bound() -> None:
    """R-WIRE-08: an ended action may still be answered with output; the oldest is forgotten first."""
    pending = Pending()
    for number in range(1, LATE_RESPONSES_MAX + 2):
        early = sent(entry(number))
        early.outgoing.number = number
        pending.add(early)
        pending.remove(early)
    due = [number for number in (1, 2, number) if pending.awaits_response(f"pbx:0:{number}")]
    assert due == [2, LATE_RESPONSES_MAX + 1]


def test_a_fenced_action_takes_two_ids() -> None:
    """R-ID-01, R-CORR-14: one of its own, and one of its ping."""
    assert [entry(1).ids, entry(1, fence_id="pbx:0:2").ids] == [1, 2]


def test_the_longest_blocking_action_counts() -> None:
    """R-HEALTH-07: until when Asterisk may not answer anything else."""
    pending = Pending()
    assert pending.blocked_until(0.0) is None
    pending.add(entry(1, 50.0))
    assert pending.blocked_until(0.0) is None
    short, long = entry(2, 20.0, blocks=True), entry(3, 60.0, blocks=True)
    pending.add(short)
    pending.add(long)
    assert pending.blocked_until(0.0) == 60.0
    assert pending.blocked_until(60.0) is None
    pending.remove(long)
    assert pending.blocked_until(0.0) == 20.0
    pending.remove(short)
    assert pending.blocked_until(0.0) is None


def test_a_strategy_must_judge() -> None:
    """R-CORR-11: what it says instead of a verdict collects nothing."""

    class Silent(AsyncEvent):
        __slots__ = ()

        def judge(self, progress: Progress, message: Message) -> Verdict:
            return None  # type: ignore[return-value]

    one = entry(completion=Silent("X"))
    with pytest.raises(TypeError, match="NoneType, not a Verdict"):
        one.judge(message(*SUCCESS))
    assert one.reply().response is None


# -- the ends


def test_an_error_in_mid_list_is_the_response() -> None:
    """R-CORR-02, R-CORR-03: it says more than the promise of the list; a second success does not."""
    one = entry()
    for lines in (
        ("Response: Success", "EventList: start"),
        ("Response: Success", "Message: two"),
        ("Response: Error", "Message: Did not find it"),
    ):
        one.judge(message(*lines))
    error = one.failed(message("Response: Error", "Message: Did not find it")).error
    assert error is not None
    assert error.reply.response == message("Response: Error", "Message: Did not find it")
    assert [each["Message"] for each in error.reply] == ["two"]


def test_done_needs_the_response() -> None:
    """R-CORR-10: a terminal event without its response is an error, unless the strategy says so."""
    without = entry()
    without.judge(message("Event: XComplete", "EventList: Complete"))
    error = without.done().error
    assert isinstance(error, MissingResponse)
    assert str(error) == "Test: its end came without its response [pbx:0:1]"
    declared = entry(completion=Automatic(response_required=False))
    declared.judge(message("Event: XComplete", "EventList: Complete"))
    outcome = declared.done()
    assert outcome.succeeded
    assert outcome.reply.complete is not None


def test_success_holds_response_and_events_in_order() -> None:
    """R-CORR-03: the response, its events in order, `truncated`, and the outcome."""
    one = entry(completion=Automatic(events_max=2))
    assert one.judge(message("Response: Success", "EventList: start")) is Verdict.MORE
    for number in range(3):
        assert one.judge(message("Event: Item", f"Number: {number}")) is Verdict.MORE
    assert one.judge(message("Event: ItemsComplete", "EventList: Complete")) is Verdict.DONE
    outcome = one.done()
    assert outcome.succeeded
    assert [each["Number"] for each in outcome.reply] == ["0", "1"]
    assert outcome.reply.truncated
    assert outcome.reply.dropped == 1


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("Response: Error", "Message: No such channel"), "No such channel"),
        (("Response: Error", "Message: No endpoints found\n"), "No endpoints found"),
        (
            ("Response: Error", "Message: Command output follows", "Output: No such command"),
            "No such command",
        ),
        (("Response: Error", "Output: Usage:", "Output: core show"), "Usage: core show"),
        (("Response: Error",), "Response: Error"),
        (("Response: Error", "Message:  "), "Response: Error"),
        (
            ("Event: OriginateResponse", "Response: Failure", "Reason: 5"),
            "OriginateResponse: Failure (Reason 5)",
        ),
        (("Event: OriginateResponse", "Response: Failure"), "OriginateResponse: Failure (Reason ?)"),
    ],
)
def test_failure_says_what_asterisk_said(lines: tuple[str, ...], said: str) -> None:
    """R-CORR-03: with Asterisk's message."""
    failed = entry()
    failed.judge(message(*lines))
    error = failed.failed(message(*lines)).error
    assert isinstance(error, ActionFailed)
    assert error.message == said
    assert "pbx:0:1" in str(error)


def test_a_timeout_is_unconfirmed_once_the_server_has_accepted() -> None:
    """R-CORR-15: neither success nor failure, and says what to look at."""
    originate = AsyncEvent("OriginateResponse", unconfirmed_hint="look at the read classes")
    accepted, silent, plain = entry(completion=originate), entry(completion=originate), entry()
    accepted.judge(message(*SUCCESS))
    error = accepted.timed_out().error
    assert isinstance(error, ActionUnconfirmed)
    assert "look at the read classes" in str(error)
    assert isinstance(silent.timed_out().error, ActionTimeout)
    plain.judge(message("Response: Success", "EventList: start"))
    assert isinstance(plain.timed_out().error, ActionTimeout)


def test_a_timeout_that_comes_too_early_is_a_timeout() -> None:
    """R-CORR-15: the strategy would have waited longer, and its hint would mislead."""
    impatient = entry(
        completion=AsyncEvent("OriginateResponse", unconfirmed_hint="look at the read classes"),
        shortened=True,
    )
    impatient.judge(message(*SUCCESS))
    error = impatient.timed_out().error
    assert isinstance(error, ActionTimeout)
    assert error.reply.response is not None


def test_the_other_ends_are_typed_as_well() -> None:
    cause = Disconnect(Reason.RESET)
    boom = ValueError("boom")
    ends: list[tuple[ActionError | None, type[ActionError], str]] = [
        (entry().cancelled().error, ActionCancelled, "Test: cancelled [pbx:0:1]"),
        (entry().lost(cause).error, ActionLost, "connection reset"),
        (entry().oversized(5_000_000, 4_194_304).error, ReplyTooLarge, "5000000 bytes, over max_frame_size"),
        (entry().broken(boom, "a boom").error, CompletionFailed, "raised a boom"),
    ]
    for error, kind, words in ends:
        assert type(error) is kind
        assert words in str(error)
        assert error.sent is Sent.NO
    assert ends[-1][0] is not None
    assert ends[-1][0].__cause__ is boom


def test_a_strategy_is_asked_for_its_limits_at_the_request() -> None:
    """R-CORR-11: what it declares is read once, so that it cannot raise later."""

    class Moody(AsyncEvent):
        __slots__ = ()

        def __getattribute__(self, name: str) -> object:
            if name == "events_max":
                raise RuntimeError("not today")
            return super().__getattribute__(name)

    with pytest.raises(RuntimeError):
        entry(completion=Moody("X"))


@pytest.mark.parametrize(
    ("key", "nonsense"),
    [
        ("async_events", "OriginateResponse"),
        ("terminal_events", {7}),
        ("events_max", -1),
        ("unconfirmed_hint", 7),
    ],
)
def test_nonsense_is_refused_by_its_name(key: str, nonsense: Any) -> None:
    """R-CORR-11: with a typed error, that names what is wrong."""
    with pytest.raises(ConfigError, match=f"^{key}( = -1)?: ") as refused:
        entry(completion=Automatic(**{key: nonsense}))
    assert refused.value.key == key


def test_so_many_names_and_no_more() -> None:
    """R-CORR-11, L6: of a set without end no more are asked for than tell that they are too many."""
    enough = frozenset(f"event{number}" for number in range(NAMES_MAX))
    assert entry(completion=Automatic(async_events=enough)).async_events == enough
    numbers = count()
    endless: Any = (f"event{number}" for number in numbers)
    with pytest.raises(ConfigError, match=f"at most {NAMES_MAX}"):
        entry(completion=Automatic(async_events=endless))
    assert next(numbers) == NAMES_MAX + 1


def test_a_reply_may_hold_no_events_at_all() -> None:
    """R-CORR-09: who asks for none has them counted."""
    one = entry(completion=Automatic(events_max=0))
    one.judge(message("Response: Success", "EventList: start"))
    one.judge(message("Event: Item"))
    assert (one.reply().events, one.reply().dropped) == ((), 1)
