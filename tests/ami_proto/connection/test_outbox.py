"""The outbound bytes: bounded, whole lines, and what was shown was sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto import Backpressure, Sent
from ami_proto.connection.outbox import TLS_PIECE_MAX, Outbox
from ami_proto.correlation.entry import ActionBytes

ROOMY = 1_000_000


def action(*lines: int) -> ActionBytes:
    """Return an action with lines of these sizes, line ends included, and its empty line."""
    return ActionBytes(b"".join(bytes([65 + size % 26]) * (size - 2) + b"\r\n" for size in (*lines, 2)))


def plain(bytes_max: int = ROOMY) -> Outbox:
    return Outbox(bytes_max, tls=False)


def test_actions_come_out_in_order() -> None:
    outbox, first, second = plain(), action(10), action(20)
    outbox.put(first)
    outbox.put(second)
    assert outbox.size == len(first.data) + len(second.data)
    assert outbox.piece(1000) == first.data + second.data
    assert outbox.acknowledge(outbox.size) == 34
    assert outbox.size == 0
    assert outbox.piece(1000) == b""


def test_what_was_shown_stays_the_same_until_it_is_acknowledged() -> None:
    """OpenSSL sends the old bytes for a changed retry, and refuses a shorter one."""
    outbox, first = plain(), action(10)
    outbox.put(first)
    shown = outbox.piece(1000)
    outbox.put(action(20))
    outbox.withdraw(first)
    assert outbox.piece(1000) == shown
    assert outbox.piece(3) == shown
    outbox.acknowledge(0)
    assert outbox.piece(1000) == shown


def test_a_partly_written_piece_goes_on_with_its_rest() -> None:
    """R-FLOW-04: partial writes of any size are right."""
    outbox, first, second = plain(), action(10), action(20)
    outbox.put(first)
    outbox.piece(1000)
    outbox.put(second)
    outbox.acknowledge(4)
    assert outbox.piece(1000) == first.data[4:] + second.data


def test_a_rest_grows_once_and_then_stays_the_same() -> None:
    """R-FLOW-04: what was shown behind a partial write was shown as well."""
    outbox, first, second = plain(), action(10), action(20)
    outbox.put(first)
    outbox.piece(1000)
    outbox.acknowledge(4)
    assert outbox.piece(1000) == first.data[4:]
    outbox.put(second)
    assert outbox.piece(1000) == first.data[4:]


def test_a_rest_that_is_longer_than_the_limit_does_not_grow() -> None:
    """R-ACT-07: nothing more goes into a piece that is too long already."""
    outbox, first = plain(), action(100)
    outbox.put(first)
    outbox.piece(1000)
    outbox.put(action(10, 10))
    outbox.acknowledge(4)
    assert outbox.piece(97) == first.data[4:]


def test_the_rest_of_an_action_and_the_next_go_out_together() -> None:
    """As many lines as fit, wherever the piece before had to end."""
    outbox, first, second = plain(), action(30, 30, 30), action(20)
    outbox.put(first)
    outbox.put(second)
    assert outbox.piece(60) == first.data[:60]
    outbox.acknowledge(60)
    assert outbox.piece(32 + 22) == first.data[60:] + second.data


def test_one_byte_is_an_acknowledgement_too() -> None:
    outbox, one = plain(), action(10, 20)
    outbox.put(one)
    outbox.piece(10)
    outbox.acknowledge(1)
    assert outbox.piece(1000) == one.data[1:]


def test_a_limit_never_cuts_a_line() -> None:
    outbox, one = plain(), action(10, 20, 30)
    outbox.put(one)
    assert outbox.piece(35) == one.data[:30]
    outbox.acknowledge(30)
    assert outbox.piece(0) == one.data[30:60], "one line at least"
    outbox.acknowledge(30)
    assert outbox.piece(-5) == b"\r\n"


@pytest.mark.parametrize("count", [-1, 0, 35, 10**30])
def test_a_strange_acknowledgement_takes_no_more_than_was_shown(count: int) -> None:
    """L2: whatever the driver says."""
    outbox = plain()
    outbox.put(action(10, 20))
    outbox.piece(12)
    taken = outbox.acknowledge(count)
    assert taken == min(max(count, 0), 10)
    assert outbox.size == 32 - taken


def test_a_full_outbox_refuses_one_action_and_keeps_the_others() -> None:
    """R-FLOW-04, R-CORR-04: only the offending action is refused, and nothing of it stays."""
    outbox = plain(30)
    outbox.put(action(18))
    with pytest.raises(Backpressure, match="20 bytes wait to be sent, 12 more exceed 30"):
        outbox.put(action(10))
    assert outbox.size == 20
    outbox.put(action(8))
    with pytest.raises(Backpressure):
        outbox.put(action(2))
    outbox.put(action(10), urgent=True)
    assert outbox.size == 42


def test_bytes_that_were_shown_still_count() -> None:
    """R-FLOW-04: until they are acknowledged."""
    outbox = plain(30)
    outbox.put(action(28))
    outbox.piece(1000)
    with pytest.raises(Backpressure):
        outbox.put(action(2))
    outbox.acknowledge(30)
    outbox.put(action(28))


def test_an_action_nobody_saw_is_taken_back() -> None:
    outbox, first, second = plain(), action(10), action(20)
    outbox.put(first)
    outbox.put(second)
    outbox.withdraw(first)
    outbox.withdraw(first)
    assert outbox.size == 22
    assert outbox.piece(1000) == second.data
    assert first.sent is Sent.NO


def test_an_action_shown_in_part_goes_out_to_its_end() -> None:
    """Held back, its beginning would run into the next action."""
    outbox, first, second = plain(), action(10, 20), action(10)
    outbox.put(first)
    outbox.put(second)
    outbox.piece(10)
    before = first.sent
    outbox.withdraw(first)
    assert (before, first.sent) == (Sent.PARTLY, Sent.FULLY)
    outbox.acknowledge(10)
    assert outbox.piece(1000) == first.data[10:] + second.data


def test_tls_pieces_hold_at_most_1024_bytes_and_end_at_a_line_end() -> None:
    """R-ACT-07: Asterisk strands what is beyond."""
    outbox, one = Outbox(ROOMY, tls=True), action(1024, 500, 500, 100)
    outbox.put(one)
    sizes = []
    while piece := outbox.piece(65_536):
        sizes.append(len(piece))
        outbox.acknowledge(len(piece))
    assert sizes == [1024, 1000, 102]


@pytest.mark.parametrize("taken", [1, 100, 523, 999])
def test_a_rest_and_the_lines_behind_it_are_one_tls_piece_together(taken: int) -> None:
    """R-ACT-07: after a partial acknowledgement the rule holds for the rest and the next line."""
    outbox, one = Outbox(ROOMY, tls=True), action(500, 500, 500, 500)
    outbox.put(one)
    assert len(outbox.piece(65_536)) == 1000
    outbox.acknowledge(taken)
    piece = outbox.piece(65_536)
    assert 1000 - taken <= len(piece) <= TLS_PIECE_MAX
    assert piece.endswith(b"\n")
    assert one.data[taken:].startswith(piece)


# -- any sequence of steps

Step = tuple[str, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 5)),
        st.tuples(st.just("piece"), st.sampled_from([0, 1, 50, 1024, 65_536])),
        st.tuples(st.just("acknowledge"), st.integers(-1, 1500)),
        st.tuples(st.just("withdraw"), st.integers(0, 20)),
    ),
    min_size=15,
    max_size=60,
)


@given(tls=st.booleans(), steps=STEPS, sizes=st.lists(st.integers(3, 1024), min_size=5, max_size=5))
def test_bytes_out_are_the_committed_actions_in_order(tls: bool, steps: list[Step], sizes: list[int]) -> None:
    """R-ACT-07, R-FLOW-04: whatever is put, shown, acknowledged and withdrawn, in any order."""
    outbox, actions, withdrawn, shown, out = Outbox(20_000, tls=tls), [], set(), b"", b""
    for verb, number in steps:
        if verb == "put":
            each = action(*sizes[:number])
            try:
                outbox.put(each)
            except Backpressure:
                continue
            actions.append(each)
        elif verb == "piece":
            before, shown = shown, outbox.piece(number)
            assert shown.startswith(before), "what was shown is never taken back"
            assert shown[-1:] in (b"", b"\n"), "whole lines"
            assert not tls or len(shown) <= TLS_PIECE_MAX
        elif verb == "acknowledge":
            taken = outbox.acknowledge(number)
            assert taken == max(0, min(number, len(shown)))
            out, shown = out + shown[:taken], shown[taken:]
        elif actions:
            each = actions[number % len(actions)]
            if each.sent is Sent.NO:
                withdrawn.add(each)
            outbox.withdraw(each)
    while piece := outbox.piece(1000):
        out += piece
        outbox.acknowledge(len(piece))
    assert out == b"".join(each.data for each in actions if each not in withdrawn)
    assert outbox.size == 0
    for each in actions:
        assert each.sent is (Sent.NO if each in withdrawn else Sent.FULLY)


@given(steps=STEPS)
def test_the_size_is_what_is_not_acknowledged(steps: list[Step]) -> None:
    """R-FLOW-04: the account is exact after every step."""
    outbox, expected = Outbox(5_000, tls=True), 0
    actions: list[ActionBytes] = []
    for verb, number in steps:
        if verb == "put" and expected + 102 * number + 2 <= 5_000:
            actions.append(action(*[102] * number))
            outbox.put(actions[-1])
            expected += 102 * number + 2
        elif verb == "piece":
            outbox.piece(number)
        elif verb == "acknowledge":
            expected -= outbox.acknowledge(number)
        elif verb == "withdraw" and actions:
            each = actions.pop(number % len(actions))
            expected -= len(each.data) if each.sent is Sent.NO else 0
            outbox.withdraw(each)
        assert outbox.size == expected
