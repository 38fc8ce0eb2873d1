"""Calls that block their greenlet: a client whose reactor runs in a greenlet of its own."""

import signal
from collections.abc import Callable, Iterable
from typing import Unpack

from ami_backends import selectors
from ami_backends._words import ConnectOptions, as_config
from ami_backends.gevent.greenlet import ReactorGreenlet
from ami_proto import Notice


def connect(
    host: str,
    port: int = 5038,
    *,
    username: str,
    secret: str,
    on_notice: Callable[[Notice], None] | None = None,
    stop_on: Iterable[signal.Signals] = (),
    **options: Unpack[ConnectOptions],
) -> "Client":
    """Connect, log in, and return the client once it is ready: `ami_backends.selectors.connect`.

    `on_notice` hears every notice, in the reactor's greenlet.
    """
    return Client(as_config(host, port, username, secret, **options), on_notice, stop_on)._opened()


class Client(selectors.Client):
    """One server, kept connected. Its methods block the greenlet that calls them, and no other."""

    _runner_type = ReactorGreenlet
