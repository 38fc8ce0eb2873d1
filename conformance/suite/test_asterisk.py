"""Every driver against real Asterisk: logins, actions, calls, events, TLS, and its worst days."""

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
    StateChanged,
    Tls,
)
from conformance.asterisk.targets import Target
from conformance.suite.backends import Backend
from conformance.suite.failures import connect_fails

pytestmark = pytest.mark.asterisk

BOOT = 60.0
"""Seconds a server may take to come back on a loaded machine; two are usual."""

PATIENCE = 10.0


def client(
    backend: Backend, server: Target, user: str = "admin", **options: Any
) -> AbstractAsyncContextManager[Client]:
    """Connect as one of its users, without events unless asked for."""
    account = server.users[user]
    who = {"host": server.host, "username": account.username, "secret": account.secret}
    usual = {"port": server.port, "events": "off", "reconnect_min": 0.05, "reconnect_max": 0.2}
    values: dict[str, Any] = {**who, **usual, **options}
    return backend.connect(**values)


def secured(server: Target) -> dict[str, Any]:
    """Return the options for its TLS port."""
    return {"port": server.tls_port, "tls": Tls(ca_file=str(server.ca_file))}


def moves(notices: list[Notice]) -> list[State]:
    """Return the states that a connection came to."""
    return [notice.new for notice in notices if isinstance(notice, StateChanged)]


# -- login


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_logs_in_and_answers(backend: Backend, asterisk: Target, auth: Literal["md5", "plain"]) -> None:
    """R-AUTH-01, R-AUTH-05, R-CORR-02: plainly and over TLS; a response, a list, and output."""
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


async def test_a_wrong_password_is_refused_a_second_later(backend: Backend, asterisk: Target) -> None:
    """R-AUTH-03: in Asterisk's own words."""
    with connect_fails(f"{asterisk.host}:{asterisk.port}", "wr0ng") as failed:
        async with client(backend, asterisk, secret="wr0ng"):
            pass
    assert isinstance(failed.value, LoginRefused)
    assert failed.value.cause.detail == "Authentication failed"


async def test_the_certificate_is_verified(backend: Backend, asterisk: Target) -> None:
    """R-AUTH-05."""
    stranger = Tls(ca_file=str(asterisk.ca_file), server_name="pbx.example")
    for tls in (Tls(), stranger):
        with connect_fails(f"{asterisk.host}:{asterisk.tls_port}") as failed:
            async with client(backend, asterisk, port=asterisk.tls_port, tls=tls):
                pass
        assert failed.value.cause.reason is Reason.TLS_FAILED


async def test_long_actions_come_through_its_tls(backend: Backend, asterisk: Target) -> None:
    """R-ACT-07: nothing is stranded inside Asterisk's OpenSSL, however much is written at once."""
    headers = {f"H{number}": "x" * 150 for number in range(20)}
    async with client(backend, asterisk, **secured(asterisk)) as pbx:
        tasks = [
            await backend.spawn(pbx.send, "UserEvent", {"UserEvent": "Large", **headers}) for _ in range(20)
        ]
        for task in tasks:
            assert (await task.result())["Message"] == "Event Sent"


# -- calls and events


async def test_a_call_and_its_events(backend: Backend, asterisk: Target) -> None:
    """R-CORR-01, R-CORR-03: placed, heard, hung up; and one that fails is a failure."""
    async with client(backend, asterisk, events="call") as pbx:
        with pbx.events("Newchannel", "Hangup") as heard:
            reply = await pbx.send("Originate", Channel=asterisk.local("1000"), Application="Wait", Data="20")
            assert reply.events[0]["Response"] == "Success"
            channel = reply.events[0]["Channel"]
            names = {(await heard.get(PATIENCE))["Channel"] for _ in range(2)}
            assert channel in names
            await pbx.send("Hangup", Channel=channel)
            while (event := await heard.get(PATIENCE)).name != "Hangup":
                pass
            assert event["Channel"] in names
        with pytest.raises(ActionFailed) as failed:
            await pbx.send("Originate", Channel=asterisk.local("busy"), Application="Wait", Data="1")
        assert failed.value.reply.events[0]["Reason"] == "5"


async def test_user_events_come_back_in_order(backend: Backend, asterisk: Target) -> None:
    """R-FLOW-02: whatever the language."""
    async with client(backend, asterisk, events="user") as pbx:
        with pbx.events("UserEvent") as heard:
            for number in range(100):
                await pbx.send("UserEvent", UserEvent="Count", Text=f"{number} héllo ☎")
            texts = [(await heard.get(PATIENCE))["Text"] for _ in range(100)]
        assert texts == [f"{number} héllo ☎" for number in range(100)]


# -- bad days


async def test_a_stopped_asterisk_degrades_and_recovers(backend: Backend, asterisk: Target) -> None:
    """R-HEALTH-01: SIGSTOP and SIGCONT; what was pending is answered, in the same session."""
    seen: list[Notice] = []
    quick: dict[str, Any] = {"heartbeat_interval": 0.1, "heartbeat_timeout": 0.6, "read_timeout": 20.0}
    async with client(backend, asterisk, on_notice=seen.append, **quick) as pbx:
        session = pbx.snapshot().session
        await backend.aside(asterisk.pause)
        held = await backend.spawn(pbx.send, "Ping")
        assert await backend.eventually(lambda: pbx.state is State.DEGRADED)
        await backend.aside(asterisk.resume)
        assert (await held.result())["Ping"] == "Pong"
        assert await backend.eventually(lambda: moves(seen)[-2:] == [State.DEGRADED, State.READY])
        assert pbx.snapshot().session == session


async def test_an_asterisk_stopped_for_too_long_is_left(backend: Backend, asterisk: Target) -> None:
    """R-HEALTH-01: the third unanswered ping ends the session; another one comes."""
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
    """Ask again and again: a process may answer once more before all its threads stand still."""
    while True:
        await pbx.send("Ping")


@pytest.mark.timeout(120)
async def test_a_restart_leaves_a_gap(backend: Backend, asterisk: Target) -> None:
    """R-FLOW-06, R-HEALTH-03: `core restart now`; same client, same subscription."""
    async with client(backend, asterisk, events="user") as pbx:
        with pbx.events("UserEvent", marks=True) as heard:
            begun = time.monotonic()
            await pbx.send("UserEvent", UserEvent="Before")
            await backend.aside(asterisk.restart)
            await pbx.send("UserEvent", UserEvent="After", wait=True, timeout=BOOT)
            first, gap, last = [await heard.get(PATIENCE) for _ in range(3)]
        assert isinstance(first, Message)
        assert isinstance(gap, Gap)
        assert isinstance(last, Message)
        assert (first["UserEvent"], last["UserEvent"]) == ("Before", "After")
        # Its times are on the driver's own clock: trio's begins anywhere.
        assert 0 < gap.ended - gap.started <= time.monotonic() - begun


async def test_a_slow_reader_is_cut_off(backend: Backend, asterisk: Target) -> None:
    """R-FLOW-02: policy PAUSE meets `writetimeout`; what had come is handed out, then the gap."""
    flooding = {"UserEvent": "Flood", **{f"H{number}": "x" * 900 for number in range(30)}}
    async with (
        client(backend, asterisk, "slow", events="user") as pbx,
        client(backend, asterisk) as other,
    ):
        with pbx.events("UserEvent", marks=True, limit=100, policy=Overflow.PAUSE) as heard:
            session = pbx.snapshot().session
            sent = 0
            while "slow" in await backend.aside(asterisk.cli, "manager show connected"):
                assert sent < 4_000
                for _ in range(100):
                    await other.send("UserEvent", flooding)
                    sent += 1
            got = 0
            while isinstance(await heard.get(PATIENCE), Message):
                got += 1
        assert 100 <= got < sent
        assert pbx.snapshot().session != session
        assert set(pbx.snapshot().faults) <= {Fault.INCOMPLETE}
