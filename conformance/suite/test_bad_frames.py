"""Frames that a server should not send: torn, garbled, oversized, in pieces, out of place."""

from typing import Any

import pytest

from ami_proto import ActionFailed, ActionLost, ActionTimeout, Fault, Reason
from ami_proto.completion import ReplyTooLarge
from conformance.laws.peer import BOOTED, PeerConnection, PeerFactory, Script, event, honest
from conformance.laws.playbook import BANNER
from conformance.mock import LoopbackServer, MockServer
from conformance.mock import PlannedFault as Planned
from conformance.mock.faults import DropMidFrame, Inject, OnRequest, Trickle
from conformance.mock.noise import GARBAGE, GARBAGE_WITH_COLONS, STRAY_ERROR, TORN, flood, oversized
from conformance.suite.backends import SLOW_UNDER_LAWS, SuiteBackend

# -- refusals


async def test_a_denied_action_raises_and_the_session_lives(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-CORR-03: the refusal of Asterisk, with CRLF."""
    # The class `system` is not among this user's, so the server hides FullyBooted from it.
    user: dict[str, Any] = {"username": "readonly", "secret": "readonly", "wait_fully_booted": False}
    async with backend.connect(mock_server.port, **user) as pbx:
        with pytest.raises(ActionFailed, match="Permission denied"):
            await pbx.send("Command", Command="core show version")
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {}


async def test_a_refusal_with_bare_line_feeds(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-WIRE-02: the refusal of a proxy."""

    def deny(connection: PeerConnection) -> None:
        connection.accept_login()
        action = connection.read_action()
        connection.send(
            f"Response: Error\nActionID: {action['ActionID']}\nMessage: Permission denied\n\n".encode()
        )
        connection.serve()

    async with backend.connect(start_peer(deny).port) as pbx:
        with pytest.raises(ActionFailed, match="Permission denied"):
            await pbx.send("Command", Command="core show version")
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_an_error_without_action_id_ends_no_action(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-CORR-08: it is counted, and the open action gets its own answer."""
    mock_core.faults.append(Planned(OnRequest(1, "Ping"), Inject(STRAY_ERROR)))
    async with backend.connect(mock_server.port) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {Fault.UNMATCHED: 1}


async def test_an_error_before_the_banner(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-WIRE-03: it is not taken for the banner."""

    def confused(connection: PeerConnection) -> None:
        connection.send(STRAY_ERROR + BANNER)
        connection.answer(connection.read_action())
        connection.send(BOOTED)
        connection.serve()

    async with backend.connect(start_peer(confused).port, auth="plain") as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().banner == "9.0.0"
        assert sum(pbx.snapshot().faults.values()) == 1


# -- pieces


@pytest.mark.parametrize("size", [1, 3, 64])
async def test_a_server_that_sends_small_segments(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer, size: int
) -> None:
    """R-WIRE-01: every frame in segments of so many bytes, the banner too."""
    mock_server.chunk_size = size
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events("UserEvent") as subscription:
            assert (await pbx.send("QueueStatus")).complete is not None
            await pbx.send("UserEvent", UserEvent="Hello")
            assert (await subscription.get(10.0))["UserEvent"] == "Hello"
        assert pbx.snapshot().faults == {}


# -- noise


async def test_a_half_frame_that_runs_into_the_next(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-WIRE-12: half an answer with an event joined to it completes no action."""

    def stumble(connection: PeerConnection) -> None:
        connection.accept_login()
        action = connection.read_action()
        connection.send(f"Response: Success\r\nActionID: {action['ActionID']}\r\n".encode())
        connection.send(event("Hello"))
        connection.serve()

    peer = start_peer(stumble)
    async with backend.connect(peer.port) as pbx:
        with pytest.raises(ActionTimeout):
            await pbx.send("Ping", timeout=0.1)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {Fault.TORN: 1}
    assert peer.accepted == 1


async def test_a_half_event_that_swallows_an_answer(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-12, invariant 3: torn within a name, it cannot be detected; but the action does not succeed."""
    mock_core.faults.append(Planned(OnRequest(1, "Ping"), Inject(TORN)))
    async with backend.connect(mock_server.port) as pbx:
        with pytest.raises(ActionTimeout):
            await pbx.send("Ping", timeout=0.1)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    assert mock_server.accepted == 1


async def test_some_garbage_is_counted_and_survived(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-09: with colons and without."""
    mock_core.faults.append(Planned(OnRequest(1, "Ping"), Inject(GARBAGE + GARBAGE_WITH_COLONS)))
    async with backend.connect(mock_server.port) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {Fault.DESYNC: 2}
    assert mock_server.accepted == 1


async def test_too_much_garbage_ends_the_session(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-09: a stream out of step is closed, and the next one is clean."""
    garbage = (GARBAGE + GARBAGE_WITH_COLONS) * 3
    mock_core.faults.append(Planned(OnRequest(1, "Ping"), Inject(garbage), links=[1]))
    async with backend.connect(mock_server.port) as pbx:
        with pytest.raises(ActionLost) as lost:
            await pbx.send("Ping")
        assert lost.value.cause.reason is Reason.PROTOCOL
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
        assert pbx.snapshot().faults[Fault.DESYNC] == 6
    assert mock_server.accepted == 2


async def test_an_oversized_event_and_then_a_good_one(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-09: the first is skipped and counted, and ends no action."""
    mock_core.faults.append(Planned(OnRequest(1, "Ping"), Inject(oversized(200_000))))
    async with backend.connect(mock_server.port, max_frame_size=65_536) as pbx:
        with pbx.events("Flood", "Oversized") as subscription:
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
            assert (await subscription.get(10.0))["Number"] == "0"
        assert pbx.snapshot().faults == {Fault.OVERSIZED: 1}
    assert mock_server.accepted == 1


async def test_an_oversized_answer_ends_only_its_action(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-09."""
    mock_core.cli["boast"] = lambda core: f"{'x' * 100}\n" * 2_000
    async with backend.connect(mock_server.port, max_frame_size=65_536) as pbx:
        with pytest.raises(ReplyTooLarge):
            await pbx.send("Command", Command="boast")
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {Fault.OVERSIZED: 1}
    assert mock_server.accepted == 1


# -- much
@pytest.mark.without_laws(SLOW_UNDER_LAWS)
async def test_three_mebibytes_of_output_are_one_answer(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-08."""
    lines = [f"{number} {'x' * 95}" for number in range(32_768)]
    mock_core.cli["boast"] = lambda core: "".join(f"{line}\n" for line in lines)
    async with backend.connect(mock_server.port) as pbx:
        assert (await pbx.send("Command", Command="boast")).output == lines


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
async def test_a_flood_of_twenty_thousand_is_counted(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-FLOW-02, R-FLOW-05: all of them in a queue that holds them, and exact drops in one that does not."""
    mock_core.faults.append(Planned(OnRequest(1, "Ping"), Inject(flood(20_000))))
    async with backend.connect(mock_server.port) as pbx:
        with (
            pbx.events("Flood", limit=20_000) as whole,
            pbx.events("Flood", limit=5_000) as part,
        ):
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
            assert [int((await whole.get(10.0))["Number"]) for _ in range(20_000)] == list(range(20_000))
            assert [int((await part.get(10.0))["Number"]) for _ in range(5_000)] == list(
                range(15_000, 20_000)
            )
            assert [each.dropped for each in pbx.snapshot().subscriptions] == [0, 15_000]
        assert pbx.snapshot().faults == {}


# -- the end in the middle

HALVES = (
    b"Event: Half\r\nPrivilege: ca",
    b"Response: Success\r\nActionID: {id}\r\nMess",
    b"Response: Follows\r\nPrivilege: Command\r\nActionID: {id}\r\nline one\nline t",
)


def sending_half(half: bytes) -> Script:
    """Return a script that sends half an answer and ends."""

    def script(connection: PeerConnection) -> None:
        connection.accept_login()
        connection.send(half.replace(b"{id}", connection.read_action()["ActionID"].encode()))

    return script


async def test_half_an_answer_completes_no_action(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-CORR-07, R-WIRE-12: it is counted, and the next session is clean."""
    peer = start_peer(*[sending_half(half) for half in HALVES], honest)
    async with backend.connect(peer.port) as pbx:
        for number, _ in enumerate(HALVES, 1):
            with pytest.raises(ActionLost) as lost:
                await pbx.send("Command", Command="core show version", wait=True)
            assert lost.value.cause.reason is Reason.EOF
            assert pbx.snapshot().faults == {Fault.INCOMPLETE: number}
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"


async def test_a_list_that_breaks_off_with_the_stream(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-CORR-07: cut by RST in the middle of the answer."""
    mock_core.faults += [
        Planned(OnRequest(1, "QueueStatus"), Trickle(64), links=[1]),
        Planned(OnRequest(1, "QueueStatus"), DropMidFrame(40, reset=True), links=[1]),
    ]
    async with backend.connect(mock_server.port) as pbx:
        with pytest.raises(ActionLost) as lost:
            await pbx.send("QueueStatus")
        assert lost.value.cause.reason in (Reason.EOF, Reason.RESET)
        assert (await pbx.send("QueueStatus", wait=True)).complete is not None
    assert mock_server.accepted == 2


async def test_an_answer_right_before_the_end_of_the_stream(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-WIRE-11."""

    def leave(connection: PeerConnection) -> None:
        connection.accept_login()
        connection.answer(connection.read_action(), "Success", "Last: words")

    async with backend.connect(start_peer(leave, honest).port) as pbx:
        assert (await pbx.send("Ping"))["Last"] == "words"
