"""The arguments of the user's calls, and what they mean."""

from typing import Any, get_type_hints

import pytest

from ami_backends.clients.arguments import ConnectOptions, as_action, as_config
from ami_proto import Action, ConfigError, InvalidAction, MisuseError, ServerConfig, Tls


def config(**words: object) -> ServerConfig:
    address: dict[str, object] = {"host": "pbx", "port": 5038, "username": "ops", "secret": "x"}
    return as_config(**(address | words))  # type: ignore[arg-type]


def test_the_options_are_the_fields_of_the_configuration_key_by_key() -> None:
    """R-CONF-01: a new field of `ServerConfig` must be named in `ConnectOptions`, with its type."""
    options, wanted = get_type_hints(ConnectOptions), get_type_hints(ServerConfig)
    for name in ("host", "port", "username", "secret"):  # parameters of `connect`
        del wanted[name]
    wanted["key"] |= None  # made from the address
    wanted["tls"] |= bool
    assert options == wanted
    assert ConnectOptions.__required_keys__ == frozenset()


def test_the_key_is_the_address_unless_given() -> None:
    assert config().key == "pbx:5038"
    assert config(key="lobby").key == "lobby"
    with pytest.raises(ConfigError, match="key: must not be blank"):
        config(key="")


@pytest.mark.parametrize(
    ("tls", "meant"),
    [(None, None), (False, None), (True, Tls()), (Tls(verify=False), Tls(verify=False))],
)
def test_tls_may_be_true_or_false(tls: object, meant: Tls | None) -> None:
    assert config(tls=tls).tls == meant


def test_an_unknown_option_is_an_error() -> None:
    """R-CONF-01."""
    with pytest.raises(ConfigError, match="unknown key 'hartbeat_interval': did you mean 'heartbeat_"):
        config(hartbeat_interval=3)


def test_capitalised_keywords_are_headers_after_those_of_the_mapping() -> None:
    action = as_action(
        "Originate", {"Channel": "Local/1"}, {"A": "b,c"}, {"Exten": 1000, "Variable": ("C=d", "E=f")}
    )
    assert action == Action(
        "Originate",
        [("Channel", "Local/1"), ("Exten", 1000), ("Variable", ("C=d", "E=f"))],
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


def test_a_line_break_in_an_action_is_refused() -> None:
    """R-ACT-02."""
    with pytest.raises(InvalidAction):
        as_action("Ping\r\nAction: Logoff", None, None, {})
    with pytest.raises(InvalidAction):
        as_action("Ping", None, None, {"A": "x\ny"})


@pytest.mark.parametrize("headers", ["x", [("A", "1")], 7])
def test_headers_are_a_mapping(headers: Any) -> None:
    with pytest.raises(MisuseError, match="headers must be a mapping"):
        as_action("Ping", headers, None, {})
