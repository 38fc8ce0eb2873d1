"""Other protocols, refused logins, servers that hang up during the login, invalid input of the caller."""

import random
import time
from typing import Any, Literal

import pytest

from ami_proto import (
    ConfigError,
    Disconnect,
    Fault,
    InvalidAction,
    LoginRefused,
    MisuseError,
    Reason,
)
from conformance.laws.peer import (
    HOST,
    PATIENCE,
    PeerConnection,
    PeerFactory,
    events,
    honest,
    silent,
    speaking,
)
from conformance.laws.playbook import BANNER
from conformance.mock import LoopbackServer, MockServer
from conformance.suite.backends import SuiteBackend
from conformance.suite.failures import LOGIN_STAGES, connect_fails, failed_connect, then_reset

# -- not an AMI server

NOT_AMI = {
    b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>": "it said 'HTTP/1.1 400 Bad Request'",
    b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n": "it said 'SSH-2.0-OpenSSH_9.2p1 Debian-2'",
    b"220 mail.example ESMTP\r\n": "it said '220 mail.example ESMTP'",
    b"\0\1\2\x80\xff\r\n\r\n": "not an AMI server: it said",
    b"x" * 1_000_000: "no banner in",
}
"""Greetings of other protocols, and the words of the error for each."""


async def test_another_protocol_is_reported_with_its_greeting(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-WIRE-03, R-LIFE-04: at once, although most of these servers wait for the client."""
    peer = start_peer(*[speaking(said) for said in NOT_AMI])
    for detail in NOT_AMI.values():
        cause = (await failed_connect(backend, peer.port)).cause
        assert cause.reason is Reason.PROTOCOL
        assert detail in cause.detail


async def test_a_server_without_a_banner_is_reported_after_the_banner_timeout(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-AUTH-02: an HTTP server, for one, waits for a request."""
    full = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
    said = [b"Event: FullyBooted\r\n\r\n", full, b"\r\n" * 10_000]
    peer = start_peer(*[speaking(each) for each in said], silent)
    for _ in range(len(said) + 1):
        error = await failed_connect(backend, peer.port, banner_timeout=0.05)
        assert error.cause.reason is Reason.BANNER_TIMEOUT
        assert "is this the AMI port?" in str(error)


async def test_binary_noise_is_not_an_ami_server(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-WIRE-05: `ConnectFailed` is the only error."""
    peer = start_peer(*[speaking(random.Random(seed).randbytes(20_000)) for seed in range(5)])
    for _ in range(5):
        cause = (await failed_connect(backend, peer.port, banner_timeout=0.05)).cause
        assert cause.reason in (Reason.PROTOCOL, Reason.BANNER_TIMEOUT)


async def test_a_banner_in_single_bytes_is_overdue(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-AUTH-02: the timeout is of the whole banner, not of one read."""

    def drip(connection: PeerConnection) -> None:
        for byte in BANNER * 100:
            connection.send(bytes([byte]))
            time.sleep(0.01)

    peer = start_peer(drip)
    assert (
        await failed_connect(backend, peer.port, banner_timeout=0.1)
    ).cause.reason is Reason.BANNER_TIMEOUT


# -- hanging up


async def test_a_hang_up_at_every_stage_of_the_login(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-04, R-LIFE-06: reported at once, and never as a refused password."""
    peer = start_peer(*LOGIN_STAGES)
    for number, _ in enumerate(LOGIN_STAGES, 1):
        error = await failed_connect(backend, peer.port)
        # A write to a connection that the server has closed is answered by RST.
        assert error.cause.reason in (Reason.EOF, Reason.RESET), number
        assert peer.accepted == number
        assert not isinstance(error, LoginRefused)


async def test_a_reset_at_every_stage_of_the_login(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-04."""
    peer = start_peer(*[then_reset(stage) for stage in LOGIN_STAGES])
    for number, _ in enumerate(LOGIN_STAGES, 1):
        cause = (await failed_connect(backend, peer.port)).cause
        assert cause.reason is Reason.RESET, (number, cause)
        assert peer.accepted == number


async def test_retry_survives_a_hang_up_at_every_stage_of_the_login(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-LIFE-02: no byte of a session reaches the next, and torn frames are counted."""
    peer = start_peer(*LOGIN_STAGES, honest)
    async with backend.connect(peer.port, retry=True) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert peer.accepted == len(LOGIN_STAGES) + 1
        faults = pbx.snapshot().faults
        assert faults.pop(Fault.INCOMPLETE) == 3
        assert not faults


# -- refusals


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_a_wrong_password_is_refused(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer, auth: Literal["md5", "plain"]
) -> None:
    """R-AUTH-01, R-AUTH-03: with Asterisk's own words, and without the secret."""
    mock_core.login_refusal_delay = 0.0
    with connect_fails(f"{HOST}:{mock_server.port}", "wr0ng") as failed:
        async with backend.connect(mock_server.port, secret="wr0ng", auth=auth):
            pass
    assert isinstance(failed.value, LoginRefused)
    assert failed.value.cause == Disconnect(Reason.LOGIN_REFUSED, "Authentication failed")


async def test_a_password_that_becomes_wrong_is_tried_again_or_given_up(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-AUTH-03: `retry_refused` decides."""
    mock_core.login_refusal_delay = 0.0
    port = mock_server.port
    async with backend.connect(port) as patient, backend.connect(port, retry_refused=False) as proud:
        with proud.events() as subscription:
            users = dict(mock_core.users)
            await backend.aside(mock_server.call, lambda core: core.users.clear())
            await backend.aside(mock_server.drop_links)
            with pytest.raises(LoginRefused):
                await subscription.get(10.0)
            await backend.aside(mock_server.call, lambda core: core.users.update(users))
            assert (await patient.send("Ping", wait=True))["Ping"] == "Pong"


async def test_an_error_without_action_id_during_the_login_is_not_a_refusal(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-AUTH-03."""

    def deny(connection: PeerConnection) -> None:
        connection.send(BANNER)
        connection.read_action()
        connection.send(b"Response: Error\r\nMessage: Missing action in request\r\n\r\n")
        connection.wait_closed()

    error = await failed_connect(backend, start_peer(deny).port)
    assert not isinstance(error, LoginRefused)
    assert error.cause.reason is Reason.PROTOCOL
    assert "Missing action in request" in str(error)


async def test_events_before_the_login_are_withheld_and_counted(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-AUTH-04."""

    def eager(connection: PeerConnection) -> None:
        connection.send(BANNER, *events(3))
        connection.answer(connection.read_action())
        connection.serve()

    quick: dict[str, Any] = {"auth": "plain", "wait_fully_booted": False}  # the script says no FullyBooted
    async with backend.connect(start_peer(eager).port, **quick) as pbx:
        assert pbx.snapshot().faults == {Fault.WITHHELD: 3}


# -- input of the caller


async def test_a_line_end_in_a_value_raises_and_is_not_sent(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-ACT-02: the session goes on."""
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


async def test_an_invalid_option_raises_before_connecting(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-CONF-01, R-ACT-02: the error names the key."""
    for options, key in (
        ({"username": "admin\r\nAction: Logoff"}, "username"),
        ({"secret": "s3c\0r3t"}, "secret"),
        ({"host": "127.0.0.1\n"}, "host"),
        ({"hartbeat_timeout": 3}, "hartbeat_timeout"),
        ({"connect_timeout": -1.0}, "connect_timeout"),
        ({"auth": "none"}, "auth"),
    ):
        with pytest.raises(ConfigError) as failed:
            async with backend.connect(mock_server.port, **options):
                pass
        assert failed.value.key == key
        assert "s3c" not in str(failed.value)
    assert mock_server.accepted == 0


async def test_an_unknown_option_of_send_raises(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-ACT-01: headers begin with a capital letter, so a misspelt option is not taken for one."""
    async with backend.connect(mock_server.port) as pbx:
        with pytest.raises(MisuseError, match="timeuot"):
            await pbx.send("Ping", timeuot=3)


# -- forged command output


async def test_forged_command_output_silences_nothing(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-WIRE-08, R-TIME-01: a value from the dialplan can hold an empty line and `Response: Follows`."""

    def forging(connection: PeerConnection) -> None:
        connection.accept_login()
        asked = connection.read_action()
        forged = f"\r\n\r\nResponse: Follows\r\nActionID: {asked['ActionID']}"
        connection.answer(asked, "Success", f"Value: {forged}")
        connection.send(*events(3))
        connection.serve()

    async with backend.connect(start_peer(forging).port) as pbx:
        ticks = pbx.events("Tick")
        await pbx.send("Getvar", Variable="x")
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        for number in range(3):
            assert (await ticks.get(PATIENCE))["Number"] == str(number)
        assert pbx.snapshot().faults == {Fault.UNMATCHED: 1}
