"""Nobody there: a refused port, a wrong host, a name without an address, a black hole."""

import socket
import threading
import time
from typing import Any

import pytest

from ami_proto import ConnectFailed, Reason, Tls
from conformance.peer import HOST, PATIENCE, black_hole, closed_port
from conformance.suite.backends import Backend
from conformance.suite.failures import connect_fails


async def failure(backend: Backend, port: int, host: str = HOST, **options: Any) -> ConnectFailed:
    """Connect in vain; return the error."""
    with connect_fails(f"{host}:{port}") as failed:
        async with backend.connect(port, host=host, **options):
            pass
    return failed.value


async def test_a_port_without_a_server(backend: Backend) -> None:
    """R-LIFE-04: told at once."""
    error = await failure(backend, closed_port(), retry=False)
    assert error.cause.reason is Reason.REFUSED


async def test_a_host_that_is_none(backend: Backend) -> None:
    """R-LIFE-04: no stream leads to a multicast address."""
    error = await failure(backend, 5038, host="224.0.0.1")
    assert error.cause.reason is Reason.UNREACHABLE


async def test_a_name_that_nobody_knows(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-CONF-03."""
    monkeypatch.setattr(socket, "getaddrinfo", knowing_nobody)
    error = await failure(backend, 5038, host="pbx.invalid")
    assert error.cause.reason is Reason.UNRESOLVED


async def test_what_is_no_name(backend: Backend) -> None:
    """R-CONF-03: refused without asking anybody; no label has more than 63 letters."""
    for host in ("a..b", "x" * 64, "münchen..de"):
        error = await failure(backend, 5038, host=host)
        assert error.cause.reason is Reason.UNRESOLVED


async def test_a_resolver_that_hangs(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUTH-02, R-CONF-03: it costs the connect timeout, and the loop goes on meanwhile."""
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", waiting_for(answer))
    error = await failure(backend, 5038, host="pbx.invalid", connect_timeout=0.1)
    answer.set()
    assert error.cause.reason is Reason.CONNECT_TIMEOUT


async def test_a_black_hole(backend: Backend) -> None:
    """R-AUTH-02: no answer to a knock costs the connect timeout, with TLS and without."""
    with black_hole() as port:
        begun = time.monotonic()
        plain = await failure(backend, port, connect_timeout=0.1)
        assert time.monotonic() - begun >= 0.1
        secured = await failure(backend, port, connect_timeout=0.1, tls=Tls(verify=False))
    assert str(plain).endswith("connect timed out: no connection within 0.1 s")
    assert str(secured).endswith("connect timed out: no connection, or no TLS handshake, within 0.1 s")


async def test_a_wait_for_a_black_hole_can_be_given_up(backend: Backend) -> None:
    """R-DRIVER-03: at once, and nothing of it is left."""
    with black_hole() as port:
        begun = time.monotonic()
        assert await backend.gave_up(0.05, failure, backend, port)
        assert time.monotonic() - begun < PATIENCE / 2


# -- name servers


def knowing_nobody(host: str, *rest: Any, **more: Any) -> Any:
    """Stand for `getaddrinfo` on a network where no name is known."""
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def waiting_for(answer: threading.Event) -> Any:
    """Return what stands for `getaddrinfo` while the name servers are silent."""

    def look_up(host: str, *rest: Any, **more: Any) -> Any:
        if not more.get("flags"):
            answer.wait(PATIENCE)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    return look_up
