"""The mock's core: login, order, permissions, events, waiting actions."""

from hashlib import md5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.mock import DialplanStep, Exchange, MockAction, MockServer, MockUser, Privilege
from conformance.mock.actions import ACTIONS
from conformance.mock.fixtures import MockClient
from tests.talking import firsts

# login


@pytest.mark.parametrize("banner", ["11.0.0", "5.0.4", "2.10.6"])
def test_the_banner_comes_first_and_alone(banner: str) -> None:
    assert MockClient(MockServer(banner=banner)).banner == f"Asterisk Call Manager/{banner}\r\n"


def test_a_login_is_answered_then_booted_then_reported() -> None:
    assert firsts(MockClient(MockServer()).login("ADMIN")) == [
        "Response: Success",
        "Event: FullyBooted",
        "Event: SuccessfulAuth",
    ]


def test_md5_wants_lower_case_hex_of_challenge_and_secret() -> None:
    client = MockClient(MockServer())
    (response,) = client.request("Action: Challenge", "AuthType: md5")
    digest = md5((response[1].removeprefix("Challenge: ") + "s3cr3t").encode()).hexdigest()
    lower = client.request("Action: Login", "AuthType: MD5", "Username: admin", f"Key: {digest}")
    assert lower[0] == ["Response: Success", "Message: Authentication accepted"]


def test_md5_in_upper_case_or_without_a_challenge_is_refused() -> None:
    server = MockServer()
    for challenge in (True, False):
        client = MockClient(server)
        if challenge:
            client.request("Action: Challenge", "AuthType: MD5")
        digest = md5((client.session.challenge + "s3cr3t").encode()).hexdigest()
        key = digest.upper() if challenge else digest
        client.request("Action: Login", "AuthType: MD5", "Username: admin", f"Key: {key}")
        assert client.pass_time(1.0) == [["Response: Error", "Message: Authentication failed"]]


def test_the_challenge_stays_the_same_and_other_types_are_errors() -> None:
    client = MockClient(MockServer(seed=7))
    first = client.request("Action: Challenge", "AuthType: MD5")
    assert client.request("Action: Challenge", "AuthType: MD5") == first
    assert client.request("Action: Challenge") == [["Response: Error", "Message: Must specify AuthType"]]


def test_a_refusal_comes_after_a_second_of_silence_and_closes() -> None:
    client = MockClient(MockServer())
    assert client.login(secret="wrong") == []
    assert client.request("Action: Ping") == []
    assert client.pass_time(0.99) == []
    assert client.pass_time(0.01) == [["Response: Error", "Message: Authentication failed"]]
    assert client.session.closed
    assert client.session.timeout() is None


def test_before_login_only_three_actions_run_and_the_link_stays() -> None:
    client = MockClient(MockServer())
    assert client.request("Action: Ping", "ActionID: 1") == [
        ["Response: Error", "ActionID: 1", "Message: Permission denied"]
    ]
    assert client.request("Action: Nonsense") == [["Response: Error", "Message: Permission denied"]]
    assert client.request() == [["Response: Error", "Message: Missing action in request"]]
    assert firsts(client.login())[0] == "Response: Success"


def test_a_second_login_changes_nothing(client: MockClient) -> None:
    assert client.login("nobody", "x") == [["Response: Success", "Message: Already authenticated"]]


def test_goodbye_closes_even_before_login() -> None:
    client = MockClient(MockServer())
    assert client.request("Action: Logoff", "ActionID: 9") == [
        ["Response: Goodbye", "ActionID: 9", "Message: Thanks for all the fish."]
    ]
    assert client.session.closed
    assert client.request("Action: Ping") == []


def test_a_link_without_login_is_closed_silently_in_time() -> None:
    client = MockClient(MockServer(auth_timeout=30.0))
    assert client.pass_time(30.0) == []
    assert client.session.closed


def test_too_many_links_without_login_are_closed_without_a_banner() -> None:
    server = MockServer(auth_limit=2)
    first, _, third = MockClient(server), MockClient(server), MockClient(server)
    assert (third.banner, third.session.closed) == ("", True)
    first.login()
    assert not MockClient(server).session.closed


# order


def test_pipelined_actions_are_answered_in_order(client: MockClient) -> None:
    replies = client.send("".join(f"Action: Ping\r\nActionID: {n}\r\n\r\n" for n in range(100)))
    assert [reply[1] for reply in replies] == [f"ActionID: {n}" for n in range(100)]


def test_an_event_never_tears_a_list(client: MockClient) -> None:
    def listing(exchange: Exchange) -> None:
        exchange.list_start("It will follow")
        exchange.server.publish({"Event": "Between"}, "system")
        exchange.list_complete("ListComplete", 0)

    client.server.add_action(MockAction("List", listing))
    assert firsts(client.request("Action: List")) == [
        "Response: Success",
        "Event: ListComplete",
        "Event: Between",
    ]


def test_a_synchronous_originate_blocks_the_session_until_the_answer(client: MockClient) -> None:
    client.server.state.dialplan["slow"] = (
        DialplanStep("Wait", "3"),
        DialplanStep("Answer"),
        DialplanStep("Echo"),
    )
    asked = client.request(
        "Action: Originate", "Channel: Local/slow@default", "Application: Wait", "ActionID: o"
    )
    assert (asked, client.request("Action: Ping", "ActionID: p"), client.pass_time(2.9)) == ([], [], [])
    received = client.pass_time(0.2)
    assert received[0] == ["Response: Success", "ActionID: o", "Message: Originate successfully queued"]
    assert received[1][0] == "Event: Newchannel"
    assert "Event: OriginateResponse" not in firsts(received)
    assert [frame[1] for frame in received if frame[0] == "Response: Success"][-1] == "ActionID: p"


def test_wait_event_ends_with_an_event_with_input_or_in_time(client: MockClient) -> None:
    server = client.server
    ended = ["Response: Success", "Event: WaitEventComplete"]
    client.request("Action: WaitEvent", "Timeout: 5")
    assert firsts(client.pass_time(5)) == ended
    client.request("Action: WaitEvent", "Timeout: -1")
    assert client.pass_time(1000) == []
    server.publish({"Event": "News"}, "system")
    assert firsts(client.receive()) == [ended[0], "Event: News", ended[1]]
    client.request("Action: WaitEvent", "Timeout: 5")
    assert firsts(client.request("Action: Ping")) == [*ended, "Response: Success"]


# permissions and events


def test_a_class_that_the_user_may_not_write_is_denied_and_reported() -> None:
    server = MockServer()
    watcher, client = MockClient(server), MockClient(server)
    watcher.login()
    client.login("readonly", "readonly")
    watcher.receive()
    assert client.request("Action: CoreStatus") == [["Response: Error", "Message: Permission denied"]]
    assert firsts(client.request("Action: QueueStatus"))[0] == "Response: Success"
    assert firsts(watcher.receive()) == ["Event: RequestNotAllowed"]


@pytest.mark.parametrize(
    ("mask", "received"),
    [
        ("", "system call user"),
        ("on", "system call user"),
        ("off", ""),
        ("0", ""),
        ("call", "call"),
        ("user,system", "system user"),
        ("3", "system call"),
        ("nonsense", ""),
    ],
)
def test_the_mask_of_a_login_chooses_classes(mask: str, received: str) -> None:
    server = MockServer()
    client = MockClient(server)
    booted = "Event: FullyBooted" in firsts(client.login(events=mask))
    assert booted == ("system" in received)
    for name in ("system", "call", "user"):
        server.publish({"Event": name}, name)
    assert firsts(client.receive()) == [f"Event: {name}" for name in received.split()]


def test_an_event_of_two_classes_needs_both() -> None:
    server = MockServer(users=[MockUser("u", "s", read=Privilege.CALL)])
    client = MockClient(server)
    client.login("u", "s")
    server.publish({"Event": "Both"}, "system,call")
    server.publish([("Event", "One"), ("A", 1), ("A", 2)], "call")
    assert client.receive() == [
        ["Event: One", "Privilege: call,all", "Timestamp: 1795194000.000000", "A: 1", "A: 2"]
    ]


def test_the_action_events_changes_the_mask(client: MockClient) -> None:
    assert client.request("Action: Events", "EventMask: off") == [["Response: Success", "Events: Off"]]
    client.server.publish({"Event": "Unheard"}, "system")
    assert client.receive() == []
    assert client.request("Action: Events", "EventMask: call") == [["Response: Success", "Events: On"]]
    assert client.request("Action: Events") == [["Response: Error", "Message: Invalid event mask"]]


def test_filters_take_and_drop(client: MockClient) -> None:
    server = client.server
    client.request("Action: Filter", "Operation: Add", "Filter: Event: (New|Hang)")
    client.request("Action: Filter", "Operation: Add", "Filter: !Channel: SIP")
    for name, channel in (("Newchannel", "Local/1"), ("Newchannel", "SIP/1"), ("Other", "Local/1")):
        server.publish({"Event": name, "Channel": channel}, "call")
    assert [frame[3] for frame in client.receive()] == ["Channel: Local/1"]


def test_a_user_event_comes_back_verbatim_after_its_response(client: MockClient) -> None:
    response, event = client.send(
        "Action: UserEvent\r\nK: a\r\nno colon\r\nUserEvent: E\r\nEvent: X\r\nActionID: 1\r\n\r\n"
    )
    assert response == ["Response: Success", "ActionID: 1", "Message: Event Sent"]
    assert event[:2] == ["Event: UserEvent", "Privilege: user,all"]
    assert event[3:] == ["UserEvent: E", "K: a", "no colon", "Event: X", "ActionID: 1"]


# Command


def test_command_output_is_lines_of_one_response(client: MockClient) -> None:
    head = ["ActionID: 1", "Message: Command output follows"]
    assert client.request("Action: Command", "Command: core show uptime", "ActionID: 1") == [
        ["Response: Success", *head, "Output: System uptime: 0 seconds", "Output: Last reload: 0 seconds"]
    ]
    assert client.request("Action: Command", "Command: core show channels concise", "ActionID: 1") == [
        ["Response: Success", *head, "Output: "]
    ]
    (failed,) = client.request("Action: Command", "Command: nosuch", "ActionID: 1")
    assert failed[0] == "Response: Error"
    assert failed[3].startswith("Output: No such command 'nosuch' (type 'core show help nosuch'")
    assert client.request("Action: Command", "Command: ") == [
        ["Response: Error", "Message: No command provided"]
    ]
    (long,) = client.request("Action: Command", "Command: module show")
    assert sum(map(len, long)) > 40_000


def test_command_output_of_13_ends_with_a_terminator() -> None:
    client = MockClient(MockServer(banner="2.10.6", command_format="follows"))
    client.login(events="off")
    client.server.cli["list"] = lambda _server: "a\n\nEvent: b"
    client.session.receive(b"Action: Command\r\nActionID: 1\r\nCommand: list\r\n\r\n", 0.0)
    assert client.session.transmit() == (
        b"Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\na\n\nEvent: b--END COMMAND--\r\n\r\n"
    )


def test_core_stop_now_ends_every_link_without_a_message(client: MockClient) -> None:
    assert client.request("Action: Command", "Command: core stop now") == []
    assert client.session.closed


# the whole server


def test_the_same_inputs_give_the_same_bytes() -> None:
    def run() -> bytes:
        server = MockServer(seed=3)
        session = server.connect(5.0)
        session.receive(b"Action: Challenge\r\nAuthType: MD5\r\n\r\n", 5.5)
        session.receive(b"Action: Login\r\nUsername: admin\r\nSecret: s3cr3t\r\n\r\n", 6.0)
        session.receive(b"Action: Originate\r\nChannel: Local/user@default\r\nApplication: Echo\r\n\r\n", 6.5)
        session.handle_timeout(60.0)
        return session.transmit()

    assert run() == run()


WORDS = st.sampled_from(
    [
        *(f"Action: {action.name}" for action in ACTIONS if action.name != "Logoff"),
        *(
            "Channel: Local/user@default",
            "Channel: Local/",
            "Channel: /(/",
            "Channel: /x/",
            "Channel: Local/echo@default",
        ),
        *(
            "Application: Wait",
            "Application: Hangup",
            "Data: abc",
            "Data: -1",
            "Async: true",
            'Variable: \\,(=""',
        ),
        *(
            "Timeout: 9" + "9" * 400,
            "Timeout: -1",
            "Timeout: x",
            "Cause: 99",
            'CallerID: <"',
            "Priority: 1",
            "Exten: 1000",
        ),
        *(
            "EventMask: 7",
            "EventMask: call",
            "Filter: (",
            "Filter: !Event",
            "Operation: Add",
            "Command: module show",
        ),
        *(
            "ActionID: 1",
            "AuthType: MD5",
            "Queue: sales",
            "Context: default",
            "no colon",
            "\0",
            "\udcff: \udcff",
            "",
            "",
            "",
        ),
    ]
)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, st.floats(0, 40)), max_size=40))
def test_no_input_raises_in_the_core(words: list[tuple[str, float]]) -> None:
    """Any input at any time: no exception, and a session that waits has a deadline."""
    client = MockClient(MockServer())
    client.login()
    for word, delay in words:
        client.send(word + "\r\n")
        client.pass_time(delay)
    client.send("\r\n")
    client.pass_time(4e9)
    assert client.session.closed or firsts(client.request("Action: Ping"))[-1].startswith(
        ("Response", "Event")
    )


def test_dropping_keeps_the_output_and_marks_the_session_pending(client: MockClient) -> None:
    server = client.server
    other = MockClient(server)
    client.session.push(b"last words")
    server.pending_sessions.clear()
    server.drop(client.session)
    assert (client.session.closed, client.session.transmit()) == (True, b"last words")
    server.drop_all()
    assert other.session.closed
    assert server.pending_sessions == {client.session, other.session}
    assert server.sessions == {}


def test_a_flood_is_queued_whole_and_in_order(client: MockClient) -> None:
    server = client.server
    for number in range(20_000):
        server.publish([("Event", "Flood"), ("N", number)], "user")
    received = client.receive()
    assert [frame[3] for frame in received] == [f"N: {number}" for number in range(20_000)]


def test_an_unknown_command_format_is_refused() -> None:
    with pytest.raises(ValueError, match="command_format"):
        MockServer(command_format="both")
