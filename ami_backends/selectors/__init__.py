"""The `selectors` driver: a reactor that is yours to call, and blocking calls over one of its own.

`Reactor` drives a machine from one thread: call `poll` or `run_once` from a loop of yours. `connect`
returns a `Client` whose reactor runs in a thread of its own, so that heartbeats and events go on
between calls.
"""

from ami_backends._desk import Item
from ami_backends._resolve import ThreadResolver, resolve_numeric
from ami_backends.selectors.client import Client, connect
from ami_backends.selectors.events import Events
from ami_backends.selectors.reactor import Reactor, Work

__all__ = ["Client", "Events", "Item", "Reactor", "ThreadResolver", "Work", "connect", "resolve_numeric"]
