"""R-WORLD-01: a queue gives what the server told, in order, once; what is missing is counted at its place."""

from collections.abc import Callable

import pytest

import ami_proto as ami
from conformance.laws.trace import Trace
from conformance.world.contradiction import Complaints, LedgerContradicted
from conformance.world.deliveries import DROPS, EVENTS, GAPS, Candidate, QueueBook
from conformance.world.ledger import SessionLedger

CAUSE = ami.Disconnect(ami.Reason.EOF)


def event(number: int) -> bytes:
    return b"Event: Number\r\nPrivilege: call,all\r\nNumber: %d\r\n\r\n" % number


def messages(*numbers: int) -> list[ami.Message]:
    """Return events as a connection to `pbx` delivers them."""
    found = ami.Decoder().feed(b"".join(event(number) for number in numbers))
    for message in found:
        message.sender = "pbx"
    return found


def told(*numbers: int, sure: bool = True) -> list[Candidate]:
    return [Candidate(event(number), sure) for number in numbers]


@pytest.fixture
def complaints() -> Complaints:
    return Complaints(Trace())


@pytest.fixture
def make(complaints: Complaints) -> Callable[..., QueueBook]:
    """Return a factory of queues."""

    def make(
        filter: ami.Filter = ami.Filter(),  # noqa: A002, B008 - the agreed word; a frozen value
        policy: ami.Overflow = ami.Overflow.DROP_OLDEST,
        limit: int = 10,
    ) -> QueueBook:
        return QueueBook("pbx", filter, limit, 10_000, policy, complaints)

    return make


Make = Callable[..., QueueBook]


def broken(rule: str, deed: Callable[[], object]) -> None:
    """Require that a deed contradicts the ledger by this rule."""
    with pytest.raises(LedgerContradicted) as error:
        deed()
    assert error.value.rule == rule


def pull(queue: QueueBook, *items: ami.Message | ami.Gap | ami.Drops) -> None:
    for item in items:
        queue.take(item)


def test_everything_in_order_is_right(make: Make) -> None:
    queue = make()
    queue.offer(told(1, 2), 2, 0)
    queue.mark(5.0, 7.0, CAUSE, certain=True)
    queue.offer(told(3), 1, 0)
    pull(queue, *messages(1, 2), ami.Gap("pbx", 5.0, 7.0, CAUSE), *messages(3))
    queue.close(0)


def test_an_event_that_never_enters_is_missed(make: Make) -> None:
    broken(EVENTS, lambda: make().offer(told(1, 2, 3), 2, 0))


def test_an_event_that_enters_twice_is_noticed(make: Make) -> None:
    broken(EVENTS, lambda: make().offer(told(1), 2, 0))


@pytest.mark.parametrize("order", [(2, 1), (1, 1), (1, 3), (9,)])
def test_order_and_identity_count(make: Make, order: tuple[int, ...]) -> None:
    queue = make()
    queue.offer(told(1, 2, 3), 3, 0)
    broken(EVENTS, lambda: pull(queue, *messages(*order)))


def test_more_than_was_told_is_noticed(make: Make) -> None:
    broken(EVENTS, lambda: make().take(messages(1)[0]))


def test_a_message_of_another_server_is_noticed(make: Make) -> None:
    queue = make()
    queue.offer(told(1), 1, 0)
    (message,) = messages(1)
    message.sender = "other"
    broken(EVENTS, lambda: queue.take(message))


def test_drops_stand_for_the_messages_at_their_place(make: Make) -> None:
    queue = make()
    queue.offer(told(1, 2, 3, 4), 4, 2)
    pull(queue, ami.Drops(2, "pbx"), *messages(3, 4))
    queue.report(2, 2, 2)
    queue.close(2)


@pytest.mark.parametrize("count", [1, 3])
def test_drops_of_another_number_are_noticed(make: Make, count: int) -> None:
    queue = make()
    queue.offer(told(1, 2, 3, 4), 4, 2)
    broken(EVENTS, lambda: pull(queue, ami.Drops(count, "pbx"), *messages(3)))


def test_drops_without_a_mark_are_noticed(make: Make) -> None:
    queue = make()
    queue.offer(told(1, 2), 2, 1)
    broken(EVENTS, lambda: queue.take(messages(2)[0]))


@pytest.mark.parametrize("drops", [ami.Drops(3, "pbx"), ami.Drops(0, "pbx"), ami.Drops(1, "other")])
def test_drops_that_cannot_be_are_noticed(make: Make, drops: ami.Drops) -> None:
    queue = make()
    queue.offer(told(1, 2), 2, 1)
    broken(DROPS, lambda: queue.take(drops))


def test_a_queue_that_keeps_its_oldest_drops_only_what_comes(make: Make) -> None:
    queue = make(policy=ami.Overflow.DROP_NEWEST, limit=2)
    queue.offer(told(1, 2, 3), 3, 1)
    pull(queue, *messages(1, 2), ami.Drops(1, "pbx"))
    queue.report(1, 1, 1)
    queue.close(1)
    queue = make(policy=ami.Overflow.DROP_NEWEST, limit=2)
    queue.offer(told(1, 2), 2, 0)
    queue.offer(told(3), 1, 1)
    broken(DROPS, lambda: pull(queue, ami.Drops(1, "pbx"), *messages(2, 3)))


def test_a_queue_that_drops_its_oldest_keeps_the_newest(make: Make) -> None:
    queue = make(limit=2)
    queue.offer(told(1, 2, 3), 3, 1)
    broken(DROPS, lambda: queue.take(messages(1)[0], depth=1))


def test_nothing_is_dropped_while_there_is_room(make: Make) -> None:
    queue = make(limit=3)
    queue.check_room(2, 0, 1, 60, 0)
    queue.check_room(2, 0, 2, 120, 1)
    queue.check_room(0, 9_950, 1, 60, 1)
    broken(DROPS, lambda: queue.check_room(2, 0, 1, 60, 1))


@pytest.mark.parametrize("report", [(1, 2, 2), (2, 2, 1)])
def test_reports_of_drops_add_up(make: Make, report: tuple[int, int, int]) -> None:
    broken(DROPS, lambda: make().report(*report))


def test_marks_count_and_reports_agree_at_the_end(make: Make) -> None:
    queue = make()
    queue.offer(told(1, 2), 2, 1)
    pull(queue, ami.Drops(1, "pbx"), *messages(2))
    broken(DROPS, lambda: queue.close(1))


def test_what_is_left_at_the_end_is_noticed(make: Make) -> None:
    queue = make()
    queue.offer(told(1), 1, 0)
    broken(EVENTS, lambda: queue.close(0))


def test_a_gap_that_is_missing_is_noticed(make: Make) -> None:
    queue = make()
    queue.mark(5.0, 7.0, CAUSE, certain=True)
    broken(GAPS, lambda: queue.close(0))
    queue.offer(told(1), 1, 0)
    broken(GAPS, lambda: queue.take(messages(1)[0]))


@pytest.mark.parametrize(
    "gap",
    [
        ami.Gap("pbx", 5.0, 6.0, CAUSE),
        ami.Gap("pbx", 6.0, 7.0, CAUSE),
        ami.Gap("pbx", 5.0, 7.0, None),
        ami.Gap("other", 5.0, 7.0, CAUSE),
    ],
)
def test_a_gap_has_its_times_and_its_cause(make: Make, gap: ami.Gap) -> None:
    queue = make()
    queue.mark(5.0, 7.0, CAUSE, certain=True)
    broken(GAPS, lambda: queue.take(gap))


def test_a_gap_more_than_reconnects_is_noticed(make: Make) -> None:
    queue = make()
    queue.mark(5.0, 7.0, CAUSE, certain=True)
    queue.take(ami.Gap("pbx", 5.0, 7.0, CAUSE))
    broken(GAPS, lambda: queue.take(ami.Gap("pbx", 5.0, 7.0, CAUSE)))


def test_gaps_with_only_drops_between_them_are_one(make: Make) -> None:
    queue = make(limit=1)
    queue.mark(1.0, 2.0, CAUSE, certain=True)
    queue.offer(told(1), 1, 0)
    queue.mark(3.0, 4.0, CAUSE, certain=True)
    queue.offer(told(2), 1, 1)
    pull(queue, ami.Drops(1, "pbx"), ami.Gap("pbx", 1.0, 4.0, CAUSE), *messages(2))
    queue.report(1, 1, 1)
    queue.close(1)


def test_a_queue_that_keeps_its_oldest_gives_the_gap_before_the_drops(make: Make) -> None:
    queue = make(policy=ami.Overflow.PAUSE)
    queue.mark(1.0, 2.0, CAUSE, certain=True)
    queue.offer(told(1), 1, 1)
    queue.mark(3.0, 4.0, CAUSE, certain=True)
    queue.offer(told(2), 1, 0)
    queue.take(ami.Gap("pbx", 1.0, 4.0, CAUSE))
    broken(EVENTS, lambda: queue.take(messages(1)[0]))
    pull(queue, ami.Drops(1, "pbx"), *messages(2))
    queue.report(1, 1, 1)
    queue.close(1)


def test_a_gap_that_disorder_hides_may_be_there_or_not(make: Make) -> None:
    for gap in ((), (ami.Gap("pbx", 8.0, 9.0, None),)):
        queue = make()
        queue.mark(5.0, 7.0, CAUSE, certain=False)
        queue.offer(told(1), 1, 0)
        pull(queue, *gap, *messages(1))
        queue.close(0)


def test_items_may_be_there_and_events_must(make: Make) -> None:
    candidates = [*told(1), *told(2, 3, sure=False), *told(4)]
    queue = make()
    queue.offer(candidates, 3, 0)
    pull(queue, *messages(1, 3, 4))
    queue.close(0)
    queue = make()
    queue.offer(candidates, 3, 0)
    pull(queue, *messages(1, 2, 3))
    broken(EVENTS, lambda: queue.close(0))
    queue = make()
    queue.offer(candidates, 3, 0)
    broken(EVENTS, lambda: pull(queue, *messages(3, 2)))


def test_a_message_out_of_disorder_must_be_in_the_bytes_and_in_order(make: Make) -> None:
    ledger = SessionLedger("pbx", 1)
    ledger.tell(b"\x00" + event(1) + event(2), 0.0)
    queue = make()
    queue.offer((), 2, 0, ledger)
    pull(queue, *messages(1, 2))
    queue.close(0)
    for order in ((2, 1), (3,)):
        queue = make()
        queue.offer((), 2, 0, ledger)
        broken(EVENTS, lambda queue=queue, order=order: pull(queue, *messages(*order)))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("filter", "wanted"),
    [
        (ami.Filter(), True),
        (ami.Filter(("new*",)), True),
        (ami.Filter(("Hangup",)), False),
        (ami.Filter(block=("NEWSTATE",)), False),
    ],
)
def test_names_choose(make: Make, filter: ami.Filter, wanted: bool) -> None:  # noqa: A002
    assert make(filter).wants("Newstate") is wanted


def odd(message: ami.Message) -> bool:
    """Take odd numbers, and raise for 4."""
    if message["Number"] == "4":
        raise RuntimeError("a predicate of the user's")
    return int(message["Number"]) % 2 == 1


def test_a_predicate_is_asked_about_each_event(make: Make) -> None:
    queue = make(ami.Filter(where=odd))
    watched = queue.watch(odd)
    for message in messages(1, 2, 3):
        watched(message)
    with pytest.raises(RuntimeError):
        watched(messages(4)[0])
    queue.offer(told(1, 2, 3, 4), 2, 0)
    pull(queue, *messages(1, 3))
    queue.close(0)


@pytest.mark.parametrize("asked", [(1,), (2, 1), (1, 2, 9)])
def test_a_predicate_that_is_not_asked_is_noticed(make: Make, asked: tuple[int, ...]) -> None:
    queue = make(ami.Filter(where=odd))
    watched = queue.watch(odd)
    for message in messages(*asked):
        watched(message)
    broken(EVENTS, lambda: queue.offer(told(1, 2), 1, 0))
