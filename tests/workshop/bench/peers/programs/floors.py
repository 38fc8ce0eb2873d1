"""Floors: the least that Python can do of each workload, with nothing that a client needs beyond it.

No error is handled, nothing is masked, counted, timed or kept. A client cannot be as fast.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from itertools import count as numbers
from typing import Any

from tests.workshop.bench.peers.call_stream import LAST
from tests.workshop.bench.peers.programs.stopwatch import HEADERS, HOST, Measured, Stopwatch, Task, run
from tests.workshop.bench.peers.programs.texts import READ_SIZE, stream_pieces

LOGIN = b"Action: Login\r\nActionID: 0\r\nUsername: bench\r\nSecret: bench\r\n\r\n"
PING = b"Action: Ping\r\nActionID: %d\r\n\r\n"


def logged_in(task: Task) -> socket.socket:
    """Connect, log in, and read up to the end of FullyBooted."""
    stream = socket.create_connection((HOST, task.port))
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.sendall(LOGIN)
    data = b""
    while data.count(b"\r\n\r\n") < 2:
        data += stream.recv(READ_SIZE)
    return stream


def flood(task: Task) -> Measured:
    """Bare receive: read the bytes and count the empty lines."""
    stream = logged_in(task)
    watch = Stopwatch()
    stream.sendall(b"Action: Flood\r\nActionID: 1\r\nCount: %d\r\n\r\n" % task.count)
    rest = b""
    while not rest.endswith(LAST):
        rest = rest[-len(LAST) :] + stream.recv(READ_SIZE)
    return watch.stop(task.count)


def decode(task: Task) -> Measured:
    """Bare split: cut the bytes into frames, and a frame into what is read of it."""
    read = READ[task.workload]
    pieces = stream_pieces(task.count)
    watch = Stopwatch()
    rest = b""
    for piece in pieces:
        *frames, rest = (rest + piece).split(b"\r\n\r\n")
        for frame in frames:
            read(frame)
    return watch.stop(task.count)


def _name(frame: bytes) -> object:
    return frame[7 : frame.find(b"\r\n")].decode(), frame.find(b"\r\nActionID: ")


def _three_headers(frame: bytes) -> object:
    values = []
    for mark in MARKS:
        begin = frame.find(mark) + len(mark)
        values.append(frame[begin : frame.find(b"\r\n", begin)].decode())
    return values


def _dict(frame: bytes) -> object:
    return dict([line.split(": ", 1) for line in frame.decode().split("\r\n")])


MARKS = [f"\r\n{header}: ".encode() for header in HEADERS]
READ: dict[str, Callable[[bytes], object]] = {
    "decode_dict": _dict,
    "decode_get": _three_headers,
    "decode_name": _name,
}


def answered_ids(data: bytes) -> list[int]:
    """Return the ActionIDs in the answers to pings."""
    return [int(answer[29 : answer.find(b"\r\n", 29)]) for answer in data.split(b"\r\n\r\n") if answer]


# -- calls: what hands an answer over to the one that waits


def bare_socket(task: Task) -> Measured:
    """Write and read in one thread, as no client can that has events too."""
    stream = logged_in(task)
    watch = Stopwatch()
    for number in range(task.count):
        stream.sendall(PING % number)
        assert answered_ids(stream.recv(READ_SIZE)) == [number]
    return watch.stop(task.count)


def bare_thread(task: Task) -> Measured:
    """Read in a thread; a lock hands each answer over."""
    stream = logged_in(task)
    waiting: dict[int, threading.Lock] = {}

    def read() -> None:
        while data := stream.recv(READ_SIZE):
            for number in answered_ids(data):
                waiting.pop(number).release()

    threading.Thread(target=read, daemon=True).start()
    watch = Stopwatch()
    for number in range(task.count):
        waiting[number] = lock = threading.Lock()
        lock.acquire()
        stream.sendall(PING % number)
        lock.acquire()
    return watch.stop(task.count)


def bare_greenlet(task: Task) -> Measured:
    """Read in a greenlet; a result of gevent hands each answer over."""
    import gevent
    from gevent.event import AsyncResult
    from gevent.socket import socket as GreenSocket  # noqa: N812 - it is a class

    bare = logged_in(task)
    stream = GreenSocket(fileno=bare.detach())
    waiting: dict[int, Any] = {}

    def read() -> None:
        while data := stream.recv(READ_SIZE):
            for number in answered_ids(data):
                waiting.pop(number).set(number)

    def make(count: int) -> None:
        for _ in range(count):
            number = next(ids)
            result: Any = AsyncResult()
            waiting[number] = result
            stream.sendall(PING % number)
            result.get()

    ids = numbers()
    gevent.spawn(read)
    watch = Stopwatch()
    gevent.joinall([gevent.spawn(make, task.count // task.width) for _ in range(task.width)])
    return watch.stop(task.count)


class BareProtocol(asyncio.Protocol):
    """A protocol of asyncio that sets a future for each answer."""

    def __init__(self) -> None:
        self.waiting: dict[int, asyncio.Future[None]] = {}
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        for number in answered_ids(data):
            self.waiting.pop(number).set_result(None)


async def bare_future(task: Task) -> Measured:
    """Read in a protocol; a future hands each answer over."""
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(BareProtocol, sock=logged_in(task))
    ids = numbers()

    async def make(count: int) -> None:
        for _ in range(count):
            number = next(ids)
            protocol.waiting[number] = future = loop.create_future()
            protocol.transport.write(PING % number)
            await future

    watch = Stopwatch()
    await asyncio.gather(*(make(task.count // task.width) for _ in range(task.width)))
    return watch.stop(task.count)


async def bare_event(task: Task) -> Measured:
    """Read in a task of trio; an event hands each answer over."""
    import trio

    stream = trio.socket.from_stdlib_socket(logged_in(task))
    waiting: dict[int, trio.Event] = {}

    async def read() -> None:
        while data := await stream.recv(READ_SIZE):
            for number in answered_ids(data):
                waiting.pop(number).set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        watch = Stopwatch()
        for number in range(task.count):
            waiting[number] = event = trio.Event()
            await stream.send(PING % number)
            await event.wait()
        measured = watch.stop(task.count)
        nursery.cancel_scope.cancel()
    return measured


def calls(task: Task) -> Measured:
    """Make the calls in the way that the variant names."""
    if task.variant == "future":
        return asyncio.run(bare_future(task))
    if task.variant == "event":
        import trio

        return trio.run(bare_event, task)
    return {"socket": bare_socket, "thread": bare_thread, "greenlet": bare_greenlet}[task.variant](task)


if __name__ == "__main__":
    run({"flood": flood, "decode": decode, "calls": calls})
