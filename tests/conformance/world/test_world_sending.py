"""R-WORLD-01: what goes out is what was submitted, in order, once, and as `sent` says."""

from collections.abc import Callable

import pytest

import ami_proto as ami
from ami_proto.drivers import SessionId
from conformance.laws.trace import Trace
from conformance.world.contradiction import Complaints, LedgerContradicted
from conformance.world.ledger import AskedAction, ServerLedger, ToldFrame, ToldKind
from conformance.world.outcomes import OUTCOMES, OutcomeJudge
from conformance.world.sending import ONCE, SENT

CONFIG = ami.ServerConfig(
    key="pbx",
    host="pbx",
    username="admin",
    secret="s3cr3t",
    action_timeout=30.0,
    setup=(ami.SetupAction("Events", (("EventMask", "call"),)),),
)
FIRST, SECOND = SessionId("pbx", 1), SessionId("pbx", 2)
NO, PARTLY, FULLY = ami.Sent.NO, ami.Sent.PARTLY, ami.Sent.FULLY


def broken(rule: str, deed: Callable[[], object]) -> None:
    """Require that a deed contradicts the ledger by this rule."""
    with pytest.raises(LedgerContradicted) as error:
        deed()
    assert error.value.rule == rule


@pytest.fixture
def judge() -> OutcomeJudge:
    """Return a judge that knows two actions: a `Ping` and a `CoreShowChannels`."""
    judge = OutcomeJudge(CONFIG, Complaints(Trace()))
    for number, name in enumerate(("Ping", "CoreShowChannels"), 1):
        ticket = ami.Ticket("pbx", f"pbx:{number}", name, 0.0, "Automatic")
        judge.submit(ticket, ami.Action(name), None, None, 0.0)
    return judge


def sent(name: str, number: int) -> bytes:
    return f"Action: {name}\r\nActionID: pbx:{number}\r\n\r\n".encode()


PING, SHOW = sent("Ping", 1), sent("CoreShowChannels", 2)
PONG = b"Response: Success\r\nActionID: pbx:1\r\nPing: Pong\r\n\r\n"
REFUSAL = b"Response: Error\r\nActionID: pbx:1\r\nMessage: no\r\n\r\n"
LIST = (
    b"Response: Success\r\nActionID: pbx:2\r\nEventList: start\r\n\r\n",
    b"Event: CoreShowChannel\r\nActionID: pbx:2\r\nChannel: Local/1\r\n\r\n",
    b"Event: CoreShowChannel\r\nActionID: pbx:2\r\nChannel: Local/2\r\n\r\n",
    b"Event: CoreShowChannelsComplete\r\nActionID: pbx:2\r\nEventList: Complete\r\n\r\n",
)


def ran(name: str, number: int, *lines: str, session: int = 1) -> AskedAction:
    head = (f"Action: {name}", f"ActionID: pbx:{number}")
    return AskedAction("pbx", session, name, f"pbx:{number}", (*head, *lines), 1.0)


def outcome(
    number: int, *frames: bytes, error: type[ami.ActionError] | None = None, sent: ami.Sent = FULLY
) -> ami.Outcome:
    """Return an outcome whose reply has these frames."""
    name = ("Ping", "CoreShowChannels")[number - 1]
    ticket = ami.Ticket("pbx", f"pbx:{number}", name, 0.0, "Automatic")
    messages = ami.Decoder().feed(b"Asterisk Call Manager/11.0.0\r\n" + b"".join(frames))[1:]
    response = next((each for each in messages if each.kind is ami.Kind.RESPONSE), None)
    complete = next((each for each in messages if each.get("EventList") == "Complete"), None)
    events = tuple(each for each in messages if each is not response and each is not complete)
    reply = ami.Reply(response, events, complete)
    return ami.Outcome(ticket, reply, None if error is None else error(ticket, "x", reply, sent), sent)


def told(judge: OutcomeJudge, *frames: bytes, at: float = 2.0) -> ServerLedger:
    """Return a ledger with these frames, which the judge has read."""
    ledger = ServerLedger("pbx")
    ledger.open(1).tell(b"Asterisk Call Manager/11.0.0\r\n" + b"".join(frames), at)
    for frame in ledger.sessions[1].frames[1:]:
        judge.read(frame, at)
    return ledger


def finish(judge: OutcomeJudge, ledger: ServerLedger, end: ami.Outcome, at: float = 2.0) -> None:
    judge.finish(end, at, ledger.sessions[1], disorder=False)


# -- sending


def test_own_actions_are_told_from_those_of_the_application(judge: OutcomeJudge) -> None:
    assert judge.sending.show(FIRST, sent("Login", 9) + PING) == [("Login", "pbx:9")]


def test_a_piece_that_is_shown_again_counts_once(judge: OutcomeJudge) -> None:
    judge.sending.show(FIRST, PING)
    judge.sending.show(FIRST, PING)
    judge.sending.acknowledge(FIRST, 10)
    judge.sending.show(FIRST, PING[10:] + SHOW)
    judge.sending.acknowledge(FIRST, len(PING) - 10 + len(SHOW))
    broken(ONCE, lambda: judge.sending.show(FIRST, PING))


@pytest.mark.parametrize("second", [PING, sent("Login", 9)])
def test_no_action_goes_out_on_two_sessions(judge: OutcomeJudge, second: bytes) -> None:
    judge.sending.show(FIRST, second)
    broken(ONCE, lambda: judge.sending.show(SECOND, second))


def test_actions_go_out_in_their_order(judge: OutcomeJudge) -> None:
    broken(ONCE, lambda: judge.sending.show(FIRST, SHOW + PING))


def test_an_action_is_not_sent_after_its_timeout(judge: OutcomeJudge) -> None:
    judge.sending.begin(FIRST, 29.9)
    judge.sending.show(FIRST, PING)
    judge.sending.begin(SECOND, 30.0)
    broken(SENT, lambda: judge.sending.show(SECOND, SHOW))


def test_the_server_runs_what_was_submitted_once(judge: OutcomeJudge) -> None:
    judge.sending.carry_out(ran("Ping", 1))
    judge.sending.carry_out(ran("Events", 8, "EventMask: call"))
    broken(ONCE, lambda: judge.sending.carry_out(ran("Ping", 1, session=2)))
    broken(ONCE, lambda: judge.sending.carry_out(ran("CoreShowChannels", 2, "X: 1")))
    broken(ONCE, lambda: judge.sending.carry_out(ran("Originate", 7)))


@pytest.mark.parametrize("name", ["Login", "Events"])
def test_a_session_logs_in_and_sets_up_once(judge: OutcomeJudge, name: str) -> None:
    judge.sending.carry_out(ran(name, 8))
    judge.sending.carry_out(ran(name, 9, session=2))
    broken(ONCE, lambda: judge.sending.carry_out(ran(name, 10)))


@pytest.mark.parametrize(
    ("shown", "said"),
    [(b"", PARTLY), (b"", FULLY), (PING[:14], NO), (PING, NO), (PING, PARTLY)],
)
def test_sent_agrees_with_what_was_shown(judge: OutcomeJudge, shown: bytes, said: ami.Sent) -> None:
    if shown:
        judge.sending.show(FIRST, shown)
    end = outcome(1, error=ami.ActionTimeout, sent=said)
    if (shown, said) == (PING[:14], NO):  # it may be another action of this name
        judge.finish(end, 30.0, None, disorder=False)
        judge.sending.acknowledge(FIRST, 14)
        broken(SENT, lambda: judge.sending.show(FIRST, PING[14:]))
    else:
        broken(SENT, lambda: judge.finish(end, 30.0, None, disorder=False))


def test_an_action_that_was_told_as_unsent_never_runs(judge: OutcomeJudge) -> None:
    judge.finish(outcome(1, error=ami.ActionTimeout, sent=NO), 30.0, None, disorder=False)
    broken(SENT, lambda: judge.sending.carry_out(ran("Ping", 1)))


# -- outcomes


@pytest.fixture
def shown(judge: OutcomeJudge) -> OutcomeJudge:
    """Return the judge once both actions were shown."""
    judge.sending.show(FIRST, PING + SHOW)
    return judge


def test_whole_answers_are_right(shown: OutcomeJudge) -> None:
    ledger = told(shown, PONG, *LIST)
    finish(shown, ledger, outcome(1, PONG))
    finish(shown, ledger, outcome(2, *LIST))
    shown.close(0, 0)


@pytest.mark.parametrize(
    ("frames", "end", "at"),
    [
        ((REFUSAL,), outcome(1, REFUSAL), 2.0),  # an error as a success
        ((PONG,), outcome(1, PONG, error=ami.ActionFailed), 2.0),
        ((), outcome(1), 30.0),  # a timeout as a success
        ((PONG,), outcome(1, PONG, error=ami.ActionTimeout), 30.0),
        ((PONG,), outcome(1, error=ami.ActionTimeout), 30.0),  # the answer is kept back
        ((), outcome(1, error=ami.ActionTimeout), 29.0),  # too early
        ((), outcome(1, error=ami.ActionCancelled), 5.0),  # nobody has cancelled it
        ((PONG,), outcome(1, PONG), 3.0),  # later than its answer
        ((PONG, *LIST), outcome(2, PONG), 2.0),  # the answer of another
        ((), outcome(1, PONG), 2.0),  # nobody's answer
        (LIST, outcome(2, *LIST[:1], *LIST[2:]), 2.0),
        (LIST, outcome(2, LIST[0], LIST[2], LIST[1], LIST[3]), 2.0),
        (LIST, outcome(2, *LIST[:2], LIST[1], *LIST[2:]), 2.0),
        (LIST[:3], outcome(2, *LIST[:3]), 2.0),  # without its end
    ],
)
def test_an_outcome_that_the_ledger_does_not_have_is_noticed(
    shown: OutcomeJudge, frames: tuple[bytes, ...], end: ami.Outcome, at: float
) -> None:
    ledger = told(shown, *frames)
    broken(OUTCOMES, lambda: finish(shown, ledger, end, at))


def test_a_loss_has_the_end_of_its_session(shown: OutcomeJudge) -> None:
    ledger, ticket = told(shown), outcome(1).ticket
    cause = ami.Disconnect(ami.Reason.EOF)
    lost = ami.Outcome(ticket, ami.Reply(), ami.ActionLost(ticket, cause, ami.Reply(), FULLY), FULLY)
    shown.sending.end_session(SECOND, 2.0)
    broken(OUTCOMES, lambda: finish(shown, ledger, lost))
    shown.sending.end_session(FIRST, 2.0)
    finish(shown, ledger, lost)


def test_a_cancellation_has_its_call(shown: OutcomeJudge) -> None:
    ledger, end = told(shown), outcome(1, error=ami.ActionCancelled)
    shown.cancel(end.ticket, 5.0)
    finish(shown, ledger, end, at=5.0)


def test_a_timeout_comes_in_time_where_time_alone_judges(shown: OutcomeJudge) -> None:
    shown.tick(30.0)
    ledger = told(shown)
    broken(OUTCOMES, lambda: finish(shown, ledger, outcome(1, error=ami.ActionTimeout), at=31.0))
    shown.drains = True
    finish(shown, ledger, outcome(2, error=ami.ActionTimeout), at=31.0)


def test_late_answers_are_counted(shown: OutcomeJudge) -> None:
    finish(shown, told(shown), outcome(1, error=ami.ActionTimeout), at=30.0)
    shown.read(ToldFrame(ToldKind.RESPONSE, "Success", PONG, 80, 31.0, "pbx:1"), 31.0)
    shown.sending.show(SECOND, sent("Ping", 3))
    shown.read(ToldFrame(ToldKind.RESPONSE, "Success", b"", 90, 31.0, "pbx:4"), 31.0)  # may be shown in part
    shown.read(ToldFrame(ToldKind.RESPONSE, "Success", b"", 90, 31.0, "somebody:else"), 31.0)
    long = b"x" * (CONFIG.max_frame_size + 1)  # counted as oversized
    shown.read(ToldFrame(ToldKind.RESPONSE, "Follows", long, 90, 31.0, "somebody:else"), 31.0)
    shown.close(2, 0)
    broken(OUTCOMES, lambda: shown.close(1, 0))
    broken(OUTCOMES, lambda: shown.close(2, 1))
