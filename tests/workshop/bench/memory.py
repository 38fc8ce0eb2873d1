"""Bytes of a connection that is READY and idle, without a subscription: allocated, by `tracemalloc`."""

import gc
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

from ami_proto import Connection
from conformance.laws.playbook import SERVER, Playbook

CONNECTIONS = 100
SIZE_MAX = 40_000
"""Wanted for one connection: a thousand servers in 40 MB."""


def figures() -> Iterator[str]:
    """Yield one line."""
    yield f"an idle connection       {measured():12,.0f} bytes   (wanted: at most {SIZE_MAX:,})"


def measured() -> float:
    """Return the bytes of one of many connections, with its configuration."""
    _idle("warm-up")  # what all connections share: caches, compiled patterns
    tracing = tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        kept = [_idle(f"pbx{number}") for number in range(CONNECTIONS)]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        if not tracing:
            tracemalloc.stop()
    return (after - before) / len(kept)


def _idle(key: str) -> Connection:
    """Log in, answer one heartbeat, and drain."""
    play = Playbook(replace(SERVER, key=key)).log_in().wait(SERVER.heartbeat_interval)
    return play.reply(play.unanswered[0], "Ping: Pong").connection
