"""Sessions that asyncio calls back, beside those that a task serves: the same bytes give the same.

Each read brings one chunk in both ways: the peer sends the next one when the last was handed to the machine.
"""

import asyncio
import random
import re
import time
from typing import Any

import pytest

from ami_backends.anyio import Driver
from ami_backends.anyio.session_task import SessionTask
from ami_proto import Connection, Filter, Message, Notice, ServerConfig, State
from ami_proto.drivers import SessionId, Subscription
from conformance.corpus import Capture
from conformance.laws.peer import BOOTED, PATIENCE, Peer, PeerConnection
from conformance.laws.playbook import BANNER
from tests.cases import CAPTURES, case_id, seen

CHUNK_MAX = 8_000
A_MOMENT = 0.5
MUTATIONS = 40


class Counting(Connection):
    """A machine that says how many bytes it was given, and collects what it tells."""

    def __init__(self, port: int) -> None:
        config = ServerConfig(
            key="pbx",
            host="127.0.0.1",
            port=port,
            username="admin",
            secret="s3cr3t",
            auth="plain",
            wait_fully_booted=False,
            reconnect=False,
        )
        super().__init__(config, seed=1)
        self.taken = 0
        """Bytes handed to it so far."""
        self.everything: Subscription = self.subscribe(Filter(replies=True), limit=1_000_000)

    def handle_received(self, session: SessionId, data: bytes, now: float) -> None:
        super().handle_received(session, data, now)
        self.taken += len(data)

    def wait_taken(self, count: int) -> bool:
        """Wait in the peer's thread for so many bytes; return whether they were taken."""
        deadline = time.monotonic() + A_MOMENT
        while self.taken < count and time.monotonic() < deadline:
            time.sleep(0.0005)
        return self.taken >= count


def told(chunks: list[bytes]) -> tuple[list[Any], list[str]]:
    """Return the messages and notices of a session in which the server sends these chunks after the login."""
    machines: list[Counting] = []

    def serve(line: PeerConnection) -> None:
        line.accept_login()
        machine = machines[0]
        count = len(BANNER) + len(BOOTED)
        while not machine.wait_taken(count) or machine.states["pbx"] is not State.READY:
            time.sleep(0.001)
        time.sleep(0.01)
        count = machine.taken
        for chunk in chunks:
            line.send(chunk)
            count += len(chunk)
            if not machine.wait_taken(count):  # the client has ended the session
                return

    notices: list[Notice] = []
    with Peer(serve) as peer:
        machine = Counting(peer.port)
        machines.append(machine)
        asyncio.run(asyncio.wait_for(Driver(machine, on_notice=notices.append).run(), PATIENCE * 3))
    messages = []
    while (item := machine.poll_message(machine.everything)) is not None:
        messages.append(item)
    return seen(each for each in messages if isinstance(each, Message)), [timeless(each) for each in notices]


def timeless(notice: Notice) -> str:
    return re.sub(r"(port|due)=[0-9.]+", r"\1=", str(notice))


def cut(data: bytes, drawn: random.Random) -> list[bytes]:
    chunks, begin = [], 0
    while begin < len(data):
        end = begin + drawn.randint(1, CHUNK_MAX)
        chunks.append(data[begin:end])
        begin = end
    return chunks


def require_same(chunks: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    by_callbacks = told(chunks)
    with monkeypatch.context() as patched:
        patched.setattr("ami_backends.anyio.driver.CallbackSession", SessionTask)
        by_task = told(chunks)
    assert by_callbacks == by_task
    assert by_task[1]


@pytest.mark.parametrize("capture", CAPTURES, ids=case_id)
def test_every_capture_gives_the_same(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-WIRE-01, R-DRIVER-07."""
    require_same(cut(capture.data, random.Random(capture.name)), monkeypatch)


@pytest.mark.parametrize("seed", range(MUTATIONS))
def test_mutated_frames_give_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-WIRE-01, R-WIRE-11, R-DRIVER-07: a stream that breaks off in a half frame, too."""
    drawn = random.Random(seed)
    data = bytearray(drawn.choice(CAPTURES).data[:60_000])
    for _ in range(drawn.randint(1, 30)):
        at = drawn.randrange(len(data))
        data[at : at + drawn.choice((0, 1, 20))] = drawn.choice((b"", b"\r\n", b"\n\n", b"\x00", b"Event: "))
    require_same(cut(bytes(data[: drawn.randrange(len(data))]), drawn), monkeypatch)
