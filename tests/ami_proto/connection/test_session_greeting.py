"""R-WIRE-03: what a peer may say first, and who is told to be no AMI server."""

import pytest

from ami_proto import Disconnect, Fault, Reason, State
from ami_proto.connection.stream_checks import BANNER_BYTES_MAX
from conformance.laws.playbook import BANNER, Playbook, frame
from tests.playbooks import cause_of, in_pieces, state_of


def every_cut(data: bytes) -> list[list[bytes]]:
    """Return the data whole, in two pieces cut anywhere, and byte by byte."""
    inner = range(1, len(data))
    return [[data], *(in_pieces(data, [cut]) for cut in inner), in_pieces(data, inner)]


def test_a_peer_that_never_says_a_banner_is_no_ami_server() -> None:
    """R-WIRE-03, L6: and is not listened to for ever."""
    for noise in (b"x" * (BANNER_BYTES_MAX + 1), b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"):
        play = Playbook().dial().receive(noise)
        cause = play.connection.snapshot().last_cause
        assert cause is not None
        assert cause.reason is Reason.PROTOCOL
    assert "not an AMI server: it said 'HTTP/1.1 400 Bad Request'" in str(cause)


@pytest.mark.parametrize(
    "said", ["SSH-2.0-OpenSSH_9.2p1", "220 mail.example ESMTP", "HTTP/1.1 400 Bad Request"]
)
@pytest.mark.parametrize("rest", [b"", b"Server: x\r\n\r\n"])
def test_a_peer_that_greets_in_another_protocol_is_told_at_once(said: str, rest: bytes) -> None:
    """R-WIRE-03, L8: by what it said, however its greeting is cut."""
    for pieces in every_cut(b"\r\n" + said.encode() + b"\r\n" + rest):
        play = Playbook().dial().receive(*pieces)
        cause = play.connection.snapshot().last_cause
        assert cause == Disconnect(Reason.PROTOCOL, f"not an AMI server: it said {said!r}"), pieces


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_login_goes_on_behind_an_error_that_came_first(end: bytes) -> None:
    """L8: a full server and a proxy say no before the banner; counted, and no answer to anything."""
    said = [b"Response: Error", b"Message: Permission denied", b"", b"Asterisk Call Manager/9.0.0", b""]
    for pieces in every_cut(end.join(said)):
        play = Playbook().dial().receive(*pieces)
        assert play.faults() == {Fault.UNEXPECTED: 1}, pieces
        play.expect_actions("Challenge")
        play.reply(play.unanswered[0], "Challenge: 1").reply(play.unanswered[0])
        assert play.connection.state is State.READY
        assert play.connection.frames_received == 4


def test_a_response_before_the_banner_is_no_answer() -> None:
    play = Playbook().dial().receive(frame("Response: Success"))
    assert play.faults() == {Fault.UNEXPECTED: 1}
    assert play.connection.state is State.CONNECTED


def test_the_banner_tells_the_version() -> None:
    """R-WIRE-03: its version is parsed."""
    play = Playbook().dial().receive(BANNER)
    assert play.connection.snapshot().banner == "9.0.0"
    assert play.connection.snapshot().bytes_received == len(BANNER)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("Response: Error", "Message: Permission denied"), "Permission denied"),
        (("Response: Error", "Reason: none"), "Response: Error"),
    ],
)
def test_an_error_without_action_id_during_the_login_is_quoted(lines: tuple[str, ...], said: str) -> None:
    """R-AUTH-03: a protocol error, never "refused"."""
    play = Playbook().dial().receive(BANNER, frame(*lines))
    detail = f"a response without ActionID during the login: {said}"
    assert cause_of(play) == Disconnect(Reason.PROTOCOL, detail)


def test_a_banner_without_a_version_is_one_all_the_same() -> None:
    """R-WIRE-03."""
    play = Playbook().dial().receive(b"Asterisk Call Manager/\r\n")
    assert state_of(play) is State.AUTHENTICATING
    assert play.connection.snapshot().banner == ""


def test_what_is_no_ami_behind_an_error_is_told_at_once() -> None:
    """R-WIRE-03: the first line alone does not make it an AMI server."""
    play = Playbook().dial().receive(frame("Response: Error", "Message: no"), frame("HTTP/1.1 400 Bad"))
    assert cause_of(play) == Disconnect(Reason.PROTOCOL, "not an AMI server: it said 'HTTP/1.1 400 Bad'")


def test_a_refused_challenge_ends_the_session_at_once() -> None:
    """R-AUTH-03: not when the login's timer does."""
    play = Playbook().dial().receive(BANNER)
    play.reply(play.unanswered[0], "Message: Must specify AuthType", status="Error")
    assert cause_of(play) == Disconnect(Reason.LOGIN_REFUSED, "Must specify AuthType")
