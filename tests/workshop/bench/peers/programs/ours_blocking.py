"""The library on threads, and on gevent: the same words."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

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


def calls(task: Task) -> Measured:
    with connected(task) as pbx:

        def make(count: int) -> None:
            for _ in range(count):
                pbx.send("Ping")

        make_all = at_once(task, make)
        pbx.wait_ready()
        make_all(task.warm_up)
        watch = Stopwatch()
        make_all(task.count)
        return watch.stop(task.count)


def at_once(task: Task, make: Callable[[int], None]) -> Callable[[int], None]:
    """Return a function that makes so many calls in as many threads or greenlets as the task is wide."""
    if task.width == 1:
        return make
    if task.variant.startswith("gevent"):
        import gevent

        def in_greenlets(count: int) -> None:
            shares = [gevent.spawn(make, count // task.width) for _ in range(task.width)]
            gevent.joinall(shares, raise_error=True)

        return in_greenlets
    pool = ThreadPoolExecutor(task.width)

    def in_threads(count: int) -> None:
        list(pool.map(make, [count // task.width] * task.width))

    return in_threads


def flood(task: Task) -> Measured:
    with connected(task) as pbx:
        pbx.wait_ready()
        count, wanted = 0, task.count
        if task.workload == "flood_wanted":
            wanted = task.wanted
            events = pbx.events(WANTED, LAST)
        else:
            events = pbx.events()
        with events:
            watch = Stopwatch()
            pbx.send("Flood", Count=str(task.count))
            if task.workload == "flood_name":
                for event in events:
                    if event.name == LAST:
                        break
                    count += 1
            else:
                for event in events:
                    if event.name == LAST:
                        break
                    count += 1
                    event["Channel"], event["Uniqueid"], event["Linkedid"]
            return watch.stop(task.count, lost=wanted - count)


def connected(task: Task) -> Any:
    """Connect and log in, to one server or to a cluster of one."""
    driver, *cluster = task.variant.split()
    ami = import_module(f"ami_backends.{driver}")
    if cluster:
        servers = [ServerConfig(key="pbx", host=HOST, port=task.port, username=USERNAME, secret=SECRET)]
        return ami.connect_cluster(servers)
    return ami.connect(HOST, task.port, username=USERNAME, secret=SECRET)


if __name__ == "__main__":
    run({"calls": calls, "flood": flood})
