"""Events per second over loopback, from another process to a consumer.

The sender is a process of its own that accepts the login and then writes captured events as fast as the
socket takes them. The queue pauses reading instead of dropping, so every event is counted.

"""

import multiprocessing
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from typing import Any

import anyio

import ami_backends.anyio
import ami_backends.gevent
import ami_backends.selectors
from ami_proto import Action as Request
from ami_proto import Connection, Filter, Notice, Overflow, ServerConfig, State, StateChanged
from ami_proto.drivers import MessagesWaiting
from conformance.corpus import capture
from conformance.mock import Exchange, LoopbackServer, MockAction, MockServer, MockUser

EVENTS_PER_RUN = 200_000
QUEUE_LIMIT = 50_000
LOGIN_EVENTS = ("FullyBooted", "SuccessfulAuth")
LAST = b"Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: Last\r\n\r\n"


def figures() -> Iterator[str]:
    """Yield one line for each driver, beside the bare split."""
    events = _captured_events()
    split_rate = _split_rate(b"".join(events))
    yield f"split plus name            {split_rate:12,.0f} frames/s"
    for name, receive in DRIVERS.items():
        with _sender(events) as port:
            rate = receive(port)
        wanted = split_rate / 1_500_000 * 200_000
        yield f"end to end, {name:15}{rate:12,.0f} events/s   (wanted on this machine: {wanted:,.0f})"


def _by_reactor(port: int) -> float:
    machine = Connection(_config(port), seed=1)
    subscription = machine.subscribe(Filter(block=LOGIN_EVENTS), limit=QUEUE_LIMIT, policy=Overflow.PAUSE)
    count = 0
    started = 0.0

    def take(notice: Notice) -> None:
        nonlocal count, started
        if isinstance(notice, StateChanged) and notice.new is State.READY:
            machine.submit(Request("Flood"), time.monotonic())
            started = time.perf_counter()
        if isinstance(notice, MessagesWaiting):
            while machine.poll_message(subscription) is not None:
                count += 1

    reactor = ami_backends.selectors.Reactor(machine, on_notice=take)
    machine.start(time.monotonic())
    while count <= EVENTS_PER_RUN:
        reactor.run_once()
    rate = _rate(count, started)
    reactor.close()
    return rate


def _by_threads(port: int) -> float:
    with ami_backends.selectors.connect(**_words(port)) as client:
        return _by_client(client)


def _by_greenlets(port: int) -> float:
    with ami_backends.gevent.connect(**_words(port)) as client:
        return _by_client(client)


def _by_client(client: ami_backends.selectors.Client) -> float:
    events = client.events(block=LOGIN_EVENTS, limit=QUEUE_LIMIT, policy=Overflow.PAUSE)
    client.send("Flood")
    count, started = 0, time.perf_counter()
    for event in events:
        count += 1
        if event.name == "UserEvent":
            break
    return _rate(count, started)


def _by_asyncio(port: int) -> float:
    return anyio.run(_by_loop, port, backend="asyncio")


def _by_uvloop(port: int) -> float:
    return anyio.run(_by_loop, port, backend="asyncio", backend_options={"use_uvloop": True})


def _by_trio(port: int) -> float:
    return anyio.run(_by_loop, port, backend="trio")


async def _by_loop(port: int) -> float:
    async with ami_backends.anyio.connect(**_words(port)) as client:
        events = client.events(block=LOGIN_EVENTS, limit=QUEUE_LIMIT, policy=Overflow.PAUSE)
        await client.send("Flood")
        count, started = 0, time.perf_counter()
        async for event in events:
            count += 1
            if event.name == "UserEvent":
                break
        return _rate(count, started)


DRIVERS: dict[str, Callable[[int], float]] = {
    "reactor": _by_reactor,
    "selectors": _by_threads,
    "asyncio": _by_asyncio,
    "uvloop": _by_uvloop,
    "trio": _by_trio,
    "gevent": _by_greenlets,
}


def _rate(count: int, started: float) -> float:
    elapsed = time.perf_counter() - started
    assert count == EVENTS_PER_RUN + 1, count
    return count / elapsed


def _words(port: int) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "username": "bench", "secret": "bench", "read_timeout": 600.0}


def _config(port: int) -> ServerConfig:
    return ServerConfig(key="bench", **_words(port))


def _captured_events() -> list[bytes]:
    """Return real events of a busy server, without their ActionIDs and the lists among them."""
    frames = re.split(rb"(?<=\r\n\r\n)", capture("asterisk-22.10.1/call-mix").data)
    events = [frame for frame in frames if frame.startswith(b"Event: ") and b"\r\nPrivilege: " in frame]
    others = (b"\r\nActionID: ", b"Event: UserEvent", *(f"Event: {name}".encode() for name in LOGIN_EVENTS))
    return [frame for frame in events if not any(other in frame for other in others)]


def _split_rate(stream: bytes) -> float:
    stream *= max(1, 50_000_000 // len(stream))
    started = time.perf_counter()
    names = [frame[7 : frame.find(b"\r\n")] for frame in stream.split(b"\r\n\r\n")]
    return len(names) / (time.perf_counter() - started)


# -- the sender, in a process of its own


@contextmanager
def _sender(events: list[bytes]) -> Iterator[int]:
    """Run a mock server whose action `Flood` answers with the events; give its port."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, events), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()
        here.close()


def _serve(pipe: Pipe, events: list[bytes]) -> None:
    block = b"".join(events)
    blocks, rest = divmod(EVENTS_PER_RUN, len(events))

    def flood(exchange: Exchange) -> None:
        exchange.ack("Here it comes")
        for _ in range(blocks):
            exchange.session.push(block)
        exchange.session.push(b"".join(events[:rest]) + LAST)

    core = MockServer(users=[MockUser("bench", "bench")])
    core.add_action(MockAction("Flood", flood))
    with LoopbackServer(core) as host:
        pipe.send(host.port)
        signal.pause()
