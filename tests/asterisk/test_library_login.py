"""The library logs in to real Asterisk and off again, and says why it cannot."""

import time
from typing import Literal

import pytest
from real_asterisk import client, trusted

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
from conformance.asterisk.targets import Target
from conformance.leaks import eventually

pytestmark = pytest.mark.asterisk


def test_waits_for_fully_booted(asterisk: Target) -> None:
    """R-AUTH-04: and it is an event like any other."""
    with client(asterisk, events="system", wait_fully_booted=True) as pbx:
        assert pbx.send("Ping")["Ping"] == "Pong"
    with pytest.raises(ConnectFailed, match="no FullyBooted; it needs class 'system'"):
        client(asterisk, "readonly", events="on", wait_fully_booted=True, login_timeout=2.0)


@pytest.mark.parametrize("auth", ["md5", "plain"])
def test_a_wrong_password_is_refused(asterisk: Target, auth: Literal["md5", "plain"]) -> None:
    """R-AUTH-03: in Asterisk's own words, a second later."""
    name = asterisk.users["admin"].username
    with pytest.raises(LoginRefused, match=r"login refused: Authentication failed$"):
        connect(asterisk.host, asterisk.port, username=name, secret="wr0ng", auth=auth)


def test_a_reader_may_not_command(asterisk: Target) -> None:
    """R-CORR-03."""
    with client(asterisk, "readonly") as pbx:
        with pytest.raises(ActionFailed, match="Permission denied"):
            pbx.send("Command", Command="core show version")
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_close_logs_off(asterisk: Target) -> None:
    """R-LIFE-05: Goodbye comes well within the grace, and the server forgets the session."""
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


def test_a_certificate_is_verified(asterisk: Target) -> None:
    """R-AUTH-05."""
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


def test_tls_on_the_plain_port_and_plain_on_the_tls_port(asterisk: Target) -> None:
    with pytest.raises(ConnectFailed, match="does this port speak TLS"):
        client(asterisk, tls=Tls(verify=False))
    with pytest.raises(ConnectFailed, match="is this the AMI port"):
        client(asterisk, port=asterisk.tls_port, banner_timeout=0.3)
