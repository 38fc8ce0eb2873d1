"""Events of real Asterisk: all of them, in order, however their bytes are cut."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ami_backends.sessions.stream import Stream
from ami_proto import Decoder, Disconnect, Kind
from conformance.asterisk.targets import AsteriskTarget
from conformance.laws.peer import PATIENCE
from tests.real_asterisk import call, client, owner

pytestmark = pytest.mark.asterisk


def test_live_events_come_in_order(asterisk: AsteriskTarget) -> None:
    """R-FLOW-02: 1000 numbered events among those of calls come once each and in order."""
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


def test_bytes_cut_into_single_ones_give_the_same_messages(
    asterisk: AsteriskTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-WIRE-01: with the bytes of a live session, recorded in the driver's stream."""
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
    assert [each.pairs() for each in messages] == [each.pairs() for each in one_by_one]
    assert [each.raw for each in messages] == [each.raw for each in one_by_one]
    assert len(messages) == frames > 50
    assert {each.kind for each in messages} == {Kind.BANNER, Kind.RESPONSE, Kind.EVENT}
