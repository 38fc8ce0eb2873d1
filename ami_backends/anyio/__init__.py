"""The `anyio` driver: one source for asyncio, asyncio with uvloop, and trio.

`connect` is an async context manager that gives a `Client`. `Driver` runs a machine of your own.
"""

from ami_backends._desk import Item
from ami_backends._resolve import ThreadResolver, resolve_numeric
from ami_backends.anyio.client import Client, connect
from ami_backends.anyio.driver import Driver
from ami_backends.anyio.events import Events

__all__ = ["Client", "Driver", "Events", "Item", "ThreadResolver", "connect", "resolve_numeric"]
