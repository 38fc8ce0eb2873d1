"""The `anyio` driver: one source for asyncio, asyncio with uvloop, and trio.

`connect` is an async context manager that gives a `Client`. `Driver` runs a machine of your own.
"""

from ami_backends._desk import Item
from ami_backends._extras import missing_extra
from ami_backends._resolve import ThreadResolver, resolve_numeric

try:
    from ami_backends.anyio.client import Client, connect
    from ami_backends.anyio.driver import Driver
    from ami_backends.anyio.events import Events
except ModuleNotFoundError as missing:
    raise missing_extra(missing, "anyio") from None

__all__ = ["Client", "Driver", "Events", "Item", "ThreadResolver", "connect", "resolve_numeric"]
