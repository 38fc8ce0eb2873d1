"""Three ways for tests to reach a real Asterisk: the client, a bare reactor, a plain socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ami_backends.selectors import Client, connect
from ami_proto import Reply, Tls
from conformance.asterisk.raw import RawSession, logged_in
from conformance.asterisk.targets import AsteriskTarget
from tests.peers import Owner

BANNERS = {22: "11.0.0", 16: "5.0.4"}
"""The AMI version in the banner of each Asterisk release."""


def client(server: AsteriskTarget, user: str = "admin", **options: Any) -> Client:
    """Connect the blocking client, without events and with short delays between attempts."""
    account = server.users[user]
    quick: dict[str, Any] = {"events": "off", "reconnect_min": 0.05, "reconnect_max": 0.2}
    quick["breaker_threshold"] = 1_000_000
    values = quick | {"port": server.port} | options
    return connect(server.host, username=account.username, secret=account.secret, **values)


def trusted(server: AsteriskTarget) -> dict[str, Any]:
    """Return the options that connect to its TLS port and trust its certificate."""
    return {"port": server.tls_port, "tls": Tls(ca_file=str(server.ca_file))}


def owner(server: AsteriskTarget, **options: Any) -> Owner:
    """Return a reactor for this server that the test runs round by round."""
    account = server.users["admin"]
    values: dict[str, Any] = {"host": server.host, "events": "off", "auth": "md5"}
    values |= {"username": account.username, "secret": account.secret}
    port = options.pop("port", server.port)
    assert isinstance(port, int)
    return Owner(port, **(values | options))


def call(pbx: Client, server: AsteriskTarget, extension: str) -> Reply:
    """Start a call that lasts until its extension hangs up, for 20 s at most; return how it began."""
    return pbx.send("Originate", Channel=server.local(extension), Application="Wait", Data="20")


@contextmanager
def session(server: AsteriskTarget, user: str = "admin", events: str = "off") -> Iterator[RawSession]:
    """Give a session on a plain socket, without the library, that is logged in."""
    account = server.users[user]
    with logged_in(server.host, server.port, account.username, account.secret, events=events) as ami:
        yield ami
