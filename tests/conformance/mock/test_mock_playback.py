"""A capture played back to the client that it was recorded from, and to others."""

import re
import socket
from contextlib import closing
from hashlib import md5
from typing import Any

import pytest

from ami_backends.selectors import connect
from conformance.corpus import Capture, capture, captures
from conformance.mock import Playback
from conformance.mock.fixtures import MockClient, MockServerFactory

CAPTURES = list(captures())
PERMISSION = "asterisk-22.10.1/permission-denied"


def replay(record: Capture, pace: float, rename: str = "") -> tuple[bytes, float]:
    """Send the recorded actions at their times; return all output, and when the link ended."""
    server = Playback(record, pace=pace)
    session = server.connect(0.0)
    received, now = session.transmit(), 0.0
    for at, text in record.sent:
        now = at * pace
        sent = text.replace("pbx:cap:", rename) if rename else text
        session.receive(sent.encode("latin-1"), now)
        received += session.transmit()
    while not session.closed and (deadline := server.timeout()) is not None:
        server.handle_timeout(now := max(now, deadline))
        received += session.transmit()
    assert session.closed
    return received, now


@pytest.mark.parametrize("pace", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("record", CAPTURES, ids=lambda record: record.name)
def test_the_same_client_receives_every_byte_again(record: Capture, pace: float) -> None:
    received, ended = replay(record, pace)
    assert received == record.data
    last = max([at for at, _ in record.chunks], default=0.0)
    assert ended == pytest.approx(last * pace, abs=0.1)


@pytest.mark.parametrize("record", CAPTURES, ids=lambda record: record.name)
def test_answers_carry_the_ids_of_this_client(record: Capture) -> None:
    """The IDs of other sessions, which some events contain, stay unchanged."""
    received, _ = replay(record, 0.0, rename="mine-")
    sent = "".join(text for _, text in record.sent)
    theirs = rb"(?<=\r\nActionID: )pbx:cap:(?=([0-9]+)\r\n)"
    expected = re.sub(
        theirs,
        lambda found: b"mine-" if f"ActionID: pbx:cap:{found[1].decode()}\r" in sent else found[0],
        record.data,
    )
    assert received == expected


def test_an_id_that_was_recorded_for_another_action_is_not_mixed_up() -> None:
    client = MockClient(Playback(capture(PERMISSION), pace=0))
    answers = [
        client.request("Action: Login", "ActionID: pbx:cap:6"),
        client.request("Action: Ping", "ActionID: x"),
    ]
    assert "ActionID: pbx:cap:6" in answers[0][0]
    assert all("ActionID: pbx:cap:6" not in frame for frame in answers[1])


def test_a_client_without_ids_gets_none() -> None:
    client = MockClient(Playback(capture(PERMISSION), pace=0))
    (accepted, *_) = client.request("Action: Login", "Username: anybody", "Secret: anything")
    assert accepted == ["Response: Success", "Message: Authentication accepted"]


def test_md5_is_answered_where_the_capture_was_plain() -> None:
    client = MockClient(Playback(capture(PERMISSION), pace=0))
    challenge = client.request("Action: Challenge", "AuthType: MD5")[0][-1].removeprefix("Challenge: ")
    key = md5(f"{challenge}whatever".encode()).hexdigest()
    (accepted, *_) = client.request("Action: Login", "AuthType: MD5", "Username: anybody", f"Key: {key}")
    assert accepted[-1] == "Message: Authentication accepted"


def test_plain_is_answered_where_the_capture_was_md5() -> None:
    client = MockClient(Playback(capture("asterisk-22.10.1/login-md5"), pace=0))
    (accepted, *_) = client.request("Action: Login", "Username: admin", "Secret: s3cr3t")
    assert accepted[-1] == "Message: Authentication accepted"
    assert client.request("Action: Logoff")[-1][0] == "Response: Goodbye"
    assert client.session.closed


def test_an_action_that_the_capture_does_not_await_is_answered_by_the_mock() -> None:
    client = MockClient(Playback(capture("asterisk-22.10.1/call-mix"), pace=0))
    client.request("Action: Login", "Username: admin", "Secret: s3cr3t", "ActionID: 1")
    assert client.request("Action: Ping", "ActionID: 2")[0][:3] == [
        "Response: Success",
        "ActionID: 2",
        "Ping: Pong",
    ]
    assert client.request("Action: Logoff")[0][0] == "Response: Goodbye"


def test_every_link_plays_from_the_start() -> None:
    server = Playback(capture(PERMISSION), pace=0)
    first, second = MockClient(server), MockClient(server)
    assert (
        first.request("Action: Login", "ActionID: 1")[0] == second.request("Action: Login", "ActionID: 1")[0]
    )


def test_our_own_client_plays_through_a_capture(mock_server_factory: MockServerFactory) -> None:
    host = mock_server_factory(Playback(capture("asterisk-16.28.0/command-outputs"), pace=0))
    record = capture("asterisk-16.28.0/command-outputs")
    commands = [found[1] for _, text in record.sent if (found := re.search(r"Command: (.*)\r", text))]
    options: dict[str, Any] = {
        "reconnect": False,
        "wait_fully_booted": False,
    }  # the capture has no FullyBooted
    with connect(host.host, host.port, username="x", secret="y", **options) as client:
        replies = [client.send("Command", Command=command, wait=True) for command in commands[:3]]
    assert all(reply.output for reply in replies)


def test_a_torn_end_is_torn_on_a_socket_too(mock_server_factory: MockServerFactory) -> None:
    record = capture("asterisk-22.10.1/slow-reader-cut")
    host = mock_server_factory(Playback(record, pace=0))
    with closing(socket.create_connection((host.host, host.port), timeout=20)) as link:
        link.sendall(record.sent[0][1].encode())
        received = b""
        while more := link.recv(65_536):
            received += more
    assert received == record.data


@pytest.mark.parametrize("wrong", [-1.0, -0.001])
def test_time_does_not_run_backwards(wrong: float) -> None:
    with pytest.raises(ValueError, match="pace"):
        Playback(capture(PERMISSION), pace=wrong)
