"""The result of `originate` on real servers, for each way in which a call ends (R-TYPE-05)."""

from contextlib import suppress

import pytest

from ami_backends.selectors import Client
from ami_proto import ActionFailed, CallStatus
from ami_proto.actions import dialplan_extension_add
from conformance.asterisk.targets import AsteriskTarget
from tests.real_asterisk import client

pytestmark = pytest.mark.asterisk

CONTEXT = "results"
EXTENSIONS = {
    "rings": (("Ringing", None), ("Wait", "10")),
    "silent": (("Wait", "10"),),
    "busy": (("Busy", "3"),),
    "congested": (("Congestion", "3"),),
    "rejects": (("Hangup", "21"),),
}
ENDS = {
    f"Local/rings@{CONTEXT}": (CallStatus.NO_ANSWER, "nobody answered in time"),
    f"Local/silent@{CONTEXT}": (CallStatus.NO_ANSWER, "nobody answered in time"),
    f"Local/busy@{CONTEXT}": (CallStatus.BUSY, "busy"),
    f"Local/congested@{CONTEXT}": (CallStatus.FAILED, "congestion"),
    f"Local/rejects@{CONTEXT}": (CallStatus.FAILED, "not dialled, or hung up before it was answered"),
    f"Local/nowhere@{CONTEXT}": (CallStatus.FAILED, "not dialled, or hung up before it was answered"),
    "NoSuchTechnology/1": (CallStatus.FAILED, "not dialled, or hung up before it was answered"),
}


def add_extensions(pbx: Client) -> None:
    for extension, steps in EXTENSIONS.items():
        for priority, (application, data) in enumerate(steps, 1):
            with suppress(ActionFailed):  # an earlier test has added it
                pbx.send(
                    dialplan_extension_add(
                        CONTEXT, extension, str(priority), application, application_data=data
                    )
                )


def test_each_end_of_a_call_has_its_status(asterisk: AsteriskTarget) -> None:
    """R-TYPE-05: as Asterisk tells it; it tells little of a call that was hung up."""
    with client(asterisk, events="call") as pbx:
        add_extensions(pbx)
        for channel, (status, reason) in ENDS.items():
            call = pbx.originate(channel, application="Wait", data="1", timeout=1.5)
            assert (call.status, call.reason, call.uniqueid) == (status, reason, None), channel
        call = pbx.originate(asterisk.local("1000"), application="Wait", data="1", timeout=5.0)
        assert (call.status, call.reason, call.answered) == (CallStatus.ANSWERED, "", True)
        assert call.uniqueid
        refused = pbx.originate(asterisk.local("1000"), context=CONTEXT, exten="nowhere", priority=1)
        assert (refused.status, refused.reason) == (CallStatus.FAILED, "Extension does not exist.")
        queued = pbx.originate(asterisk.local("1000"), application="Wait", data="1", confirm=False)
        assert queued.status is CallStatus.QUEUED


def test_a_hidden_result_is_unconfirmed(asterisk: AsteriskTarget) -> None:
    """R-TYPE-05: without the class `call` nobody tells the result."""
    with client(asterisk) as pbx:
        call = pbx.originate(asterisk.local("1000"), application="Wait", data="1", timeout=1.0)
        assert (call.status, call.answered) == (CallStatus.UNCONFIRMED, False)
        assert "OriginateResponse needs class 'call'" in call.reason


def test_the_release_is_that_of_the_package(asterisk: AsteriskTarget) -> None:
    """R-TYPE-06: asked for after the login, also by a user who may not ask."""
    with client(asterisk) as pbx:
        pbx.ping()  # answered after the question for the release
        assert pbx.release is not None
        assert pbx.release.startswith(f"{asterisk.version}.")
        assert pbx.supports("SIPpeers") is (asterisk.version < 21)
        if asterisk.version < 20:
            with pytest.raises(ActionFailed, match="it came with"):
                pbx.send("PJSIPSetMaintenance", Endpoint="alice", State="on")
    with client(asterisk, "readonly", wait_fully_booted=False) as pbx:
        pbx.ping()
        assert (pbx.release, pbx.snapshot().faults) == (None, {})
