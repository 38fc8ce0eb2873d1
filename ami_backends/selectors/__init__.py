"""The `selectors` driver: a reactor for a loop of yours, and blocking calls over a reactor in a thread.

`Reactor` drives a machine from one thread: call `poll` or `run_once` from a loop of yours. `connect`
returns a `Client` whose reactor has a thread of its own, so that heartbeats and events go on between calls.
"""

from ami_backends.clients.calls import Item
from ami_backends.selectors.client import Client, connect, connect_cluster, connect_machine
from ami_backends.selectors.events import Events
from ami_backends.selectors.reactor import Reactor, Work
from ami_backends.selectors.runner import ReactorThread, Runner
from ami_backends.sessions.resolve import ThreadResolver, resolve_numeric

__all__ = [
    "Client",
    "Events",
    "Item",
    "Reactor",
    "ReactorThread",
    "Runner",
    "ThreadResolver",
    "Work",
    "connect",
    "connect_cluster",
    "connect_machine",
    "resolve_numeric",
]
