"""Events: subscribing, choosing, waiting, sharing, ending."""

import gc
from typing import Any

import pytest

from ami_proto import ConfigError, ConnectFailed, Fault, MisuseError, Overflow, Reason
from conformance.laws.peer import (
    PATIENCE,
    PeerConnection,
    PeerFactory,
    bursting,
    event,
    events,
    flooding,
    honest,
    leaving,
)
from conformance.mock import LoopbackServer
from conformance.suite.backends import SuiteBackend

# -- choosing


async def test_patterns_choose_by_name_and_glob_in_any_case(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-FLOW-01: names and globs; `block` wins over both."""
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
        for (patterns, subscription), depth in zip(chosen.items(), depths, strict=True):
            found[patterns] = [(await subscription.get(0)).name for _ in range(depth)]
    assert found == {
        (): ["QueueMemberAdded", "queueParams", "Hangup", "HangupRequest"],
        ("hangup", "QUEUE*"): ["QueueMemberAdded", "queueParams", "Hangup"],
        ("Hangup?equest",): ["HangupRequest"],
        ("*",): ["Newchannel", "VarSet"],
    }


async def test_a_predicate_chooses_and_one_that_raises_takes_nothing(
    backend: SuiteBackend, start_peer: PeerFactory
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


async def test_list_items_reach_a_subscription_only_with_replies(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-CORR-12."""
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events("Queue*") as plain, pbx.events("Queue*", replies=True) as with_replies:
            items = (await pbx.send("QueueStatus")).events
            messages = [await with_replies.get(PATIENCE) for _ in items]
            assert [message.raw for message in messages] == [item.raw for item in items]
            with pytest.raises(TimeoutError):
                await plain.get(0)


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"limit": 0}, "limit = 0: must be a whole number"),
        ({"limit_bytes": 0}, "limit_bytes = 0: must be a whole number"),
        ({"limit_bytes_total": 5}, "limit_bytes_total = 5: must be a whole number"),
        ({"block": "Hangup"}, "block: must be a tuple"),
        ({"block": None}, "block: must be a tuple"),
        ({"block": (5,)}, "block: each pattern must be text"),
        ({"policy": "pause"}, "policy: must be an Overflow"),
        ({"where": "Channel"}, "where: must be a function"),
        ({"block": (["Hangup"],)}, "each pattern must be text"),
    ],
)
async def test_a_wrong_argument_of_events_raises(
    backend: SuiteBackend, start_peer: PeerFactory, wrong: dict[str, Any], rule: str
) -> None:
    """R-CONF-01."""
    async with backend.connect(start_peer(honest).port) as pbx:
        with pytest.raises(ConfigError, match=rule):
            pbx.events(**wrong)
        assert pbx.snapshot().subscriptions == ()
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_events_subscribes_from_the_call_on(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-FLOW-01: earlier than the first `get`."""
    async with backend.connect(start_peer(bursting(event("Early"))).port) as pbx:
        subscription = pbx.events()
        await pbx.send("Go")
        assert (await subscription.get(0)).name == "Early"


# -- ending


async def test_closing_from_inside_the_iteration(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-FLOW-01."""
    async with backend.connect(start_peer(bursting(*events(10))).port) as pbx:
        subscription = pbx.events()
        await pbx.send("Go")
        taken = []
        async for message in subscription:
            taken.append(message["Number"])
            if len(taken) == 3:
                subscription.close()
        assert taken == ["0", "1", "2"]
        assert pbx.snapshot().subscriptions == ()


async def test_a_forgotten_iteration_ends_its_subscription_and_warns(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-FLOW-07: also one that pauses reading; the others go on."""

    def tick(connection: PeerConnection) -> None:
        connection.accept_login()
        while (action := connection.read_action())["Action"] != "Logoff":
            connection.send(*events(3))
            connection.answer(action)
        connection.answer(action, "Goodbye")

    async with backend.connect(start_peer(tick).port) as pbx:
        with pbx.events("Tick") as kept, pytest.warns(ResourceWarning, match="was forgotten") as warned:  # noqa: PT031
            for number in range(50):
                policy = Overflow.PAUSE if number % 2 else Overflow.DROP_OLDEST
                subscription = pbx.events("Tick", limit=1, policy=policy)
                await pbx.send("Go")
                async for _ in subscription:
                    break
                del subscription
            gc.collect()
            assert await backend.eventually(lambda: len(pbx.snapshot().subscriptions) == 1)
            assert (await pbx.send("Go"))["Response"] == "Success"
            assert [(await kept.get(PATIENCE))["Number"] for _ in range(153)] == ["0", "1", "2"] * 51
        assert len(warned) == 50


async def test_an_iteration_that_is_garbage_while_it_waits_ends(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-FLOW-07: what waits for its messages does not keep it; cycles of garbage are no shelter either."""
    async with backend.connect(start_peer(honest).port) as pbx:
        with pytest.warns(ResourceWarning, match="was forgotten"):  # noqa: PT031
            for _ in range(3):
                subscription = pbx.events("Never")
                with pytest.raises(TimeoutError):
                    await subscription.get(0.01)
                cycle: list[Any] = [subscription]
                cycle.append(cycle)
                del subscription, cycle
            gc.collect()
            assert await backend.eventually(lambda: pbx.snapshot().subscriptions == ())
            gc.collect()


async def test_an_iteration_that_was_closed_or_outlived_its_client_does_not_warn(
    backend: SuiteBackend, start_peer: PeerFactory, recwarn: pytest.WarningsRecorder
) -> None:
    """R-FLOW-07: there is nothing to end any more."""
    async with backend.connect(start_peer(honest).port) as pbx:
        closed, forgotten = pbx.events("Never"), pbx.events("Never")
        closed.close()
        del closed
        gc.collect()
    del forgotten
    gc.collect()
    assert list(recwarn) == []


async def test_closing_ends_the_iteration_of_another_task(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-FLOW-01: before, during and after its wait begins."""
    async with backend.connect(start_peer(honest).port) as pbx:
        for round_number in range(20):
            subscription = pbx.events()
            listening = await backend.spawn(numbers_of, subscription)
            if round_number % 2:
                await backend.sleep(0.005)
            subscription.close()
            assert await listening.result() == []
        with pytest.raises(MisuseError):
            await subscription.get()
        subscription.close()
        assert pbx.snapshot().subscriptions == ()


async def numbers_of(subscription: Any) -> list[int]:
    """Return the numbers of all messages to the end of the iteration."""
    return [int(message["Number"]) async for message in subscription]


async def test_iteration_yields_the_received_messages_after_close(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-FLOW-01: no received message is lost."""
    async with backend.connect(start_peer(bursting(*events(5))).port) as pbx:
        subscription, waiting = pbx.events("Tick"), pbx.events("Never")
        waits = await backend.spawn(numbers_of, waiting)
        await pbx.send("Go")
        await pbx.close()
        assert await waits.result() == []
        assert await numbers_of(subscription) == [0, 1, 2, 3, 4]
        with pytest.raises(MisuseError):
            await subscription.get(0)


async def test_iteration_raises_when_the_connection_was_given_up(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-07: in every iteration, after the received messages."""
    async with backend.connect(start_peer(leaving).port, reconnect=False) as pbx:
        tasks = [await backend.spawn(numbers_of, pbx.events()) for _ in range(3)]
        with pytest.raises(ConnectionError):
            await pbx.send("Go")
        for task in tasks:
            with pytest.raises(ConnectFailed) as caught:
                await task.result()
            assert caught.value.cause.reason is Reason.EOF


# -- sharing


async def test_each_of_many_subscriptions_gets_every_message(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-FLOW-01."""
    async with backend.connect(start_peer(flooding(300)).port) as pbx:
        subscriptions = [pbx.events("Tick") for _ in range(20)]
        await pbx.send("Go")
        for subscription in subscriptions:
            assert [int((await subscription.get(0))["Number"]) for _ in range(300)] == list(range(300))


async def test_readers_of_one_subscription_get_each_message_once(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-06: tasks, greenlets or threads; the iteration of all of them ends."""
    async with backend.connect(start_peer(flooding(500)).port) as pbx:
        subscription = pbx.events("Tick")
        readers = [await backend.spawn(numbers_of, subscription) for _ in range(8)]
        await pbx.send("Go")
        assert await backend.eventually(lambda: pbx.snapshot().subscriptions[0].depth == 0)
        await pbx.close()
        taken = [await reader.result() for reader in readers]
    assert sorted(number for numbers in taken for number in numbers) == list(range(500))
    assert all(numbers == sorted(numbers) for numbers in taken)


async def test_a_reader_that_times_out_leaves_the_message_to_another(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-DRIVER-03."""
    async with backend.connect(mock_server.port) as pbx:
        subscription = pbx.events("UserEvent")
        other = await backend.spawn(subscription.get)
        await backend.sleep(0.02)
        with pytest.raises(TimeoutError):
            await subscription.get(0.02)
        await pbx.send("UserEvent", UserEvent="Hello")
        assert (await other.result())["UserEvent"] == "Hello"
