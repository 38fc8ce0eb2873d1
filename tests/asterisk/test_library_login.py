"""Login, TLS and logoff on real Asterisk, and the errors where they fail."""

import time
from typing import Literal

import pytest

from ami_backends.selectors import connect
from ami_proto import (
    ActionFailed,
    ConnectFailed,
    Disconnect,
    LoginRefused,
    Notice,
    Reason,
    State,
    StateChanged,
    Tls,
)
from conformance.asterisk.targets import AsteriskTarget
from conformance.suite.leaks import eventually
from tests.real_asterisk import client, trusted

pytestmark = pytest.mark.asterisk


def test_wait_fully_booted_waits_for_the_event(asterisk: AsteriskTarget) -> None:
    """R-AUTH-07: and it is an event like any other."""
    with client(asterisk, events="system", wait_fully_booted=True) as pbx:
        assert pbx.send("Ping")["Ping"] == "Pong"


@pytest.mark.parametrize("auth", ["md5", "plain"])
def test_a_wrong_password_is_refused(asterisk: AsteriskTarget, auth: Literal["md5", "plain"]) -> None:
    """R-AUTH-03: the error quotes Asterisk."""
    name = asterisk.users["admin"].username
    with pytest.raises(LoginRefused, match=r"login refused: Authentication failed$"):
        connect(asterisk.host, asterisk.port, username=name, secret="wr0ng", auth=auth)


def test_a_readonly_user_may_not_run_commands(asterisk: AsteriskTarget) -> None:
    """R-CORR-03: the error quotes Asterisk, and the session goes on."""
    with client(asterisk, "readonly") as pbx:
        with pytest.raises(ActionFailed, match="Permission denied"):
            pbx.send("Command", Command="core show version")
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_close_logs_off(asterisk: AsteriskTarget) -> None:
    """R-LIFE-05: Goodbye comes well within the grace, and the server lists the session no longer."""
    states: list[Notice] = []
    pbx = client(asterisk, "readonly", on_notice=states.append, close_grace=5.0)
    assert "readonly" in asterisk.cli("manager show connected")
    begun = time.monotonic()
    pbx.close()
    assert time.monotonic() - begun < 2.0
    closed = states[-1]
    assert isinstance(closed, StateChanged)
    assert (closed.old, closed.new, closed.cause) == (State.CLOSING, State.CLOSED, Disconnect(Reason.STOPPED))
    assert eventually(lambda: "readonly" not in asterisk.cli("manager show connected"))


def test_a_certificate_is_verified(asterisk: AsteriskTarget) -> None:
    """R-AUTH-05: by authority and by name."""
    secure = trusted(asterisk)
    with client(asterisk, port=asterisk.tls_port, tls=Tls(verify=False)) as pbx:
        assert pbx.send("Ping")["Ping"] == "Pong"
    stranger = Tls(ca_file=str(asterisk.ca_file), server_name="pbx.example")
    for tls, detail in [
        (True, "self-signed|unable to get local issuer"),
        (stranger, "not valid for 'pbx.example'"),
    ]:
        with pytest.raises(ConnectFailed, match=detail) as caught:
            client(asterisk, **(secure | {"tls": tls}))
        assert caught.value.cause.reason is Reason.TLS_FAILED


def test_the_wrong_port_for_tls_is_named_as_the_cause(asterisk: AsteriskTarget) -> None:
    with pytest.raises(ConnectFailed, match="this port does not speak TLS, it may be the plain AMI port"):
        client(asterisk, tls=Tls(verify=False))
    with pytest.raises(ConnectFailed, match=r"is this the AMI port\? A TLS port"):
        client(asterisk, port=asterisk.tls_port, banner_timeout=0.3)
