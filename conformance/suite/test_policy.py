"""What a policy forbids is not sent, and who asked for what left is told: the same on every driver."""

from typing import Any

import pytest

from ami_proto import (
    ActionFailed,
    ActionFinished,
    Forbidden,
    Notice,
    Policy,
    RequestError,
    Sent,
    ServerConfig,
    Snapshot,
)
from ami_proto.routes import RoundRobin
from conformance.laws.peer import HOST, PATIENCE, PeerFactory, recording
from conformance.mock import LoopbackServer
from conformance.suite.backends import SuiteBackend

CALL: dict[str, Any] = {"Channel": "PJSIP/7", "Exten": "100", "Priority": 1, "Context": "hall"}

FORBIDDEN: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("Setvar", {"Variable": "x", "Value": "1"}, "it is not in profile operate"),
    ("uPDATEcONFIG", {"SrcFilename": "manager.conf"}, "it is not in profile operate"),
    ("Login", {"Username": "root"}, "it is not in profile operate"),
    ("Originate", CALL | {"Context": "outbound"}, "its Context is not"),
    ("Originate", CALL | {"Application": "System", "Data": "x"}, "its Application is not"),
    ("Originate", CALL | {"Channel": "Local/1@outbound"}, "the context of its Local channel is not"),
    ("Redirect", CALL | {"Context": "outbound"}, "its Context is not"),
    ("Command", {"Command": "core stop now"}, "its line is not"),
)
"""What a policy of calls to `hall` and one command forbids, and what it says."""


def counted(snapshot: Snapshot) -> object:
    """Return what requests and sessions change: times and heartbeats may differ."""
    return (
        snapshot.state,
        snapshot.session,
        snapshot.actions_pending,
        snapshot.actions_waiting,
        snapshot.actions_refused,
        snapshot.outbound_bytes,
        snapshot.faults,
    )


async def test_what_is_forbidden_is_not_sent(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-POLICY-01, R-DRIVER-07: it raises where it was asked for, and the session goes on."""
    received: list[str] = []
    policy = Policy("operate", contexts=("hall",), commands=("core show version",))
    async with backend.connect(start_peer(recording(received)).port, policy=policy) as pbx:
        before = pbx.snapshot()
        for name, headers, rule in FORBIDDEN:
            with pytest.raises(Forbidden, match=f"forbids {name}: {rule}"):
                await pbx.send(name, headers)
        assert counted(pbx.snapshot()) == counted(before)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    assert await backend.eventually(lambda: received == ["Ping", "Logoff"])


async def test_a_profile_may_be_named_and_waiting_changes_nothing(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-POLICY-01: text will do; an action that may wait is refused at once, not when the server is ready."""
    received: list[str] = []
    client = backend.client(start_peer(recording(received)).port, policy="observe")
    async with client.running(wait=False) as pbx:
        with pytest.raises(RequestError):
            await pbx.send("Hangup", Channel="x", wait=True)
        await pbx.wait_ready(PATIENCE)
        await pbx.send("CoreStatus")
    assert await backend.eventually(lambda: received == ["CoreStatus", "Logoff"])


async def test_each_server_of_many_has_its_policy(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-POLICY-01: a choice falls on a server that allows the action; a named server keeps its word."""
    first: list[str] = []
    second: list[str] = []
    observed, operated = start_peer(recording(first)).port, start_peer(recording(second)).port
    other = start_peer(recording(first)).port
    client = backend.client(observed, other, policy="observe")
    async with client.running(wait=False) as pbxs:
        config = ServerConfig(
            key="operated", host=HOST, port=operated, username="admin", secret="s3cr3t", policy="operate"
        )
        await pbxs.add(config)
        await pbxs.wait_ready(PATIENCE, all=True)
        for to in (None, RoundRobin(), "operated", None):
            reply = await pbxs.send("Hangup", Channel="x", to=to)
            assert (reply.response and reply.response.server) == "operated"
        with pytest.raises(Forbidden, match="forbids Hangup"):
            await pbxs.send("Hangup", Channel="x", to=f"{HOST}:{observed}")
        with pytest.raises(Forbidden, match="forbids Setvar"):
            await pbxs.send("Setvar", Variable="x", Value="1")
    assert await backend.eventually(lambda: second == ["Hangup"] * 4 + ["Logoff"])
    assert set(first) == {"Logoff"}


async def test_who_asked_is_told_for_each_action_that_left(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-POLICY-02, R-OBS-04: in the notice of its end, with its headers masked."""
    received: list[str] = []
    notices: list[Notice] = []
    peer = start_peer(recording(received))
    async with backend.connect(peer.port, policy="operate", on_notice=notices.append) as pbx:
        await pbx.send("Hangup", Channel="x", asked_by="ann")
        await pbx.send("SendText", {"Channel": "x", "Message": "PIN=1234"}, asked_by="ben")
        await pbx.send("Ping")
        with pytest.raises(Forbidden):
            await pbx.send("Setvar", Variable="x", Value="1", asked_by="eve")

    def ends() -> list[ActionFinished]:
        return [each for each in notices if isinstance(each, ActionFinished)]

    assert await backend.eventually(lambda: len(ends()) == 3)
    told = [(each.asked_by, each.ticket.action_name, each.outcome.sent, each.left) for each in ends()]
    assert told == [
        ("ann", "Hangup", Sent.FULLY, True),
        ("ben", "SendText", Sent.FULLY, True),
        (None, "Ping", Sent.FULLY, True),
    ]
    assert ends()[1].headers == (("Channel", "x"), ("Message", "PIN=***"))


async def test_each_method_of_a_client_can_say_who_asked(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-POLICY-02, R-TYPE-01: those that fail too."""
    notices: list[Notice] = []
    async with backend.connect(mock_server.port, on_notice=notices.append) as pbx:
        call = await pbx.originate(
            "Local/1000@default", application="Wait", data="60", timeout=PATIENCE, asked_by="originate"
        )
        channel = "" if call.event is None else call.event["Channel"]
        await pbx.ping(asked_by="ping")
        await pbx.setvar("LEAD", "4711", asked_by="setvar")
        await pbx.getvar("LEAD", asked_by="getvar")
        await pbx.command("core show uptime", asked_by="command")
        await pbx.queue_status(asked_by="queuestatus")
        await pbx.queue_summary(asked_by="queuesummary")
        await pbx.status(asked_by="status")
        await pbx.pjsip_endpoints(asked_by="pjsipshowendpoints")
        await pbx.redirect(channel, context="default", exten="1000", asked_by="redirect")
        with pytest.raises(ActionFailed):
            await pbx.hangup("PJSIP/nobody-00000000", asked_by="hangup")
    ends = [each for each in notices if isinstance(each, ActionFinished)]
    assert len(ends) == 11
    assert [each.asked_by for each in ends] == [each.ticket.action_name.lower() for each in ends]
