"""One tree of errors, whose branches say who was wrong."""

import math

import pytest

from ami_proto.config.server import BOUNDS
from ami_proto.errors import (
    QUOTED_MAX,
    AmiError,
    Backpressure,
    ConfigError,
    ConnectFailed,
    ConnectTimeout,
    InvalidAction,
    LoginRefused,
    MessageTimeout,
    MisuseError,
    NoServerReady,
    NotReady,
    RequestError,
    connect_error,
    described,
)
from ami_proto.values import Disconnect, Reason


def test_the_mistakes_of_the_caller_are_request_errors() -> None:
    for kind in (ConfigError, InvalidAction, NotReady, Backpressure, MisuseError):
        assert issubclass(kind, RequestError)
    assert not issubclass(ConnectFailed, RequestError)
    assert issubclass(ConnectFailed, AmiError)


@pytest.mark.parametrize(
    "value", [0, -1, 70000, QUOTED_MAX - 1, 1.5, -0.0, 1e9, math.inf, -math.inf, math.nan, True, False, None]
)
def test_a_value_that_cannot_be_a_secret_is_quoted(value: object) -> None:
    """R-CONF-01: the error names key and rule, and the value where it cannot be a secret."""
    error = ConfigError("port", "must be between 1 and 65535", value=value)
    assert (error.key, error.rule) == ("port", "must be between 1 and 65535")
    assert error.value is value
    assert str(error) == f"port = {value}: must be between 1 and 65535"


class Shortish(int):
    def __repr__(self) -> str:
        return "hunter2"


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    "value",
    ["hunter2", "", "5", b"hunter2", ["hunter2"], {"a": 1}, (1,), Shortish(5), Mute(), object,
     QUOTED_MAX, -QUOTED_MAX, float(QUOTED_MAX), 10**5000, -(10**5000)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_any_other_value_is_not_quoted(value: object) -> None:
    """R-CONF-01, R-OBS-04: it may be a secret under the wrong key; the error does not even hold it."""
    error = ConfigError("port", "must be a number", value=value)
    assert str(error) == "port: must be a number"
    assert error.value is None
    assert error.args == ("port: must be a number",)


def test_every_allowed_number_can_be_quoted() -> None:
    assert max(high for _, high in BOUNDS.values()) < QUOTED_MAX


KNOWN = ("username", "port", "secret", "tls", "heartbeat_timeout")


@pytest.mark.parametrize(
    ("key", "meant"),
    [("usrname", "username"), ("Username", "username"), ("prot", "port"), ("secrt", "secret"),
     ("tls_", "tls"), ("heartbeat_timeout_s", "heartbeat_timeout"), ("hartbeat_timout", "heartbeat_timeout")],
)  # fmt: skip
def test_a_key_close_to_a_known_one_is_quoted_with_it(key: str, meant: str) -> None:
    """R-CONF-01."""
    error = ConfigError.unknown_key(key, KNOWN)
    assert str(error) == f"unknown key '{key}': did you mean '{meant}'?"
    assert (error.key, error.value) == (key, None)
    error = ConfigError.unknown_key(key, KNOWN, "tls")
    assert str(error) == f"tls: unknown key '{key}': did you mean '{meant}'?"
    assert error.key == f"tls.{key}"


@pytest.mark.parametrize(
    "key",
    ["hunter2", "s3cr3t", "secret:hunter2", "secret-hu2", "heartbeat_timeout_hu2", "", 5, b"port",
     ("port",), "x" * 10**6],
    ids=lambda key: str(key)[:20],
)  # fmt: skip
def test_any_other_key_is_hidden(key: object) -> None:
    """R-CONF-01, R-OBS-04: it may be a secret, or have one in it."""
    error = ConfigError.unknown_key(key, KNOWN)
    assert str(error) == "unknown key (not shown, because it may be a secret)"
    assert (error.key, error.value) == ("", None)
    error = ConfigError.unknown_key(key, KNOWN, "tls")
    assert str(error) == "tls: unknown key (not shown, because it may be a secret)"
    assert error.key == "tls"


def test_not_ready_names_server_and_state() -> None:
    """R-LIFE-03: a typed error with server key and state."""
    error = NotReady("pbx", "connecting")
    assert (error.server, error.state) == ("pbx", "connecting")
    assert str(error) == "server 'pbx' is connecting, not ready for actions"


def test_a_refused_login_is_told_from_a_failed_connect() -> None:
    """R-AUTH-03: a distinct outcome, with Asterisk's message."""
    refused = connect_error("pbx", Disconnect(Reason.LOGIN_REFUSED, "Authentication failed"))
    failed = connect_error("pbx", Disconnect(Reason.REFUSED))
    assert type(refused) is LoginRefused
    assert str(refused) == "server 'pbx': login refused: Authentication failed"
    assert type(failed) is ConnectFailed
    assert isinstance(failed, ConnectionError)
    assert failed.cause == Disconnect(Reason.REFUSED)


def test_an_exception_that_cannot_even_be_shown_is_named() -> None:
    class Rude(Exception):
        def __repr__(self) -> str:
            raise ValueError

    assert described(ValueError("x")) == "ValueError('x')"
    assert described(Rude()) == "Rude"


def test_not_ready_names_the_last_cause() -> None:
    """R-AUTH-08."""
    error = NotReady("pbx", "disconnected", Disconnect(Reason.REFUSED))
    assert error.cause == Disconnect(Reason.REFUSED)
    assert str(error).endswith("is disconnected, not ready for actions; last cause: connection refused")


def test_a_connect_that_takes_too_long_names_the_last_cause() -> None:
    """R-AUTH-08: or the state, while the first attempt is under way. It is a `TimeoutError` too."""
    refused = Disconnect(Reason.LOGIN_REFUSED, "Authentication failed")
    error = ConnectTimeout("pbx", 2.5, "disconnected", refused)
    assert isinstance(error, TimeoutError)
    assert isinstance(error, ConnectFailed)
    assert (error.server, error.state, error.cause) == ("pbx", "disconnected", refused)
    said = "not ready within 2.5 s, now disconnected; last cause: login refused: Authentication failed"
    assert str(error) == f"server 'pbx': {said}"
    first = ConnectTimeout("pbx", 3, "connecting", None)
    assert str(first) == "server 'pbx': connect timed out: not ready within 3 s, still connecting"
    assert issubclass(MessageTimeout, TimeoutError)
    assert issubclass(MessageTimeout, AmiError)


def test_an_error_about_all_servers_of_a_client_names_the_first_few() -> None:
    """R-AUTH-08: each key in quotes of its own, and the others by number."""
    keys = [f"pbx{number}" for number in range(7)]
    stopped = Disconnect(Reason.STOPPED)
    named = "servers 'pbx0', 'pbx1', 'pbx2', 'pbx3', 'pbx4' and 2 more"
    error = connect_error(keys, stopped)
    assert (str(error), error.server) == (f"{named}: stopped", "pbx0, pbx1, pbx2, pbx3, pbx4 and 2 more")
    assert str(NotReady(keys, "closed", stopped)).startswith(f"{named} are closed, not ready for actions;")
    assert str(NotReady(["pbx"], "closed")) == str(NotReady("pbx", "closed"))
    assert str(connect_error([], stopped)) == "a client without servers: stopped"
    assert str(NotReady([], "closed")) == "a client without servers is closed, not ready for actions"


def test_a_cluster_without_a_server_for_a_route_says_so_in_one_short_sentence() -> None:
    """R-CLUSTER-05: the first five by name and cause, the others by number."""
    refused = Disconnect(Reason.REFUSED)
    servers = {f"pbx{number}": NotReady(f"pbx{number}", "disconnected", refused) for number in range(8)}
    error = NoServerReady(servers)
    assert str(error).startswith(
        "no server for the route: 'pbx0' is disconnected, connection refused; 'pbx1'"
    )
    assert str(error).endswith("'pbx4' is disconnected, connection refused; 3 more")
    assert str(NoServerReady({})) == "no server for the route, there are no servers"
    assert list(error.servers) == list(servers)
