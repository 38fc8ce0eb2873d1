"""Names become addresses, in threads of their own."""

import errno
import socket
import threading
from queue import SimpleQueue

import pytest

from ami_backends.sessions.causes import cause_of
from ami_backends.sessions.resolve import Found, Resolver, ThreadResolver, look_up, resolve_numeric
from ami_proto import Disconnect, Reason
from conformance.laws.peer import PATIENCE
from conformance.suite.leaks import eventually, nothing_left

__all__ = ["nothing_left"]

Answers = SimpleQueue[tuple[Found, str]]


def ask(resolver: Resolver, host: str, port: int = 5038) -> tuple[Found, str]:
    """Return the result, and the name of the thread that delivered it."""
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
def test_an_address_needs_no_look_up_and_no_thread(resolver: Resolver, host: str, address: object) -> None:
    """R-CONF-03."""
    assert ask(resolver, host) == ([address], threading.current_thread().name)


def test_a_name_needs_a_resolver() -> None:
    """R-CONF-03."""
    found, _ = ask(resolve_numeric, "localhost")
    assert isinstance(found, socket.gaierror)
    assert found.strerror == "'localhost' is not an IP address, and there is no resolver"


def test_a_name_is_looked_up_in_a_thread() -> None:
    """R-CONF-03, invariant 2."""
    found, thread = ask(ThreadResolver(), "localhost")
    assert isinstance(found, list)
    assert (socket.AF_INET, ("127.0.0.1", 5038)) in found
    assert thread == "ami-resolve-localhost"


@pytest.mark.parametrize("resolver", [resolve_numeric, ThreadResolver()], ids=["numeric", "thread"])
@pytest.mark.parametrize("host", ["a..b", "x" * 300, "münchen..de"])
def test_a_name_that_cannot_exist_is_a_failed_look_up(resolver: Resolver, host: str) -> None:
    found, _ = ask(resolver, host)
    assert isinstance(found, socket.gaierror)
    assert "is not a" in (found.strerror or "")


def test_a_name_that_is_being_looked_up_needs_no_second_thread(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_system_without_threads_fails_one_look_up_and_no_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUTH-08: a look-up that never ends would keep every later one of its name waiting."""
    found: list[Found] = []
    resolver = ThreadResolver()
    with monkeypatch.context() as patch:

        def start(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        patch.setattr(threading.Thread, "start", start)
        resolver("localhost", 5038, found.append)
    assert str(found) == '[BlockingIOError(11, "can\'t start new thread")]'
    resolver("localhost", 5038, found.append)
    assert eventually(lambda: len(found) == 2)
    assert isinstance(found[1], list)


def test_a_resolver_out_of_descriptors_says_nothing_about_the_name() -> None:
    """R-AUTH-08."""
    found: list[Found] = []

    def resolver(host: str, port: int, deliver: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    look_up(resolver, "pbx", 5038, found.append)
    (error,) = found
    assert isinstance(error, OSError)
    assert cause_of(error) == Disconnect(Reason.NETWORK, "Too many open files")
