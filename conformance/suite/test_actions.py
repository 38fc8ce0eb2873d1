"""Actions of each kind, with the same calls on every driver (R-DRIVER-07)."""

import threading
from typing import Any

import pytest

from ami_proto import ActionFailed, ActionLost, Backpressure, ConfigError, InvalidAction, MisuseError
from ami_proto.completion import Automatic, CompletionFailed, Verdict
from conformance.laws.peer import (
    PATIENCE,
    PeerFactory,
    echoing,
    holding,
    honest,
    recording,
    silent_after_login,
)
from conformance.mock import LoopbackServer
from conformance.suite.backends import SLOW_UNDER_LAWS, SuiteBackend

PENDING_MAX = 500
"""Some drivers need a thread for each of them."""


class DividesByZero(Automatic):
    """A strategy that raises."""

    def judge(self, progress: object, message: object) -> Verdict:
        """Raise."""
        raise ZeroDivisionError


async def test_a_response_a_list_and_output(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-07, R-CORR-02, R-WIRE-08."""
    async with backend.connect(mock_server.port) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        queues = await pbx.send("QueueStatus")
        assert [item.name for item in queues.events] == ["QueueParams", "QueueMember", "QueueParams"]
        uptime = await pbx.send("Command", Command="core show uptime")
        assert uptime.output
        assert uptime.output[0].startswith("System uptime")


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_an_originate_returns_its_outcome_and_its_events_arrive(
    backend: SuiteBackend, mock_server: LoopbackServer, auth: str
) -> None:
    """R-AUTH-01, R-CORR-12, R-ACT-06."""
    async with backend.connect(mock_server.port, auth=auth) as pbx:
        with pbx.events("UserEvent", "Newchannel", "Hangup") as subscription:
            call: dict[str, Any] = {
                "Channel": "Local/1000@default",
                "Application": "Wait",
                "Data": 0.2,
                "Async": True,
            }
            called = await pbx.send("Originate", call, variables={"NAME": 'a, "b"'})
            assert [event.name for event in called.events] == ["OriginateResponse"]
            assert (await subscription.get(PATIENCE)).name == "Newchannel"
            await pbx.send("UserEvent", {"UserEvent": "Hello", "Text": "héllo: ☎"})
            event = await subscription.get(PATIENCE)
            while event.name != "UserEvent":
                event = await subscription.get(PATIENCE)
            assert event["Text"] == "héllo: ☎"


async def test_an_error_response_raises(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-CORR-03."""
    async with backend.connect(mock_server.port) as pbx:
        with pytest.raises(ActionFailed, match="Invalid/unknown command: NoSuchAction") as caught:
            await pbx.send("NoSuchAction")
        assert caught.value.reply["Response"] == "Error"
        with pytest.raises(ActionFailed) as caught:
            await pbx.send("Command", Command="nosuch command")
        assert caught.value.reply.output
        assert caught.value.reply.output[0].startswith("No such command")
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_an_invalid_action_raises_at_once_and_is_not_sent(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-ACT-02, R-ACT-03."""
    received: list[str] = []
    peer = start_peer(recording(received))
    async with backend.connect(peer.port) as pbx:
        for headers in ({"A": "x\r\nAction: Logoff"}, {"A": "x\ny"}, {"A\r\n": "x"}, {"A": "\0"}):
            with pytest.raises(InvalidAction):
                await pbx.send("Ping", headers)
        with pytest.raises(InvalidAction):
            await pbx.send("Ping", ActionID="1")
        with pytest.raises(InvalidAction):
            await pbx.send("Ping", Long="x" * 2_000)
        with pytest.raises(InvalidAction, match="use stop"):
            await pbx.send("Logoff")
        with pytest.raises(MisuseError, match="channel"):
            await pbx.send("Ping", channel="x")
        with pytest.raises(ConfigError, match="timeout = 0"):
            await pbx.send("Ping", timeout=0)
        assert pbx.snapshot().actions_pending == 0
        await pbx.send("Last")
    assert await backend.eventually(lambda: received == ["Last", "Logoff"])


async def test_a_strategy_that_raises_fails_its_action_only(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-CORR-11."""
    async with backend.connect(start_peer(honest).port) as pbx:
        with pytest.raises(CompletionFailed) as caught:
            await pbx.send("Ping", completion=DividesByZero())
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


# -- many at a time


async def test_concurrent_calls_get_their_own_replies(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-CORR-13, R-DRIVER-06."""
    async with backend.connect(start_peer(echoing).port) as pbx:
        tasks = [await backend.spawn(echo, pbx, number) for number in range(20)]
        for task in tasks:
            await task.result()
        assert pbx.snapshot().actions_pending == 0


async def echo(pbx: Any, number: int) -> None:
    """Send numbers and require each one back."""
    for each in range(number * 100, number * 100 + 20):
        assert (await pbx.send("Echo", Number=each))["Number"] == str(each)


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
async def test_a_thousand_replies_in_reverse_order(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-CORR-13: each reaches its caller."""
    go = threading.Event()
    go.set()
    async with backend.connect(start_peer(holding(1_000, go)).port) as pbx:
        tasks = [await backend.spawn(pbx.send, "Echo", {"Number": number}) for number in range(1_000)]
        for number, task in enumerate(tasks):
            assert (await task.result())["Number"] == str(number)
        assert pbx.snapshot().actions_pending == 0


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
async def test_the_limit_of_pending_actions(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-CORR-05, R-CORR-07: one more is refused, and every pending one ends."""
    port = start_peer(silent_after_login).port
    async with backend.connect(port, max_pending_actions=PENDING_MAX) as pbx:
        tasks = [await backend.spawn(pbx.send, "Echo", {"Number": number}) for number in range(PENDING_MAX)]
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == PENDING_MAX)
        with pytest.raises(Backpressure):
            await pbx.send("Ping")
        assert pbx.state.sending
        await pbx.close(grace=0)
        for task in tasks:
            with pytest.raises(ActionLost, match="stopped"):
                await task.result()


async def test_only_the_action_beyond_the_limit_is_refused(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-CORR-04, R-CORR-05."""
    go = threading.Event()
    async with backend.connect(start_peer(holding(1, go)).port, max_pending_actions=1) as pbx:
        held = await backend.spawn(pbx.send, "Held")
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
        with pytest.raises(Backpressure):
            await pbx.send("Ping")
        go.set()
        assert (await held.result())["Response"] == "Success"
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
