"""R-POLICY-01: what a policy takes for granted about Asterisk, asked of Asterisk."""

from collections.abc import Iterator

import pytest

from ami_backends.selectors import Client
from ami_proto import ActionFailed, Forbidden, Policy
from conformance.asterisk.targets import AsteriskTarget
from tests.real_asterisk import client

pytestmark = pytest.mark.asterisk

WAIT = {"Application": "Wait", "Data": "20"}


@pytest.fixture
def pbx(asterisk: AsteriskTarget) -> Iterator[Client]:
    """Give a client; its calls are hung up at the end."""
    with client(asterisk, events="call") as made:
        yield made
        made.send("Hangup", Channel="/^Local/")


def application_of(pbx: Client, channel: str) -> str:
    """Return what the dialling leg of a call runs."""
    (leg,) = (each for each in pbx.send("CoreShowChannels") if each["Channel"] == channel)
    return leg["Application"]


def test_an_application_wins_over_a_context(pbx: Client) -> None:
    """R-POLICY-01: so a policy that allowed the context would have been got round."""
    place = {"Context": "default", "Exten": "echo", "Priority": "1"}
    called = pbx.send("Originate", WAIT | place, Channel="Local/1000@default")
    assert application_of(pbx, called.events[0]["Channel"]) == "Wait"


@pytest.mark.parametrize("application", ["wAIT", "WAIT"])
def test_the_name_of_an_application_has_no_case(pbx: Client, application: str) -> None:
    """R-POLICY-01."""
    called = pbx.send("Originate", Channel="Local/1000@default", Application=application, Data="20")
    assert application_of(pbx, called.events[0]["Channel"]) == "Wait"


@pytest.mark.parametrize("channel", ["lOCAL/1000@default", "Local/1000", "Local/1000@", "Local/1000/n@none"])
def test_a_local_channel_is_a_call_into_a_context(pbx: Client, channel: str) -> None:
    """R-POLICY-01: the technology has no case, and a context that is not named is `default`."""
    called = pbx.send("Originate", WAIT, Channel=channel)
    assert called.events[0]["Channel"].startswith("Local/1000@default-")


def test_the_name_of_a_context_has_case(pbx: Client) -> None:
    """R-POLICY-01."""
    with pytest.raises(ActionFailed):
        pbx.send("Originate", WAIT, Channel="Local/1000@DEFAULT")


def test_a_policy_lets_its_calls_through(asterisk: AsteriskTarget) -> None:
    """R-POLICY-01: and nothing else, on a session that logs in and answers as ever."""
    policy = Policy("operate", contexts=("default",), applications=("Wait",))
    with client(asterisk, events="call", policy=policy) as pbx:
        called = pbx.send("Originate", WAIT, Channel="Local/1000@default")
        pbx.send("Redirect", Channel=called.events[0]["Channel"], Context="default", Exten="echo", Priority=1)
        with pytest.raises(Forbidden):
            pbx.send("Originate", Channel="Local/1000@default", Application="System", Data="true")
        with pytest.raises(Forbidden):
            pbx.send("Command", Command="core show version")
        pbx.send("Hangup", Channel="/^Local/")
        assert pbx.send("Ping")["Ping"] == "Pong"
