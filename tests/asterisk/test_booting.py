"""R-AUTH-07: real Asterisk answers before it has booted, and the library waits until it has."""

import time
from typing import Any

import pytest

from ami_backends.selectors import Client
from ami_proto import Fault, FaultSeen, Gap, Notice, State
from ami_proto.connection.boot import uptime_min
from conformance.asterisk.targets import AsteriskTarget
from conformance.suite.leaks import eventually
from tests.real_asterisk import client

pytestmark = pytest.mark.asterisk

BOOT = 60.0
"""Seconds a server may take to come back on a loaded machine; two are usual."""
RESTARTS = 3


def lists(pbx: Client) -> tuple[list[str], list[str], list[str]]:
    """Return what the lists of hints, queues and devices show; the first comes from a module too."""
    hints = pbx.send("ExtensionStateList", wait=True, timeout=BOOT)
    queues = pbx.send("QueueStatus", wait=True, timeout=BOOT)
    devices = pbx.send("DeviceStateList", wait=True, timeout=BOOT)
    return (
        sorted(each["Exten"] for each in hints),
        sorted(each["Queue"] for each in queues if each.name == "QueueParams"),
        sorted(each["Device"] for each in devices if each["Device"].startswith("Custom:")),
    )


def hidden(notices: list[Notice]) -> list[str]:
    """Return the reports that FullyBooted is hidden."""
    return [
        each.detail for each in notices if isinstance(each, FaultSeen) and each.fault is Fault.BOOT_HIDDEN
    ]


def test_who_asks_again_after_a_gap_is_answered_by_a_server_that_has_booted(asterisk: AsteriskTarget) -> None:
    """R-AUTH-07: at each reconnect, with every default; no list is empty, no action unknown."""
    notices: list[Notice] = []
    with client(asterisk, events="on", on_notice=notices.append) as pbx:
        before = lists(pbx)
        assert all(before[:2])
        with pbx.events("FullyBooted", marks=True) as marks:
            for _ in range(RESTARTS):
                asterisk.cli("core restart now")
                gap, booted = marks.get(timeout=BOOT), marks.get(timeout=BOOT)
                assert isinstance(gap, Gap)
                assert not isinstance(booted, Gap)
                assert lists(pbx) == before
        assert hidden(notices) == []
        assert pbx.snapshot().faults.get(Fault.BOOTING, 0) == 0


def test_a_first_connect_while_it_boots_waits_for_the_boot(asterisk: AsteriskTarget) -> None:
    """R-AUTH-07: at the first connect."""
    with client(asterisk, events="on") as pbx:
        before = lists(pbx)
    for _ in range(RESTARTS):
        asterisk.cli("core restart now")
        with client(asterisk, events="on", retry=True) as pbx:
            assert lists(pbx) == before
    asterisk.ensure_running()


@pytest.mark.parametrize("waits", ["auto", True])
def test_a_user_without_class_system_waits_once(asterisk: AsteriskTarget, waits: Any) -> None:
    """R-AUTH-07: `boot_timeout` at the first connect, and no second time, also after a restart."""
    notices: list[Notice] = []
    begun = time.monotonic()
    options = {"events": None, "wait_fully_booted": waits, "boot_timeout": 1.5}
    with client(asterisk, "readonly", on_notice=notices.append, **options) as pbx:
        assert time.monotonic() - begun > 1.4
        assert len(hidden(notices)) == 1
        assert "class 'system'" in hidden(notices)[0]
        session = pbx.snapshot().session
        assert session is not None
        asterisk.restart()
        assert eventually(lambda: pbx.state is State.READY and pbx.snapshot().session != session)
        assert pbx.send("Ping")["Ping"] == "Pong"
        assert len(hidden(notices)) == 1


def test_one_who_may_ask_is_told_by_the_uptime(asterisk: AsteriskTarget) -> None:
    """R-AUTH-07: the answers of a real server can be read."""
    with client(asterisk, events="call") as pbx:
        status, pong = pbx.send("CoreStatus"), pbx.send("Ping")
    least = uptime_min(f"{status['CoreStartupDate']} {status['CoreStartupTime']}", pong["Timestamp"])
    assert least is not None
    assert 0 <= least < 24 * 3600
