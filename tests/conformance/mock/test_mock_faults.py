"""Planned faults, on the core with virtual time and on real sockets."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from conformance.mock import LoopbackServer, MockAction, MockServer, PlannedFault
from conformance.mock.faults import (
    ChangeActionId,
    Delay,
    DropLink,
    DropMidFrame,
    FaultEffect,
    FaultTrigger,
    Freeze,
    Inject,
    Lag,
    Lose,
    Mute,
    OnConnect,
    OnEvent,
    OnLogin,
    OnRequest,
    RefuseLinks,
    Repeat,
    Replace,
    Tear,
    Trickle,
)
from conformance.mock.fixtures import MockClient, MockServerFactory
from conformance.mock.noise import GARBAGE, GARBAGE_WITH_COLONS, STRAY_ERROR, TORN, flood, oversized
from conformance.mock.requests import to_bytes

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
LOGIN = b"Action: Login\r\nUsername: admin\r\nSecret: s3cr3t\r\nEvents: user\r\n\r\n"
PING = b"Action: Ping\r\nActionID: p\r\n\r\n"


def mock_client(*faults: PlannedFault) -> MockClient:
    return MockClient(MockServer(faults=faults))


def logged_in(*faults: PlannedFault) -> MockClient:
    client = mock_client(*faults)
    client.login()
    return client


def ping(client: MockClient, action_id: str = "p") -> list[list[str]]:
    return [frame[:2] for frame in client.request("Action: Ping", f"ActionID: {action_id}")]


def pong(action_id: str = "p") -> list[str]:
    return ["Response: Success", f"ActionID: {action_id}"]


def hello(client: MockClient, name: str = "Hello") -> bytes:
    client.server.publish({"Event": name, "Value": "1"}, "user")
    return client.session.transmit()


# the link


def test_a_drop_comes_at_its_time_after_the_login() -> None:
    client = logged_in(PlannedFault(OnLogin(2.0), DropLink()))
    client.pass_time(1.9)
    assert ping(client) == [pong()]
    client.pass_time(0.2)
    assert client.session.closed


def test_a_link_can_end_before_its_banner() -> None:
    client = mock_client(PlannedFault(OnConnect(), DropLink()))
    assert (client.banner, client.session.closed) == ("", True)
    assert not client.server.sessions


def test_faults_apply_to_the_links_they_name() -> None:
    server = MockServer(faults=[PlannedFault(OnConnect(), DropLink(), links=[2])])
    assert [MockClient(server).session.closed for _ in range(3)] == [False, True, False]


def test_a_reset_is_asked_of_the_transport() -> None:
    client = logged_in(PlannedFault(OnRequest(2), DropLink(reset=True)))
    assert ping(client) == []
    assert (client.session.closed, client.session.reset) == (True, True)


def test_a_frozen_link_neither_reads_nor_writes() -> None:
    client = logged_in(PlannedFault(OnRequest(2), Freeze()))
    assert ping(client) == ping(client) == []
    assert hello(client) == b""
    assert (client.session.closed, client.session.frozen) == (False, True)


def test_a_mute_link_still_runs_actions() -> None:
    client = logged_in(PlannedFault(OnRequest(1, "Ping"), Mute()))
    assert ping(client) == []
    assert client.request("Action: Logoff") == []
    assert client.session.closed


def test_lag_delays_everything_and_keeps_its_order() -> None:
    client = logged_in(PlannedFault(OnLogin(), Lag(0.5)))
    client.pass_time(0.0)
    assert ping(client, "1") == []
    assert client.pass_time(0.3) == []
    assert client.request("Action: Logoff", "ActionID: 2") == []
    assert [frame[1] for frame in client.pass_time(0.3)] == ["ActionID: 1"]
    assert not client.session.closed
    assert [frame[1] for frame in client.pass_time(0.3)] == ["ActionID: 2"]
    assert client.session.closed


def test_a_trickle_is_asked_of_the_transport() -> None:
    assert mock_client(PlannedFault(OnConnect(), Trickle(3))).session.piece_size == 3


def test_a_server_refuses_for_a_time() -> None:
    client = logged_in(PlannedFault(OnLogin(1.0), RefuseLinks(2.0)))
    client.pass_time(1.5)
    refused = MockClient(client.server)
    assert (refused.banner, refused.session.closed) == ("", True)
    client.pass_time(2.0)
    assert MockClient(client.server).banner
    assert ping(client) == [pong()]


@pytest.mark.parametrize(
    "noise",
    [TORN, GARBAGE, GARBAGE_WITH_COLONS, STRAY_ERROR, oversized(10_000), flood(5)],
    ids=["torn", "garbage", "colons", "stray-error", "oversized", "flood"],
)
def test_noise_comes_between_the_frames(noise: bytes) -> None:
    client = logged_in(PlannedFault(OnRequest(1, "Ping"), Inject(noise)))
    client.session.receive(PING, client.now)
    assert client.session.transmit().startswith(noise + b"Response: Success\r\nActionID: p\r\n")


def test_noise_has_the_promised_form() -> None:
    assert not TORN.endswith(b"\r\n")
    assert b":" not in GARBAGE
    assert b":" in GARBAGE_WITH_COLONS
    assert len(oversized(10_000)) > 10_000
    assert oversized(10_000).count(b"\r\n\r\n") == 2
    assert flood(5).count(b"Event: Flood") == 5


# the next frames


def test_only_the_action_of_that_number_and_name_triggers() -> None:
    client = logged_in(PlannedFault(OnRequest(2, "ping"), Lose()))
    assert [ping(client) for _ in range(3)] == [[pong()], [], [pong()]]


def test_every_action_of_a_name_can_trigger() -> None:
    client = logged_in(PlannedFault(OnRequest(name="Ping"), Lose()))
    assert ping(client) == ping(client) == []
    assert client.request("Action: CoreStatus")


def test_an_alteration_holds_for_the_whole_answer() -> None:
    client = logged_in(PlannedFault(OnRequest(1, "QueueSummary"), Lose()))
    assert client.request("Action: QueueSummary") == []
    assert client.request("Action: QueueSummary")


def test_an_answer_that_waits_is_altered_too() -> None:
    client = mock_client(PlannedFault(OnRequest(1), ChangeActionId("other")))
    client.request("Action: Login", "Username: admin", "Secret: wrong", "ActionID: mine")
    (refusal,) = client.pass_time(2.0)
    assert refusal == ["Response: Error", "ActionID: other", "Message: Authentication failed"]


def test_answers_come_twice_late_without_id_or_replaced() -> None:
    client = logged_in(
        PlannedFault(OnRequest(1, "Ping"), Repeat(3)),
        PlannedFault(OnRequest(2, "Ping"), Delay(1.0)),
        PlannedFault(OnRequest(3, "Ping"), ChangeActionId()),
        PlannedFault(OnRequest(4, "Ping"), Replace(STRAY_ERROR)),
    )
    assert ping(client, "1") == [pong("1")] * 3
    assert ping(client, "2") == []
    assert ping(client, "3") == [["Response: Success", "Ping: Pong"]]
    assert ping(client, "4") == [["Response: Error", "Message: Missing action in request"]]
    assert client.pass_time(1.0)[0][:2] == pong("2")


def test_an_event_is_torn_and_the_link_ends() -> None:
    client = logged_in(PlannedFault(OnEvent(3, "Hello"), DropMidFrame(12)))
    assert hello(client).endswith(b"\r\n\r\n")
    assert hello(client, "Other")
    assert hello(client).endswith(b"\r\n\r\n")
    assert (hello(client), client.session.closed) == (b"Event: Hello", True)


def test_a_torn_frame_and_a_good_one() -> None:
    client = logged_in(PlannedFault(OnEvent(1, "Hello"), Tear(10)))
    assert hello(client) == b"Event: Hel"
    assert hello(client).startswith(b"Event: Hello\r\n")


def test_events_that_wait_for_an_answer_are_counted_one_by_one() -> None:
    client = logged_in(PlannedFault(OnEvent(2, "Hello"), Lose()))
    client.server.add_action(MockAction("Hold", lambda exchange: exchange.session.wait()))
    client.request("Action: Hold")
    for value in range(3):
        client.server.publish({"Event": "Hello", "Value": value}, "user")
    client.session.resume()
    assert [frame[-1] for frame in client.receive()] == ["Value: 0", "Value: 2"]


TRIGGERS: list[FaultTrigger] = [OnConnect(), OnConnect(0.1), OnLogin(), OnRequest(2), OnEvent(1)]
EFFECTS: list[FaultEffect] = [
    *(
        DropLink(),
        DropLink(reset=True),
        Freeze(),
        Mute(),
        Lag(0.1),
        Trickle(),
        RefuseLinks(0.1),
        Inject(GARBAGE),
    ),
    *(DropMidFrame(5), Tear(5), Lose(), Repeat(), Delay(0.1), ChangeActionId("x"), Replace(GARBAGE)),
]


@pytest.mark.parametrize("effect", EFFECTS, ids=repr)
@pytest.mark.parametrize("trigger", TRIGGERS, ids=repr)
def test_any_effect_at_any_trigger_runs_the_same_twice(trigger: FaultTrigger, effect: FaultEffect) -> None:
    def run() -> list[bytes]:
        client = mock_client(PlannedFault(trigger, effect))
        sent = [to_bytes(client.banner)]
        for step in (LOGIN, PING, b"Action: UserEvent\r\nUserEvent: A\r\n\r\n", PING):
            client.session.receive(step, client.now)
            sent.append(client.session.transmit())
            client.now += 0.2
            client.session.handle_timeout(client.now)
            sent.append(client.session.transmit())
        client.session.handle_disconnected()
        assert not client.server.sessions
        return sent

    assert run() == run()


# real sockets


def connect(host: LoopbackServer) -> socket.socket:
    return socket.create_connection((host.host, host.port), timeout=20)


def read_all(link: socket.socket) -> bytes:
    data = b""
    while more := link.recv(65_536):
        data += more
    return data


@pytest.fixture
def faulty(mock_server_factory: MockServerFactory, request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """Connect to a server with the faults of the test's parameter."""
    with closing(connect(mock_server_factory(MockServer(faults=request.param)))) as link:
        yield link


@pytest.mark.parametrize("faulty", [[PlannedFault(OnLogin(0.2), DropLink())]], indirect=True)
def test_the_host_keeps_the_time_of_a_drop(faulty: socket.socket) -> None:
    began = time.monotonic()
    faulty.sendall(LOGIN)
    assert b"Authentication accepted" in read_all(faulty)
    assert time.monotonic() - began > 0.15


@pytest.mark.parametrize("faulty", [[PlannedFault(OnRequest(2), DropLink(reset=True))]], indirect=True)
def test_the_host_resets(faulty: socket.socket) -> None:
    faulty.sendall(LOGIN + PING)
    with pytest.raises(ConnectionResetError):
        read_all(faulty)


@pytest.mark.parametrize("faulty", [[PlannedFault(OnRequest(2), DropMidFrame(11))]], indirect=True)
def test_the_host_tears_a_frame(faulty: socket.socket) -> None:
    faulty.sendall(LOGIN + PING)
    assert read_all(faulty).endswith(b"\r\n\r\nResponse: S")


@pytest.mark.parametrize("faulty", [[PlannedFault(OnRequest(2), Freeze())]], indirect=True)
def test_a_frozen_link_takes_no_more_than_the_kernel_does(faulty: socket.socket) -> None:
    faulty.sendall(LOGIN + PING)
    faulty.settimeout(0.5)
    with pytest.raises(TimeoutError):
        faulty.sendall(PING * 1_000_000)


@pytest.mark.parametrize("faulty", [[PlannedFault(OnConnect(), Trickle(1))]], indirect=True)
def test_bytes_trickle_from_the_banner_on(faulty: socket.socket) -> None:
    faulty.sendall(LOGIN + b"Action: Logoff\r\n\r\n")
    data = read_all(faulty)
    assert data.startswith(BANNER)
    assert data.endswith(b"fish.\r\n\r\n")


def accepts(host: LoopbackServer) -> bool:
    with contextlib.suppress(ConnectionRefusedError), closing(connect(host)):
        return True
    return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_port_refuses_and_opens_again(mock_server_factory: MockServerFactory) -> None:
    host = mock_server_factory(MockServer(faults=[PlannedFault(OnLogin(), RefuseLinks(1.0), links=[1])]))
    with closing(connect(host)) as link:
        link.sendall(LOGIN)
        wait_until(lambda: not accepts(host))
        wait_until(lambda: accepts(host))


def test_a_slow_reader_is_cut_in_the_middle_of_a_frame(mock_server_factory: MockServerFactory) -> None:
    host = mock_server_factory(write_timeout=0.1)
    with closing(connect(host)) as slow, closing(connect(host)) as quick:
        for link in (slow, quick):
            link.sendall(LOGIN)
            while b"accepted" not in link.recv(4096):
                pass
        host.call(lambda core: core.sessions[1].push(flood(400_000)))
        wait_until(lambda: host.call(lambda core: 1 not in core.sessions))
        data = read_all(slow)
        assert 0 < len(data) < len(flood(400_000))
        assert not data.endswith(b"\r\n\r\n")
        quick.sendall(PING)
        assert quick.recv(8) == b"Response"


def test_a_slow_reader_is_served_for_ever_without_a_write_timeout(mock_server: LoopbackServer) -> None:
    with closing(connect(mock_server)) as slow:
        slow.sendall(LOGIN)
        while b"accepted" not in slow.recv(4096):
            pass
        mock_server.call(lambda core: core.sessions[1].push(flood(400_000)))
        time.sleep(0.5)
        slow.sendall(b"Action: Logoff\r\n\r\n")
        assert len(read_all(slow)) > len(flood(400_000))
