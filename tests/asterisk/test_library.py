"""The library against real Asterisk: what it promises for the main job, on every version there is."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest
from peers import Owner

from ami_backends._stream import Stream
from ami_backends.selectors import Client, connect
from ami_proto import (
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ConnectFailed,
    Decoder,
    Disconnect,
    Fault,
    Kind,
    LoginRefused,
    Notice,
    NotReady,
    Reason,
    Reply,
    State,
    StateChanged,
    Tls,
)
from conformance.asterisk.targets import Target
from conformance.leaks import eventually
from conformance.peer import PATIENCE

pytestmark = pytest.mark.asterisk

BOOT = 60.0
"""Seconds a server may take to come back on a loaded machine; two are usual."""


def client(server: Target, user: str = "admin", **options: Any) -> Client:
    account = server.users[user]
    quick: dict[str, Any] = {"events": "off", "reconnect_min": 0.05, "reconnect_max": 0.2}
    quick["breaker_threshold"] = 1_000_000
    values = quick | {"port": server.port} | options
    return connect(server.host, username=account.username, secret=account.secret, **values)


def trusted(server: Target) -> dict[str, Any]:
    """Return the options for its TLS port."""
    return {"port": server.tls_port, "tls": Tls(ca_file=str(server.ca_file))}


def owner(server: Target, **options: Any) -> Owner:
    """Return a reactor of our own for this server."""
    account = server.users["admin"]
    values: dict[str, Any] = {"host": server.host, "events": "off", "auth": "md5"}
    values |= {"username": account.username, "secret": account.secret}
    port = options.pop("port", server.port)
    assert isinstance(port, int)
    return Owner(port, **(values | options))


def call(pbx: Client, server: Target, extension: str) -> Reply:
    """Start a call that stays for as long as the extension does."""
    return pbx.send("Originate", Channel=server.local(extension), Application="Wait", Data="20")


# -- login


def test_waits_for_fully_booted(asterisk: Target) -> None:
    """R-AUTH-04: and it is an event like any other."""
    with client(asterisk, events="system", wait_fully_booted=True) as pbx:
        assert pbx.send("Ping")["Ping"] == "Pong"
    with pytest.raises(ConnectFailed, match="no FullyBooted; it needs class 'system'"):
        client(asterisk, events="off", wait_fully_booted=True, login_timeout=2.0)


@pytest.mark.parametrize("auth", ["md5", "plain"])
def test_a_wrong_password_is_refused(asterisk: Target, auth: Literal["md5", "plain"]) -> None:
    """R-AUTH-03: in Asterisk's own words, a second later."""
    name = asterisk.users["admin"].username
    with pytest.raises(LoginRefused, match=r"login refused: Authentication failed$"):
        connect(asterisk.host, asterisk.port, username=name, secret="wr0ng", auth=auth)


def test_a_reader_may_not_command(asterisk: Target) -> None:
    """R-CORR-03."""
    with client(asterisk, "readonly") as pbx:
        with pytest.raises(ActionFailed, match="Permission denied"):
            pbx.send("Command", Command="core show version")
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_close_logs_off(asterisk: Target) -> None:
    """R-LIFE-05: Goodbye comes well within the grace, and the server forgets the session."""
    states: list[Notice] = []
    pbx = client(asterisk, "readonly", on_notice=states.append, close_grace=5.0)
    assert "readonly" in asterisk.cli("manager show connected")
    begun = time.monotonic()
    pbx.close()
    assert time.monotonic() - begun < 2.0
    closed = states[-1]
    assert isinstance(closed, StateChanged)
    assert (closed.old, closed.new, closed.cause) == (State.CLOSING, State.CLOSED, Disconnect(Reason.STOPPED))
    assert eventually(lambda: "readonly" not in asterisk.cli("manager show connected"))


# -- the wrong port, the wrong trust


def test_a_certificate_is_verified(asterisk: Target) -> None:
    """R-AUTH-05."""
    secure = trusted(asterisk)
    with client(asterisk, port=asterisk.tls_port, tls=Tls(verify=False)) as pbx:
        assert pbx.send("Ping")["Ping"] == "Pong"
    stranger = Tls(ca_file=str(asterisk.ca_file), server_name="pbx.example")
    for tls, detail in [
        (True, "self-signed|unable to get local issuer"),
        (stranger, "not valid for 'pbx.example'"),
    ]:
        with pytest.raises(ConnectFailed, match=detail) as caught:
            client(asterisk, **(secure | {"tls": tls}))
        assert caught.value.cause.reason is Reason.TLS_FAILED


def test_tls_on_the_plain_port_and_plain_on_the_tls_port(asterisk: Target) -> None:
    with pytest.raises(ConnectFailed, match="does this port speak TLS"):
        client(asterisk, tls=Tls(verify=False))
    with pytest.raises(ConnectFailed, match="is this the AMI port"):
        client(asterisk, port=asterisk.tls_port, banner_timeout=0.3)


# -- Command


def test_command_of_one_line_of_none_and_of_an_unknown_one(asterisk: Target) -> None:
    """R-WIRE-08, R-CORR-03."""
    with client(asterisk) as pbx:
        version = pbx.send("Command", Command="core show version").output
        assert version is not None
        assert version == [asterisk.cli("core show version").strip()]
        assert pbx.send("Command", Command="queue reset stats").output == [""]
        with pytest.raises(ActionFailed) as caught:
            pbx.send("Command", Command="nosuch command")
        output = caught.value.reply.output
        assert output is not None
        assert output[0].startswith("No such command 'nosuch command'")
        with pytest.raises(ActionFailed, match="No command provided"):
            pbx.send("Command", Command="")


@pytest.mark.parametrize("secured", [False, True], ids=["tcp", "tls"])
def test_command_of_50_kb(asterisk: Target, secured: bool) -> None:
    """R-WIRE-08: each line as it is."""
    values = {f"k{number:02}": f"{number} " + ": x " * 200 for number in range(64)}
    with client(asterisk, **(trusted(asterisk) if secured else {})) as pbx, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: pbx.send("DBPut", Family="big", Key=key, Val=values[key] + "."), values))
        output = pbx.send("Command", Command="database show big").output
        assert output is not None
        pbx.send("DBDelTree", Family="big")
    assert sum(map(len, output)) > 50_000
    found = dict(line.split(": ", 1) for line in output if line.startswith("/big/"))
    assert {name.strip().removeprefix("/big/"): value for name, value in found.items()} == {
        key: value + "." for key, value in values.items()
    }


# -- lists

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
"""Modules that not every version has: chan_sip ended with 20, app_voicemail is absent from one package."""

EMPTY = [("PJSIPShowContacts", "No Contacts found"), ("PJSIPShowResourceLists", "No resource lists found")]


def test_every_list_is_collected_whole(asterisk: Target) -> None:
    """R-CORR-02, R-CORR-12: as many items as the server says, while calls come and go and events flow."""
    with client(asterisk, events="on") as pbx, ThreadPoolExecutor(4) as pool:
        heard = pbx.events("ConfbridgeJoin", "QueueCallerJoin", "ParkedCall")
        list(pool.map(lambda extension: call(pbx, asterisk, extension), ["conf", "queue", "park", "1000"]))
        assert {heard.get(PATIENCE).name for _ in range(3)} == {
            "ConfbridgeJoin",
            "QueueCallerJoin",
            "ParkedCall",
        }
        with pytest.raises(ActionFailed, match="Invalid/unknown command"):
            pbx.send("NoSuchList")
        known = {name.lower() for name, _ in pbx.send("ListCommands").response.items() if name}  # type: ignore[union-attr]
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


def test_lists_that_want_a_word(asterisk: Target) -> None:
    """R-CORR-02: with arguments, breaking off, and ending calls."""
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


def test_items_go_to_subscriptions_only_when_asked_for(asterisk: Target) -> None:
    """R-CORR-12."""
    with client(asterisk) as pbx:
        plain, everything = pbx.events("QueueParams"), pbx.events("QueueParams", replies=True)
        items = pbx.send("QueueStatus").events
        queues = [each["Queue"] for each in items if each.name == "QueueParams"]
        assert [everything.get(PATIENCE)["Queue"] for _ in queues] == queues
        with pytest.raises(TimeoutError):
            plain.get(0)


# -- many at once, and names of any kind


def test_sixty_pipelined_actions_over_tls(asterisk: Target) -> None:
    """R-ACT-07: nothing is stranded inside Asterisk's OpenSSL, however much is written at once."""
    with owner(asterisk, **trusted(asterisk)) as mine:
        mine.until_ready()
        pings = [mine.submit("Ping") for _ in range(60)]
        large = [
            mine.submit("UserEvent", UserEvent="Large", **{f"H{n}": "x" * 150 for n in range(20)})
            for _ in range(20)
        ]
        mine.until(lambda: len(mine.outcomes) == 80, patience=5.0)
        assert all(mine.outcomes[ticket].succeeded for ticket in pings + large)


def test_sixty_threads_over_tls(asterisk: Target) -> None:
    """R-DRIVER-06: each gets its own answer."""
    with client(asterisk, **trusted(asterisk)) as pbx, ThreadPoolExecutor(60) as pool:

        def ask(number: int) -> str:
            pbx.send("Setvar", Variable=f"V{number}", Value=str(number))
            return pbx.send("Getvar", Variable=f"V{number}")["Value"]

        assert list(pool.map(ask, range(60))) == [str(number) for number in range(60)]


@pytest.mark.parametrize("key", ["pbx 01", "node_", "pbx:1", "pbx-münchen", "k" * 200])
def test_every_key_logs_in_and_correlates(asterisk: Target, key: str) -> None:
    """R-ID-02, R-ID-03: also in the handlers whose buffers are the shortest, and after a thousand years."""
    with client(asterisk, key=key, events="on") as pbx:
        pbx._machine._ids._sequence = 10**12 - 100
        reply = pbx.send("QueueStatus")
        assert reply.response is not None
        action_id = reply.response.action_id
        assert action_id is not None
        assert {each.action_id for each in reply} == {action_id}
        assert action_id.isascii()
        assert len(action_id) <= 64
        assert len(key) < 200 or len(action_id) == 64
        heard = pbx.events("ConfbridgeJoin")
        originated = call(pbx, asterisk, "conf").events[0]
        assert originated.name == "OriginateResponse"
        heard.get(PATIENCE)
        members = pbx.send("ConfbridgeList", Conference="room1")
        assert members.complete is not None
        assert int(members.complete["ListItems"]) == len(members.events) >= 1
        assert pbx.send("CoreSettings")["AMIversion"]
        assert pbx.send("CoreStatus")["CoreStartupDate"]
        pbx.send("Hangup", Channel="/^Local.conf.*/")


# -- Originate


def test_an_originate_that_succeeds(asterisk: Target) -> None:
    """R-CORR-01: the response, and then the event that tells; variables arrive as they were."""
    odd = 'a,b "c" \\d; (e'
    with client(asterisk, events="call") as pbx:
        reply = pbx.send(
            "Originate",
            Channel=asterisk.local("1000"),
            Application="Wait",
            Data="2",
            CallerID="Tester <42>",
            variables={"ODD": odd},
        )
        assert reply["Message"] == "Originate successfully queued"
        (event,) = reply.events
        assert (event["Response"], event["Reason"]) == ("Success", "4")
        assert pbx.send("Getvar", Channel=event["Channel"], Variable="ODD")["Value"] == odd
        pbx.send("Hangup", Channel=event["Channel"])


@pytest.mark.parametrize(("extension", "reason"), [("busy", "5"), ("nosuch", "0"), ("fail", "0")])
def test_an_originate_that_fails(asterisk: Target, extension: str, reason: str) -> None:
    """R-CORR-03: accepted is no success."""
    with client(asterisk, events="call") as pbx:
        with pytest.raises(ActionFailed) as caught:
            call(pbx, asterisk, extension)
        (event,) = caught.value.reply.events
        assert (event["Response"], event["Reason"]) == ("Failure", reason)
        assert caught.value.reply["Response"] == "Success"


# -- events


def test_live_events_come_in_order(asterisk: Target) -> None:
    """R-FLOW-02: 1000 numbered ones among those of calls; nothing lost, nothing twice."""
    with client(asterisk, events="on") as pbx, client(asterisk) as other, ThreadPoolExecutor(8) as pool:
        heard = pbx.events("UserEvent", where=lambda event: event["UserEvent"] == "Count")
        everything = pbx.events("*", block=("UserEvent",))
        calls = [pool.submit(call, pbx, asterisk, "user") for _ in range(4)]
        for number in range(1000):
            other.send("UserEvent", UserEvent="Count", Number=number)
        assert [int(heard.get(PATIENCE)["Number"]) for _ in range(1000)] == list(range(1000))
        for each in calls:
            each.result(PATIENCE)
        names: set[str | None] = set()
        while not {"Newchannel", "VarSet", "Hangup"} <= names:
            names.add(everything.get(PATIENCE).name)
        assert pbx.snapshot().subscriptions[0].dropped == 0
        assert pbx.snapshot().faults == {}


def test_what_the_server_sends_parses_the_same_in_any_pieces(
    asterisk: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-WIRE-01: recorded live, byte for byte."""
    record: list[bytes] = []
    receive = Stream.receive

    def listen(self: Stream) -> bytes | Disconnect:
        data = receive(self)
        if isinstance(data, bytes):
            record.append(data)
        return data

    monkeypatch.setattr(Stream, "receive", listen)
    with owner(asterisk, events="on") as mine:
        mine.until_ready()
        for extension in ("user", "bytes", "queue", "conf", "short", "dial"):
            mine.submit(
                "Originate", Channel=asterisk.local(extension), Application="Wait", Data="1", Async="true"
            )
        for name in (
            "CoreShowChannels",
            "Status",
            "QueueStatus",
            "QueueRule",
            "ListCommands",
            "CoreSettings",
        ):
            mine.submit(name)
        mine.submit("Command", Command="module show")
        mine.submit("UserEvent", UserEvent="Odd", Text="héllo ☎")
        mine.until(lambda: len(mine.outcomes) == 14)
        mine.machine.stop(time.monotonic(), grace=5.0)
        mine.until(lambda: mine.machine.stopped)
        frames = mine.machine.frames_received
        assert mine.machine.snapshot().faults == {}
    data = b"".join(record)
    whole, single = Decoder(), Decoder()
    messages = whole.feed(data)
    one_by_one = [
        message for number in range(len(data)) for message in single.feed(data[number : number + 1])
    ]
    assert whole.eof() == single.eof() == []
    assert [each.items() for each in messages] == [each.items() for each in one_by_one]
    assert [each.raw for each in messages] == [each.raw for each in one_by_one]
    assert len(messages) == frames > 50
    assert {each.kind for each in messages} == {Kind.BANNER, Kind.RESPONSE, Kind.EVENT}


# -- bad days


def test_a_kill_ends_what_is_pending_and_the_client_comes_back(asterisk: Target) -> None:
    """R-CORR-07, R-HEALTH-06."""
    with client(asterisk, events="call") as pbx, ThreadPoolExecutor(1) as pool:
        asterisk.pause()
        held = pool.submit(pbx.send, "Ping")
        assert eventually(lambda: pbx.snapshot().actions_pending == 1)
        asterisk.kill()
        with pytest.raises(ActionLost) as caught:
            held.result(PATIENCE)
        assert caught.value.cause.reason in (Reason.EOF, Reason.RESET)
        assert eventually(lambda: pbx.snapshot().connect_failures > 1)
        with pytest.raises(NotReady):
            pbx.send("Ping")
        asterisk.start()
        assert pbx.send("Ping", wait=True, timeout=BOOT)["Ping"] == "Pong"


def test_a_server_that_ends_by_our_own_command_is_a_loss_and_no_success(asterisk: Target) -> None:
    """Invariant 3: Asterisk says nothing to `core stop now`, so neither do we."""
    with client(asterisk) as pbx:
        asterisk.local("ours")  # the user's own is not stopped
        with pytest.raises(ActionLost, match="connection lost"):
            pbx.send("Command", Command="core stop now")
        asterisk.kill()
        asterisk.start()
        assert pbx.send("Ping", wait=True, timeout=BOOT)["Ping"] == "Pong"


def test_an_action_that_blocks_the_session_is_no_dead_server(asterisk: Target) -> None:
    """R-HEALTH-07: no ping cuts a WaitEvent short, and silence is not judged meanwhile."""
    quick: dict[str, Any] = {"heartbeat_interval": 0.1, "heartbeat_timeout": 0.1, "read_timeout": 0.5}
    with client(asterisk, **quick) as pbx:
        session, longest = pbx.snapshot().session, 0.0
        for _ in range(5):  # any event of the server's ends one early, our own login's too
            begun = time.monotonic()
            pbx.send("WaitEvent", Timeout=1)
            longest = max(longest, time.monotonic() - begun)
            if longest > 0.8:
                break
        assert longest > 0.8
        assert pbx.state is State.READY
        assert pbx.snapshot().session == session


def test_an_action_that_times_out_leaves_the_session_alone(asterisk: Target) -> None:
    """R-CORR-06: its late answer is counted, and nothing else."""
    with client(asterisk) as pbx:
        asterisk.pause()
        with pytest.raises(ActionTimeout):
            pbx.send("Ping", timeout=0.2)
        asterisk.resume()
        assert eventually(lambda: pbx.snapshot().faults.get(Fault.UNMATCHED) == 1)
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_two_versions_at_once_do_not_mix(asterisk_pair: tuple[Target, Target]) -> None:
    """Invariant 5."""
    with client(asterisk_pair[0], key="pbx") as newer, client(asterisk_pair[1], key="pbx") as older:
        for pbx, server in ((newer, asterisk_pair[0]), (older, asterisk_pair[1])):
            assert pbx.send("CoreSettings")["AsteriskVersion"].startswith(f"{server.version}.")


def test_nothing_is_left_behind(asterisk: Target) -> None:
    before = threading.active_count()
    for _ in range(5):
        with client(asterisk) as pbx:
            pbx.send("Ping")
    assert eventually(lambda: threading.active_count() <= before)
