"""The `gevent` driver: the reactor and the blocking calls of `selectors`, with greenlets for threads.

It needs no monkey-patching, and does not mind it.
"""

from ami_backends._desk import Item
from ami_backends._extras import missing_extra
from ami_backends._resolve import ThreadResolver, resolve_numeric
from ami_backends.selectors.events import Events

try:
    from ami_backends.gevent.client import Client, connect
except ModuleNotFoundError as missing:
    raise missing_extra(missing, "gevent") from None

__all__ = ["Client", "Events", "Item", "ThreadResolver", "connect", "resolve_numeric"]
