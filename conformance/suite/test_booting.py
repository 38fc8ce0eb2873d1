"""READY means booted (R-AUTH-07), against a mock server that boots slowly."""

import time
from typing import Any

import pytest

from ami_proto import ActionFailed, ConnectFailed, Fault, FaultSeen, Gap, Message, Notice, Reason
from conformance.laws.peer import PATIENCE
from conformance.mock import MockAction, MockServer
from conformance.mock.fixtures import MockServerFactory
from conformance.suite.backends import SuiteBackend

BOOT = 0.6
"""Seconds that the mock boots: long enough to be asked in between."""


def boot_faults(notices: list[Notice]) -> list[Fault]:
    """Return the reports about the boot."""
    kinds = (Fault.BOOTING, Fault.BOOT_HIDDEN)
    return [each.fault for each in notices if isinstance(each, FaultSeen) and each.fault in kinds]


async def answers(pbx: Any) -> tuple[list[str], list[str]]:
    """Return the extensions and the queues that the server lists."""
    extensions = await pbx.send("ExtensionStateList", wait=True)
    queues = await pbx.send("QueueStatus", wait=True)
    return (
        [each["Exten"] for each in extensions],
        [each["Queue"] for each in queues if each.name == "QueueParams"],
    )


async def test_a_client_that_does_not_wait_is_answered_by_half_a_server(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-AUTH-07: what the wait is for. The list is successful and empty, the action unknown."""
    host = mock_server_factory(MockServer(boot_duration=PATIENCE))
    async with backend.connect(host.port, wait_fully_booted=False) as pbx:
        assert list(await pbx.send("ExtensionStateList")) == []
        with pytest.raises(ActionFailed, match="Invalid/unknown command: QueueStatus"):
            await pbx.send("QueueStatus")


async def test_ready_means_booted_at_the_first_connect_and_at_each_reconnect(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-AUTH-07, R-FLOW-06: the gap comes after the boot, and who asks then is answered in full."""
    notices: list[Notice] = []
    host = mock_server_factory(MockServer(boot_duration=BOOT))
    begun = time.monotonic()
    options: dict[str, Any] = {"reconnect_min": 0.01, "reconnect_max": 0.02, "on_notice": notices.append}
    async with backend.connect(host.port, wait_fully_booted="auto", **options) as pbx:
        assert time.monotonic() - begun > BOOT / 2
        first = await answers(pbx)
        assert all(first)
        with pbx.events("FullyBooted", marks=True) as marks:
            for _ in range(2):
                await backend.aside(host.call, lambda core: core.restart())
                gap, booted = await marks.get(PATIENCE), await marks.get(PATIENCE)
                assert isinstance(gap, Gap)
                assert isinstance(booted, Message)
                assert await answers(pbx) == first
        assert boot_faults(notices) == []
        assert pbx.snapshot().breaker_openings == 0


async def test_users_without_class_system_wait_once(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-AUTH-07: reported once; the next session does not wait."""
    notices: list[Notice] = []
    host = mock_server_factory(MockServer(boot_duration=PATIENCE))
    options: dict[str, Any] = {"reconnect_min": 0.01, "reconnect_max": 0.02, "on_notice": notices.append}
    options |= {"username": "readonly", "secret": "readonly", "boot_timeout": 0.5}
    begun = time.monotonic()
    async with backend.connect(host.port, wait_fully_booted="auto", **options) as pbx:
        assert time.monotonic() - begun >= 0.5
        before = pbx.snapshot().session
        await backend.aside(host.call, lambda core: core.drop_all())
        assert await backend.eventually(lambda: pbx.snapshot().session not in (before, None))
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
        assert boot_faults(notices) == [Fault.BOOT_HIDDEN]


async def test_a_server_that_dies_while_it_boots_is_noticed(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-AUTH-07, R-HEALTH-01: the heartbeat runs during the wait."""
    host = mock_server_factory(MockServer(boot_duration=PATIENCE))
    silent_ping = MockAction("Ping", lambda _exchange: None)
    await backend.aside(host.call, lambda core: core.add_action(silent_ping))
    quick = {"heartbeat_interval": 0.1, "heartbeat_timeout": 0.1, "read_timeout": 5.0}
    with pytest.raises(ConnectFailed) as caught:
        async with backend.connect(host.port, wait_fully_booted="auto", **quick):
            pass
    assert caught.value.cause.reason is Reason.HEARTBEAT
