"""Actions on real Asterisk: Command, Originate, many at once, server keys of any kind."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice, takewhile
from uuid import uuid4

import pytest

from ami_proto import ActionFailed
from ami_proto.correlation.action_ids import ActionIds
from conformance.asterisk.targets import AsteriskTarget
from conformance.laws.peer import PATIENCE
from tests.real_asterisk import call, client, owner, session, trusted

pytestmark = pytest.mark.asterisk


def test_command_output_of_one_line_of_none_and_of_an_unknown_command(asterisk: AsteriskTarget) -> None:
    """R-WIRE-08, R-CORR-03."""
    with client(asterisk) as pbx:
        version = pbx.send("Command", Command="core show version").output
        assert version is not None
        assert version == [asterisk.cli("core show version").strip()]
        assert pbx.send("Command", Command="queue reset stats").output == []
        with pytest.raises(ActionFailed) as caught:
            pbx.send("Command", Command="nosuch command")
        output = caught.value.reply.output
        assert output is not None
        assert output[0].startswith("No such command 'nosuch command'")
        with pytest.raises(ActionFailed, match="No command provided"):
            pbx.send("Command", Command="")


@pytest.mark.parametrize("secured", [False, True], ids=["tcp", "tls"])
def test_command_of_50_kb(asterisk: AsteriskTarget, secured: bool) -> None:
    """R-WIRE-08: every line comes back as Asterisk wrote it."""
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


# -- many at once, and keys of any kind


def test_sixty_pipelined_actions_over_tls(asterisk: AsteriskTarget) -> None:
    """R-ACT-07: Asterisk reads them all; of a longer TLS record a part would stay inside its OpenSSL."""
    with owner(asterisk, **trusted(asterisk)) as mine:
        mine.until_ready()
        pings = [mine.submit("Ping") for _ in range(60)]
        large = [
            mine.submit("UserEvent", UserEvent="Large", **{f"H{n}": "x" * 150 for n in range(20)})
            for _ in range(20)
        ]
        mine.until(lambda: len(mine.outcomes) == 80, patience=5.0)
        assert all(mine.outcomes[ticket].succeeded for ticket in pings + large)


def test_sixty_threads_over_tls(asterisk: AsteriskTarget) -> None:
    """R-DRIVER-06: each thread gets its own replies."""
    with client(asterisk, **trusted(asterisk)) as pbx, ThreadPoolExecutor(60) as pool:

        def ask(number: int) -> str:
            pbx.send("Setvar", Variable=f"V{number}", Value=str(number))
            return pbx.send("Getvar", Variable=f"V{number}")["Value"]

        assert list(pool.map(ask, range(60))) == [str(number) for number in range(60)]


@pytest.mark.parametrize("key", ["pbx 01", "node_", "pbx:1", "pbx-münchen", "k" * 200])
def test_every_key_logs_in_and_correlates(asterisk: AsteriskTarget, key: str) -> None:
    """R-ID-02, R-ID-03: also through the handlers with the shortest buffers."""
    with client(asterisk, key=key, events="on") as pbx:
        reply = pbx.send("QueueStatus")
        assert reply.response is not None
        action_id = reply.response.action_id
        assert action_id is not None
        assert {each.action_id for each in reply} == {action_id}
        assert action_id.isascii()
        assert len(action_id) <= 64
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


def test_the_longest_action_id_comes_back_whole(asterisk: AsteriskTarget) -> None:
    """R-ID-02: no handler cuts the 64 bytes that an ActionID may have after 10^12 actions."""
    longest = ActionIds("k" * 200, "0123abcd").draw(10**12 - 1)
    assert len(longest) == 64
    with session(asterisk, events="call") as ami:
        channel = asterisk.local("conf")
        ami.reply("Originate", ("Channel", channel), ("Application", "Wait"), ("Data", "20"))
        ami.event("ConfbridgeJoin")
        for action in ("QueueStatus", "CoreStatus", "ConfbridgeList\r\nConference: room1"):
            # Asterisk takes the first ActionID of an action; the second is the socket's own.
            ami.send(f"{action}\r\nActionID: {longest}")
            frames = (frame for frame in iter(ami.read, None) if not frame["Privilege"])  # no live events
            answer = [next(frames)]
            if action != "CoreStatus":
                answer += takewhile(lambda frame: frame["EventList"].lower() != "complete", frames)
                assert len(answer) > 1
            assert {frame["ActionID"] for frame in answer} == {longest}
        ami.reply("Hangup", ("Channel", "/^Local.conf.*/"))


# -- Originate


def test_a_successful_originate(asterisk: AsteriskTarget) -> None:
    """R-CORR-01: a response, then the event with the result; variables arrive unchanged."""
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
def test_a_failed_originate(asterisk: AsteriskTarget, extension: str, reason: str) -> None:
    """R-CORR-03: the response says Success, which only means that the call was queued."""
    with client(asterisk, events="call") as pbx:
        with pytest.raises(ActionFailed) as caught:
            call(pbx, asterisk, extension)
        (event,) = caught.value.reply.events
        assert (event["Response"], event["Reason"]) == ("Failure", reason)
        assert caught.value.reply["Response"] == "Success"


def test_channel_ids_are_chosen_and_must_be_new(asterisk: AsteriskTarget) -> None:
    """What `docs/how-to/follow-one-call.md` says."""
    first, second = (str(uuid4()) for _ in range(2))
    order = {"Channel": asterisk.local("echo"), "Application": "Wait", "Data": "20", "ChannelId": first}
    with client(asterisk, events="call") as pbx, pbx.events("Newchannel") as events:
        pbx.send("Originate", order, OtherChannelId=second)
        created = [events.get(PATIENCE) for _ in range(2)]
        with pytest.raises(ActionFailed) as taken:
            pbx.send("Originate", order)
        with pytest.raises(ActionFailed, match="Uniqueid length exceeds maximum of 149"):
            pbx.send("Originate", order | {"ChannelId": "x" * 150})
        pbx.send("Hangup", Channel=first)
    assert [(each["Uniqueid"], each["Linkedid"]) for each in created] == [(first, first), (second, first)]
    (failure,) = taken.value.reply.events
    assert (failure["Reason"], failure["Uniqueid"]) == ("0", first)


def test_asyncagi_break_lets_the_dialplan_go_on(asterisk: AsteriskTarget) -> None:
    """What `docs/how-to/run-async-agi.md` says."""
    with client(asterisk, events="on") as pbx, pbx.events("AsyncAGI*", "VarSet", "Hangup") as events:
        call(pbx, asterisk, "agi")
        start = next(event for event in events if event.name == "AsyncAGIStart")
        pbx.send("AGI", Channel=start["Channel"], Command="ASYNCAGI BREAK", CommandID="b")
        mine = (event for event in events if event.get("Channel") == start["Channel"])
        seen = [(event.name, event.get("Result") or event.get("Value")) for event in islice(mine, 4)]
    result = ("AsyncAGIExec", "200%20result%3D0%0A")
    assert seen == [result, ("AsyncAGIEnd", None), ("VarSet", "SUCCESS"), ("Hangup", None)]
