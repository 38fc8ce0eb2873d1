"""Who is no AMI server, who says no, and who hangs up during the login: one clear sentence, and no hang."""

import random
import time
from typing import Any, Literal

import pytest

from ami_proto import (
    ConfigError,
    ConnectFailed,
    Disconnect,
    Fault,
    InvalidAction,
    LoginRefused,
    MisuseError,
    Reason,
)
from conformance.peer import BANNER, HOST, Line, PeerFactory, events, honest, silent, speaking
from conformance.server import LoopbackServer, MockServer
from conformance.suite.backends import Backend
from conformance.suite.failures import connect_fails
from conformance.suite.stages import STAGES, then_reset


async def failure(backend: Backend, port: int, **options: Any) -> ConnectFailed:
    """Connect in vain; return the error."""
    with connect_fails(f"{HOST}:{port}") as failed:
        async with backend.connect(port, **options):
            pass
    return failed.value


# -- not an AMI server

GREETINGS = {
    b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>": "it said 'HTTP/1.1 400 Bad Request'",
    b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n": "it said 'SSH-2.0-OpenSSH_9.2p1 Debian-2'",
    b"220 mail.example ESMTP\r\n": "it said '220 mail.example ESMTP'",
    b"\0\1\2\x80\xff\r\n\r\n": "not an AMI server: it said",
    b"x" * 1_000_000: "no banner in",
}
"""What a stranger says at once, and what the error says of it."""


async def test_whoever_is_no_ami_server_is_told_by_what_it_says(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-WIRE-03, R-LIFE-04: at once, though most of them go on waiting for us."""
    peer = start_peer(*[speaking(said) for said in GREETINGS])
    for detail in GREETINGS.values():
        cause = (await failure(backend, peer.port)).cause
        assert cause.reason is Reason.PROTOCOL
        assert detail in cause.detail


async def test_who_says_too_little_to_be_judged_says_no_banner(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-AUTH-02: an HTTP server waits for a request, and is a silent one to us."""
    full = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
    said = [b"Event: FullyBooted\r\n\r\n", full, b"\r\n" * 10_000]
    peer = start_peer(*[speaking(each) for each in said], silent)
    for _ in range(len(said) + 1):
        error = await failure(backend, peer.port, banner_timeout=0.05)
        assert error.cause.reason is Reason.BANNER_TIMEOUT
        assert "is this the AMI port?" in str(error)


async def test_binary_noise_is_no_ami_server(backend: Backend, start_peer: PeerFactory) -> None:
    """R-WIRE-05: nothing raises but the one error."""
    peer = start_peer(*[speaking(random.Random(seed).randbytes(20_000)) for seed in range(5)])
    for _ in range(5):
        cause = (await failure(backend, peer.port, banner_timeout=0.05)).cause
        assert cause.reason in (Reason.PROTOCOL, Reason.BANNER_TIMEOUT)


async def test_a_banner_that_comes_drop_by_drop_is_overdue(backend: Backend, start_peer: PeerFactory) -> None:
    """R-AUTH-02: the timer is the banner's, not the byte's."""

    def drip(line: Line) -> None:
        for byte in BANNER * 100:
            line.say(bytes([byte]))
            time.sleep(0.01)

    peer = start_peer(drip)
    assert (await failure(backend, peer.port, banner_timeout=0.1)).cause.reason is Reason.BANNER_TIMEOUT


# -- hanging up, at every stage of a login


async def test_a_hang_up_at_every_stage(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-04, R-LIFE-06: reported at once, and never taken for a refused password."""
    peer = start_peer(*STAGES)
    for number, _ in enumerate(STAGES, 1):
        error = await failure(backend, peer.port)
        # What we write to a line that was closed before is answered by RST.
        assert error.cause.reason in (Reason.EOF, Reason.RESET), number
        assert peer.accepted == number
        assert not isinstance(error, LoginRefused)


async def test_a_reset_at_every_stage(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-04."""
    peer = start_peer(*[then_reset(stage) for stage in STAGES])
    for number, _ in enumerate(STAGES, 1):
        cause = (await failure(backend, peer.port)).cause
        assert cause.reason is Reason.RESET, (number, cause)
        assert peer.accepted == number


async def test_retry_survives_a_hang_up_at_every_stage(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-02: no byte of a session crosses into the next, and what was torn is counted."""
    peer = start_peer(*STAGES, honest)
    async with backend.connect(peer.port, retry=True) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert peer.accepted == len(STAGES) + 1
        faults = pbx.snapshot().faults
        assert faults.pop(Fault.INCOMPLETE) == 3
        assert not faults


# -- refusals


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_a_wrong_password_is_refused(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer, auth: Literal["md5", "plain"]
) -> None:
    """R-AUTH-01, R-AUTH-03: in Asterisk's own words, and the error holds no secret."""
    mock_core.login_refusal_delay = 0.0
    with connect_fails(f"{HOST}:{mock_server.port}", "wr0ng") as failed:
        async with backend.connect(mock_server.port, secret="wr0ng", auth=auth):
            pass
    assert isinstance(failed.value, LoginRefused)
    assert failed.value.cause == Disconnect(Reason.LOGIN_REFUSED, "Authentication failed")


async def test_a_password_that_becomes_wrong_is_tried_again_or_given_up(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-AUTH-03: by configuration."""
    mock_core.login_refusal_delay = 0.0
    port = mock_server.port
    async with backend.connect(port) as patient, backend.connect(port, retry_refused=False) as proud:
        with proud.events() as heard:
            users = dict(mock_core.users)
            await backend.aside(mock_server.call, lambda core: core.users.clear())
            await backend.aside(mock_server.drop_links)
            with pytest.raises(LoginRefused):
                await heard.get(10.0)
            await backend.aside(mock_server.call, lambda core: core.users.update(users))
            assert (await patient.send("Ping", wait=True))["Ping"] == "Pong"


async def test_an_error_without_action_id_during_the_login_is_no_refusal(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-AUTH-03."""

    def deny(line: Line) -> None:
        line.say(BANNER)
        line.hear()
        line.say(b"Response: Error\r\nMessage: Missing action in request\r\n\r\n")
        line.wait_closed()

    error = await failure(backend, start_peer(deny).port)
    assert not isinstance(error, LoginRefused)
    assert error.cause.reason is Reason.PROTOCOL
    assert "Missing action in request" in str(error)


async def test_events_before_the_login_are_withheld_and_counted(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-AUTH-04."""

    def eager(line: Line) -> None:
        line.say(BANNER, *events(3))
        line.answer(line.hear())
        line.serve()

    async with backend.connect(start_peer(eager).port, auth="plain") as pbx:
        assert pbx.snapshot().faults == {Fault.WITHHELD: 3}


# -- what the caller says


async def test_a_line_end_in_any_value_never_leaves_the_process(
    backend: Backend, mock_server: LoopbackServer
) -> None:
    """R-ACT-02: refused on the spot, and the session does not notice."""
    async with backend.connect(mock_server.port) as pbx:
        received = pbx.snapshot().bytes_received
        for evil in ("\r", "\n", "\0", "a\r\nAction: Logoff"):
            for name, headers in (
                (f"Ping{evil}", {}),
                ("Getvar", {"Variable": f"A{evil}B"}),
                ("Getvar", {f"Vari{evil}able": "A"}),
                ("Getvar", {"Variable": ["A", evil]}),
            ):
                with pytest.raises(InvalidAction):
                    await pbx.send(name, headers)
            with pytest.raises(InvalidAction):
                await pbx.send("Originate", Channel="Local/1@a", variables={"A": evil})
        assert pbx.snapshot().actions_pending == 0
        assert pbx.snapshot().bytes_received == received
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_what_cannot_be_an_option_is_refused_before_any_stream(
    backend: Backend, mock_server: LoopbackServer
) -> None:
    """R-CONF-01, R-ACT-02: the error names the key."""
    for options, key in (
        ({"username": "admin\r\nAction: Logoff"}, "username"),
        ({"secret": "s3c\0r3t"}, "secret"),
        ({"host": "127.0.0.1\n"}, "host"),
        ({"heartbeat": 3}, "heartbeat"),
        ({"connect_timeout": -1.0}, "connect_timeout"),
        ({"auth": "none"}, "auth"),
    ):
        with pytest.raises(ConfigError) as failed:
            async with backend.connect(mock_server.port, **options):
                pass
        assert failed.value.key == key
        assert "s3c" not in str(failed.value)
    assert mock_server.accepted == 0


async def test_an_option_that_no_action_has_is_refused(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-ACT-01: a header begins with a capital letter, so a slip is no header."""
    async with backend.connect(mock_server.port) as pbx:
        with pytest.raises(MisuseError, match="timeuot"):
            await pbx.send("Ping", timeuot=3)
