"""The `gevent` driver: the reactor and the blocking calls of `selectors`, with greenlets for threads.

It works with and without monkey-patching.
"""

from ami_backends import missing_extra
from ami_backends.clients.calls import Item
from ami_backends.selectors.events import Events
from ami_backends.sessions.resolve import ThreadResolver, resolve_numeric

try:
    from ami_backends.gevent.client import Client, connect, connect_cluster, connect_machine
except ModuleNotFoundError as missing:
    raise missing_extra(missing, "gevent") from None

__all__ = [
    "Client",
    "Events",
    "Item",
    "ThreadResolver",
    "connect",
    "connect_cluster",
    "connect_machine",
    "resolve_numeric",
]
