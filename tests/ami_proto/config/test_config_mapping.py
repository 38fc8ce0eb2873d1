"""R-CONF-02: a configuration out of plain data: a mapping, TOML, an environment."""

from collections.abc import Callable
from typing import Any

import pytest

from ami_proto import ConfigError, Policy, ServerConfig, SetupAction, Tls

EVENTS = {"name": "Events"}
TLS_RULE = "ca_file and server_name must be text, one line and not blank, verify true or false"
HIDDEN = "(not shown, because it may be a secret)"
GIVEN: dict[str, object] = {"key": "pbx", "host": "192.0.2.1", "username": "ops", "secret": "hunter2"}


def read(**options: object) -> ServerConfig:
    return ServerConfig.from_mapping({**GIVEN, **options})


def refused(options: dict[str, Any]) -> ConfigError:
    """Return the error, which does not show the secret."""
    with pytest.raises(ConfigError) as caught:
        ServerConfig.from_mapping({**GIVEN, **options})
    error = caught.value
    assert "hunter2" not in f"{error} {error.args} {error.key} {error.rule} {error.value!r}"
    return error


def test_it_equals_the_configuration_made_in_python() -> None:
    options: dict[str, Any] = {**GIVEN, "port": 5039, "retry": False, "connect_timeout": 3}
    assert ServerConfig.from_mapping(options) == ServerConfig(**options)


def test_text_is_read_as_what_it_says() -> None:
    config = read(port="5039", retry="no", connect_timeout="2.5", tls="yes", max_frame_size="65536")
    assert (config.port, config.retry, config.connect_timeout) == (5039, False, 2.5)
    assert (config.tls, config.max_frame_size) == (Tls(), 65536)


def test_lists_and_tables() -> None:
    config = read(
        redact_names=["pin"],
        tls={"ca_file": "ca.pem", "verify": "false"},
        setup=[{"name": "Events", "headers": {"EventMask": "call"}, "required": "true"}],
    )
    assert config.redact_names == ("pin",)
    assert config.tls == Tls(ca_file="ca.pem", verify=False)
    assert config.setup == (SetupAction("Events", (("EventMask", "call"),), required=True),)


@pytest.mark.parametrize(
    ("given", "tls"), [(True, Tls()), (False, None), ("0", None), ({}, Tls()), (None, None), (Tls(), Tls())]
)
def test_tls_is_a_switch_or_a_table(given: object, tls: Tls | None) -> None:
    assert read(tls=given).tls == tls


def test_the_options_of_a_server_override_the_defaults_key_by_key() -> None:
    """R-CONF-02: the defaults of a cluster, or of a file."""
    defaults = {**GIVEN, "port": 1, "tls": {"ca_file": "ca.pem"}, "retry": False}
    config = ServerConfig.from_mapping({"port": 2, "tls": {"server_name": "pbx"}}, defaults)
    assert (config.port, config.retry, config.username) == (2, False, "ops")
    assert config.tls == Tls(ca_file="ca.pem", server_name="pbx")


@pytest.mark.parametrize(
    ("options", "key", "says"),
    [
        ({"secrt": "hunter2"}, "secrt", "unknown key 'secrt': did you mean 'secret'?"),
        ({"prot": 5}, "prot", "unknown key 'prot': did you mean 'port'?"),
        ({"tls": {"cafile": "x"}}, "tls.cafile", "tls: unknown key 'cafile': did you mean 'ca_file'?"),
        ({"setup": [{"nam": "X"}]}, "setup", "setup: action 1: unknown key 'nam': did you mean 'name'?"),
        ({"my_hunter2": 1}, "", f"unknown key {HIDDEN}"),
        ({"hunter2": 1}, "", f"unknown key {HIDDEN}"),
        ({5: 1}, "", f"unknown key {HIDDEN}"),
        ({"tls": {"hunter2": 1}}, "tls", f"tls: unknown key {HIDDEN}"),
        ({"setup": [{"hunter2": 1}]}, "setup", f"setup: action 1: unknown key {HIDDEN}"),
    ],
)
def test_an_unknown_key_is_quoted_only_with_a_known_one(options: Any, key: str, says: str) -> None:
    """R-CONF-01, R-OBS-04: it may be a secret."""
    error = refused(options)
    assert (str(error), error.key) == (says, key)


@pytest.mark.parametrize("key", GIVEN)
def test_options_without_default_must_be_given(key: str) -> None:
    options = {name: value for name, value in GIVEN.items() if name != key}
    with pytest.raises(ConfigError, match=f"^{key}: must be given$"):
        ServerConfig.from_mapping(options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"port": "x"}, "port: must be a whole number"),
        ({"port": "99999"}, "port = 99999: must be between 1 and 65535"),
        ({"port": 4711.5}, "port = 4711.5: must be a whole number"),
        ({"port": None}, "port = None: must be a whole number"),
        ({"port": [5038]}, "port: must be a whole number"),
        ({"connect_timeout": False}, "connect_timeout = False: must be a number"),
        ({"retry": "perhaps"}, "retry: must be true or false"),
        ({"retry": 2}, "retry = 2: must be true or false"),
        ({"auth": "sha1"}, "auth: must be 'md5' or 'plain'"),
        ({"redact_names": "pin"}, "redact_names: must be a list"),
        ({"redact_values": ["("]}, "redact_values: pattern 1 is not a regular expression (position 0)"),
        ({"tls": {"verify": "maybe"}}, "tls.verify: must be true or false"),
        ({"tls": {"verify": 3}}, f"tls: {TLS_RULE}"),
        ({"tls": {"ca_file": "a\0b"}}, f"tls: {TLS_RULE}"),
        ({"tls": 5}, "tls: must be a Tls whose texts are one line and not blank, or None"),
        ({"setup": "Events"}, "setup: must be a list of set-up actions"),
        ({"setup": ["Events"]}, "setup: action 1: must be a table"),
        ({"setup": [EVENTS, {"headers": {}}]}, "setup: action 2: action name must be text, not NoneType"),
        ({"setup": [{"name": "A", "headers": 5}]}, "setup: action 1: headers: must be a list"),
        ({"setup": [{"name": "A", "required": "x"}]}, "setup: action 1: required: must be true or false"),
    ],
)
def test_an_error_names_key_and_rule_in_one_line(options: dict[str, object], says: str) -> None:
    """R-CONF-01."""
    assert str(refused(options)) == says


@pytest.mark.parametrize("key", ["secret", "username", "host", "key", "events", "auth"])
def test_a_number_in_place_of_text_is_not_quoted(key: str) -> None:
    """R-OBS-04: TOML reads `secret = 4711` as a number."""
    assert str(refused({key: 4711})) == f"{key}: must be text"


@pytest.mark.parametrize(
    "options",
    [{"po\nrt": 1}, {"tls": {"ca_\u2028file": 1}}, {"redact_names": ["(?\n)"]}],
)
def test_no_key_makes_a_second_line(options: dict[str, object]) -> None:
    """R-CONF-02."""
    assert str(refused(options)).isprintable()


SECRETS = ["hunter2", " hunter2", "hunter2\n", "(?P=hunter2)", "xhunter2\0"]


@pytest.mark.parametrize("pasted", SECRETS)
@pytest.mark.parametrize(
    "where",
    [
        lambda secret: {secret: 1},
        lambda secret: {"secret": f"{secret}\r\n"},
        lambda secret: {"secret": b"hunter2"},
        lambda secret: {"host": f"{secret} "},
        lambda secret: {"username": f"{secret} "},
        lambda secret: {"events": f"{secret} X"},
        lambda secret: {"port": secret},
        lambda secret: {"port": [secret]},
        lambda secret: {"connect_timeout": secret},
        lambda secret: {"retry": secret},
        lambda secret: {"auth": secret},
        lambda secret: {"tls": secret},
        lambda secret: {"tls": {secret: 1}},
        lambda secret: {"tls": {"verify": secret}},
        lambda secret: {"tls": {"ca_file": f"{secret}\n"}},
        lambda secret: {"tls": {"server_name": [secret]}},
        lambda secret: {"redact_names": secret},
        lambda secret: {"redact_names": [secret, "("]},
        lambda secret: {"redact_values": [["hunter2"]]},
        lambda secret: {"setup": secret},
        lambda secret: {"setup": [secret]},
        lambda secret: {"setup": [{secret: 1}]},
        lambda secret: {"setup": [{"name": f"{secret}\n"}]},
        lambda secret: {"setup": [{"name": "Setvar", "headers": secret}]},
        lambda secret: {"setup": [{"name": "Setvar", "headers": [secret]}]},
        lambda secret: {"setup": [{"name": "Setvar", "headers": {secret: "x" * 2000}}]},
        lambda secret: {"setup": [{"name": "Setvar", "headers": {f"Value: {secret}": "x"}}]},
        lambda secret: {"setup": [{"name": "Setvar", "headers": {"Value": f"{secret}\n"}}]},
        lambda secret: {"setup": [{"name": "Setvar", "required": secret}]},
    ],
)
def test_a_secret_is_not_shown_wherever_it_was_pasted(
    where: Callable[[str], dict[str, Any]], pasted: str
) -> None:
    """R-OBS-04: `refused` looks for it."""
    refused(where(pasted))


def test_a_number_that_cannot_be_written_is_refused() -> None:
    """R-AUTH-06: an action that could not be sent is refused when it is configured."""
    setup = [{"name": "Events", "headers": {"EventMask": 10**5000}}]
    assert "pairs of text" in str(refused({"setup": setup}))


def test_patterns_are_checked_in_python_too() -> None:
    """R-OBS-04: an invalid one fails at construction."""
    options: dict[str, Any] = {**GIVEN, "redact_names": ("(",)}
    with pytest.raises(ConfigError, match="redact_names"):
        ServerConfig(**options)
    options = {**GIVEN, "redact_values": ["x"]}
    with pytest.raises(ConfigError, match="must be a tuple"):
        ServerConfig(**options)


@pytest.mark.parametrize("key", ["username", "secret"])
@pytest.mark.parametrize("value", [" hunter2", "hunter2 ", "\x0ehunter2", "hunter2\t"])
def test_blanks_that_asterisk_strips_are_refused(key: str, value: str) -> None:
    """R-CONF-01: such a user could never log in."""
    assert "must not begin or end with a blank" in str(refused({key: value}))


def test_a_policy_is_the_name_of_a_profile_or_a_table() -> None:
    """R-CONF-02, R-POLICY-01: and of a mistyped key, the table is named."""
    assert read(policy="observe").policy == Policy("observe")
    assert read(policy={"allow": ["Ping"]}).policy == Policy(allow=("Ping",))
    error = refused({"policy": {"alow": ["Ping"]}})
    assert str(error) == "policy: unknown key 'alow': did you mean 'allow'?"
