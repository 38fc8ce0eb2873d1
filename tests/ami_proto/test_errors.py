"""One tree of errors, with blame in the branch."""

import pytest

from ami_proto.errors import (
    SHOWN_MAX,
    AmiError,
    Backpressure,
    ConfigError,
    ConnectFailed,
    InvalidAction,
    LoginRefused,
    MisuseError,
    NotReady,
    RequestError,
    connect_error,
    described,
)
from ami_proto.values import Disconnect, Reason


def test_what_the_caller_did_wrong_is_a_request_error() -> None:
    for kind in (ConfigError, InvalidAction, NotReady, Backpressure, MisuseError):
        assert issubclass(kind, RequestError)
    assert not issubclass(ConnectFailed, RequestError)
    assert issubclass(ConnectFailed, AmiError)


def test_a_config_error_names_key_value_and_rule() -> None:
    """R-CONF-01: the error names key, value and rule."""
    error = ConfigError("port", 0, "must be between 1 and 65535")
    assert (error.key, error.value, error.rule) == ("port", 0, "must be between 1 and 65535")
    assert str(error) == "port = 0: must be between 1 and 65535"


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


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("port", "x" * 1000, f"port = '{'x' * (SHOWN_MAX - 1)}...: rule"),
        ("port", 10**5000, "port = <int>: rule"),
        ("port", Unspeakable(), "port = <Unspeakable>: rule"),
        ("a\nb\u202e", "ü", "a\\nb\\u202e = 'ü': rule"),
    ],
    ids=["long", "number", "mute", "name"],
)
def test_what_is_wrong_in_a_configuration_is_one_line(key: str, value: object, said: str) -> None:
    """R-CONF-02: of a bearable length, whatever the value is; the value itself stays at hand."""
    error = ConfigError(key, value, "rule")
    assert str(error) == said
    assert (error.key, error.value, error.rule) == (key, value, "rule")
