"""Every list action of real Asterisk comes back as one whole reply."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ami_proto import ActionFailed
from conformance.asterisk.targets import AsteriskTarget
from conformance.laws.peer import PATIENCE
from tests.real_asterisk import call, client

pytestmark = pytest.mark.asterisk
ANYWHERE = [
    ("Agents", "AgentsComplete"),
    ("BridgeList", "BridgeListComplete"),
    ("BridgeTechnologyList", "BridgeTechnologyListComplete"),
    ("ConfbridgeListRooms", "ConfbridgeListRoomsComplete"),
    ("CoreShowChannels", "CoreShowChannelsComplete"),
    ("DeviceStateList", "DeviceStateListComplete"),
    ("ExtensionStateList", "ExtensionStateListComplete"),
    ("FAXSessions", "FAXSessionsComplete"),
    ("IAXpeerlist", "PeerlistComplete"),
    ("IAXpeers", "PeerlistComplete"),
    ("IAXregistry", "RegistrationsComplete"),
    ("PJSIPShowAors", "AorListComplete"),
    ("PJSIPShowAuths", "AuthListComplete"),
    ("PJSIPShowEndpoints", "EndpointListComplete"),
    ("PJSIPShowRegistrationInboundContactStatuses", "ContactStatusDetailComplete"),
    ("PJSIPShowRegistrationsInbound", "InboundRegistrationDetailComplete"),
    ("PJSIPShowRegistrationsOutbound", "OutboundRegistrationDetailComplete"),
    ("PJSIPShowSubscriptionsInbound", "InboundSubscriptionDetailComplete"),
    ("PJSIPShowSubscriptionsOutbound", "OutboundSubscriptionDetailComplete"),
    ("ParkedCalls", "ParkedCallsComplete"),
    ("Parkinglots", "ParkinglotsComplete"),
    ("PresenceStateList", "PresenceStateListComplete"),
    ("QueueStatus", "QueueStatusComplete"),
    ("QueueSummary", "QueueSummaryComplete"),
    ("ShowDialPlan", "ShowDialPlanComplete"),
    ("Status", "StatusComplete"),
]
SOMEWHERE = [
    ("SIPpeers", "PeerlistComplete"),
    ("SIPpeerstatus", "SIPpeerstatusComplete"),
    ("SIPshowregistry", "RegistrationsComplete"),
    ("VoicemailUsersList", "VoicemailUserEntryComplete"),
]
"""Lists of modules that one server lacks: chan_sip ended with 20, app_voicemail is not in one package."""
EMPTY = [("PJSIPShowContacts", "No Contacts found"), ("PJSIPShowResourceLists", "No resource lists found")]


def test_every_list_is_collected_whole(asterisk: AsteriskTarget) -> None:
    """R-CORR-02, R-CORR-12: with as many items as the server says, while calls and events go on."""
    with client(asterisk, events="on") as pbx, ThreadPoolExecutor(4) as pool:
        awaited = {"ConfbridgeJoin", "QueueCallerJoin", "ParkedCall"}
        heard = pbx.events(*awaited)
        list(pool.map(lambda extension: call(pbx, asterisk, extension), ["conf", "queue", "park", "1000"]))
        while awaited:  # calls of an earlier test may still bring events
            awaited.discard(str(heard.get(PATIENCE).name))
        with pytest.raises(ActionFailed, match="Invalid/unknown command"):
            pbx.send("NoSuchList")
        known = {name.lower() for name in pbx.send("ListCommands").response}  # type: ignore[union-attr]
        tried = ANYWHERE + [row for row in SOMEWHERE if row[0].lower() in known]
        for name, terminal in tried:
            reply = pbx.send(name)
            assert reply.complete is not None, name
            assert (reply.complete.name, reply.complete["ListItems"]) == (terminal, str(len(reply.events))), (
                name
            )
            assert not reply.truncated
        for name, message in EMPTY:
            with pytest.raises(ActionFailed, match=message):
                pbx.send(name)
        assert len(tried) == len(ANYWHERE) + (3 if asterisk.version < 21 else 1)
        assert pbx.snapshot().faults == {}


def test_lists_with_arguments(asterisk: AsteriskTarget) -> None:
    """R-CORR-02: lists of one key, one endpoint, one conference, and of ended calls."""
    with client(asterisk, events="call") as pbx:
        pbx.send("DBPut", Family="fam", Key="k1", Val="some value: with colon")
        assert [each["Val"] for each in pbx.send("DBGet", Family="fam", Key="k1")] == [
            "some value: with colon"
        ]
        pbx.send("DBDelTree", Family="fam")
        with pytest.raises(ActionFailed, match="Did not find extension nosuch@default"):
            pbx.send("ShowDialPlan", Context="default", Extension="nosuch")
        endpoint = pbx.send("PJSIPShowEndpoint", Endpoint="alice")
        assert [each.name for each in endpoint] == ["EndpointDetail", "AuthDetail", "AorDetail"]
        heard = pbx.events("ConfbridgeJoin")
        call(pbx, asterisk, "conf")
        assert heard.get(PATIENCE)["Conference"] == "room1"
        members = pbx.send("ConfbridgeList", Conference="room1")
        assert {each["Conference"] for each in members} == {"room1"}
        bridge = next(
            each["BridgeUniqueid"] for each in pbx.send("BridgeList") if each["BridgeCreator"] == "ConfBridge"
        )
        assert len(pbx.send("BridgeInfo", BridgeUniqueid=bridge).events) >= len(members.events)
        ended = pbx.send("Hangup", Channel="/^Local.conf.*/")
        assert {each.name for each in ended} == {"ChannelHungup"}
        assert pbx.snapshot().faults == {}


def test_items_go_to_subscriptions_only_when_asked_for(asterisk: AsteriskTarget) -> None:
    """R-CORR-12."""
    with client(asterisk) as pbx:
        plain, everything = pbx.events("QueueParams"), pbx.events("QueueParams", replies=True)
        items = pbx.send("QueueStatus").events
        queues = [each["Queue"] for each in items if each.name == "QueueParams"]
        assert [everything.get(PATIENCE)["Queue"] for _ in queues] == queues
        with pytest.raises(TimeoutError):
            plain.get(0)
