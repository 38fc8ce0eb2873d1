"""The library with the mock's odd answers: before 13.2 and since, with fences, without a response."""

from collections.abc import Callable, Iterator

import pytest

from ami_backends.selectors import Client, connect
from ami_proto import ActionFailed
from ami_proto.completion import Fence
from conformance.mock import MockAction, MockServer, MockUser
from conformance.mock.exchange import Exchange
from conformance.mock.fixtures import MockClient, MockServerFactory
from conformance.mock.inventory import Agent

Connect = Callable[[str], Client]

BANNERS = ["1.1", "2.6.0", "5.0.4", "11.0.0"]
"""AMI of 1.8, 13.1, 16 and 22."""

LISTS = """
    Agents BridgeList BridgeTechnologyList CoreShowChannels IAXpeerlist IAXpeers ParkedCalls Parkinglots
    QueueStatus QueueSummary Status
"""


@pytest.fixture
def connected(mock_server_factory: MockServerFactory) -> Iterator[Connect]:
    """Return a function that connects to a mock with a banner and a filled inventory."""
    clients = []

    def client(banner: str) -> Client:
        core = MockServer(banner=banner, users=[MockUser("ops", "s3cr3t")])
        core.state.inventory.agents.append(Agent("agent-one", "Agent One"))
        core.state.inventory.iax_peers += ["carol", "dave"]
        core.state.inventory.modules["app_voicemail.so"] = True
        core.add_action(MockAction("Queues", queues, ""))
        host = mock_server_factory(core)
        clients.append(connect("127.0.0.1", host.port, username="ops", secret="s3cr3t", events="on"))
        return clients[-1]

    yield client
    for each in clients:
        each.close()


def queues(exchange: Exchange) -> None:
    """Send the queues as 14 and earlier do: frames of text, no response, three line ends."""
    exchange.session.write(b"support has 0 calls\r\n   No Members\r\n\r\nsales has 0 calls\r\n\r\n\r\n")


@pytest.mark.parametrize("banner", BANNERS)
def test_lists_of_every_age_are_collected_whole(connected: Connect, banner: str) -> None:
    """R-CORR-02: marked or not."""
    pbx = connected(banner)
    counts = {}
    for name in LISTS.split():
        reply = pbx.send(name)
        assert reply.complete is not None, name
        counts[name] = len(reply.events)
    assert (counts["Agents"], counts["IAXpeerlist"], counts["IAXpeers"]) == (1, 2, 2)
    pbx.send("DBPut", Family="f", Key="k", Val="v")
    assert [each["Val"] for each in pbx.send("DBGet", Family="f", Key="k")] == ["v"]
    assert pbx.snapshot().faults == {}


@pytest.mark.parametrize("banner", BANNERS)
def test_voicemail_users_may_be_none(connected: Connect, banner: str) -> None:
    """R-CORR-02: a success that is not a list, before 13.2 too."""
    pbx = connected(banner)
    assert "no voicemail users" in pbx.send("VoicemailUsersList")["Message"]


@pytest.mark.parametrize("banner", ["2.6.0", "11.0.0"])
def test_odd_answers_have_their_end(connected: Connect, banner: str) -> None:
    """R-CORR-01, R-CORR-14."""
    pbx = connected(banner)
    assert pbx.send("IAXnetstats").response is None
    assert [each.raw.split(b"\r\n")[0] for each in pbx.send("Queues")] == [
        b"support has 0 calls",
        b"sales has 0 calls",
    ]
    assert [each.name for each in pbx.send("FAXStats")] == ["FAXStats"]
    for name, headers, message, more in (
        ("ModuleLoad", {}, "Incomplete ModuleLoad action.", 2),
        ("FAXSession", {"SessionNumber": 1}, "Session not found", 0),
        ("PRIDebugSet", {}, "Invalid/unknown command", 0),
    ):
        with pytest.raises(ActionFailed, match=message) as caught:
            pbx.send(name, headers)
        assert len(caught.value.reply.events) == more
    with pytest.raises(ActionFailed) as caught:
        pbx.send("JabberSend", Jabber="a", ScreenName="b", Message="c")
    assert len(caught.value.reply.events) == 1
    waited = pbx.send("WaitEvent", Timeout=0)
    assert waited.complete is not None
    assert waited.complete.name == "WaitEventComplete"
    assert pbx.send("CoreStatus", completion=Fence())["CoreStartupDate"]
    assert pbx.snapshot().faults == {}


def test_without_a_timeout_wait_event_waits_for_ever() -> None:
    """As with -1 (main/manager.c:3306); the bytes of a ping end it."""
    client = MockClient(MockServer())
    client.login(events="off")
    assert client.request("Action: WaitEvent", "ActionID: a1") == []
    client.pass_time(100_000.0)
    assert [frame[0] for frame in client.request("Action: Ping")] == [
        "Response: Success",
        "Event: WaitEventComplete",
        "Response: Success",
    ]


def test_an_error_stands_in_the_middle_of_a_list(mock_server_factory: MockServerFactory) -> None:
    """R-CORR-02: it ends the list; anything that the server sends after it is a straggler."""
    core = MockServer()
    core.state.inventory.endpoints["bob"].broken = True
    host = mock_server_factory(core)
    with connect("127.0.0.1", host.port, username="admin", secret="s3cr3t", events="off") as pbx:
        with pytest.raises(ActionFailed):
            pbx.send("PJSIPShowEndpoint", Endpoint="bob")
        pbx.send("Ping")
        assert {fault.name: count for fault, count in pbx.snapshot().faults.items()} == {"STRAGGLER": 1}
