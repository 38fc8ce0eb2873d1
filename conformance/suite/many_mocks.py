"""Many mock servers in one process, the events that they tell, and a port that swallows dials."""

import resource
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from conformance.laws.peer import HOST
from conformance.mock import LoopbackServer, MockServer

DESCRIPTORS = 4096
"""What 300 mock servers and their client may open; five and one for each."""

EACH = 5
"""Events of each server in a phase."""


@contextmanager
def mock_servers(count: int) -> Iterator[list[LoopbackServer]]:
    """Give servers in this process; many of them open more descriptors than `select` can wait for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        pytest.skip(f"only {hard} descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, DESCRIPTORS), hard))
    started = [LoopbackServer(MockServer()) for _ in range(count)]
    try:
        for each in started:
            each.start()
        yield started
    finally:
        for each in started:
            each.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def tell(hosts: Sequence[LoopbackServer], phase: int) -> None:
    """Have servers publish the events of a phase."""

    def publish(core: MockServer) -> None:
        for number in range(phase * EACH, (phase + 1) * EACH):
            core.publish({"Event": "Tick", "Number": str(number)}, "user")

    for host in hosts:
        host.call(publish)


@contextmanager
def black_hole() -> Iterator[int]:
    """Give a port whose queue is full: the kernel answers nothing to a dial."""
    with socket.create_server((HOST, 0), backlog=0) as full:
        fillers = [socket.socket() for _ in range(4)]
        for each in fillers:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        try:
            yield full.getsockname()[1]
        finally:
            for each in fillers:
                each.close()
