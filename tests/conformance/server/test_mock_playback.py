"""A capture played back: to the client it was recorded from, and to others."""

import re
import socket
from contextlib import closing
from hashlib import md5

import pytest

from ami_backends.selectors import connect
from conformance.corpus import Capture, capture, captures
from conformance.server import Playback
from conformance.server.fixtures import MockServerFactory, Talk

CAPTURES = list(captures())
PERMISSION = "asterisk-22.10.1/permission-denied"


def replay(record: Capture, pace: float, rename: str = "") -> tuple[bytes, float]:
    """Send what was sent then, when it was; give all that came back, and when the link ended."""
    server = Playback(record, pace=pace)
    session = server.connect(0.0)
    heard, now = session.transmit(), 0.0
    for at, text in record.sent:
        now = at * pace
        sent = text.replace("pbx:cap:", rename) if rename else text
        session.receive(sent.encode("latin-1"), now)
        heard += session.transmit()
    while not session.closed and (deadline := server.timeout()) is not None:
        server.handle_timeout(now := max(now, deadline))
        heard += session.transmit()
    assert session.closed
    return heard, now


@pytest.mark.parametrize("pace", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("record", CAPTURES, ids=lambda record: record.name)
def test_the_same_client_hears_every_byte_again(record: Capture, pace: float) -> None:
    heard, ended = replay(record, pace)
    assert heard == record.data
    last = max([at for at, _ in record.chunks], default=0.0)
    assert ended == pytest.approx(last * pace, abs=0.1)


@pytest.mark.parametrize("record", CAPTURES, ids=lambda record: record.name)
def test_answers_carry_the_ids_of_this_client(record: Capture) -> None:
    """Those of others, which some events carry, stay theirs."""
    heard, _ = replay(record, 0.0, rename="mine-")
    sent = "".join(text for _, text in record.sent)
    theirs = rb"(?<=\r\nActionID: )pbx:cap:(?=([0-9]+)\r\n)"
    expected = re.sub(
        theirs,
        lambda found: b"mine-" if f"ActionID: pbx:cap:{found[1].decode()}\r" in sent else found[0],
        record.data,
    )
    assert heard == expected


def test_an_id_that_was_recorded_for_another_action_is_no_trap() -> None:
    talk = Talk(Playback(capture(PERMISSION), pace=0))
    answers = [talk.say("Action: Login", "ActionID: pbx:cap:6"), talk.say("Action: Ping", "ActionID: x")]
    assert "ActionID: pbx:cap:6" in answers[0][0]
    assert all("ActionID: pbx:cap:6" not in frame for frame in answers[1])


def test_a_client_without_ids_gets_none() -> None:
    talk = Talk(Playback(capture(PERMISSION), pace=0))
    (accepted, *_) = talk.say("Action: Login", "Username: anybody", "Secret: anything")
    assert accepted == ["Response: Success", "Message: Authentication accepted"]


def test_md5_is_answered_where_the_capture_was_plain() -> None:
    talk = Talk(Playback(capture(PERMISSION), pace=0))
    challenge = talk.say("Action: Challenge", "AuthType: MD5")[0][-1].removeprefix("Challenge: ")
    key = md5(f"{challenge}whatever".encode()).hexdigest()
    (accepted, *_) = talk.say("Action: Login", "AuthType: MD5", "Username: anybody", f"Key: {key}")
    assert accepted[-1] == "Message: Authentication accepted"


def test_plain_is_answered_where_the_capture_was_md5() -> None:
    talk = Talk(Playback(capture("asterisk-22.10.1/login-md5"), pace=0))
    (accepted, *_) = talk.say("Action: Login", "Username: admin", "Secret: s3cr3t")
    assert accepted[-1] == "Message: Authentication accepted"
    assert talk.say("Action: Logoff")[-1][0] == "Response: Goodbye"
    assert talk.session.closed


def test_what_the_capture_does_not_await_is_answered_by_the_mock() -> None:
    talk = Talk(Playback(capture("asterisk-22.10.1/call-mix"), pace=0))
    talk.say("Action: Login", "Username: admin", "Secret: s3cr3t", "ActionID: 1")
    assert talk.say("Action: Ping", "ActionID: 2")[0][:3] == [
        "Response: Success",
        "ActionID: 2",
        "Ping: Pong",
    ]
    assert talk.say("Action: Logoff")[0][0] == "Response: Goodbye"


def test_every_link_begins_at_the_beginning() -> None:
    server = Playback(capture(PERMISSION), pace=0)
    first, second = Talk(server), Talk(server)
    assert first.say("Action: Login", "ActionID: 1")[0] == second.say("Action: Login", "ActionID: 1")[0]


def test_our_own_client_plays_through_a_capture(mock_server_factory: MockServerFactory) -> None:
    host = mock_server_factory(Playback(capture("asterisk-16.28.0/command-outputs"), pace=0))
    record = capture("asterisk-16.28.0/command-outputs")
    commands = [found[1] for _, text in record.sent if (found := re.search(r"Command: (.*)\r", text))]
    with connect(host.host, host.port, username="x", secret="y", reconnect=False) as client:
        replies = [client.send("Command", Command=command, wait=True) for command in commands[:3]]
    assert all(reply.output for reply in replies)


def test_a_torn_end_is_torn_on_a_socket_too(mock_server_factory: MockServerFactory) -> None:
    record = capture("asterisk-22.10.1/slow-reader-cut")
    host = mock_server_factory(Playback(record, pace=0))
    with closing(socket.create_connection((host.host, host.port), timeout=20)) as link:
        link.sendall(record.sent[0][1].encode())
        heard = b""
        while more := link.recv(65_536):
            heard += more
    assert heard == record.data


@pytest.mark.parametrize("wrong", [-1.0, -0.001])
def test_time_does_not_run_backwards(wrong: float) -> None:
    with pytest.raises(ValueError, match="pace"):
        Playback(capture(PERMISSION), pace=wrong)
