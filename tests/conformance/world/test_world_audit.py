"""R-WORLD-01: worlds agree with the server's ledger, and one whose machine lies says what is wrong."""

from collections.abc import Callable

import pytest

import ami_proto as ami
from ami_proto.connection.breaker import Backoff
from ami_proto.connection.journal import Journal, ServerJournal
from ami_proto.connection.login import Login, Step
from ami_proto.connection.outbox import Outbox
from ami_proto.connection.registry import Delivery
from ami_proto.connection.server_queue import ServerQueue
from ami_proto.correlation.entry import ActionBytes, Entry
from conformance.world import LedgerContradicted, World
from conformance.world.__main__ import main
from conformance.world.audit import AGAIN, FAULTS
from conformance.world.deliveries import EVENTS, GAPS
from conformance.world.outcomes import OUTCOMES
from conformance.world.pace import DIALS
from conformance.world.sending import ONCE, SENT
from conformance.world.session_watch import LOGIN, SessionWatch
from conformance.world.subscription_book import WAKING

SEEDS = 30

Lie = Callable[[pytest.MonkeyPatch], None]


def lose_events(patch: pytest.MonkeyPatch) -> None:
    offer = Delivery.offer

    def lossy(self: Delivery, message: ami.Message) -> None:
        if sum(message.raw) % 3:
            offer(self, message)

    patch.setattr(Delivery, "offer", lossy)


def mark_no_gap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ServerQueue, "push_gap", lambda _self, _gap: None)


def tell_success(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Entry, "lost", lambda self, _cause: ami.Outcome(self.ticket, self.reply(), None, self.sent))


def tell_unsent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ActionBytes, "sent", property(lambda _self: ami.Sent.NO))


def dial_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Backoff, "next_delay", lambda _self: 0.0)


def send_more(patch: pytest.MonkeyPatch) -> None:
    put = Outbox.put

    def more(self: Outbox, outgoing: ActionBytes, *, urgent: bool = False) -> None:
        outgoing.data = outgoing.data.removesuffix(b"\r\n") + b"Surplus: 1\r\n\r\n"
        put(self, outgoing, urgent=urgent)

    patch.setattr(Outbox, "put", more)


def give_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ami.ServerConfig, "tries_again", lambda self, _reason, *, served: self.retry and not served)


def wake_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Journal, "put_waiting", lambda _self, _writer, _subscription: None)


def deliver_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Login, "complete", property(lambda self: self.step is not Step.NOT_BEGUN))


def tell_too_few_faults(patch: pytest.MonkeyPatch) -> None:
    put = ServerJournal.put_fault

    def counts_more(
        self: ServerJournal, fault: ami.Fault, detail: object, count: int = 1, *, action_id: str | None = None
    ) -> None:
        put(self, fault, detail, count, action_id=action_id)
        self.faults[fault] += fault is ami.Fault.PREDICATE_FAILED

    patch.setattr(ServerJournal, "put_fault", counts_more)


def run_worlds() -> None:
    for seed in range(SEEDS):
        World(seed).run()


@pytest.mark.parametrize(
    ("lie", "rule"),
    [
        (lose_events, EVENTS),
        (mark_no_gap, GAPS),
        (tell_success, OUTCOMES),
        (tell_unsent, SENT),
        (dial_at_once, DIALS),
        (send_more, ONCE),
        (give_up, AGAIN),
        (wake_nobody, WAKING),
        (deliver_early, LOGIN),
        (tell_too_few_faults, FAULTS),
    ],
)
def test_a_lie_is_found_and_told_the_same_each_time(
    lie: Lie, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-WORLD-01."""
    lie(monkeypatch)
    found: list[LedgerContradicted] = []
    for _ in range(2):
        with pytest.raises(LedgerContradicted) as error:
            run_worlds()
        found.append(error.value)
    assert found[0].rule == rule
    assert str(found[0]) == str(found[1])
    assert found[0].__notes__ == found[1].__notes__


def test_a_world_that_disagrees_is_told_with_its_seed_its_rule_and_its_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mark_no_gap(monkeypatch)
    assert main(["--seeds", "30", "--first"]) == 1
    said = capsys.readouterr().out
    assert said.count("the story so far") == 1, "it stops at the first"
    first, *rest = said.splitlines()
    assert first.startswith(f"seed 0: {GAPS}: ")
    assert [line.split(":")[0].strip() for line in rest[:2]] == ["expected", "got"]
    assert "the story so far:" in rest
    assert any(">> received" in line for line in rest)


def test_fresh_seeds_are_printed_and_can_be_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--fresh", "--seeds", "2", "--seconds", "5"]) == 0
    first, _, last = capsys.readouterr().out.splitlines()[0].removeprefix("seeds ").partition(" to ")
    assert int(last) == int(first) + 1
    assert main(["--seed", first, "--seeds", "2", "--seconds", "5"]) == 0


def test_few_sessions_are_in_disorder() -> None:
    """Where only the bytes are known, less can be judged."""
    watches: list[SessionWatch] = []
    for seed in range(SEEDS):
        world = World(seed)
        world.run()
        for audit in (*world.machine.past, *world.machine.audits.values()):
            watches += audit.watches.values()
    up = [watch for watch in watches if watch.ledger is not None]
    assert len(up) > 100
    assert 0 < sum(watch.disorder for watch in up) < len(up) / 8


def test_the_ledger_has_what_a_world_has_done() -> None:
    world = World(3)
    report = world.run()
    ledgers = [ledger for site in world.sites.values() for ledger in site.server.ledgers]
    assert sum(len(ledger.dials) for ledger in ledgers) == report.dials
    assert {"Login", "Ping"} <= {entry.name for entry in world.carried_out}
    for ledger in ledgers:
        books = ledger.sessions.values()
        asked = [(each.action_id, each.session) for book in books for each in book.asked]
        for entry in ledger.carried_out:
            assert (entry.action_id, entry.session) in asked
            assert entry.server == ledger.server
