"""Names become addresses, in a thread of their own and never on a loop's time."""

import socket
import threading
from queue import SimpleQueue

import pytest

from ami_backends._resolve import Found, Resolver, ThreadResolver, resolve_numeric
from conformance.leaks import nothing_left
from conformance.peer import PATIENCE

__all__ = ["nothing_left"]

Answers = SimpleQueue[tuple[Found, str]]


def ask(resolver: Resolver, host: str, port: int = 5038) -> tuple[Found, str]:
    """Return what was found, and the name of the thread that said so."""
    answers: Answers = SimpleQueue()
    resolver(host, port, lambda found: answers.put((found, threading.current_thread().name)))
    return answers.get(timeout=PATIENCE)


@pytest.mark.parametrize("resolver", [resolve_numeric, ThreadResolver()], ids=["numeric", "thread"])
@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", (socket.AF_INET, ("127.0.0.1", 5038))),
        ("::1", (socket.AF_INET6, ("::1", 5038, 0, 0))),
    ],
)
def test_an_address_is_taken_for_what_it_is_and_needs_no_thread(
    resolver: Resolver, host: str, address: object
) -> None:
    """R-CONF-03."""
    assert ask(resolver, host) == ([address], threading.current_thread().name)


def test_a_name_needs_a_resolver() -> None:
    """R-CONF-03."""
    found, _ = ask(resolve_numeric, "localhost")
    assert isinstance(found, socket.gaierror)
    assert found.strerror == "'localhost' is no IP address, and there is no resolver"


def test_a_name_is_looked_up_in_a_thread() -> None:
    """R-CONF-03, invariant 2."""
    found, thread = ask(ThreadResolver(), "localhost")
    assert isinstance(found, list)
    assert (socket.AF_INET, ("127.0.0.1", 5038)) in found
    assert thread == "ami-resolve-localhost"


@pytest.mark.parametrize("resolver", [resolve_numeric, ThreadResolver()], ids=["numeric", "thread"])
@pytest.mark.parametrize("host", ["a..b", "x" * 300, "münchen..de"])
def test_what_is_no_name_is_an_answer_too(resolver: Resolver, host: str) -> None:
    found, _ = ask(resolver, host)
    assert isinstance(found, socket.gaierror)
    assert "is no " in (found.strerror or "")


def test_a_name_that_is_being_asked_for_needs_no_second_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    go = threading.Event()
    real = socket.getaddrinfo

    def look_up(host: str, *rest: object, **more: int) -> object:
        if more["flags"]:
            return real(host, *rest, **more)  # type: ignore[arg-type]
        asked.append(host)
        go.wait(PATIENCE)
        raise socket.gaierror(socket.EAI_AGAIN, "not now")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    resolver = ThreadResolver()
    answers: SimpleQueue[Found] = SimpleQueue()
    for _ in range(5):
        resolver("pbx.example", 5038, answers.put)
    resolver("pbx.example", 5039, answers.put)
    go.set()
    found = [answers.get(timeout=PATIENCE) for _ in range(6)]
    assert {str(each) for each in found} == {f"[Errno {socket.EAI_AGAIN}] not now"}
    assert asked == ["pbx.example"] * 2  # one for each port
    assert isinstance(ask(resolver, "pbx.example")[0], OSError)  # and it can be asked for again
