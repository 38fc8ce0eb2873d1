"""Bad input from the network: each a typed error with one clear sentence, and nothing hangs."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from peers import Owner, ca_file, client_of, server_context, trusting

from ami_backends.selectors import connect
from ami_proto import (
    ActionFailed,
    ActionLost,
    ConnectFailed,
    Disconnect,
    Fault,
    LoginRefused,
    NotReady,
    Reason,
    ReplyTooLarge,
    Sent,
    State,
    Tls,
)
from conformance.leaks import nothing_left
from conformance.peer import (
    BANNER,
    HOST,
    PATIENCE,
    Line,
    Peer,
    Script,
    events,
    honest,
    reset,
    silent,
    speaking,
)
from conformance.server import LoopbackServer

__all__ = ["ca_file", "nothing_left"]

SECRET = "s3cr3t"


def failure(port: int, **options: object) -> ConnectFailed:
    """Connect in vain; return the error, which is one clear sentence without a secret."""
    begun = time.monotonic()
    with pytest.raises(ConnectFailed) as caught:
        client_of(port, **options).close()
    assert time.monotonic() - begun < 5.0
    sentence = str(caught.value)
    assert sentence.startswith(f"server '{HOST}:{port}': ")
    assert sentence.isprintable()
    assert len(sentence) < 250
    assert SECRET not in sentence
    return caught.value


# -- not an AMI server


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>", "it said 'HTTP/1.1 400 Bad Request'"),
        (b"\0\1\2\x80\xff\r\n\r\n", "not an AMI server: it said"),
        (b"x" * 1_000_000, "no banner in"),
    ],
)
def test_whoever_is_no_ami_server_is_told_by_what_it_says(said: bytes, detail: str) -> None:
    with Peer(speaking(said)) as peer:
        cause = failure(peer.port).cause
    assert cause.reason is Reason.PROTOCOL
    assert detail in cause.detail


@pytest.mark.parametrize("said", ["SSH-2.0-OpenSSH_9.2p1 Debian-2", "220 mail.example ESMTP"])
def test_who_greets_in_another_protocol_and_waits_is_told_at_once(said: str) -> None:
    with Peer(speaking(said.encode() + b"\r\n")) as peer:
        cause = failure(peer.port).cause
    assert cause == Disconnect(Reason.PROTOCOL, f"not an AMI server: it said {said!r}")


@pytest.mark.parametrize(
    "said",
    [
        b"Event: FullyBooted\r\n\r\n",
        b"Response: Error\r\nMessage: Permission denied\r\n\r\n",
        b"\r\n" * 500_000,
    ],
)
def test_who_says_too_little_to_be_judged_says_no_banner(said: bytes) -> None:
    with Peer(speaking(said)) as peer:
        error = failure(peer.port, banner_timeout=0.1)
    assert error.cause.reason is Reason.BANNER_TIMEOUT
    assert "is this the AMI port?" in str(error)


def test_an_http_server_that_waits_for_a_request_is_a_silent_one() -> None:
    with Peer(silent) as peer:
        error = failure(peer.port, banner_timeout=0.05)
    assert error.cause.reason is Reason.BANNER_TIMEOUT
    assert "is this the AMI port?" in str(error)


@pytest.mark.parametrize("seed", range(20))
def test_binary_noise_is_no_ami_server(seed: int) -> None:
    noise = random.Random(seed).randbytes(20_000)
    with Peer(speaking(noise)) as peer:
        assert failure(peer.port, banner_timeout=0.5).cause.reason in (Reason.PROTOCOL, Reason.BANNER_TIMEOUT)


def test_a_banner_that_comes_drop_by_drop_is_overdue() -> None:
    """R-AUTH-02: the timer is the banner's, not the byte's."""

    def drip(line: Line) -> None:
        for byte in BANNER * 100:
            line.say(bytes([byte]))
            time.sleep(0.01)

    with Peer(drip) as peer:
        assert failure(peer.port, banner_timeout=0.1).cause.reason is Reason.BANNER_TIMEOUT


# -- TLS where there is none, and the other way round


def test_tls_on_a_plain_port(ca_file: str) -> None:
    with Peer(speaking(BANNER)) as peer:
        error = failure(peer.port, tls=trusting(ca_file))
    assert error.cause.reason is Reason.TLS_FAILED
    assert "does this port speak TLS?" in str(error)


def test_tls_on_a_plain_port_that_is_silent(ca_file: str) -> None:
    with Peer(silent) as peer:
        error = failure(peer.port, tls=trusting(ca_file), connect_timeout=0.1)
    assert error.cause.reason is Reason.CONNECT_TIMEOUT


def test_plain_on_a_tls_port() -> None:
    with Peer(honest, context=server_context(HOST)) as peer:
        error = failure(peer.port, banner_timeout=0.1)
    assert error.cause.reason is Reason.BANNER_TIMEOUT
    assert "is this the AMI port?" in str(error)


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x03", b"\x15\x03\x03\x00\x02\x02\x28"])
def test_a_hang_up_during_the_handshake(said: bytes, ca_file: str) -> None:
    def leave(line: Line) -> None:
        line.socket.recv(10)
        line.say(said)
        line.socket.shutdown(socket.SHUT_WR)
        line.wait_closed()

    with Peer(leave) as peer:
        assert failure(peer.port, tls=trusting(ca_file)).cause.reason in (Reason.EOF, Reason.TLS_FAILED)


def test_a_reset_during_the_handshake(ca_file: str) -> None:
    with Peer(reset) as peer:
        assert failure(peer.port, tls=trusting(ca_file)).cause.reason in (Reason.RESET, Reason.NETWORK)


# -- nobody there


@contextmanager
def black_hole() -> Iterator[int]:
    """Give a port whose queue is full: the kernel drops who knocks, without a word."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((HOST, 0), backlog=0))
        for _ in range(4):
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.parametrize("tls", [None, Tls(verify=False)])
def test_a_black_hole_costs_the_connect_timeout(tls: Tls | None) -> None:
    """R-AUTH-02."""
    with black_hole() as port:
        begun = time.monotonic()
        error = failure(port, connect_timeout=0.15, tls=tls)
        assert 0.15 <= time.monotonic() - begun < 2.0
    what = "no connection" if tls is None else "no connection, or no TLS handshake,"
    assert str(error) == f"server '{HOST}:{port}': connect timed out: {what} within 0.15 s"


def test_a_client_that_waits_for_a_black_hole_closes_at_once() -> None:
    with black_hole() as port, Owner(port) as owner:
        owner.until(lambda: owner.machine.state is State.CONNECTING)
        owner.reactor.poll()
        owner.machine.stop(time.monotonic())
        owner.until(lambda: owner.machine.stopped, 1.0)
        assert not owner.reactor._lines


def test_a_name_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def look_up(host: str, *rest: object, **more: int) -> object:
        if more.get("flags"):
            return real(host, *rest, **more)  # type: ignore[arg-type]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(ConnectFailed, match=r"host name not resolved: Name or service not known$"):
        connect("pbx.invalid", username="a", secret="b")


@pytest.mark.parametrize("host", ["a..b", "x" * 300, ".", "pbx example", "münchen..de"])
def test_what_is_no_name(host: str) -> None:
    with pytest.raises(ConnectFailed, match="host name not resolved") as caught:
        connect(host, username="a", secret="b", connect_timeout=3.0)
    assert caught.value.cause.reason in (Reason.UNRESOLVED, Reason.CONNECT_TIMEOUT)


def test_a_resolver_that_hangs_costs_the_connect_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-CONF-03, invariant 2: the loop goes on meanwhile."""
    real = socket.getaddrinfo
    go = threading.Event()

    def look_up(host: str, *rest: object, **more: int) -> object:
        if not more.get("flags"):
            go.wait(PATIENCE)
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(ConnectFailed, match="connect timed out"):
        connect("localhost", username="a", secret="b", connect_timeout=0.1)
    go.set()


# -- hanging up, at every stage of a login


def after_banner(line: Line) -> None:
    line.say(BANNER)


def after_challenge(line: Line) -> None:
    line.say(BANNER)
    line.hear()


def in_mid_challenge(line: Line) -> None:
    line.say(BANNER)
    line.say(f"Response: Success\r\nActionID: {line.hear()['ActionID']}\r\nChall".encode())


def after_login(line: Line) -> None:
    line.say(BANNER)
    line.answer(line.hear(), "Success", "Challenge: 1")
    line.hear()


def in_mid_login(line: Line) -> None:
    line.say(BANNER)
    line.answer(line.hear(), "Success", "Challenge: 1")
    line.say(
        f"Response: Success\r\nActionID: {line.hear()['ActionID']}\r\nMessage: Authentication acc".encode()
    )


STAGES: list[Script] = [
    lambda line: None,
    lambda line: line.say(BANNER[:10]),
    after_banner,
    after_challenge,
    in_mid_challenge,
    after_login,
    in_mid_login,
]
NAMES = ["accept", "mid-banner", "banner", "challenge", "mid-challenge", "login", "mid-login"]


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("ending", ["eof", "reset"])
@pytest.mark.parametrize("stage", STAGES, ids=NAMES)
def test_a_hang_up_at_every_stage(stage: Script, ending: str, secured: bool, ca_file: str) -> None:
    """R-LIFE-04, R-LIFE-06: reported at once, and never taken for a refused password."""

    def script(line: Line) -> None:
        stage(line)
        if ending == "reset":
            reset(line)
        elif not secured:
            line.socket.shutdown(socket.SHUT_WR)
            line.wait_closed()

    context, tls = (server_context(HOST), trusting(ca_file)) if secured else (None, None)
    with Peer(script, context=context) as peer:
        cause = failure(peer.port, auth="md5", tls=tls).cause
        assert peer.accepted == 1
    assert cause.reason in ({Reason.EOF} if ending == "eof" and not secured else {Reason.EOF, Reason.RESET})


@pytest.mark.parametrize("stage", STAGES, ids=NAMES)
def test_retry_survives_a_hang_up_at_every_stage(stage: Script) -> None:
    """R-LIFE-02: no byte of a session crosses into the next."""
    with Peer(stage, stage, honest) as peer, client_of(peer.port, auth="md5", retry=True) as pbx:
        assert pbx.send("Ping")["Ping"] == "Pong"
        assert peer.accepted == 3


# -- refusals


def test_an_error_without_action_id_during_the_login_is_no_refusal() -> None:
    def deny(line: Line) -> None:
        line.say(BANNER)
        line.hear()
        line.say(b"Response: Error\r\nMessage: Missing action in request\r\n\r\n")
        line.wait_closed()

    with Peer(deny) as peer:
        error = failure(peer.port)
    assert not isinstance(error, LoginRefused)
    assert error.cause.reason is Reason.PROTOCOL
    assert "Missing action in request" in str(error)


def test_a_login_that_is_never_answered_is_overdue() -> None:
    """R-AUTH-02: two seconds are the least, since Asterisk sleeps one before it refuses."""
    with Peer(speaking(BANNER)) as peer:
        error = failure(peer.port, login_timeout=2.0)
    assert error.cause.reason is Reason.LOGIN_TIMEOUT


@pytest.mark.parametrize("auth", ["md5", "plain"])
def test_a_wrong_password_is_refused_in_either_way(mock_server: LoopbackServer, auth: str) -> None:
    """R-AUTH-03."""
    mock_server.call(lambda core: setattr(core, "login_refusal_delay", 0.0))
    with pytest.raises(LoginRefused, match="login refused: Authentication failed") as caught:
        connect(HOST, mock_server.port, username="admin", secret="wr0ng", auth=auth)  # type: ignore[arg-type]
    assert "wr0ng" not in repr(vars(caught.value))


def test_a_password_that_becomes_wrong_is_tried_again_or_given_up(mock_server: LoopbackServer) -> None:
    """R-AUTH-03: by configuration."""
    mock_server.call(lambda core: setattr(core, "login_refusal_delay", 0.0))
    with (
        client_of(mock_server.port) as patient,
        client_of(mock_server.port, retry_refused=False) as proud,
        ThreadPoolExecutor(1) as pool,
    ):
        waits = pool.submit(list, proud.events())
        users = mock_server.call(lambda core: dict(core.users))
        mock_server.call(lambda core: core.users.clear())
        mock_server.drop_links()
        assert isinstance(waits.exception(PATIENCE), LoginRefused)
        mock_server.call(lambda core: core.users.update(users))
        assert patient.send("Ping", wait=True)["Ping"] == "Pong"


# -- hanging up later


@pytest.mark.parametrize(
    ("torn", "fault"),
    [
        (b"Event: Half\r\nPrivilege: ca", Fault.INCOMPLETE),
        (b"Response: Success\r\nActionID: {id}\r\nMess", Fault.INCOMPLETE),
        (b"Response: Success\r\nActionID: {id}\r\nEventList: start\r\n\r\nEvent: Item\r\n\r\n", None),
        (b"Response: Follows\r\nPrivilege: Command\r\nActionID: {id}\r\nline one\nline t", Fault.INCOMPLETE),
    ],
    ids=["mid-event", "mid-reply", "mid-list", "mid-output"],
)
@pytest.mark.parametrize("ending", ["eof", "reset"])
def test_a_hang_up_in_the_middle(torn: bytes, fault: Fault | None, ending: str) -> None:
    """R-CORR-07, R-WIRE-12: half an answer is none; it is counted, and the next session is clean."""

    def leave(line: Line) -> None:
        line.welcome()
        action = line.hear()
        line.say(torn.replace(b"{id}", action["ActionID"].encode()))
        if ending == "reset":
            line.socket.recv(1)  # the client's own word that it has read: the ping behind
            reset(line)

    quick: dict[str, Any] = {"heartbeat_interval": 0.03, "heartbeat_timeout": 1.0, "read_timeout": 5.0}
    with Peer(leave, honest) as peer, client_of(peer.port, **quick) as pbx:
        with pytest.raises(ActionLost) as caught:
            pbx.send("Ping")
        assert caught.value.sent is Sent.FULLY
        assert caught.value.cause.reason is (Reason.EOF if ending == "eof" else Reason.RESET)
        assert pbx.send("Ping", wait=True)["Ping"] == "Pong"
        assert pbx.snapshot().faults.get(Fault.INCOMPLETE, 0) == (1 if fault else 0)


def test_frames_complete_at_the_end_are_delivered_before_the_loss() -> None:
    """R-WIRE-11: the answer came with the last breath."""

    def leave(line: Line) -> None:
        line.welcome()
        line.answer(line.hear(), "Success", "Last: words")

    with Peer(leave, honest) as peer, client_of(peer.port) as pbx:
        assert pbx.send("Ping")["Last"] == "words"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_a_server_that_dribbles_is_understood(size: int, mock_server: LoopbackServer) -> None:
    """R-WIRE-01: every byte a segment of its own."""
    mock_server.chunk_size = size
    with client_of(mock_server.port) as pbx, pbx.events("UserEvent") as heard:
        assert pbx.send("CoreShowChannels").complete is not None
        pbx.send("UserEvent", UserEvent="Hello")
        assert heard.get(PATIENCE)["UserEvent"] == "Hello"


def test_an_oversized_frame_ends_its_action_and_the_next_is_intact() -> None:
    """R-WIRE-09."""

    def boast(line: Line) -> None:
        line.welcome()
        action = line.hear()
        line.answer(action, "Success", *[f"Output: {'x' * 100}"] * 2000)
        line.serve()

    with Peer(boast) as peer, client_of(peer.port, max_frame_size=65_536) as pbx:
        with pytest.raises(ReplyTooLarge):
            pbx.send("Command", Command="boast")
        assert pbx.send("Ping")["Ping"] == "Pong"
        assert pbx.snapshot().faults == {Fault.OVERSIZED: 1}
        assert peer.accepted == 1


def test_three_megabytes_of_output_are_one_answer() -> None:
    lines = [f"Output: {number} {'x' * 90}" for number in range(30_000)]

    def boast(line: Line) -> None:
        line.welcome()
        line.answer(line.hear(), "Success", "Message: Command output follows", *lines)
        line.serve()

    with Peer(boast) as peer, client_of(peer.port) as pbx:
        output = pbx.send("Command", Command="boast").output
        assert output == [line.removeprefix("Output: ") for line in lines]


def test_a_stream_out_of_step_is_closed() -> None:
    """R-WIRE-09."""

    def babble(line: Line) -> None:
        line.welcome()
        line.hear()
        line.say(*[b"garbage without a colon\r\n\r\n", b"garbage: with\r\n\r\n"] * 5)
        line.wait_closed()

    with Peer(babble, honest) as peer, client_of(peer.port) as pbx:
        with pytest.raises(ActionLost) as caught:
            pbx.send("Ping")
        assert caught.value.cause.reason is Reason.PROTOCOL
        assert pbx.send("Ping", wait=True)["Ping"] == "Pong"
        assert pbx.snapshot().faults[Fault.DESYNC] == 6


# -- a peer that stops answering


def test_a_server_that_freezes_degrades_and_dies_and_is_replaced() -> None:
    """R-HEALTH-01: DEGRADED at the first unanswered ping, closed at the third."""
    states: list[State] = []

    def freeze(line: Line) -> None:
        line.welcome()
        line.wait_closed()

    quick: dict[str, Any] = {"heartbeat_interval": 0.03, "heartbeat_timeout": 0.03, "read_timeout": 5.0}
    with Peer(freeze, honest) as peer, Owner(peer.port, **quick) as owner:
        owner.until_ready()

        def replaced() -> bool:
            states.append(owner.machine.state)
            return peer.accepted == 2

        owner.until(replaced)
        cause = owner.machine.snapshot().last_cause
        assert cause is not None
        assert cause.reason is Reason.HEARTBEAT
        assert State.DEGRADED in states
        assert owner.until_ready().send("Ping").succeeded


def test_a_server_that_freezes_for_a_while_is_forgiven(mock_server: LoopbackServer) -> None:
    """R-HEALTH-01: DEGRADED, and READY again with the answer; what was pending is answered."""
    quick: dict[str, Any] = {"heartbeat_interval": 0.05, "heartbeat_timeout": 0.2, "read_timeout": 5.0}
    with Owner(mock_server.port, **quick) as owner:
        owner.until_ready()
        mock_server.pause()
        ticket = owner.submit("Ping")
        owner.until(lambda: owner.machine.state is State.DEGRADED)
        mock_server.resume()
        owner.until(lambda: owner.machine.state is State.READY and ticket in owner.outcomes)
        assert owner.outcomes[ticket].succeeded
        assert mock_server.accepted == 1


def test_a_server_that_goes_and_comes_back_at_another_moment(mock_server: LoopbackServer) -> None:
    """R-HEALTH-06: ten losses in a row, ten times back."""
    with client_of(mock_server.port) as pbx:
        for number in range(10):
            mock_server.stop_accepting()
            mock_server.drop_links(reset=number % 2 == 0)
            with pytest.raises((ActionLost, NotReady)):
                pbx.send("Ping")
            mock_server.resume_accepting()
            assert pbx.send("Ping", wait=True)["Ping"] == "Pong"


def test_a_denied_action_is_refused_and_the_session_lives(mock_server: LoopbackServer) -> None:
    with connect(HOST, mock_server.port, username="readonly", secret="readonly") as pbx:
        with pytest.raises(ActionFailed, match="Permission denied"):
            pbx.send("Command", Command="core show version")
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_events_before_the_login_are_withheld_and_counted() -> None:
    """R-AUTH-04."""

    def eager(line: Line) -> None:
        line.say(BANNER, *events(3))
        line.answer(line.hear())
        line.serve()

    with Peer(eager) as peer, Owner(peer.port) as owner:
        owner.until_ready()
        assert owner.machine.snapshot().faults == {Fault.WITHHELD: 3}
