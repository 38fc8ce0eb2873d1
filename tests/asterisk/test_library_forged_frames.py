"""Forged frames on real Asterisk: what a value of the dialplan can write must not silence a session."""

import time
from base64 import b64encode

import pytest

from ami_backends.sessions.stream import Stream
from ami_proto import Decoder, Disconnect, Fault, Message
from conformance.asterisk.targets import AsteriskTarget
from conformance.laws.peer import PATIENCE
from tests.real_asterisk import client, owner

pytestmark = pytest.mark.asterisk

FORGED = (
    "\r\n\r\nResponse: Follows\r\n",
    "\r\n\r\nResponse: Follows\r\nPrivilege: Command\r\n",
    "\r\n\r\nResponse: Follows\r\nPrivilege: Command\r\nActionID: 1\r\nline\n",
    "\r\n\r\nResponse: Follows\n",
    "\r\n\r\nActionID: 1\r\nResponse: Follows\r\nx",
    "\r\n\r\nEvent: Agents\r\nResponse: Follows\n",
)


def variable(value: str) -> str:
    """Return a variable whose value, in the answer to Getvar, is this text as it is."""
    return f"BASE64_DECODE({b64encode(value.encode()).decode()})"


@pytest.mark.parametrize("value", FORGED)
def test_a_forged_head_of_command_output_silences_nothing(asterisk: AsteriskTarget, value: str) -> None:
    """R-WIRE-08, R-TIME-01: every later reply and event comes."""
    with client(asterisk, events="on") as pbx:
        events = pbx.events("UserEvent", where=lambda event: event["UserEvent"] == "After")
        assert pbx.send("Getvar", Variable=variable(value)).response
        for number in range(3):
            pbx.send("UserEvent", UserEvent="After", Number=number)
            assert events.get(PATIENCE)["Number"] == str(number)
        assert pbx.send("Command", Command="core show uptime").output
        faults = pbx.snapshot().faults
        assert faults.keys() <= {Fault.UNMATCHED, Fault.DESYNC}


def test_the_answer_cut_anywhere_gives_the_same_messages(
    asterisk: AsteriskTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L8, R-WIRE-01: the bytes of a live session with forged heads and real output, cut at every offset."""
    record: list[bytes] = []
    receive = Stream.receive

    def listen(self: Stream) -> bytes | Disconnect:
        data = receive(self)
        if isinstance(data, bytes):
            record.append(data)
        return data

    monkeypatch.setattr(Stream, "receive", listen)
    with owner(asterisk) as mine:
        mine.until_ready()
        for value in FORGED:
            mine.submit("Getvar", Variable=variable(value))
            mine.submit("Command", Command="core show uptime")
        mine.until(lambda: len(mine.outcomes) == 2 * len(FORGED))
        mine.machine.stop(time.monotonic(), grace=5.0)
        mine.until(lambda: mine.machine.stopped)
        frames = mine.machine.frames_received
        ids = [ticket.action_id for ticket in mine.outcomes]
    data = b"".join(record)
    whole = decoded([data], ids)
    assert len(whole) == frames
    for cut in range(1, len(data)):
        assert decoded([data[:cut], data[cut:]], ids) == whole
    assert decoded([data[each : each + 1] for each in range(len(data))], ids) == whole


def decoded(pieces: list[bytes], ids: list[str]) -> list[Message]:
    """Return the messages of a stream on which actions with these ids were sent."""
    decoder = Decoder(sent=ids)
    return [message for piece in pieces for message in decoder.feed(piece)] + decoder.eof()
