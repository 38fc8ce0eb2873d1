"""What a server should never say, or not like this: torn, garbled, oversized, in pieces, out of place."""

import pytest

from ami_proto import ActionFailed, ActionLost, ActionTimeout, Fault, Reason, ReplyTooLarge
from conformance.peer import BANNER, Line, PeerFactory, Script, honest
from conformance.server import Fault as Planned
from conformance.server import LoopbackServer, MockServer
from conformance.server.faults import Asked, Cut, Say, Trickle
from conformance.server.noise import GARBAGE, GARBAGE_WITH_COLONS, STRAY_ERROR, TORN, flood, oversized
from conformance.suite.backends import Backend

# -- refusals


async def test_a_denied_action_is_refused_and_the_session_lives(
    backend: Backend, mock_server: LoopbackServer
) -> None:
    """R-CORR-03: as Asterisk refuses, with CRLF."""
    async with backend.connect(mock_server.port, username="readonly", secret="readonly") as pbx:
        with pytest.raises(ActionFailed, match="Permission denied"):
            await pbx.send("Command", Command="core show version")
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {}


async def test_a_refusal_with_bare_line_feeds(backend: Backend, start_peer: PeerFactory) -> None:
    """R-WIRE-02: as a proxy refuses."""

    def deny(line: Line) -> None:
        line.welcome()
        action = line.hear()
        line.say(f"Response: Error\nActionID: {action['ActionID']}\nMessage: Permission denied\n\n".encode())
        line.serve()

    async with backend.connect(start_peer(deny).port) as pbx:
        with pytest.raises(ActionFailed, match="Permission denied"):
            await pbx.send("Command", Command="core show version")
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_an_error_without_action_id_is_nobodys(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-CORR-08: counted, and the action that was open gets its own answer."""
    mock_core.faults.append(Planned(Asked(1, "Ping"), Say(STRAY_ERROR)))
    async with backend.connect(mock_server.port) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {Fault.UNMATCHED: 1}


async def test_banner_and_error_interleaved(backend: Backend, start_peer: PeerFactory) -> None:
    """R-WIRE-03: an error before the banner does not take its place."""

    def confused(line: Line) -> None:
        line.say(STRAY_ERROR + BANNER)
        line.answer(line.hear())
        line.serve()

    async with backend.connect(start_peer(confused).port, auth="plain") as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().banner == "11.0.0"
        assert sum(pbx.snapshot().faults.values()) == 1


# -- pieces


@pytest.mark.parametrize("size", [1, 3, 64])
async def test_a_server_that_dribbles_is_understood(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer, size: int
) -> None:
    """R-WIRE-01: each so many bytes a segment of their own, the banner's too."""
    mock_server.chunk_size = size
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events("UserEvent") as heard:
            assert (await pbx.send("QueueStatus")).complete is not None
            await pbx.send("UserEvent", UserEvent="Hello")
            assert (await heard.get(10.0))["UserEvent"] == "Hello"
        assert pbx.snapshot().faults == {}


# -- noise


async def test_a_half_frame_that_runs_into_the_next(backend: Backend, start_peer: PeerFactory) -> None:
    """R-WIRE-12: an answer with a second beginning completes nothing."""

    def stumble(line: Line) -> None:
        line.welcome()
        action = line.hear()
        line.say(f"Response: Success\r\nActionID: {action['ActionID']}\r\n".encode())
        line.answer(action, "Success", "Ping: Pong")
        line.serve()

    peer = start_peer(stumble)
    async with backend.connect(peer.port) as pbx:
        with pytest.raises(ActionTimeout):
            await pbx.send("Ping", timeout=0.1)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {Fault.TORN: 1}
    assert peer.accepted == 1


async def test_a_half_event_that_swallows_an_answer(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-12, invariant 3: torn in the middle of a name it cannot be seen, but it is no success."""
    mock_core.faults.append(Planned(Asked(1, "Ping"), Say(TORN)))
    async with backend.connect(mock_server.port) as pbx:
        with pytest.raises(ActionTimeout):
            await pbx.send("Ping", timeout=0.1)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    assert mock_server.accepted == 1


async def test_some_garbage_is_counted_and_survived(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-09: with colons and without."""
    mock_core.faults.append(Planned(Asked(1, "Ping"), Say(GARBAGE + GARBAGE_WITH_COLONS)))
    async with backend.connect(mock_server.port) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {Fault.DESYNC: 2}
    assert mock_server.accepted == 1


async def test_too_much_garbage_ends_the_session(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-09: a stream out of step is left, and the next one is clean."""
    garbage = (GARBAGE + GARBAGE_WITH_COLONS) * 3
    mock_core.faults.append(Planned(Asked(1, "Ping"), Say(garbage), links=[1]))
    async with backend.connect(mock_server.port) as pbx:
        with pytest.raises(ActionLost) as lost:
            await pbx.send("Ping")
        assert lost.value.cause.reason is Reason.PROTOCOL
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
        assert pbx.snapshot().faults[Fault.DESYNC] == 6
    assert mock_server.accepted == 2


async def test_an_oversized_event_and_then_a_good_one(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-09: skipped, counted, and nobody's answer."""
    mock_core.faults.append(Planned(Asked(1, "Ping"), Say(oversized(200_000))))
    async with backend.connect(mock_server.port, max_frame_size=65_536) as pbx:
        with pbx.events("Flood", "Oversized") as heard:
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
            assert (await heard.get(10.0))["Number"] == "0"
        assert pbx.snapshot().faults == {Fault.OVERSIZED: 1}
    assert mock_server.accepted == 1


async def test_an_oversized_answer_ends_its_action_alone(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
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


async def test_three_mebibytes_of_output_are_one_answer(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-WIRE-08."""
    lines = [f"{number} {'x' * 95}" for number in range(32_768)]
    mock_core.cli["boast"] = lambda core: "".join(f"{line}\n" for line in lines)
    async with backend.connect(mock_server.port) as pbx:
        assert (await pbx.send("Command", Command="boast")).output == lines


async def test_a_flood_of_twenty_thousand_is_accounted_for(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-FLOW-02, R-FLOW-05: all of them where they fit, and what did not fit to the last one."""
    mock_core.faults.append(Planned(Asked(1, "Ping"), Say(flood(20_000))))
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


def saying_half(half: bytes) -> Script:
    """Let the client in, answer by half, and end."""

    def script(line: Line) -> None:
        line.welcome()
        line.say(half.replace(b"{id}", line.hear()["ActionID"].encode()))

    return script


async def test_half_an_answer_is_none(backend: Backend, start_peer: PeerFactory) -> None:
    """R-CORR-07, R-WIRE-12: it is counted, and the next session is clean."""
    peer = start_peer(*[saying_half(half) for half in HALVES], honest)
    async with backend.connect(peer.port) as pbx:
        for number, _ in enumerate(HALVES, 1):
            with pytest.raises(ActionLost) as lost:
                await pbx.send("Command", Command="core show version", wait=True)
            assert lost.value.cause.reason is Reason.EOF
            assert pbx.snapshot().faults == {Fault.INCOMPLETE: number}
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"


async def test_a_list_that_breaks_off_with_the_stream(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-CORR-07: what had come is in the error; the cut is by RST, in the middle of the answer."""
    mock_core.faults += [
        Planned(Asked(1, "QueueStatus"), Trickle(64), links=[1]),
        Planned(Asked(1, "QueueStatus"), Cut(40, reset=True), links=[1]),
    ]
    async with backend.connect(mock_server.port) as pbx:
        with pytest.raises(ActionLost) as lost:
            await pbx.send("QueueStatus")
        assert lost.value.cause.reason in (Reason.EOF, Reason.RESET)
        assert (await pbx.send("QueueStatus", wait=True)).complete is not None
    assert mock_server.accepted == 2


async def test_the_last_words_are_heard(backend: Backend, start_peer: PeerFactory) -> None:
    """R-WIRE-11: the answer came with the last breath."""

    def leave(line: Line) -> None:
        line.welcome()
        line.answer(line.hear(), "Success", "Last: words")

    async with backend.connect(start_peer(leave, honest).port) as pbx:
        assert (await pbx.send("Ping"))["Last"] == "words"
