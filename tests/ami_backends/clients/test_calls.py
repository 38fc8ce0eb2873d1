"""The calls of a client as type checkers see them: `mypy` fails here if a type or an error goes away.

An `ignore` below stands for a mistake that must be found: mypy reports one that is not needed.
"""

from contextlib import AbstractAsyncContextManager
from inspect import signature
from typing import Any, assert_type

import pytest

import ami_backends.anyio as loop
import ami_backends.gevent as hub
import ami_backends.selectors as threads
from ami_backends.clients.arguments import connect_arguments
from ami_backends.clients.calls import Item
from ami_backends.clients.fleet import FleetChanges
from ami_proto import Drops, Gap, Message, Reply


def blocking(client: threads.Client, greenlets: hub.Client, marked: bool) -> None:
    """Types of the blocking clients."""
    assert_type(client.send("Ping"), Reply)
    assert_type(client.events(), threads.Events[Message])
    assert_type(client.events("Hangup", marks=False), threads.Events[Message])
    assert_type(client.events(marks=True), threads.Events[Item])
    assert_type(client.events(marks=marked).get(), Message | Gap | Drops)
    assert_type(next(client.events()), Message)
    assert_type(greenlets.send("Ping"), Reply)
    assert_type(greenlets.reconfigure([]), FleetChanges)
    assert_type(greenlets.events(marks=True), threads.Events[Message | Gap | Drops])
    for event in greenlets.events("Newchannel"):
        assert_type(event, Message)
    client.events(mark=True)  # type: ignore[call-overload]
    client.events(limit="9")  # type: ignore[call-overload]
    client.send("Ping", timeout="9")  # type: ignore[call-overload]


async def waiting(client: loop.Client, marked: bool) -> None:
    """Types of a loop's client."""
    assert_type(await client.send("Ping"), Reply)
    assert_type(await client.reconfigure([]), FleetChanges)
    assert_type(client.events(), loop.Events[Message])
    assert_type(client.events(marks=True), loop.Events[Message | Gap | Drops])
    assert_type(await client.events(marks=marked).get(), Message | Gap | Drops)
    async for event in client.events("Newchannel"):
        assert_type(event, Message)
    client.send("Ping")  # type: ignore[unused-coroutine]
    client.events(mark=True)  # type: ignore[call-overload]


def connecting() -> None:
    """Types of `connect`, and mistakes in its arguments."""
    assert_type(threads.connect("pbx", username="u", secret="s"), threads.Client)
    assert_type(hub.connect("pbx", 5038, username="u", secret="s", retry=True), hub.Client)
    entered = loop.connect("pbx", username="u", secret="s", heartbeat_interval=9.0, tls=True)
    assert_type(entered, AbstractAsyncContextManager[loop.Client])
    threads.connect(hostt="pbx", username="u", secret="s")  # type: ignore[call-arg]
    threads.connect("pbx", username="u", secret="s", hartbeat_interval=9.0)  # type: ignore[call-arg]
    threads.connect("pbx", username="u", secret="s", heartbeat_interval="9")  # type: ignore[arg-type]
    threads.connect("pbx", username="u")  # type: ignore[call-arg]
    hub.connect("pbx", username="u", secret="s", retrry=True)  # type: ignore[call-arg]
    loop.connect("pbx", username="u", secret="s", event="on")  # type: ignore[call-arg]
    loop.connect("pbx", username="u", secret="s", auth="sha1")  # type: ignore[arg-type]


@pytest.mark.parametrize("driver", [threads, hub, loop])
def test_help_shows_the_parameters_of_connect(driver: Any) -> None:
    """They stand once, in `connect_arguments`; the name and the first line are the driver's own."""
    shown, wanted = signature(driver.connect), signature(connect_arguments)
    assert list(shown.parameters.values()) == list(wanted.parameters.values())
    assert "Client" in str(shown.return_annotation)
    assert driver.connect.__name__ == "connect"
    assert driver.connect.__doc__.startswith("Connect")
