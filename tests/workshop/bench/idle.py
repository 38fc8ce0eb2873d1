"""A thousand idle connections on each driver: what one takes of memory, and all of a core.

The client has a process of its own, so that its figures are not those of the servers, which are one listener
that logs every connection in and answers its pings. Memory is what the process has more than before (resident
pages, so also what the allocator keeps). The wait is long enough for two rounds of pings.
"""

import asyncio
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection as Pipe
from typing import Any

import anyio

import ami_backends.anyio
import ami_backends.gevent
import ami_backends.selectors
from ami_proto import ClusterConfig, ServerConfig

CONNECTIONS = 1000
DESCRIPTORS = 2 * CONNECTIONS
HEARTBEAT = 15.0
"""The default. Each connection sends one ping and reads one pong in this time."""
WAIT = 30.0
"""Seconds in which processor time is measured."""
PATIENCE = 60.0
LIMITS = ClusterConfig(connect_rate=1000.0, connect_burst=100)

KILOBYTES_MAX = {"selectors": 25, "gevent": 35, "asyncio": 45, "trio": 45}
"""What a connection may take without TLS."""
CORE_SHARE_MAX = 0.05


def figures() -> Iterator[str]:
    """Yield one line for each driver."""
    with listener() as port:
        for name in DRIVERS:
            size, share = measured(name, port)
            memory = f"{size / 1000:5.1f} kB each (wanted: at most {KILOBYTES_MAX[name]})"
            work = f"{share:5.1%} of a core (wanted: below {CORE_SHARE_MAX:.0%})"
            yield f"{CONNECTIONS} idle, {name:10} {memory}   {work}"


def measured(name: str, port: int, connections: int = CONNECTIONS, wait: float = WAIT) -> tuple[float, float]:
    """Return the bytes of a connection of a driver, and the share of a core that all take while idle."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_run, args=(there, name, port, connections, wait), daemon=True)
    process.start()
    there.close()
    try:
        size, share = here.recv()
        return size, share
    finally:
        process.join(PATIENCE)
        process.kill()
        here.close()


# -- the client, in a process of its own


def _run(pipe: Pipe, name: str, port: int, connections: int, wait: float) -> None:
    _raise_limit()
    DRIVERS[name](_configs(port, 1), 0.1)  # what the first connection of a process loads
    before = _resident()
    size, share = DRIVERS[name](_configs(port, connections), wait)
    pipe.send(((size - before) / connections, share))


def _by_blocking(driver: Any) -> Callable[[list[ServerConfig], float], tuple[int, float]]:
    def run(configs: list[ServerConfig], wait: float) -> tuple[int, float]:
        with driver.connect_cluster(configs, limits=LIMITS) as pbxs:
            pbxs.wait_ready(PATIENCE, all=True)
            with pbxs.events(block=("*",)) as events:
                size, began = _resident(), time.process_time()
                with suppress(TimeoutError):
                    events.get(wait)
            return size, (time.process_time() - began) / wait

    return run


def _by_loop(backend: str) -> Callable[[list[ServerConfig], float], tuple[int, float]]:
    async def program(configs: list[ServerConfig], wait: float) -> tuple[int, float]:
        async with ami_backends.anyio.connect_cluster(configs, limits=LIMITS) as pbxs:
            await pbxs.wait_ready(PATIENCE, all=True)
            size, began = _resident(), time.process_time()
            await anyio.sleep(wait)
            return size, (time.process_time() - began) / wait

    return lambda configs, wait: anyio.run(program, configs, wait, backend=backend)


DRIVERS: dict[str, Callable[[list[ServerConfig], float], tuple[int, float]]] = {
    "selectors": _by_blocking(ami_backends.selectors),
    "gevent": _by_blocking(ami_backends.gevent),
    "asyncio": _by_loop("asyncio"),
    "trio": _by_loop("trio"),
}


def _configs(port: int, connections: int) -> list[ServerConfig]:
    words: dict[str, Any] = {"host": "127.0.0.1", "port": port, "username": "bench", "secret": "bench"}
    words |= {"wait_fully_booted": False, "heartbeat_interval": HEARTBEAT}
    return [ServerConfig(key=f"pbx{number}", **words) for number in range(connections)]


def _resident() -> int:
    """Return the resident bytes of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _raise_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, DESCRIPTORS), hard))


# -- the servers


@contextmanager
def listener() -> Iterator[int]:
    """Run the listener in a process of its own; give its port."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()
        here.close()


def _serve(pipe: Pipe) -> None:
    _raise_limit()
    asyncio.run(_listen(pipe))


async def _listen(pipe: Pipe) -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=CONNECTIONS)
    pipe.send(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each action with a success, and a `Ping` with its pong."""
    writer.write(b"Asterisk Call Manager/9.0.0\r\n")
    try:
        while True:
            frame = await reader.readuntil(b"\r\n\r\n")
            headers = dict(line.split(b": ", 1) for line in frame.split(b"\r\n") if b": " in line)
            action, number = headers[b"Action"].lower(), headers[b"ActionID"]
            said = {b"ping": b"Ping: Pong\r\nTimestamp: 1.0\r\n", b"challenge": b"Challenge: 1\r\n"}.get(
                action, b""
            )
            writer.write(b"Response: Success\r\nActionID: " + number + b"\r\n" + said + b"\r\n")
            if action == b"logoff":
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()
