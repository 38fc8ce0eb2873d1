"""Real Asterisk's odd actions: each ends, and its reply has all that belongs to it and nothing else."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ami_backends.selectors import Client
from ami_proto import ActionFailed, Kind, MisuseError
from ami_proto.completion import Completion, Fence
from conformance.asterisk.targets import AsteriskTarget
from conformance.laws.peer import PATIENCE
from tests.real_asterisk import client

pytestmark = pytest.mark.asterisk


@pytest.fixture
def pbx(asterisk: AsteriskTarget) -> Iterator[Client]:
    """Give a client that receives every event, and require that it saw no fault."""
    with client(asterisk, events="on") as pbx:
        yield pbx
        assert pbx.snapshot().faults == {}


def refused(pbx: Client, name: str, **headers: str) -> ActionFailed:
    with pytest.raises(ActionFailed) as caught:
        pbx.send(name, headers)
    return caught.value


def known(pbx: Client, name: str) -> bool:
    commands = pbx.send("ListCommands").response
    return commands is not None and name in commands


def test_all_errors_of_a_bad_request_are_its_reply(pbx: Client) -> None:
    """R-CORR-14: ModuleLoad sends up to three; none is left over for the next action."""
    nothing = refused(pbx, "ModuleLoad")
    assert nothing.message == "Incomplete ModuleLoad action."
    assert [each["Message"] for each in nothing.reply] == [
        "Need module name",
        "Incomplete ModuleLoad action.",
    ]
    absent = refused(pbx, "ModuleLoad", Module="app_nosuch.so", LoadType="load")
    assert absent.message in ("Could not load module.", "Module not found.")
    loaded = pbx.send("ModuleLoad", Module="app_queue.so", LoadType="reload")
    assert loaded["Message"] == "Module reloaded."


def test_text_and_single_events_have_an_end(pbx: Client) -> None:
    """R-CORR-14, R-CORR-02: IAXnetstats without calls is an empty line, FAXStats one event."""
    reply = pbx.send("IAXnetstats")
    assert (reply.response, reply.events) == (None, ())
    (statistics,) = pbx.send("FAXStats")
    assert (statistics.name, statistics["FailedFAXes"]) == ("FAXStats", "0")
    assert "ession" in refused(pbx, "FAXSession", SessionNumber="1").message


def test_text_without_headers_is_the_reply(pbx: Client, asterisk: AsteriskTarget) -> None:
    """R-CORR-14, R-WIRE-09: during an IAX call, with other actions and events at the same time."""
    asterisk.local("1000")  # skips the test for a user's own server: the dialplan is ours
    address = f"carol:carolpass@{iax_address(pbx)}/1000@default"
    pbx.send("Originate", Channel=f"IAX2/{address}", Application="Wait", Data="20")
    kinds = ["IAXnetstats", "CoreStatus", "QueueStatus"]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda name: pbx.send(name, completion=own(name)), kinds * 20))
    for statistics in replies[0::3]:
        (text,) = statistics
        assert (statistics.response, text.kind) == (None, Kind.UNKNOWN)
        assert text.raw.count(b"\nIAX2/") + text.raw.startswith(b"IAX2/") == 2
    assert all(reply["CoreStartupDate"] for reply in replies[1::3])
    assert all(reply.complete is not None for reply in replies[2::3])


def iax_address(pbx: Client) -> str:
    config = pbx.send("GetConfig", Filename="iax.conf").response
    assert config is not None
    (address,) = {value.partition("=")[2] for _, value in config.items() if value.startswith("bindaddr=")}
    return address


def own(name: str) -> Completion | None:
    """Return a fence for a list action, which does not need one."""
    return Fence() if name == "QueueStatus" else None


def test_wait_event_ends_with_its_own_event(pbx: Client) -> None:
    """R-CORR-02: when its time is over, or at an event, which subscriptions get too. A fence is refused."""
    heard = pbx.events("UserEvent")
    begun = time.monotonic()
    waited = pbx.send("WaitEvent", Timeout=1)
    assert waited.complete is not None
    assert (waited.complete.name, waited.events) == ("WaitEventComplete", ())
    assert time.monotonic() - begun < PATIENCE
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(pbx.send, "WaitEvent", Timeout=300)
        pbx.send("UserEvent", UserEvent="Now")
        assert waiting.result(PATIENCE).complete is not None
    assert heard.get(PATIENCE)["UserEvent"] == "Now"
    with pytest.raises(MisuseError):
        pbx.send("WaitEvent", Timeout=1, completion=Fence())


def test_lists_and_their_errors(pbx: Client, asterisk: AsteriskTarget) -> None:
    """R-CORR-02: Status, DBGet, ShowDialPlan, for something that exists and something that does not."""
    pbx.send("Originate", Channel=asterisk.local("1000"), Application="Wait", Data="5")
    status = pbx.send("Status")
    assert status.complete is not None
    assert int(status.complete["Items"]) == len(status.events) > 0
    assert refused(pbx, "Status", Channel="Local/nosuch").message == "No such channel"
    pbx.send("DBPut", Family="odd", Key="k", Val="v")
    assert [each["Val"] for each in pbx.send("DBGet", Family="odd", Key="k")] == ["v"]
    pbx.send("DBDelTree", Family="odd")
    assert refused(pbx, "DBGet", Family="odd", Key="k").message == "Database entry not found"
    assert refused(pbx, "ShowDialPlan", Context="nosuch").message == "Did not find context nosuch"
    assert pbx.send("ShowDialPlan", Context="default").complete is not None


def test_actions_of_absent_modules_are_refused(pbx: Client) -> None:
    """R-CORR-14: with Asterisk's error, whether or not the library sends a ping after them."""
    names = ("JabberSend", "PRIDebugSet", "DataGet", "Queues")
    absent = [name for name in names if not known(pbx, name)]
    assert "Queues" in absent, "Asterisk 15 removed it"
    for name in absent:
        assert "Invalid/unknown command" in refused(pbx, name).message
