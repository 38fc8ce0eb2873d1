"""Events: subscribed from the call on, bounded, counted, ended."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from peers import ca_file, client_of, server_context, trusting

from ami_backends.selectors import Events, Item
from ami_backends.selectors.runner import Answer
from ami_proto import (
    ConfigError,
    ConnectFailed,
    Drops,
    EventsDropped,
    Fault,
    Gap,
    Message,
    MisuseError,
    Notice,
    Overflow,
    Reason,
    State,
)
from conformance.leaks import eventually, nothing_left
from conformance.peer import PATIENCE, Line, Peer, Script, events, flooding, honest

__all__ = ["ca_file", "nothing_left"]

FLOOD = 20_000


def burst(*frames: bytes) -> Script:
    """Let the client in, and send these frames before the answer to its first action."""

    def script(line: Line) -> None:
        line.welcome()
        action = line.hear()
        line.say(*frames)
        line.answer(action)
        line.serve()

    return script


def leaving(line: Line) -> None:
    """Let the client in, and leave at its first action."""
    line.welcome()
    line.hear()


def event(name: str, **headers: str) -> bytes:
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    return f"Event: {name}\r\nPrivilege: call,all\r\n{lines}\r\n".encode()


# -- choosing


def test_patterns_choose_by_name_and_glob_in_any_case() -> None:
    """R-FLOW-01."""
    names = ["Newchannel", "QueueMemberAdded", "queueParams", "Hangup", "HangupRequest", "VarSet"]
    with Peer(burst(*map(event, names))) as peer, client_of(peer.port) as pbx:
        chosen = {
            patterns: pbx.events(*patterns, block=block)
            for patterns, block in [
                ((), ("varset", "*channel")),
                (("hangup", "QUEUE*"), ()),
                (("Hangup?equest",), ()),
                (("*",), ("Hangup*", "Q*")),
            ]
        }
        pbx.send("Go")
        found = {
            patterns: [heard.get(0).name for _ in range(pbx.snapshot().subscriptions[place].depth)]
            for place, (patterns, heard) in enumerate(chosen.items())
        }
    assert found == {
        (): ["QueueMemberAdded", "queueParams", "Hangup", "HangupRequest"],
        ("hangup", "QUEUE*"): ["QueueMemberAdded", "queueParams", "Hangup"],
        ("Hangup?equest",): ["HangupRequest"],
        ("*",): ["Newchannel", "VarSet"],
    }


def test_a_predicate_chooses_and_one_that_raises_takes_nothing() -> None:
    """R-FLOW-01, invariant 8."""
    calls = [event("Dial", Number=str(number)) for number in range(10)]
    with Peer(burst(*calls)) as peer, client_of(peer.port) as pbx:
        even = pbx.events("Dial", where=lambda message: int(message["Number"]) % 2 == 0)
        broken = pbx.events("Dial", where=lambda message: message["NoSuchHeader"] == "")
        greedy = pbx.events("Dial", where=lambda message: bool(pbx.send("Ping")))
        pbx.send("Go")
        assert [even.get(PATIENCE)["Number"] for _ in range(5)] == ["0", "2", "4", "6", "8"]
        for heard in (broken, greedy):
            with pytest.raises(TimeoutError):
                heard.get(0)
        assert pbx.snapshot().faults[Fault.PREDICATE_FAILED] == 20
        assert pbx.send("Ping")["Ping"] == "Pong"


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"limit": 0}, "limit = 0: a queue holds"),
        ({"block": "Hangup"}, "block = 'Hangup': must be a tuple"),
        ({"block": (5,)}, "block = 5: each pattern must be text"),
    ],
)
def test_a_wrong_choice_raises_where_it_is_made(wrong: dict[str, object], rule: str) -> None:
    with Peer(honest) as peer, client_of(peer.port) as pbx:
        with pytest.raises(ConfigError, match=rule):
            pbx.events(**wrong)  # type: ignore[call-overload]
        with pytest.raises(ConfigError, match="each pattern must be text"):
            pbx.events(["Hangup", "Newchannel"])  # type: ignore[call-overload]
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_it_is_subscribed_from_the_call_on() -> None:
    with Peer(burst(event("Early"))) as peer, client_of(peer.port) as pbx:
        heard = pbx.events()
        pbx.send("Go")
        assert heard.get(0).name == "Early"


# -- waiting


def test_get_waits_so_long_and_loses_nothing() -> None:
    def late(line: Line) -> None:
        line.welcome()
        go.wait(PATIENCE)
        line.say(*events(2))
        line.serve()

    go = threading.Event()
    with Peer(late) as peer, client_of(peer.port) as pbx, pbx.events() as heard:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                heard.get(0.01)
        go.set()
        assert [heard.get(PATIENCE)["Number"] for _ in range(2)] == ["0", "1"]
        with pytest.raises(TimeoutError):
            heard.get(0)


def test_iteration_ends_when_it_is_closed_by_another_thread() -> None:
    with Peer(honest) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(1) as pool:
        for _ in range(50):  # before, during and after the request for a batch
            heard = pbx.events()
            listening = pool.submit(list, heard)
            heard.close()
            assert listening.result(PATIENCE) == []
        with pytest.raises(MisuseError, match="the subscription is closed"):
            heard.get()
        heard.close()
        assert pbx.snapshot().subscriptions == ()


def test_a_close_between_the_question_and_the_request_ends_the_iteration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Peer(honest) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(1) as pool:
        heard = pbx.events()
        ask = heard._asked

        def ask_too_late() -> Answer[list[Item]]:
            heard.close()
            return ask()

        monkeypatch.setattr(heard, "_asked", ask_too_late)
        assert pool.submit(list, heard).result(2.0) == []


def test_unsubscribing_from_inside_the_iteration() -> None:
    """R-FLOW-01."""
    with Peer(burst(*events(10))) as peer, client_of(peer.port) as pbx:
        heard = pbx.events()
        pbx.send("Go")
        taken = []
        for message in heard:
            taken.append(message["Number"])
            if len(taken) == 3:
                heard.close()
        assert taken == ["0", "1", "2"]


def test_iteration_ends_at_close_with_what_had_come() -> None:
    with Peer(burst(*events(5))) as peer, ThreadPoolExecutor(1) as pool:
        pbx = client_of(peer.port)
        heard, waiting = pbx.events("Tick"), pbx.events("Never")
        waits = pool.submit(list, waiting)
        pbx.send("Go")
        pbx.close()
        assert waits.result(PATIENCE) == []
        assert [message["Number"] for message in heard] == ["0", "1", "2", "3", "4"]
        with pytest.raises(MisuseError):
            heard.get(0)


def test_iteration_ends_at_close_when_the_server_hangs_up_without_goodbye() -> None:
    """A close that was asked for is no failure, however the server takes it."""
    with Peer(leaving) as peer, ThreadPoolExecutor(1) as pool:
        pbx = client_of(peer.port, close_grace=5.0)
        waits = pool.submit(list, pbx.events())
        pbx.close()
        assert waits.result(PATIENCE) == []


def test_iteration_raises_when_the_connection_was_given_up() -> None:
    """After what had come."""
    with Peer(leaving) as peer, client_of(peer.port, reconnect=False) as pbx, ThreadPoolExecutor(1) as pool:
        waits = pool.submit(list, pbx.events())
        with pytest.raises(ConnectionError):
            pbx.send("Go")
        error = waits.exception(PATIENCE)
        assert isinstance(error, ConnectFailed)
        assert error.cause.reason is Reason.EOF


# -- marks


def test_a_reconnect_is_a_gap_in_its_place() -> None:
    """R-FLOW-06."""

    def first(line: Line) -> None:
        line.welcome()
        line.hear()
        line.say(event("Before"))

    with Peer(first, burst(event("After"))) as peer, client_of(peer.port) as pbx:
        marked, plain = pbx.events(marks=True), pbx.events()
        begun = time.monotonic()
        with pytest.raises(ConnectionError):
            pbx.send("Go")
        pbx.send("Go", wait=True)
        before, gap, after = (marked.get(PATIENCE) for _ in range(3))
        assert isinstance(before, Message)
        assert isinstance(after, Message)
        assert isinstance(gap, Gap)
        assert (before.name, after.name) == ("Before", "After")
        assert begun <= gap.started < gap.ended <= time.monotonic()
        assert gap.cause is not None
        assert gap.cause.reason is Reason.EOF
        assert [plain.get(0).name for _ in range(2)] == ["Before", "After"]


# -- floods


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("policy", list(Overflow))
@pytest.mark.parametrize("limit", [1, 500, FLOOD])
def test_a_flood_with_exact_accounting(policy: Overflow, limit: int, secured: bool, ca_file: str) -> None:
    """R-FLOW-02, R-FLOW-05: 20 000 events while nobody consumes; what is kept and what is lost is exact."""
    notices: list[Notice] = []
    context, tls = (server_context("127.0.0.1"), trusting(ca_file)) if secured else (None, None)
    with (
        Peer(flooding(FLOOD), context=context) as peer,
        client_of(peer.port, tls=tls, on_notice=notices.append, drop_report_interval=0.0) as pbx,
    ):
        heard = pbx.events("Tick", limit=limit, policy=policy, marks=True)
        pbx.send("Go")  # open all the time, so PAUSE may not pause: its reserve is as long as its queue
        kept = min(FLOOD, limit * 2 if policy is Overflow.PAUSE else limit)
        lost = FLOOD - kept
        items = take(heard, kept + (lost > 0))
        numbers = [int(item["Number"]) for item in items if isinstance(item, Message)]
        marks = [item for item in items if isinstance(item, Drops)]
        assert marks == ([Drops(lost)] if lost else [])
        first = lost if policy is Overflow.DROP_OLDEST else 0
        assert numbers == list(range(first, first + kept))
        assert pbx.snapshot().subscriptions[0].dropped == lost
        assert sum(each.delta for each in notices if isinstance(each, EventsDropped)) == lost
        assert pbx.state is State.READY
        assert pbx.send("Ping")["Ping"] == "Pong"


def take(heard: Events[Item], count: int) -> list[Item]:
    return [heard.get(PATIENCE) for _ in range(count)]


def test_drops_are_reported_at_most_once_an_interval() -> None:
    """R-FLOW-03."""
    reports: list[EventsDropped] = []

    def listen(notice: Notice) -> None:
        if isinstance(notice, EventsDropped):
            reports.append(notice)

    with Peer(flooding(FLOOD)) as peer:
        with client_of(peer.port, on_notice=listen, drop_report_interval=0.15) as pbx:
            begun = time.monotonic()
            pbx.events("Tick", limit=100)
            pbx.send("Go")
            assert eventually(lambda: sum(each.delta for each in reports) == FLOOD - 100)
            passed = time.monotonic() - begun
        assert len(reports) <= passed / 0.15 + 2
        assert reports[-1].total == FLOOD - 100
        assert reports[-1].depth == 100


def test_a_slow_consumer_loses_exactly_what_it_is_told() -> None:
    """R-FLOW-05: what it got and what it was told it lost add up, in order."""
    with Peer(flooding(FLOOD)) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(1) as pool:
        heard = pbx.events("Tick", limit=300, marks=True)
        go = pool.submit(pbx.send, "Go")
        got = lost = 0
        expected = 0
        while got + lost < FLOOD:
            item = heard.get(PATIENCE)
            if isinstance(item, Drops):
                lost += item.count
                expected += item.count
            elif isinstance(item, Message):
                assert int(item["Number"]) == expected
                expected += 1
                got += 1
                if got % 100 == 0:
                    time.sleep(0.005)
        go.result(PATIENCE)
        assert pbx.snapshot().subscriptions[0].dropped == lost
        assert expected == FLOOD


def test_a_pause_loses_nothing_however_slow_the_consumer() -> None:
    """R-FLOW-02: with no action open the server waits instead, and the heartbeat does not mind."""

    def flood(line: Line) -> None:
        line.welcome()
        go.wait(PATIENCE)
        line.say(*events(FLOOD * 5))
        line.serve()

    go = threading.Event()
    quick: dict[str, Any] = {"heartbeat_interval": 0.2, "heartbeat_timeout": 0.3, "read_timeout": 1.2}
    with Peer(flood) as peer, client_of(peer.port, **quick) as pbx, ThreadPoolExecutor(1) as pool:
        heard = pbx.events("Tick", limit=10_000, policy=Overflow.PAUSE, marks=True)
        go.set()
        assert eventually(lambda: pbx.snapshot().subscriptions[0].depth >= 10_000)
        time.sleep(1.4)  # longer than `read_timeout`: a paused peer is not judged
        assert pbx.snapshot().bytes_received < FLOOD * 5 * 40
        items = take(heard, FLOOD * 5)
        assert [int(item["Number"]) for item in items if isinstance(item, Message)] == list(range(FLOOD * 5))
        assert peer.accepted == 1
        assert pool.submit(pbx.send, "Ping").result(PATIENCE)["Ping"] == "Pong"


def test_many_subscriptions_each_get_their_own() -> None:
    with Peer(flooding(1000)) as peer, client_of(peer.port) as pbx:
        all_heard = [pbx.events("Tick") for _ in range(20)]
        pbx.send("Go")
        for heard in all_heard:
            assert [int(heard.get(PATIENCE)["Number"]) for _ in range(1000)] == list(range(1000))


def test_threads_that_share_a_subscription_take_turns() -> None:
    """Each message goes to one of them, and all of them come to the end."""
    with Peer(flooding(500)) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(8) as pool:
        heard = pbx.events("Tick")
        pbx.send("Go")
        readers = [pool.submit(list, heard) for _ in range(8)]
        assert eventually(lambda: pbx.snapshot().subscriptions[0].depth == 0)
        pbx.close()
        numbers = sorted(int(event["Number"]) for reader in readers for event in reader.result(PATIENCE))
    assert numbers == list(range(500))


def test_a_turn_that_does_not_come_is_a_timeout() -> None:
    with Peer(honest) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(1) as pool:
        heard = pbx.events()
        other = pool.submit(heard.get)
        assert eventually(heard._turn.locked)
        with pytest.raises(TimeoutError):
            heard.get(0.05)
        heard.close()
        assert isinstance(other.exception(PATIENCE), MisuseError)
