"""The `anyio` driver: one source for asyncio, asyncio with uvloop, and trio.

`connect` is an async context manager that gives a `Client`. `Driver` runs a machine of your own.
"""

from ami_backends import missing_extra
from ami_backends.clients.calls import Item
from ami_backends.sessions.resolve import ThreadResolver, resolve_numeric

try:
    from ami_backends.anyio.client import Client, connect, connect_cluster, connect_machine
    from ami_backends.anyio.driver import Driver
    from ami_backends.anyio.events import Events
except ModuleNotFoundError as missing:
    raise missing_extra(missing, "anyio") from None

__all__ = [
    "Client",
    "Driver",
    "Events",
    "Item",
    "ThreadResolver",
    "connect",
    "connect_cluster",
    "connect_machine",
    "resolve_numeric",
]
