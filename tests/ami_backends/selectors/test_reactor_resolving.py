"""R-CONF-03: names and their addresses, and resolvers that raise, come late or answer twice."""

import socket
from collections.abc import Callable

import pytest

from ami_backends.selectors import ThreadResolver
from ami_proto import ConnectScheduled, Disconnect, Reason, State
from conformance.laws.peer import HOST, Peer, honest
from conformance.suite.leaks import nothing_left
from tests.peers import Owner

__all__ = ["nothing_left"]


def test_a_name_without_a_resolver_is_refused_and_nothing_blocks() -> None:
    """R-CONF-03."""
    with Owner(5038, host="localhost", retry=False) as owner:
        owner.until(lambda: owner.machine.state is State.CLOSED)
        cause = owner.machine.snapshot().last_cause
    assert cause == Disconnect(
        Reason.UNRESOLVED, "'localhost' is not an IP address, and there is no resolver"
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_names_and_both_families_work(host: str) -> None:
    """R-CONF-03: a name that stands for several addresses, of which only one answers, works too."""
    listens = "::1" if host == "::1" else HOST
    with Peer(honest, host=listens) as peer, Owner(peer.port, host=host, resolver=ThreadResolver()) as owner:
        assert owner.until_ready().send("Ping").succeeded


def test_every_address_of_a_name_is_tried_in_order() -> None:
    """The socket of a refused attempt is replaced, in the selector as well."""

    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        dead = [(socket.AF_INET, (f"127.0.0.{number}", port)) for number in (2, 3, 4)]
        deliver([*dead, (socket.AF_INET6, ("::1", port, 0, 0)), (socket.AF_INET, (HOST, port))])

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve, retry=False) as owner:
        assert owner.until_ready().send("Ping").succeeded
        assert len(owner.sockets()) == 1


def test_an_address_that_fails_at_once_is_no_obstacle() -> None:
    """Nobody may connect to the broadcast address; its socket is closed."""

    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        deliver([(socket.AF_INET, ("255.255.255.255", port)), (socket.AF_INET, (HOST, port))])

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve, retry=False) as owner:
        assert owner.until_ready().send("Ping").succeeded


def test_the_last_address_says_why_none_was_reached() -> None:
    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        deliver([(socket.AF_INET, ("127.0.0.2", port)), (socket.AF_INET, (HOST, port))])

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve, retry=False) as owner:
        peer.stop_listening()
        owner.until(lambda: owner.machine.state is State.CLOSED)
        assert owner.machine.snapshot().last_cause == Disconnect(Reason.REFUSED)


# -- resolvers of the user's own


def test_a_resolver_that_raises_fails_the_attempt_only() -> None:
    """Nothing a user passes in can break the engine."""
    calls: list[str] = []

    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        calls.append(host)
        if len(calls) < 3:
            raise KeyError("a bug of the resolver")
        deliver([(socket.AF_INET, (HOST, port))])

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve, host="pbx.example") as owner:
        owner.until_ready()
        causes = [notice.cause for notice in owner.notices if isinstance(notice, ConnectScheduled)]
    assert calls == ["pbx.example"] * 3
    what = "the resolver failed: KeyError('a bug of the resolver')"
    assert causes == [None, *[Disconnect(Reason.UNRESOLVED, what)] * 2]


def test_an_answer_of_the_resolver_that_comes_too_late_opens_nothing() -> None:
    answers: list[Callable[..., None]] = []

    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        answers.append(deliver)

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve, connect_timeout=0.02) as owner:
        owner.until(lambda: len(answers) == 2)
        answers[0]([(socket.AF_INET, (HOST, peer.port))])
        owner.reactor.poll()
        assert peer.accepted == 0
        answers[1]([(socket.AF_INET, (HOST, peer.port))])
        owner.until_ready()
        assert peer.accepted == 1


def test_an_answer_of_the_resolver_that_comes_twice_opens_one_socket() -> None:
    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        for _ in range(2):
            deliver([(socket.AF_INET, (HOST, port))])

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve) as owner:
        assert owner.until_ready().send("Ping").succeeded
        assert peer.accepted == 1
