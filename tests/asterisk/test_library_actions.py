"""The library's actions on real Asterisk: Command, Originate, many at once, keys of any kind."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from real_asterisk import call, client, owner, trusted

from ami_proto import (
    ActionFailed,
)
from conformance.asterisk.targets import Target
from conformance.peer import PATIENCE

pytestmark = pytest.mark.asterisk


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
