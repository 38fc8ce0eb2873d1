"""The mock answers like real Asterisk where no capture shows it: lists that are not empty, wrong requests.

Both get the same requests. Compared are the header names of each message in order and the text of `Message`;
of a list, the set of shapes that its items have.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from conformance.asterisk.targets import AsteriskTarget
from conformance.mock import MockServer
from conformance.mock.fixtures import MockClient
from conformance.mock.inventory import Agent, Presence, VoicemailBox
from tests.real_asterisk import BANNERS

pytestmark = pytest.mark.asterisk

Ask = Callable[[str], str]
"""Send a request, its headers separated by `|`, and return everything that comes back."""

CALLS = ("conf", "conf", "park")
"""Extensions to call first: a conference of two, and a parked call."""

QUIET = """
    AgentLogoff
    AgentLogoff|Agent: nosuch
    AgentLogoff|Agent: agent-one
    Agents
    BridgeInfo
    BridgeTechnologySuspend
    BridgeTechnologySuspend|BridgeTechnology: nosuch
    BridgeTechnologySuspend|BridgeTechnology: softmix
    BridgeTechnologyList
    BridgeTechnologyUnsuspend|BridgeTechnology: softmix
    ConfbridgeList
    ConfbridgeList|Conference: nosuch
    CoreShowChannelMap
    DeviceStateList
    DialplanExtensionAdd
    DialplanExtensionAdd|Context: dyn|Extension: 1|Priority: x|Application: NoOp
    DialplanExtensionAdd|Context: dyn|Extension: 1|Priority: 1|Application: NoOp
    DialplanExtensionAdd|Context: dyn|Extension: 1|Priority: 1|Application: NoOp
    DialplanExtensionAdd|Context: dyn|Extension: 1|Priority: 1|Application: Answer|Replace: yes
    ShowDialPlan|Context: dyn
    DialplanExtensionRemove|Context: dyn
    DialplanExtensionRemove|Context: dyn|Extension: 9
    DialplanExtensionRemove|Context: dyn|Extension: 1|Priority: x
    DialplanExtensionRemove|Context: dyn|Extension: 1|Priority: 1
    ExtensionState
    ExtensionState|Exten: nosuch|Context: nosuch
    ExtensionStateList
    FAXSession
    GetConfig
    GetConfig|Filename: nosuch.conf
    GetConfig|Filename: queues.conf|Category: nosuch
    GetConfig|Filename: queues.conf|Category: support
    GetConfigJSON
    GetConfigJSON|Filename: nosuch.conf
    GetConfigJSON|Filename: queues.conf|Category: nosuch
    GetConfigJSON|Filename: queues.conf|Category: support
    IAXnetstats
    IAXpeerlist
    IAXpeers
    ListCategories
    ListCategories|Filename: nosuch.conf
    MailboxCount
    MailboxStatus
    MessageSend
    MessageSend|To: nosuch:alice|From: x|Body: hi
    MessageSend|To: pjsip:alice|From: sip:x|Body: hi
    MessageSend|To: pjsip:bob|From: sip:x|Body: hi
    ModuleCheck
    ModuleCheck|Module: app_nosuch
    ModuleLoad
    ModuleLoad|Module: app_nosuch.so
    ModuleLoad|Module: app_nosuch.so|LoadType: load
    ModuleLoad|Module: app_nosuch.so|LoadType: unload
    ModuleLoad|Module: app_nosuch.so|LoadType: reload
    ModuleLoad|LoadType: load
    ModuleLoad|LoadType: unload
    ModuleLoad|Module: app_queue.so|LoadType: silly
    ModuleLoad|Module: app_queue.so|LoadType: load
    ModuleLoad|Module: chan_iax2.so|LoadType: unload
    ModuleLoad|Module: chan_iax2.so|LoadType: reload
    IAXregistry
    ModuleLoad|Module: chan_iax2.so|LoadType: load
    IAXregistry
    ParkedCalls|ParkingLot: nosuch
    PJSIPQualify
    PJSIPQualify|Endpoint: nosuch
    PJSIPRegister
    PJSIPRegister|Registration: nosuch
    PJSIPShowContacts
    PJSIPShowEndpoint
    PJSIPShowEndpoint|Endpoint: nosuch
    PJSIPShowEndpoint|Endpoint: alice
    PJSIPShowEndpoint|Endpoint: bob
    PJSIPShowMaintenance
    PresenceState
    PresenceState|Provider: CustomPresence:ann
    PresenceState|Provider: CustomPresence:bea
    PresenceStateList
    QueueRule
    QueueRule|Rule: patience
    QueueRule|Rule: nosuch
    ShowDialPlan|Context: default|Extension: nosuch
    ShowDialPlan|Context: nosuch
    ShowDialPlan|Context: parkedcalls|Extension: 701
    ShowDialPlan|Extension: nosuch
    SIPpeers
    SIPpeerstatus
    SIPpeerstatus|Peer: nosuch
    SIPqualifypeer|Peer: nosuch
    SIPshowpeer
    SIPshowpeer|Peer: dave
    SorceryMemoryCacheExpire
    SorceryMemoryCacheStaleObject|Cache: none
    SorceryMemoryCacheStaleObject|Cache: none|Object: x
    VoicemailBoxSummary|Context: default|Mailbox: 1000
    VoicemailBoxSummary|Context: default|Mailbox: nosuch
    VoicemailUsersList
    VoicemailUserStatus
    VoicemailUserStatus|Context: default|Mailbox: 1000
    VoicemailUserStatus|Context: default|Mailbox: nosuch
"""

BUSY = """
    BridgeList
    BridgeList|BridgeType: basic
    BridgeList|BridgeType: softmix
    BridgeInfo|BridgeUniqueid: $bridge
    ConfbridgeList|Conference: room1
    ConfbridgeList|Conference: nosuch
    ConfbridgeListRooms
    CoreShowChannelMap|Channel: $channel
    CoreShowChannels
    ParkedCalls
    Status
"""
"""Requests while calls are up; `$bridge` and `$channel` stand for what each server has."""


def test_lists_without_calls_are_the_same(asterisk: AsteriskTarget) -> None:
    asterisk.cli("presencestate change CustomPresence:ann AWAY,lunch,back")
    asterisk.cli("presencestate change CustomPresence:bea XA")
    with asking(asterisk) as real:
        mock = ask_mock(furnished(asterisk.version))
        differing = [each for each in requests(QUIET) if shape(mock(each)) != shape(real(each))]
    assert differing == []


def test_lists_with_calls_are_the_same(asterisk: AsteriskTarget) -> None:
    with asking(asterisk) as real:
        mock = ask_mock(furnished(asterisk.version))
        for ask in (real, mock):
            for extension in CALLS:
                ask(f"Originate|Channel: Local/{extension}@default|Application: Wait|Data: 30|Async: true")
            settle(ask)
        differing = [
            each for each in requests(BUSY) if shape(mock(own(mock, each))) != shape(real(own(real, each)))
        ]
    assert differing == []


# -- asking


def furnished(version: int) -> MockServer:
    """Return a mock server that has what the provisioned servers are configured with."""
    core = MockServer(banner=BANNERS[version])
    inventory = core.state.inventory
    inventory.agents.append(Agent("agent-one", "Agent One"))
    inventory.iax_peers.append("carol")
    inventory.sip_peers.append("dave")
    inventory.mailboxes["1000@default"] = VoicemailBox(
        "1000", full_name="Zoë Agent", email="zoe@example.invalid"
    )
    inventory.modules["app_voicemail.so"] = version == 22
    inventory.presence["CustomPresence:ann"] = Presence("away", "lunch", "back")
    inventory.presence["CustomPresence:bea"] = Presence("xa")
    inventory.queue_rules["patience"] = ["30,+3,+0", "60,10,20"]
    return core


def ask_mock(core: MockServer) -> Ask:
    client = MockClient(core)
    client.login(events="off")

    def ask(request: str) -> str:
        client.pass_time(0.3)
        client.session.receive(encoded(request), client.now)
        return client.session.transmit().decode()

    return ask


@contextmanager
def asking(asterisk: AsteriskTarget) -> Iterator[Ask]:
    """Ask a real server. A Ping after each request ends its reply: some replies have no end of their own."""
    user = asterisk.users["admin"]
    with (
        socket.create_connection((asterisk.host, asterisk.port), 10) as connection,
        connection.makefile("rwb") as stream,
    ):

        def ask(request: str) -> str:
            stream.write(encoded(request) + b"Action: Ping\r\nActionID: end\r\n\r\n")
            stream.flush()
            data = b""
            while not (b"ActionID: end\r\n" in data and data.endswith(b"\r\n\r\n")):
                data += stream.readline()
            return data[: data.rindex(b"Response: Success\r\nActionID: end")].decode()

        stream.readline()
        ask(f"Login|Username: {user.username}|Secret: {user.secret}|Events: off")
        yield ask


def encoded(request: str) -> bytes:
    return f"Action: {request}|ActionID: a1||".replace("|", "\r\n").encode()


def requests(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def settle(ask: Ask) -> None:
    """Wait until both users are in the conference and the call is parked."""
    deadline = time.monotonic() + 20
    while "Parties: 2" not in ask("ConfbridgeListRooms") or "Total: 1" not in ask("ParkedCalls"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def own(ask: Ask, request: str) -> str:
    """Replace `$bridge` and `$channel` by a server's conference and one of its users."""
    room = ask("BridgeList|BridgeType: softmix")
    users = ask("ConfbridgeList|Conference: room1")
    return request.replace("$bridge", value(room, "BridgeUniqueid")).replace(
        "$channel", value(users, "Channel")
    )


def value(text: str, name: str) -> str:
    return text.partition(f"\r\n{name}: ")[2].partition("\r\n")[0]


def shape(answer: str) -> tuple[list[list[str]], set[tuple[str, ...]]]:
    """Return the messages that are not items, in order, and the set of shapes of the items."""
    frames = [[told(line) for line in part.split("\r\n")] for part in answer.split("\r\n\r\n")]
    items = [each for each in frames if each[0].startswith("Event: ") and "EventList" not in each]
    return [each for each in frames if each not in items], {tuple(each) for each in items}


def told(line: str) -> str:
    return line if line.startswith(("Event: ", "Message: ", "Response: ")) else line.partition(":")[0]
