"""Unreachable servers: a refused port, a wrong address, an unknown name, a black hole."""

import socket
import threading
import time
from typing import Any

import pytest

from ami_proto import Reason, Tls
from conformance.laws.peer import PATIENCE, black_hole, closed_port
from conformance.suite.backends import SuiteBackend
from conformance.suite.failures import failed_connect


async def test_a_port_without_a_server(backend: SuiteBackend) -> None:
    """R-LIFE-04: reported at once."""
    error = await failed_connect(backend, closed_port(), retry=False)
    assert error.cause.reason is Reason.REFUSED


async def test_an_address_without_a_route(backend: SuiteBackend) -> None:
    """R-LIFE-04: TCP cannot reach a multicast address."""
    error = await failed_connect(backend, 5038, host="224.0.0.1")
    assert error.cause.reason is Reason.UNREACHABLE


async def test_an_unknown_name(backend: SuiteBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-CONF-03."""
    monkeypatch.setattr(socket, "getaddrinfo", unknown_host)
    error = await failed_connect(backend, 5038, host="pbx.invalid")
    assert error.cause.reason is Reason.UNRESOLVED


async def test_an_invalid_name(backend: SuiteBackend) -> None:
    """R-CONF-03: refused without a look-up; a label has at most 63 characters."""
    for host in ("a..b", "x" * 64, "münchen..de"):
        error = await failed_connect(backend, 5038, host=host)
        assert error.cause.reason is Reason.UNRESOLVED


async def test_a_resolver_that_hangs(backend: SuiteBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUTH-02, R-CONF-03: it costs the connect timeout, and the loop goes on meanwhile."""
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", silent_resolver(answer))
    error = await failed_connect(backend, 5038, host="pbx.invalid", connect_timeout=0.1)
    answer.set()
    assert error.cause.reason is Reason.CONNECT_TIMEOUT


async def test_a_black_hole(backend: SuiteBackend) -> None:
    """R-AUTH-02: without an answer to SYN it costs the connect timeout, with TLS and without."""
    with black_hole() as port:
        begun = time.monotonic()
        plain = await failed_connect(backend, port, connect_timeout=0.1)
        assert time.monotonic() - begun >= 0.1
        secured = await failed_connect(backend, port, connect_timeout=0.1, tls=Tls(verify=False))
    assert str(plain).endswith("connect timed out: no connection within 0.1 s")
    assert str(secured).endswith("connect timed out: no connection, or no TLS handshake, within 0.1 s")


async def test_a_wait_for_a_black_hole_can_be_given_up(backend: SuiteBackend) -> None:
    """R-DRIVER-03: at once, and nothing of it is left."""
    with black_hole() as port:
        begun = time.monotonic()
        assert await backend.gave_up(0.05, failed_connect, backend, port)
        assert time.monotonic() - begun < PATIENCE / 2


# -- name servers


def unknown_host(host: str, *rest: Any, **more: Any) -> Any:
    """Replace `getaddrinfo` where the name is unknown."""
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def silent_resolver(answer: threading.Event) -> Any:
    """Return a replacement for `getaddrinfo` while the name servers do not answer."""

    def look_up(host: str, *rest: Any, **more: Any) -> Any:
        if not more.get("flags"):
            answer.wait(PATIENCE)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    return look_up
