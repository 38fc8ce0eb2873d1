"""Planned faults: on the core, where time stands still unless told, and on real sockets."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from conformance.server import Action, Fault, LoopbackServer, MockServer
from conformance.server.faults import (
    Asked,
    Connected,
    Cut,
    Deed,
    Drop,
    Freeze,
    Lag,
    Late,
    LoggedIn,
    Lose,
    Moment,
    Mute,
    Readdress,
    Refuse,
    Repeat,
    Replace,
    Say,
    Tear,
    Told,
    Trickle,
)
from conformance.server.fixtures import MockServerFactory, Talk
from conformance.server.noise import GARBAGE, GARBAGE_WITH_COLONS, STRAY_ERROR, TORN, flood, oversized
from conformance.server.requests import to_bytes

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
LOGIN = b"Action: Login\r\nUsername: admin\r\nSecret: s3cr3t\r\nEvents: user\r\n\r\n"
PING = b"Action: Ping\r\nActionID: p\r\n\r\n"


def talk_with(*faults: Fault) -> Talk:
    return Talk(MockServer(faults=faults))


def logged_in(*faults: Fault) -> Talk:
    talk = talk_with(*faults)
    talk.login()
    return talk


def ping(talk: Talk, action_id: str = "p") -> list[list[str]]:
    return [frame[:2] for frame in talk.say("Action: Ping", f"ActionID: {action_id}")]


def pong(action_id: str = "p") -> list[str]:
    return ["Response: Success", f"ActionID: {action_id}"]


def hello(talk: Talk, name: str = "Hello") -> bytes:
    talk.server.publish({"Event": name, "Value": "1"}, "user")
    return talk.session.transmit()


# the link


def test_a_drop_comes_at_its_time_after_the_login() -> None:
    talk = logged_in(Fault(LoggedIn(2.0), Drop()))
    talk.pass_time(1.9)
    assert ping(talk) == [pong()]
    talk.pass_time(0.2)
    assert talk.session.closed


def test_a_link_can_end_before_its_banner() -> None:
    talk = talk_with(Fault(Connected(), Drop()))
    assert (talk.banner, talk.session.closed) == ("", True)
    assert not talk.server.sessions


def test_faults_befall_the_links_they_name() -> None:
    server = MockServer(faults=[Fault(Connected(), Drop(), links=[2])])
    assert [Talk(server).session.closed for _ in range(3)] == [False, True, False]


def test_a_reset_is_asked_of_the_transport() -> None:
    talk = logged_in(Fault(Asked(2), Drop(reset=True)))
    assert ping(talk) == []
    assert (talk.session.closed, talk.session.reset) == (True, True)


def test_a_frozen_link_neither_hears_nor_speaks() -> None:
    talk = logged_in(Fault(Asked(2), Freeze()))
    assert ping(talk) == ping(talk) == []
    assert hello(talk) == b""
    assert (talk.session.closed, talk.session.frozen) == (False, True)


def test_a_mute_link_still_obeys() -> None:
    talk = logged_in(Fault(Asked(1, "Ping"), Mute()))
    assert ping(talk) == []
    assert talk.say("Action: Logoff") == []
    assert talk.session.closed


def test_lag_delays_everything_and_keeps_its_order() -> None:
    talk = logged_in(Fault(LoggedIn(), Lag(0.5)))
    talk.pass_time(0.0)
    assert ping(talk, "1") == []
    assert talk.pass_time(0.3) == []
    assert talk.say("Action: Logoff", "ActionID: 2") == []
    assert [frame[1] for frame in talk.pass_time(0.3)] == ["ActionID: 1"]
    assert not talk.session.closed
    assert [frame[1] for frame in talk.pass_time(0.3)] == ["ActionID: 2"]
    assert talk.session.closed


def test_a_trickle_is_asked_of_the_transport() -> None:
    assert talk_with(Fault(Connected(), Trickle(3))).session.piece_size == 3


def test_a_server_refuses_for_a_time() -> None:
    talk = logged_in(Fault(LoggedIn(1.0), Refuse(2.0)))
    talk.pass_time(1.5)
    refused = Talk(talk.server)
    assert (refused.banner, refused.session.closed) == ("", True)
    talk.pass_time(2.0)
    assert Talk(talk.server).banner
    assert ping(talk) == [pong()]


@pytest.mark.parametrize(
    "noise",
    [TORN, GARBAGE, GARBAGE_WITH_COLONS, STRAY_ERROR, oversized(10_000), flood(5)],
    ids=["torn", "garbage", "colons", "stray-error", "oversized", "flood"],
)
def test_noise_comes_between_the_frames(noise: bytes) -> None:
    talk = logged_in(Fault(Asked(1, "Ping"), Say(noise)))
    talk.session.receive(PING, talk.now)
    assert talk.session.transmit().startswith(noise + b"Response: Success\r\nActionID: p\r\n")


def test_noise_is_what_it_says() -> None:
    assert not TORN.endswith(b"\r\n")
    assert b":" not in GARBAGE
    assert b":" in GARBAGE_WITH_COLONS
    assert len(oversized(10_000)) > 10_000
    assert oversized(10_000).count(b"\r\n\r\n") == 2
    assert flood(5).count(b"Event: Flood") == 5


# what is about to be said


def test_only_the_action_of_that_number_and_name_is_befallen() -> None:
    talk = logged_in(Fault(Asked(2, "ping"), Lose()))
    assert [ping(talk) for _ in range(3)] == [[pong()], [], [pong()]]


def test_every_action_of_a_name_can_be_befallen() -> None:
    talk = logged_in(Fault(Asked(name="Ping"), Lose()))
    assert ping(talk) == ping(talk) == []
    assert talk.say("Action: CoreStatus")


def test_an_alteration_holds_for_the_whole_answer() -> None:
    talk = logged_in(Fault(Asked(1, "QueueSummary"), Lose()))
    assert talk.say("Action: QueueSummary") == []
    assert talk.say("Action: QueueSummary")


def test_an_answer_that_waits_is_altered_too() -> None:
    talk = talk_with(Fault(Asked(1), Readdress("other")))
    talk.say("Action: Login", "Username: admin", "Secret: wrong", "ActionID: mine")
    (refusal,) = talk.pass_time(2.0)
    assert refusal == ["Response: Error", "ActionID: other", "Message: Authentication failed"]


def test_answers_come_twice_late_nameless_or_otherwise() -> None:
    talk = logged_in(
        Fault(Asked(1, "Ping"), Repeat(3)),
        Fault(Asked(2, "Ping"), Late(1.0)),
        Fault(Asked(3, "Ping"), Readdress()),
        Fault(Asked(4, "Ping"), Replace(STRAY_ERROR)),
    )
    assert ping(talk, "1") == [pong("1")] * 3
    assert ping(talk, "2") == []
    assert ping(talk, "3") == [["Response: Success", "Ping: Pong"]]
    assert ping(talk, "4") == [["Response: Error", "Message: Missing action in request"]]
    assert talk.pass_time(1.0)[0][:2] == pong("2")


def test_an_event_is_torn_and_the_link_ends() -> None:
    talk = logged_in(Fault(Told(3, "Hello"), Cut(12)))
    assert hello(talk).endswith(b"\r\n\r\n")
    assert hello(talk, "Other")
    assert hello(talk).endswith(b"\r\n\r\n")
    assert (hello(talk), talk.session.closed) == (b"Event: Hello", True)


def test_a_torn_frame_and_a_good_one() -> None:
    talk = logged_in(Fault(Told(1, "Hello"), Tear(10)))
    assert hello(talk) == b"Event: Hel"
    assert hello(talk).startswith(b"Event: Hello\r\n")


def test_events_that_wait_for_an_answer_are_counted_one_by_one() -> None:
    talk = logged_in(Fault(Told(2, "Hello"), Lose()))
    talk.server.add_action(Action("Hold", lambda exchange: exchange.session.wait()))
    talk.say("Action: Hold")
    for value in range(3):
        talk.server.publish({"Event": "Hello", "Value": value}, "user")
    talk.session.resume()
    assert [frame[-1] for frame in talk.hear()] == ["Value: 0", "Value: 2"]


MOMENTS: list[Moment] = [Connected(), Connected(0.1), LoggedIn(), Asked(2), Told(1)]
DEEDS: list[Deed] = [
    *(Drop(), Drop(reset=True), Freeze(), Mute(), Lag(0.1), Trickle(), Refuse(0.1), Say(GARBAGE)),
    *(Cut(5), Tear(5), Lose(), Repeat(), Late(0.1), Readdress("x"), Replace(GARBAGE)),
]


@pytest.mark.parametrize("deed", DEEDS, ids=repr)
@pytest.mark.parametrize("moment", MOMENTS, ids=repr)
def test_any_deed_at_any_moment_runs_the_same_twice(moment: Moment, deed: Deed) -> None:
    def run() -> list[bytes]:
        talk = talk_with(Fault(moment, deed))
        said = [to_bytes(talk.banner)]
        for step in (LOGIN, PING, b"Action: UserEvent\r\nUserEvent: A\r\n\r\n", PING):
            talk.session.receive(step, talk.now)
            said.append(talk.session.transmit())
            talk.now += 0.2
            talk.session.handle_timeout(talk.now)
            said.append(talk.session.transmit())
        talk.session.handle_disconnected()
        assert not talk.server.sessions
        return said

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
    """Give a link to a server with the faults of the test's parameter."""
    with closing(connect(mock_server_factory(MockServer(faults=request.param)))) as link:
        yield link


@pytest.mark.parametrize("faulty", [[Fault(LoggedIn(0.2), Drop())]], indirect=True)
def test_the_host_keeps_the_time_of_a_drop(faulty: socket.socket) -> None:
    began = time.monotonic()
    faulty.sendall(LOGIN)
    assert b"Authentication accepted" in read_all(faulty)
    assert time.monotonic() - began > 0.15


@pytest.mark.parametrize("faulty", [[Fault(Asked(2), Drop(reset=True))]], indirect=True)
def test_the_host_resets(faulty: socket.socket) -> None:
    faulty.sendall(LOGIN + PING)
    with pytest.raises(ConnectionResetError):
        read_all(faulty)


@pytest.mark.parametrize("faulty", [[Fault(Asked(2), Cut(11))]], indirect=True)
def test_the_host_tears_a_frame(faulty: socket.socket) -> None:
    faulty.sendall(LOGIN + PING)
    assert read_all(faulty).endswith(b"\r\n\r\nResponse: S")


@pytest.mark.parametrize("faulty", [[Fault(Asked(2), Freeze())]], indirect=True)
def test_a_frozen_link_takes_no_more_than_the_kernel_does(faulty: socket.socket) -> None:
    faulty.sendall(LOGIN + PING)
    faulty.settimeout(0.5)
    with pytest.raises(TimeoutError):
        faulty.sendall(PING * 1_000_000)


@pytest.mark.parametrize("faulty", [[Fault(Connected(), Trickle(1))]], indirect=True)
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
    host = mock_server_factory(MockServer(faults=[Fault(LoggedIn(), Refuse(1.0), links=[1])]))
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
