"""R-CONF-02: a configuration out of plain data: a mapping, TOML, an environment."""

from typing import Any

import pytest

from ami_proto import ConfigError, ServerConfig, SetupAction, Tls

GIVEN: dict[str, object] = {"key": "pbx", "host": "192.0.2.1", "username": "ops", "secret": "hunter2"}


def read(**options: object) -> ServerConfig:
    return ServerConfig.from_mapping({**GIVEN, **options})


def refused(**options: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(**options)
    assert "hunter2" not in str(caught.value)
    return caught.value


def test_it_is_what_python_would_make_of_the_same_words() -> None:
    options: dict[str, Any] = {**GIVEN, "port": 5039, "retry": False, "connect_timeout": 3}
    assert ServerConfig.from_mapping(options) == ServerConfig(**options)


def test_text_is_taken_for_what_it_says() -> None:
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


def test_the_options_of_a_server_go_over_the_defaults_key_by_key() -> None:
    """R-CONF-02: a cluster's, a file's."""
    defaults = {**GIVEN, "port": 1, "tls": {"ca_file": "ca.pem"}, "retry": False}
    config = ServerConfig.from_mapping({"port": 2, "tls": {"server_name": "pbx"}}, defaults)
    assert (config.port, config.retry, config.username) == (2, False, "ops")
    assert config.tls == Tls(ca_file="ca.pem", server_name="pbx")


def test_an_unknown_key_is_named_and_its_value_is_not() -> None:
    """R-CONF-01, R-OBS-04: it may be a secret, misspelt."""
    assert str(refused(secrt="hunter2")) == "secrt = '...': unknown key"
    assert refused(tls={"ca": "hunter2"}).key == "tls.ca"


@pytest.mark.parametrize("key", GIVEN)
def test_what_has_no_default_must_be_given(key: str) -> None:
    options = {name: value for name, value in GIVEN.items() if name != key}
    with pytest.raises(ConfigError, match=f"^{key} = None: must be given$"):
        ServerConfig.from_mapping(options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"port": "x"}, "port = 'x': must be a whole number"),
        ({"port": "99999"}, "port = 99999: must be between 1 and 65535"),
        ({"retry": "perhaps"}, "retry = 'perhaps': must be true or false"),
        ({"secret": 5}, "secret = '...': must be text"),
        ({"redact_names": "pin"}, "redact_names = 'pin': must be a list"),
        ({"redact_values": ["("]}, "redact_values = '(': is no regular expression"),
        ({"tls": {"verify": "maybe"}}, "tls.verify = 'maybe': must be true or false"),
        ({"tls": {"verify": 3}}, "verify true or false"),
        ({"tls": {"ca_file": "a\0b"}}, "ca_file and server_name must be text"),
        ({"tls": 5}, "tls = 5: must be a Tls"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(options: dict[str, object], says: str) -> None:
    said = str(refused(**options))
    assert says in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [{"a\nb": 1}, {"tls": {"a\u2028b": 1}}, {"redact_names": ["(?\n)"]}],
)
def test_one_line_whatever_the_names(options: dict[str, object]) -> None:
    """R-CONF-02: and no name forges a second one."""
    assert str(refused(**options)).isprintable()


def test_a_secret_under_a_wrong_key_is_not_repeated() -> None:
    """R-OBS-04."""
    for options in ({"port": "hunter2"}, {"retry": " hunter2"}, {"tls": "hunter2"}, {"setup": "hunter2"}):
        assert "'...'" in str(refused(**options))


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"hunter2": 1}, "..."),
        ({"my_hunter2": 1}, "my_..."),
        ({"tls": {"hunter2": 1}}, "tls...."),
        ({"setup": [{"hunter2": 1}]}, "setup...."),
        ({"setup": [{"name": "Events", "headers": {"hunter2": "x" * 2000}}]}, "setup"),
    ],
)
def test_a_secret_that_is_the_key_is_not_shown(options: dict[str, object], key: str) -> None:
    """R-OBS-04: `refused` looks for it."""
    assert refused(**options).key == key


def test_numbers_that_nobody_can_write_are_refused() -> None:
    """R-AUTH-06: what could not be sent is refused when it is configured."""
    assert "pairs of text" in str(refused(setup=[{"name": "Events", "headers": {"EventMask": 10**5000}}]))


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
def test_what_asterisk_strips_is_refused_and_not_tried_for_ever(key: str, value: str) -> None:
    """R-CONF-01: found by running every combination: such a user could never log in."""
    with pytest.raises(ConfigError, match=f"{key} = .*must not begin or end with a blank"):
        read(**{key: value})
