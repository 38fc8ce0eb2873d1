"""The words of the user's API, and what they come to."""

from dataclasses import fields
from typing import Any

import pytest

from ami_backends._words import ConnectOptions, as_action, as_config
from ami_proto import Action, ConfigError, InvalidAction, MisuseError, ServerConfig, Tls


def config(**words: object) -> ServerConfig:
    address: dict[str, object] = {"host": "pbx", "port": 5038, "username": "ops", "secret": "x"}
    return as_config(**(address | words))  # type: ignore[arg-type]


def test_every_key_of_the_configuration_can_be_said() -> None:
    """R-CONF-01."""
    named = {"host", "port", "username", "secret"}
    assert named | set(ConnectOptions.__annotations__) == {field.name for field in fields(ServerConfig)}


def test_the_key_is_the_address_unless_given() -> None:
    assert config().key == "pbx:5038"
    assert config(key="lobby").key == "lobby"
    with pytest.raises(ConfigError, match="key = ''"):
        config(key="")


@pytest.mark.parametrize(
    ("tls", "meant"),
    [(None, None), (False, None), (True, Tls()), (Tls(verify=False), Tls(verify=False))],
)
def test_tls_may_be_said_in_one_word(tls: object, meant: Tls | None) -> None:
    assert config(tls=tls).tls == meant


def test_an_unknown_option_is_an_error() -> None:
    """R-CONF-01."""
    with pytest.raises(ConfigError, match=r"hartbeat_interval = '\.\.\.': unknown option"):
        config(hartbeat_interval=3)


def test_capitalised_keywords_are_headers_behind_those_of_the_mapping() -> None:
    action = as_action(
        "Originate", {"Channel": "Local/1"}, {"A": "b,c"}, {"Exten": 1000, "Codecs": ("ulaw", "alaw")}
    )
    assert action == Action(
        "Originate",
        [("Channel", "Local/1"), ("Exten", 1000), ("Codecs", ("ulaw", "alaw"))],
        variables={"A": "b,c"},
    )


@pytest.mark.parametrize("name", ["channel", "timeOut", "_x", "", "éa"])
def test_a_lower_case_keyword_is_an_unknown_option(name: str) -> None:
    with pytest.raises(MisuseError, match="a header begins with a capital letter"):
        as_action("Ping", None, None, {name: "x"})


def test_an_action_has_its_headers_already() -> None:
    ping = Action("Ping")
    assert as_action(ping, None, None, {}) is ping
    assert as_action(ping, {}, {}, {}) is ping
    for headers, variables, keywords in [
        ({"A": "b"}, None, {}),
        (None, {"A": "b"}, {}),
        (None, None, {"A": "b"}),
    ]:
        with pytest.raises(MisuseError, match="has its headers already"):
            as_action(ping, headers, variables, keywords)


def test_what_is_no_action_is_refused_here() -> None:
    """R-ACT-02."""
    with pytest.raises(InvalidAction):
        as_action("Ping\r\nAction: Logoff", None, None, {})
    with pytest.raises(InvalidAction):
        as_action("Ping", None, None, {"A": "x\ny"})


@pytest.mark.parametrize("headers", ["x", [("A", "1")], 7])
def test_headers_are_a_mapping(headers: Any) -> None:
    with pytest.raises(MisuseError, match="headers must be a mapping"):
        as_action("Ping", headers, None, {})
