"""Every driver against real Asterisk: logins, actions, calls, events, TLS, and lost connections."""

import time
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal

import pytest

from ami_backends.anyio import Client
from ami_proto import (
    ActionFailed,
    ActionLost,
    Fault,
    Gap,
    LoginRefused,
    Message,
    Notice,
    Overflow,
    Reason,
    State,
    Tls,
)
from ami_proto.completion import Automatic
from conformance.asterisk.targets import AsteriskTarget
from conformance.laws.peer import PATIENCE
from conformance.suite.backends import SuiteBackend, states_entered
from conformance.suite.failures import connect_fails

pytestmark = pytest.mark.asterisk

BOOT = 60.0
"""Seconds that a restart may take on a loaded machine; two are usual."""


def client(
    backend: SuiteBackend, server: AsteriskTarget, user: str = "admin", **options: Any
) -> AbstractAsyncContextManager[Client]:
    """Connect as a user of the server, without events unless `options` ask for them."""
    account = server.users[user]
    who = {"host": server.host, "username": account.username, "secret": account.secret}
    usual = {"port": server.port, "events": "off", "reconnect_min": 0.05, "reconnect_max": 0.2}
    values: dict[str, Any] = {**who, **usual, **options}
    return backend.connect(**values)


def secured(server: AsteriskTarget) -> dict[str, Any]:
    """Return the options that connect to the TLS port."""
    return {"port": server.tls_port, "tls": Tls(ca_file=str(server.ca_file))}


# -- login


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_a_login_a_response_a_list_and_output(
    backend: SuiteBackend, asterisk: AsteriskTarget, auth: Literal["md5", "plain"]
) -> None:
    """R-AUTH-01, R-AUTH-05, R-CORR-02: on the plain port and over TLS."""
    for options in ({}, secured(asterisk)):
        async with client(backend, asterisk, auth=auth, **options) as pbx:
            assert (await pbx.send("CoreSettings"))["AsteriskVersion"].startswith(f"{asterisk.version}.")
            queues = await pbx.send("QueueStatus")
            assert queues.complete is not None
            assert queues.complete["ListItems"] == str(len(queues.events))
            output = (await pbx.send("Command", Command="core show version")).output
            assert output is not None
            assert output[0].startswith(f"Asterisk {asterisk.version}.")
            assert pbx.snapshot().faults == {}


@pytest.mark.parametrize("retry", [False, True])
async def test_a_wrong_password_is_refused(
    backend: SuiteBackend, asterisk: AsteriskTarget, retry: bool
) -> None:
    """R-AUTH-03, R-AUTH-08: with Asterisk's own words; Asterisk waits a second before it refuses."""
    with connect_fails(f"{asterisk.host}:{asterisk.port}", "wr0ng") as failed:
        async with client(backend, asterisk, secret="wr0ng", retry=retry, timeout=PATIENCE):
            pass
    assert isinstance(failed.value, LoginRefused)
    assert failed.value.cause.detail == "Authentication failed"


async def test_a_list_that_is_cut_says_so(
    backend: SuiteBackend, asterisk: AsteriskTarget, caplog: pytest.LogCaptureFixture
) -> None:
    """R-FLOW-08: in the reply, as a fault, and as a warning with the count."""
    async with client(backend, asterisk) as pbx:
        whole = await pbx.send("ShowDialPlan")
        cut = await pbx.send("ShowDialPlan", completion=Automatic(events_max=3))
        assert pbx.snapshot().faults == {Fault.TRUNCATED: 1}
    assert (len(cut.events), cut.dropped) == (3, len(whole.events) - 3)
    assert not whole.truncated
    assert f"ShowDialPlan: its reply is cut: {cut.dropped} events beyond what Automatic keeps" in caplog.text


async def test_the_certificate_is_verified(backend: SuiteBackend, asterisk: AsteriskTarget) -> None:
    """R-AUTH-05."""
    stranger = Tls(ca_file=str(asterisk.ca_file), server_name="pbx.example")
    for tls in (Tls(), stranger):
        with connect_fails(f"{asterisk.host}:{asterisk.tls_port}") as failed:
            async with client(backend, asterisk, port=asterisk.tls_port, tls=tls):
                pass
        assert failed.value.cause.reason is Reason.TLS_FAILED


async def test_long_actions_over_tls(backend: SuiteBackend, asterisk: AsteriskTarget) -> None:
    """R-ACT-07: Asterisk strands bytes beyond 1024 of a TLS record; no long action exceeds that."""
    headers = {f"H{number}": "x" * 150 for number in range(20)}
    async with client(backend, asterisk, **secured(asterisk)) as pbx:
        tasks = [
            await backend.spawn(pbx.send, "UserEvent", {"UserEvent": "Large", **headers}) for _ in range(20)
        ]
        for task in tasks:
            assert (await task.result())["Message"] == "Event Sent"


# -- calls and events


async def test_a_call_and_its_events(backend: SuiteBackend, asterisk: AsteriskTarget) -> None:
    """R-CORR-01, R-CORR-03: a call is placed, reported and hung up; a call that fails raises."""
    async with client(backend, asterisk, events="call") as pbx:
        with pbx.events("Newchannel", "Hangup") as subscription:
            reply = await pbx.send("Originate", Channel=asterisk.local("1000"), Application="Wait", Data="20")
            assert reply.events[0]["Response"] == "Success"
            channel = reply.events[0]["Channel"]
            names = {(await subscription.get(PATIENCE))["Channel"] for _ in range(2)}
            assert channel in names
            await pbx.send("Hangup", Channel=channel)
            while (event := await subscription.get(PATIENCE)).name != "Hangup":
                pass
            assert event["Channel"] in names
        with pytest.raises(ActionFailed) as failed:
            await pbx.send("Originate", Channel=asterisk.local("busy"), Application="Wait", Data="1")
        assert failed.value.reply.events[0]["Reason"] == "5"


async def test_user_events_arrive_in_order(backend: SuiteBackend, asterisk: AsteriskTarget) -> None:
    """R-FLOW-02: with text that is not ASCII."""
    async with client(backend, asterisk, events="user") as pbx:
        with pbx.events("UserEvent") as subscription:
            for number in range(100):
                await pbx.send("UserEvent", UserEvent="Count", Text=f"{number} héllo ☎")
            texts = [(await subscription.get(PATIENCE))["Text"] for _ in range(100)]
        assert texts == [f"{number} héllo ☎" for number in range(100)]


# -- bad days


async def test_a_stopped_asterisk_degrades_and_recovers(
    backend: SuiteBackend, asterisk: AsteriskTarget
) -> None:
    """R-HEALTH-01: SIGSTOP and SIGCONT; the pending action is answered in the same session."""
    seen: list[Notice] = []
    quick: dict[str, Any] = {"heartbeat_interval": 0.1, "heartbeat_timeout": 0.6, "read_timeout": 20.0}
    async with client(backend, asterisk, on_notice=seen.append, **quick) as pbx:
        session = pbx.snapshot().session
        await backend.aside(asterisk.pause)
        held = await backend.spawn(pbx.send, "Ping")
        assert await backend.eventually(lambda: pbx.state is State.DEGRADED)
        await backend.aside(asterisk.resume)
        assert (await held.result())["Ping"] == "Pong"
        assert await backend.eventually(lambda: states_entered(seen)[-2:] == [State.DEGRADED, State.READY])
        assert pbx.snapshot().session == session


async def test_an_asterisk_stopped_for_too_long_loses_its_session(
    backend: SuiteBackend, asterisk: AsteriskTarget
) -> None:
    """R-HEALTH-01: the third unanswered ping ends the session, and another one begins."""
    quick: dict[str, Any] = {"heartbeat_interval": 0.1, "heartbeat_timeout": 0.1, "read_timeout": 5.0}
    async with client(backend, asterisk, banner_timeout=0.3, **quick) as pbx:
        session = pbx.snapshot().session
        await backend.aside(asterisk.pause)
        with pytest.raises(ActionLost) as lost:
            await ping_for_ever(pbx)
        assert lost.value.cause.reason is Reason.HEARTBEAT
        await backend.aside(asterisk.resume)
        assert (await pbx.send("Ping", wait=True, timeout=BOOT))["Ping"] == "Pong"
        assert pbx.snapshot().session != session


async def ping_for_ever(pbx: Client) -> None:
    """Send pings until one fails. After SIGSTOP, the process may answer once more before all threads stop."""
    while True:
        await pbx.send("Ping")


@pytest.mark.timeout(120)
async def test_a_restart_is_a_gap(backend: SuiteBackend, asterisk: AsteriskTarget) -> None:
    """R-FLOW-06, R-HEALTH-03: `core restart now`; client and subscription live on."""
    async with client(backend, asterisk, events="user") as pbx:
        with pbx.events("UserEvent", marks=True) as subscription:
            begun = time.monotonic()
            await pbx.send("UserEvent", UserEvent="Before")
            await backend.aside(asterisk.restart)
            await pbx.send("UserEvent", UserEvent="After", wait=True, timeout=BOOT)
            first, gap, last = [await subscription.get(PATIENCE) for _ in range(3)]
        assert isinstance(first, Message)
        assert isinstance(gap, Gap)
        assert isinstance(last, Message)
        assert (first["UserEvent"], last["UserEvent"]) == ("Before", "After")
        # The gap's times are of `time.monotonic`, not of trio's own clock, which begins anywhere.
        assert 0 < gap.ended - gap.started <= time.monotonic() - begun


async def test_a_pause_loses_nothing_and_the_session_lives(
    backend: SuiteBackend, asterisk: AsteriskTarget
) -> None:
    """R-FLOW-02, R-TIME-03: while no byte is read for longer than the heartbeat's patience."""
    count = 300
    pace: dict[str, Any] = {"heartbeat_interval": 0.2, "heartbeat_timeout": 0.2, "read_timeout": 1.0}
    async with (
        client(backend, asterisk, events="user", **pace) as pbx,
        client(backend, asterisk) as other,
    ):
        with pbx.events("UserEvent", limit=1, policy=Overflow.PAUSE) as subscription:
            session = pbx.snapshot().session
            for number in range(count):
                await other.send("UserEvent", UserEvent="Tick", Number=number)
            await backend.sleep(2.0)
            numbers = [int((await subscription.get(PATIENCE))["Number"]) for _ in range(count)]
        assert numbers == list(range(count))
        assert (pbx.snapshot().session, pbx.snapshot().events_dropped) == (session, 0)


async def test_a_slow_reader_is_cut_off(backend: SuiteBackend, asterisk: AsteriskTarget) -> None:
    """R-FLOW-02: policy PAUSE meets `writetimeout`; the received events come first, then the gap."""
    flooding = {"UserEvent": "Flood", **{f"H{number}": "x" * 900 for number in range(30)}}
    async with (
        client(backend, asterisk, "slow", events="user") as pbx,
        client(backend, asterisk) as other,
    ):
        with pbx.events("UserEvent", marks=True, limit=100, policy=Overflow.PAUSE) as subscription:
            session = pbx.snapshot().session
            sent = 0
            while "slow" in await backend.aside(asterisk.cli, "manager show connected"):
                assert sent < 4_000
                for _ in range(100):
                    await other.send("UserEvent", flooding)
                    sent += 1
            got = 0
            while isinstance(await subscription.get(PATIENCE), Message):
                got += 1
        assert 100 <= got < sent
        assert pbx.snapshot().session != session
        assert set(pbx.snapshot().faults) <= {Fault.INCOMPLETE}
