"""Helpers of the drivers' tests: TLS for scripted peers, configurations, clients, a reactor under test."""

import functools
import selectors
import socket
import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import pytest
import trustme

from ami_backends.selectors import Client, Reactor, connect
from ami_backends.sessions.resolve import Resolver, resolve_numeric
from ami_proto import Action, ActionFinished, Connection, Notice, Outcome, ServerConfig, State, Ticket, Tls
from conformance.laws.peer import HOST, PATIENCE

# -- TLS


@functools.cache
def authority() -> trustme.CA:
    """Return the tests' own certificate authority."""
    return trustme.CA()


def server_context(*names: str) -> ssl.SSLContext:
    """Return a server's context, its certificate made out to these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture(scope="session")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of the CA file that verifies `server_context`."""
    path = str(tmp_path_factory.mktemp("ca") / "ca.pem")
    authority().cert_pem.write_to_path(path)
    return path


# -- clients


def config(port: int, **options: Any) -> ServerConfig:
    """Return a configuration that reconnects at once and never gives up."""
    values: dict[str, Any] = {
        "key": "pbx",
        "host": HOST,
        "port": port,
        "username": "admin",
        "secret": "s3cr3t",
        "auth": "plain",
        "reconnect_min": 0.01,
        "reconnect_max": 0.02,
        "breaker_threshold": 1_000_000,
    }
    return ServerConfig(**(values | options))


def client_of(port: int, **options: Any) -> Client:
    """Return a connected blocking client that reconnects at once."""
    quick: dict[str, Any] = {
        "auth": "plain",
        "ask_release": False,
        "breaker_threshold": 1_000_000,
        "reconnect_min": 0.01,
        "reconnect_max": 0.02,
    }
    return connect(HOST, port, username="admin", secret="s3cr3t", **(quick | options))


class Owner:
    """Run a reactor in the test's own thread, and keep its notices and outcomes."""

    def __init__(self, port: int, *, resolver: Resolver = resolve_numeric, **options: Any) -> None:
        self.machine = Connection(config(port, **options), seed=1)
        self.selector = selectors.DefaultSelector()
        self.reactor = Reactor(self.machine, on_notice=self._take, resolver=resolver, selector=self.selector)
        self.notices: list[Notice] = []
        self.outcomes: dict[Ticket, Outcome] = {}

    def __enter__(self) -> Self:
        self.machine.start(time.monotonic())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.reactor.close()

    def until(self, condition: Callable[[], object], patience: float = PATIENCE) -> None:
        """Run rounds until something is true."""
        deadline = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < deadline, f"{self.machine.snapshot()}, {self.notices[-5:]}"
            self.reactor.run_once(0.1)

    def until_ready(self) -> Self:
        """Run rounds until READY."""
        self.until(lambda: self.machine.state is State.READY)
        return self

    def submit(self, name: str, **headers: str) -> Ticket:
        """Submit an action."""
        return self.machine.submit(Action(name, headers), time.monotonic())

    def send(self, name: str, **headers: str) -> Outcome:
        """Send an action and run rounds until its end."""
        ticket = self.submit(name, **headers)
        self.until(lambda: ticket in self.outcomes)
        return self.outcomes[ticket]

    def sockets(self) -> list[socket.socket]:
        """Return the sockets that the reactor waits for, besides the one that wakes it."""
        watched = [key.fileobj for key in self.selector.get_map().values()]
        return [each for each in watched if isinstance(each, socket.socket)]

    def socket(self) -> socket.socket:
        """Return the socket of the driver's session."""
        (sock,) = self.sockets()
        return sock

    def seen(self, kind: type[Notice]) -> list[Notice]:
        """Return the notices of a kind."""
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def _take(self, notice: Notice) -> None:
        self.notices.append(notice)
        if isinstance(notice, ActionFinished):
            self.outcomes[notice.ticket] = notice.outcome


def trusting(ca_file: str, server_name: str | None = None) -> Tls:
    """Return TLS options that trust the tests' own authority."""
    return Tls(ca_file=ca_file, server_name=server_name)
