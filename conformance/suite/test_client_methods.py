"""The methods for what most programs do, and typed actions and events, on every driver."""

import pytest

from ami_proto import ActionFailed, CallStatus, InvalidAction, MisuseError
from ami_proto.actions import core_show_channels, db_get, db_put, queue_add, queue_remove
from ami_proto.events import EventView, Hangup, Newchannel, QueueMember, channel_state, hangup_cause, is_event
from conformance.laws.peer import PATIENCE
from conformance.mock import LoopbackServer
from conformance.suite.backends import SuiteBackend


async def test_ping_command_and_variables(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-TYPE-01, R-DRIVER-07."""
    async with backend.connect(mock_server.port) as pbx:
        assert 0 <= await pbx.ping() < PATIENCE
        assert (await pbx.command("core show uptime"))[0].startswith("System uptime")
        await pbx.setvar("LEAD", "4711")
        assert await pbx.getvar("LEAD") == "4711"
        assert await pbx.getvar("NOBODY_SET_IT") == ""
        with pytest.raises(ActionFailed):
            await pbx.getvar("LEAD", channel="PJSIP/nobody-00000000")


async def test_lists_have_their_events(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-TYPE-01, R-CORR-02."""
    async with backend.connect(mock_server.port) as pbx:
        status = await pbx.queue_status()
        assert [event.name for event in status] == ["QueueParams", "QueueMember", "QueueParams"]
        queue = status.events[0]["Queue"]
        summary = await pbx.queue_summary(queue)
        assert [(event.name, event["Queue"]) for event in summary] == [("QueueSummary", queue)]
        assert [event.name for event in await pbx.status()] == []
        assert {event.name for event in await pbx.pjsip_endpoints()} == {"EndpointList"}


async def test_the_release_of_the_server_is_known(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-TYPE-06: an unknown action says so if the release is too old for it."""
    async with backend.connect(mock_server.port, ask_release=True) as pbx:
        assert await backend.eventually(lambda: pbx.release is not None)
        assert pbx.supports("QueueStatus") is True
        assert pbx.supports("NobodyHasHeardOfIt") is None
        assert pbx.supports("SIPpeers") is False
        with pytest.raises(ActionFailed, match=r"has no SIPpeers: only 1\.8 to 20 have it") as caught:
            await pbx.send("SIPpeers")
        assert (
            caught.value.message
            == "Invalid/unknown command: SIPpeers. Use Action: ListCommands to show available commands."
        )
    async with backend.connect(mock_server.port) as pbx:
        assert (pbx.release, pbx.supports("QueueStatus")) == (None, None)
        with pytest.raises(ActionFailed) as caught:
            await pbx.send("SIPpeers")
        assert caught.value.hint == ""


async def test_what_is_no_view_and_no_action_is_refused_at_once(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-TYPE-02, R-TYPE-06: typed, and whether or not the release is known."""
    async with backend.connect(mock_server.port) as pbx:
        with pytest.raises(MisuseError, match="EventView is no view of an event"):
            pbx.events(EventView)
        with pytest.raises(MisuseError, match="EventView is no view of an event"):
            pbx.events(block=(EventView,))
        assert pbx.snapshot().subscriptions == ()
        with pytest.raises(MisuseError, match="supports takes the name of an action, not NoneType"):
            pbx.supports(None)  # type: ignore[arg-type]


async def test_a_typed_action_is_sent_like_any_other(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-TYPE-01, R-TYPE-04."""
    async with backend.connect(mock_server.port) as pbx:
        queue = (await pbx.queue_status()).events[0]["Queue"]
        await pbx.send(queue_add(queue, "Local/77@default", penalty=3, paused=True))
        members = await pbx.queue_status(queue, member="Local/77@default")
        assert [event["Penalty"] for event in members if is_event(event, QueueMember)] == ["3"]
        await pbx.send(queue_remove(queue, "Local/77@default"))
        await pbx.send(db_put("family", "key", val="value"))
        assert (await pbx.send(db_get("family", "key"))).value == "value"
        assert (await pbx.send(core_show_channels())).events == ()
        with pytest.raises(InvalidAction, match="queue_add needs interface"):
            await pbx.send(queue_add(queue))  # type: ignore[call-arg]


async def test_a_call_ends_with_its_result(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-TYPE-05, R-TYPE-02, R-TYPE-03."""
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events(Newchannel, Hangup) as events:
            call = await pbx.originate(
                "Local/1000@default", application="Wait", data="0.2", timeout=PATIENCE, variables={"A": "b"}
            )
            assert (call.status, call.answered, call.reason) == (CallStatus.ANSWERED, True, "")
            created = await events.get(PATIENCE)
            assert is_event(created, Newchannel)
            assert channel_state(created) is not None
            ended = await events.get(PATIENCE)
            while not is_event(ended, Hangup):
                ended = await events.get(PATIENCE)
            assert hangup_cause(ended) is not None
        queued = await pbx.originate("Local/1000@default", application="Wait", data="0", confirm=False)
        assert queued.status is CallStatus.QUEUED
        failed = await pbx.originate("PJSIP/nobody", application="Wait", data="1", timeout=PATIENCE)
        assert (failed.status, failed.reason) == (
            CallStatus.FAILED,
            "not dialled, or hung up before it was answered",
        )
        refused = await pbx.originate("Local/1000@default", context="default", exten="nowhere", priority=1)
        assert (refused.status, refused.reason) == (CallStatus.FAILED, "Extension does not exist.")


async def test_a_call_without_a_result_is_dialling(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-TYPE-05, R-CORR-15: the caller waits less than Asterisk dials."""
    async with backend.connect(mock_server.port) as pbx:
        call = await pbx.originate(
            "Local/ring@default", application="Wait", data="1", timeout=PATIENCE, wait_max=0.2
        )
        assert (call.status, call.reason) == (CallStatus.DIALLING, "no result yet")


async def test_a_running_call_is_redirected_and_hung_up(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-TYPE-01."""
    async with backend.connect(mock_server.port) as pbx:
        call = await pbx.originate("Local/1000@default", application="Wait", data="60", timeout=PATIENCE)
        assert call.event is not None
        channel = call.event["Channel"]
        assert channel in {event["Channel"] for event in await pbx.status()}
        await pbx.redirect(channel, context="default", exten="1000")
        await pbx.hangup(channel, cause=16)
        with pytest.raises(ActionFailed, match="No such channel"):
            await pbx.hangup("PJSIP/nobody-00000000")
