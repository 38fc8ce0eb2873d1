"""R-AUTH-06: set-up actions against real Asterisk, on every version there is."""

from typing import Any

import pytest
from real_asterisk import client

from ami_backends.selectors import Client
from ami_proto import ConnectFailed, Fault, FaultSeen, Notice, Reason, SetupAction
from conformance.asterisk.targets import Target
from conformance.peer import PATIENCE

pytestmark = pytest.mark.asterisk

HIDE = SetupAction("Filter", (("Operation", "Add"), ("Filter", "!Event: UserEvent")), required=True)
LISTING = SetupAction("CoreShowChannels")
FENCED = SetupAction("Queues")
"""Gone since Asterisk 15; its error, too, ends at the fence."""


def attentive(server: Target, **options: Any) -> Client:
    """Connect a client that hears every event, and is READY when the server is."""
    return client(server, events="on", wait_fully_booted=True, **options)


def test_they_have_run_when_it_is_ready(asterisk: Target) -> None:
    """R-AUTH-06: a plain response, a list, one behind a fence that fails; and the filter filters."""
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


def test_one_that_is_required_and_refused_fails_the_login(asterisk: Target) -> None:
    """R-AUTH-06: in one sentence, with Asterisk's own words."""
    required = SetupAction("NoSuchAction", required=True)
    with pytest.raises(ConnectFailed, match="set-up failed: NoSuchAction: ") as caught:
        attentive(asterisk, setup=(required,))
    assert caught.value.cause.reason is Reason.SETUP_FAILED
