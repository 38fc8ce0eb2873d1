"""How tests speak with real Asterisk: a client, a reactor of their own, a plain socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from peers import Owner

from ami_backends.selectors import Client, connect
from ami_proto import Reply, Tls
from conformance.asterisk.raw import RawSession, logged_in
from conformance.asterisk.targets import Target

BANNERS = {22: "11.0.0", 16: "5.0.4"}
"""The AMI version that each Asterisk announces."""


def client(server: Target, user: str = "admin", **options: Any) -> Client:
    """Connect the blocking client; it hears no events, and reconnects soon."""
    account = server.users[user]
    quick: dict[str, Any] = {"events": "off", "reconnect_min": 0.05, "reconnect_max": 0.2}
    quick["breaker_threshold"] = 1_000_000
    values = quick | {"port": server.port} | options
    return connect(server.host, username=account.username, secret=account.secret, **values)


def trusted(server: Target) -> dict[str, Any]:
    """Return the options for its TLS port."""
    return {"port": server.tls_port, "tls": Tls(ca_file=str(server.ca_file))}


def owner(server: Target, **options: Any) -> Owner:
    """Return a reactor of our own for this server."""
    account = server.users["admin"]
    values: dict[str, Any] = {"host": server.host, "events": "off", "auth": "md5"}
    values |= {"username": account.username, "secret": account.secret}
    port = options.pop("port", server.port)
    assert isinstance(port, int)
    return Owner(port, **(values | options))


def call(pbx: Client, server: Target, extension: str) -> Reply:
    """Start a call that stays for as long as the extension does."""
    return pbx.send("Originate", Channel=server.local(extension), Application="Wait", Data="20")


@contextmanager
def session(server: Target, user: str = "admin", events: str = "off") -> Iterator[RawSession]:
    """Give a plain socket that is logged in."""
    account = server.users[user]
    with logged_in(server.host, server.port, account.username, account.secret, events=events) as ami:
        yield ami
