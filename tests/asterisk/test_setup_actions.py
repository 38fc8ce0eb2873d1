"""Set-up actions on real Asterisk."""

from typing import Any

import pytest

from ami_backends.selectors import Client
from ami_proto import ConnectFailed, Fault, FaultSeen, Notice, Reason, SetupAction
from conformance.asterisk.targets import AsteriskTarget
from conformance.laws.peer import PATIENCE
from tests.real_asterisk import client

pytestmark = pytest.mark.asterisk

HIDE = SetupAction("Filter", (("Operation", "Add"), ("Filter", "!Event: UserEvent")), required=True)
LISTING = SetupAction("CoreShowChannels")
FENCED = SetupAction("Queues")
"""Absent since Asterisk 15. Its reply is text, so the library sends a ping after it: a fence."""


def attentive(server: AsteriskTarget, **options: Any) -> Client:
    """Connect a client that receives every event, and wait until the server has booted."""
    return client(server, events="on", wait_fully_booted=True, **options)


def test_set_up_actions_have_run_before_ready(asterisk: AsteriskTarget) -> None:
    """R-AUTH-06: with a response, with a list, and with a fence, which fails; the filter has its effect."""
    notices: list[Notice] = []
    setup = (HIDE, LISTING, FENCED)
    with attentive(asterisk, setup=setup, on_notice=notices.append) as pbx, attentive(asterisk) as other:
        filtered, plain = pbx.events("UserEvent"), other.events("UserEvent")
        other.send("UserEvent", UserEvent="Probe")
        assert plain.get(timeout=PATIENCE)["UserEvent"] == "Probe"
        pbx.send("Ping")
        with pytest.raises(TimeoutError):
            filtered.get(timeout=0.2)
    failed = [each for each in notices if isinstance(each, FaultSeen) and each.fault is Fault.SETUP_FAILED]
    assert len(failed) == 1
    assert failed[0].detail.startswith("Queues: ")


def test_a_refused_required_set_up_action_fails_the_login(asterisk: AsteriskTarget) -> None:
    """R-AUTH-06: the error names the action and quotes Asterisk."""
    required = SetupAction("NoSuchAction", required=True)
    with pytest.raises(ConnectFailed, match="set-up failed: NoSuchAction: ") as caught:
        attentive(asterisk, setup=(required,))
    assert caught.value.cause.reason is Reason.SETUP_FAILED
