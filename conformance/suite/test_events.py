"""Events: subscribed from the call on, chosen, waited for, shared, ended."""

from typing import Any

import pytest

from ami_proto import ConfigError, ConnectFailed, Fault, MisuseError, Reason
from conformance.leaks import PATIENCE
from conformance.peer import PeerFactory, bursting, event, events, flooding, honest, leaving
from conformance.server import LoopbackServer
from conformance.suite.backends import Backend

# -- choosing


async def test_patterns_choose_by_name_and_glob_in_any_case(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-FLOW-01: names, globs, and a block that wins."""
    names = ["Newchannel", "QueueMemberAdded", "queueParams", "Hangup", "HangupRequest", "VarSet"]
    async with backend.connect(start_peer(bursting(*map(event, names))).port) as pbx:
        chosen = {
            patterns: pbx.events(*patterns, block=block)
            for patterns, block in [
                ((), ("varset", "*channel")),
                (("hangup", "QUEUE*"), ()),
                (("Hangup?equest",), ()),
                (("*",), ("Hangup*", "Q*")),
            ]
        }
        await pbx.send("Go")
        depths = [each.depth for each in pbx.snapshot().subscriptions]
        found = {}
        for (patterns, heard), depth in zip(chosen.items(), depths, strict=True):
            found[patterns] = [(await heard.get(0)).name for _ in range(depth)]
    assert found == {
        (): ["QueueMemberAdded", "queueParams", "Hangup", "HangupRequest"],
        ("hangup", "QUEUE*"): ["QueueMemberAdded", "queueParams", "Hangup"],
        ("Hangup?equest",): ["HangupRequest"],
        ("*",): ["Newchannel", "VarSet"],
    }


async def test_a_predicate_chooses_and_one_that_raises_takes_nothing(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-FLOW-01, invariant 8."""
    calls = [event("Dial", Number=str(number)) for number in range(10)]
    async with backend.connect(start_peer(bursting(*calls)).port) as pbx:
        even = pbx.events("Dial", where=lambda message: int(message["Number"]) % 2 == 0)
        broken = pbx.events("Dial", where=lambda message: message["NoSuchHeader"] == "")
        await pbx.send("Go")
        assert [(await even.get(0))["Number"] for _ in range(5)] == ["0", "2", "4", "6", "8"]
        with pytest.raises(TimeoutError):
            await broken.get(0)
        assert pbx.snapshot().faults[Fault.PREDICATE_FAILED] == 10


async def test_items_of_lists_come_only_where_asked_for(
    backend: Backend, mock_server: LoopbackServer
) -> None:
    """R-CORR-12."""
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events("Queue*") as plain, pbx.events("Queue*", replies=True) as with_replies:
            items = (await pbx.send("QueueStatus")).events
            heard = [await with_replies.get(PATIENCE) for _ in items]
            assert [message.raw for message in heard] == [item.raw for item in items]
            with pytest.raises(TimeoutError):
                await plain.get(0)


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"limit": 0}, "limit = 0: a queue holds"),
        ({"block": "Hangup"}, "block = 'Hangup': must be a tuple"),
        ({"block": (5,)}, "block = 5: each pattern must be text"),
        ({"policy": "pause"}, "policy = 'pause': must be an Overflow"),
        ({"where": "Channel"}, "where = 'Channel': must be a function"),
        ({"block": (["Hangup"],)}, "each pattern must be text"),
    ],
)
async def test_a_wrong_choice_raises_where_it_is_made(
    backend: Backend, start_peer: PeerFactory, wrong: dict[str, Any], rule: str
) -> None:
    """R-CONF-01."""
    async with backend.connect(start_peer(honest).port) as pbx:
        with pytest.raises(ConfigError, match=rule):
            pbx.events(**wrong)
        assert pbx.snapshot().subscriptions == ()
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_it_is_subscribed_from_the_call_on(backend: Backend, start_peer: PeerFactory) -> None:
    """R-FLOW-01: what comes before the first look is kept."""
    async with backend.connect(start_peer(bursting(event("Early"))).port) as pbx:
        heard = pbx.events()
        await pbx.send("Go")
        assert (await heard.get(0)).name == "Early"


# -- ending


async def test_unsubscribing_from_inside_the_iteration(backend: Backend, start_peer: PeerFactory) -> None:
    """R-FLOW-01."""
    async with backend.connect(start_peer(bursting(*events(10))).port) as pbx:
        heard = pbx.events()
        await pbx.send("Go")
        taken = []
        async for message in heard:
            taken.append(message["Number"])
            if len(taken) == 3:
                heard.close()
        assert taken == ["0", "1", "2"]
        assert pbx.snapshot().subscriptions == ()


async def test_closing_ends_the_iteration_of_another(backend: Backend, start_peer: PeerFactory) -> None:
    """R-FLOW-01: before, during and after it begins to wait."""
    async with backend.connect(start_peer(honest).port) as pbx:
        for round_number in range(20):
            heard = pbx.events()
            listening = await backend.spawn(numbers_of, heard)
            if round_number % 2:
                await backend.sleep(0.005)
            heard.close()
            assert await listening.result() == []
        with pytest.raises(MisuseError):
            await heard.get()
        heard.close()
        assert pbx.snapshot().subscriptions == ()


async def numbers_of(heard: Any) -> list[int]:
    """Listen to the end."""
    return [int(message["Number"]) async for message in heard]


async def test_iteration_ends_at_close_with_what_had_come(backend: Backend, start_peer: PeerFactory) -> None:
    """R-FLOW-01: nothing that was received is thrown away."""
    async with backend.connect(start_peer(bursting(*events(5))).port) as pbx:
        heard, waiting = pbx.events("Tick"), pbx.events("Never")
        waits = await backend.spawn(numbers_of, waiting)
        await pbx.send("Go")
        await pbx.close()
        assert await waits.result() == []
        assert await numbers_of(heard) == [0, 1, 2, 3, 4]
        with pytest.raises(MisuseError):
            await heard.get(0)


async def test_iteration_raises_when_the_connection_was_given_up(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-07: in every listener, after what had come."""
    async with backend.connect(start_peer(leaving).port, reconnect=False) as pbx:
        tasks = [await backend.spawn(numbers_of, pbx.events()) for _ in range(3)]
        with pytest.raises(ConnectionError):
            await pbx.send("Go")
        for task in tasks:
            with pytest.raises(ConnectFailed) as caught:
                await task.result()
            assert caught.value.cause.reason is Reason.EOF


# -- sharing


async def test_many_subscriptions_each_get_their_own(backend: Backend, start_peer: PeerFactory) -> None:
    """R-FLOW-01."""
    async with backend.connect(start_peer(flooding(300)).port) as pbx:
        all_heard = [pbx.events("Tick") for _ in range(20)]
        await pbx.send("Go")
        for heard in all_heard:
            assert [int((await heard.get(0))["Number"]) for _ in range(300)] == list(range(300))


async def test_those_who_share_a_subscription_get_each_message_once(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-06: tasks, greenlets or threads, among them; all of them come to the end."""
    async with backend.connect(start_peer(flooding(500)).port) as pbx:
        heard = pbx.events("Tick")
        readers = [await backend.spawn(numbers_of, heard) for _ in range(8)]
        await pbx.send("Go")
        assert await backend.eventually(lambda: pbx.snapshot().subscriptions[0].depth == 0)
        await pbx.close()
        taken = [await reader.result() for reader in readers]
    assert sorted(number for numbers in taken for number in numbers) == list(range(500))
    assert all(numbers == sorted(numbers) for numbers in taken)


async def test_whoever_gives_up_a_shared_wait_leaves_it_to_the_others(
    backend: Backend, mock_server: LoopbackServer
) -> None:
    """R-DRIVER-03."""
    async with backend.connect(mock_server.port) as pbx:
        heard = pbx.events("UserEvent")
        other = await backend.spawn(heard.get)
        await backend.sleep(0.02)
        with pytest.raises(TimeoutError):
            await heard.get(0.02)
        await pbx.send("UserEvent", UserEvent="Hello")
        assert (await other.result())["UserEvent"] == "Hello"
