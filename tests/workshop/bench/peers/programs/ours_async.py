"""The library on asyncio, uvloop and trio."""

from collections.abc import Callable, Coroutine
from typing import Any

import anyio

import ami_backends.anyio as ami
from ami_proto import ServerConfig
from tests.workshop.bench.peers.programs.stopwatch import (
    HOST,
    LAST,
    SECRET,
    USERNAME,
    WANTED,
    Measured,
    Stopwatch,
    Task,
    run,
)


async def calls(task: Task) -> Measured:
    async with connected(task) as pbx:

        async def make(count: int) -> None:
            for _ in range(count):
                await pbx.send("Ping")

        async def make_all(count: int) -> None:
            if task.width == 1:
                await make(count)
                return
            async with anyio.create_task_group() as tasks:
                for _ in range(task.width):
                    tasks.start_soon(make, count // task.width)

        await pbx.wait_ready()
        await make_all(task.warm_up)
        watch = Stopwatch()
        await make_all(task.count)
        return watch.stop(task.count)


async def flood(task: Task) -> Measured:
    async with connected(task) as pbx:
        await pbx.wait_ready()
        count, wanted = 0, task.count
        if task.workload == "flood_wanted":
            wanted = task.wanted
            events = pbx.events(WANTED, LAST)
        else:
            events = pbx.events()
        with events:
            watch = Stopwatch()
            await pbx.send("Flood", Count=str(task.count))
            if task.workload == "flood_name":
                async for event in events:
                    if event.name == LAST:
                        break
                    count += 1
            else:
                async for event in events:
                    if event.name == LAST:
                        break
                    count += 1
                    event["Channel"], event["Uniqueid"], event["Linkedid"]
            return watch.stop(task.count, lost=wanted - count)


def connected(task: Task) -> Any:
    """Connect and log in, to one server or to a cluster of one."""
    if task.variant.endswith("cluster"):
        servers = [ServerConfig(key="pbx", host=HOST, port=task.port, username=USERNAME, secret=SECRET)]
        return ami.connect_cluster(servers)
    return ami.connect(HOST, task.port, username=USERNAME, secret=SECRET)


def on_loop(program: Callable[[Task], Coroutine[Any, Any, Measured]]) -> Callable[[Task], Measured]:
    """Return a program that runs on the loop that the variant names first."""

    def start(task: Task) -> Measured:
        loop = task.variant.split()[0]
        if loop == "trio":
            return anyio.run(program, task, backend="trio")
        return anyio.run(program, task, backend_options={"use_uvloop": loop == "uvloop"})

    return start


if __name__ == "__main__":
    run({"calls": on_loop(calls), "flood": on_loop(flood)})
