"""The account, the pace and the scales of the long runs: each finds what is false, and nothing else."""

import pytest

import ami_proto as ami
from ami_proto.drivers import SessionId
from conformance.long_runs.account import FINDINGS_KEPT, Findings, ServerAccount, SessionTally
from conformance.long_runs.dial_pace import DialPace
from conformance.long_runs.heap_use import HeapUse, weigh
from conformance.long_runs.server_site import numbered
from conformance.mock.requests import Request

CONFIG = ami.ServerConfig(key="pbx", host="192.0.2.1", username="admin", secret="s3cr3t")
TICKET = ami.Ticket("pbx", "pbx:00000001:1", "Ping")
SUCCESS = ami.Outcome(TICKET, ami.Reply(), None, ami.Sent.FULLY)
UNSENT = ami.Outcome(
    TICKET, ami.Reply(), ami.ActionTimeout(TICKET, "timed out", ami.Reply(), ami.Sent.NO), ami.Sent.NO
)
REQUEST = Request(("Action: Ping", "ActionID: pbx:00000001:1"))


@pytest.fixture
def account() -> ServerAccount:
    return ServerAccount(CONFIG, Findings())


def event(session: int, serial: int) -> ami.Message:
    (message,) = ami.Decoder().feed(numbered(session, serial))
    return message


def tell(account: ServerAccount, *serials: int) -> None:
    for serial in serials:
        account.take_item(event(1, serial), 0.0)


def said(account: ServerAccount) -> str:
    return "\n".join(account.findings.texts)


def test_events_follow_each_other_but_for_drops(account: ServerAccount) -> None:
    """R-WORLD-03: a hole is as large as the drops before it, at most."""
    tell(account, 1, 2)
    account.take_item(ami.Drops(3, "pbx"), 0.0)
    tell(account, 6)
    assert not account.findings.count
    tell(account, 8)
    assert said(account) == "pbx: event 8 of session 1 after 6, drops 0"


@pytest.mark.parametrize("serials", [(2, 1), (1, 1)])
def test_an_event_is_delivered_once_and_in_order(account: ServerAccount, serials: tuple[int, int]) -> None:
    account.take_item(ami.Drops(1, "pbx"), 0.0)
    tell(account, *serials)
    assert account.findings.count == 1


def test_what_was_read_is_delivered_dropped_or_withheld(account: ServerAccount) -> None:
    """R-WORLD-03: an event counts as read when the driver has its last byte."""
    tally = SessionTally(account, 1)
    data = numbered(1, 1) + numbered(1, 2)
    tally.tell(data, 0.0)
    assert tally.read(len(data) - 1) == 1
    tell(account, 1)
    account.close()
    assert not account.findings.count
    assert tally.read(1) == 1
    account.close()
    assert said(account) == "pbx: 2 events were read: 1 delivered, 0 dropped, 0 withheld"


def test_an_action_ends_once(account: ServerAccount) -> None:
    """R-WORLD-03: with the outcome that the server's side confirms."""
    account.submit(TICKET)
    account.close()
    assert "tickets without an outcome: ['pbx:00000001:1']" in said(account)
    account.take_notice(ami.ActionFinished(SUCCESS), 0.0)
    assert "succeeded and was never carried out" in said(account)
    account.take_notice(ami.ActionFinished(SUCCESS), 0.0)
    assert "which is not open" in said(account)


def test_an_action_is_carried_out_once(account: ServerAccount) -> None:
    """R-WORLD-03: and not at all if it was told as not sent."""
    account.submit(TICKET)
    account.carry_out(REQUEST)
    account.take_notice(ami.ActionFinished(SUCCESS), 0.0)
    assert not account.findings.count
    account.carry_out(REQUEST)
    assert said(account) == "pbx: pbx:00000001:1 is carried out, and was carried out before"


def test_an_action_that_was_not_sent_is_not_carried_out(account: ServerAccount) -> None:
    account.submit(TICKET)
    account.take_notice(ami.ActionFinished(UNSENT), 0.0)
    assert not account.findings.count
    account.carry_out(REQUEST)
    assert "told as not sent" in said(account)


def test_a_reconnect_has_its_gap(account: ServerAccount) -> None:
    """R-WORLD-03: one gap may stand for several reconnects with nothing between them."""
    for number in (1, 2, 3):
        ready = ami.StateChanged("pbx", SessionId("pbx", number), ami.State.AUTHENTICATING, ami.State.READY)
        account.take_notice(ready, float(number))
    account.take_item(ami.Gap("pbx", 1.5, 2.5, None), 3.0)
    assert "a gap to 2.5, when the server was not READY again" in said(account)
    account.take_item(ami.Gap("pbx", 1.5, 3.0, None), 3.0)
    account.close()
    assert account.findings.count == 1


def test_a_dial_keeps_the_floor_of_the_backoff(account: ServerAccount) -> None:
    account.ended_at = 10.0
    account.dial(10.0 + CONFIG.reconnect_min)
    assert not account.findings.count
    account.dial(10.0 + CONFIG.reconnect_min / 2)
    assert "dialled again after 0.05" in said(account)


def test_dials_keep_the_rate_in_each_window() -> None:
    """R-CLUSTER-03: a burst after a rest, and then the rate."""
    findings = Findings()
    pace = DialPace(ami.ClusterConfig(connect_rate=2.0, connect_burst=3), findings)
    for now in (0.0, 0.0, 0.0, 0.5, 1.0, 1.5):
        pace.dial(now)
    assert not findings.count
    pace.dial(1.9)
    assert findings.texts == ["a dial at 1.9 is faster than 2 in a second after a burst of 3"]
    assert list(pace.bars(0, 2)) == [f"   0 s    4 {'#' * 50}", f"   1 s    3 {'#' * 38}", "   2 s    0"]


def test_memory_that_grows_is_found() -> None:
    findings = Findings()
    heap = HeapUse(ami.Cluster([CONFIG], seed=1), findings, laws=False)
    kept: list[object] = []
    heap.look(0)
    assert "1.000" in heap.judge()
    kept += [object() for _ in range(5000)]
    heap.look(100)
    heap.judge()
    assert findings.count == 1
    assert "2085 allowed" in findings.texts[0]
    assert weigh([b"x" * 1000]) > 1000 > weigh([b"x"])


def test_only_the_first_findings_are_kept() -> None:
    findings = Findings()
    for number in range(FINDINGS_KEPT + 5):
        findings.require(False, str(number))
    assert findings.count == FINDINGS_KEPT + 5
    assert findings.texts == [str(number) for number in range(FINDINGS_KEPT)]
