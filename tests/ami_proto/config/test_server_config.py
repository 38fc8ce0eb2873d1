"""R-CONF-01: the configuration of one server, validated at construction."""

import json
import math
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto import ConfigError, Connection, Secret, ServerConfig, State, Tls
from ami_proto.config.server import BOUNDS, LOGIN_VALUE_SIZE_MAX
from conformance.laws.playbook import SERVER, Playbook
from conformance.mock.privileges import Privilege

WHOLE_NUMBERS = {each.name for each in fields(ServerConfig) if each.type is int}


def build(**options: Any) -> ServerConfig:
    given_options: dict[str, Any] = {"key": "pbx", "host": "192.0.2.1", "username": "ops", "secret": "s"}
    return ServerConfig(**(given_options | options))


def refused(**options: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        build(**options)
    assert caught.value.key in options
    return caught.value


@pytest.mark.parametrize("key", BOUNDS)
def test_every_number_has_its_bounds(key: str) -> None:
    low, high = BOUNDS[key]
    for value in (low - 1, high + 1, math.inf, -math.inf, math.nan):
        assert str(refused(**{key: value})).startswith(f"{key} = {value}: must be ")


@pytest.mark.parametrize("key", BOUNDS)
def test_a_number_is_a_number(key: str) -> None:
    for value in ("5", None, True, [5]):
        refused(**{key: value})


@pytest.mark.parametrize("key", sorted(WHOLE_NUMBERS))
def test_counts_are_whole_numbers(key: str) -> None:
    """R-CONF-01: a fraction would fail in a slice, much later."""
    assert "whole number" in refused(**{key: BOUNDS[key][0] + 0.5}).rule


@pytest.mark.parametrize("key", ["key", "host", "username"])
@pytest.mark.parametrize("value", ["", " ", "\t"])
def test_names_are_not_blank(key: str, value: str) -> None:
    """R-ID-02: an empty key is a configuration error."""
    assert refused(**{key: value}).rule == "must not be blank"


@pytest.mark.parametrize("key", ["host", "username", "secret", "events"])
@pytest.mark.parametrize("character", ["\r", "\n", "\0"])
def test_no_line_can_be_injected(key: str, character: str) -> None:
    """R-ACT-02: not through the login either."""
    assert "one line" in refused(**{key: f"a{character}b"}).rule


@pytest.mark.parametrize("key", ["key", "host", "username", "secret"])
@pytest.mark.parametrize("value", [None, 5, b"bytes"])
def test_text_is_text(key: str, value: object) -> None:
    assert refused(**{key: value}).rule == "must be text"


@pytest.mark.parametrize("key", ["username", "secret"])
def test_text_that_does_not_fit_the_login_is_refused(key: str) -> None:
    """R-CONF-01: every combination that validates also works."""
    refused(**{key: "x" * (LOGIN_VALUE_SIZE_MAX + 1)})
    refused(**{key: "\ud800"})
    longest = build(**{key: "ü" * (LOGIN_VALUE_SIZE_MAX // 2)}, auth="plain", wait_fully_booted=False)
    assert Playbook(longest).log_in().connection.state is State.READY


def test_a_switch_is_a_bool_and_tls_a_tls() -> None:
    refused(reconnect="no")
    refused(retry=1)
    refused(tls=True)
    assert build(tls=Tls(verify=False)).tls == Tls(verify=False)


def test_the_wait_for_the_boot_is_a_switch_or_auto() -> None:
    assert build().wait_fully_booted == "auto"
    for value in ("Auto", "yes", None, 1):
        assert refused(wait_fully_booted=value).rule == 'must be true, false or "auto"'


def test_auth_is_md5_or_plain() -> None:
    assert build().auth == "md5"
    assert build(auth="plain").auth == "plain"
    assert refused(auth="sha1").rule == "must be 'md5' or 'plain'"


def test_combinations_that_cannot_work_are_refused() -> None:
    """R-HEALTH-02: the read timeout is always above interval + 3 x timeout."""
    assert "= 30" in refused(read_timeout=30.0).rule
    assert build(read_timeout=30.001).read_timeout == 30.001
    assert refused(reconnect_max=0.05).rule == "must be at least reconnect_min = 0.1"


@pytest.mark.parametrize("events", ["off", "OFF", "f", "0", "2", "call,agent", "none"])
def test_a_mask_without_the_awaited_event_is_refused(events: str) -> None:
    """R-CONF-01: each login would time out, for ever."""
    assert "FullyBooted" in refused(events=events, wait_fully_booted=True).rule
    for waits in (False, "auto"):
        given = build(events=events, wait_fully_booted=waits)
        assert (given.events, given.awaits_boot) == (events, False)


@pytest.mark.parametrize(
    "events", [None, "", "on", "Yes", "T", "1", "3", "system,call", "call,system", "all"]
)
def test_a_mask_with_the_awaited_event_is_accepted(events: str | None) -> None:
    for waits in (True, "auto"):
        play = Playbook(build(events=events, wait_fully_booted=waits)).log_in()
        play.expect_actions().event("FullyBooted")
        assert play.connection.state is State.READY


@pytest.mark.parametrize(
    "events",
    [
        *("call, system", "System,call", "All", "system ", "1 ", "ON ", " ", "a\tb"),
        *("calls", "systems", "call,agents", "sys,call", ",call", "call,,agent", "call,", "-1", "+1", "1,2"),
        *("4294967295", "\u0661", "call;agent", "x" * 999, "events", "yes,no"),
    ],
)
@pytest.mark.parametrize("waits", [True, False])
def test_a_mask_that_asterisk_would_not_know_is_refused(events: str, waits: bool) -> None:
    """R-CONF-01, R-ACT-08: it compares each word exactly (ast_instring), without an error."""
    assert "no blanks or capitals" in refused(events=events, wait_fully_booted=waits).rule


def test_every_class_of_events_is_a_mask() -> None:
    """R-ACT-08: also those that only newer servers have."""
    for each in Privilege:
        name = str(each.name).lower()
        assert build(events=name).events == name
        assert build(events=f"{name},call").events == f"{name},call"
    for text in ("yes", "Y", "no", "OFF", "0", "1048575", "2147483647", "all", "none"):
        assert build(events=text).events == text


@pytest.mark.parametrize("host", [" 10.0.0.5", "10.0.0.5 ", "10.0.0.5\t", "pbx 01", "pbx\x7f", "pbx\u2003"])
def test_no_host_has_blanks(host: str) -> None:
    """R-CONF-01: a copied address easily has one; every attempt to look it up would fail."""
    assert "no blank" in refused(host=host).rule


def test_an_ipv6_address_has_no_brackets() -> None:
    """R-CONF-03."""
    assert "without brackets" in refused(host="[::1]").rule
    assert build(host="fe80::1%eth0").host == "fe80::1%eth0"


@pytest.mark.parametrize("tls", [Tls(ca_file=""), Tls(ca_file=" "), Tls(server_name="")])
def test_blank_texts_of_tls_are_refused(tls: Tls) -> None:
    """R-AUTH-05: a blank file of certificates would quietly trust the system's."""
    assert "not blank" in refused(tls=tls).rule


def test_the_login_timer_is_longer_than_asterisk_sleeps() -> None:
    """R-AUTH-02: at least two seconds, because Asterisk sleeps one before it refuses."""
    refused(login_timeout=1.9)
    assert build(login_timeout=2).login_timeout == 2


def test_a_secret_may_be_any_kind_of_text() -> None:
    """As every other text may, a member of a `StrEnum` for one."""

    class Text(str):
        __slots__ = ()

    assert build(secret=Text("hunter2")).secret == Secret("hunter2")


def test_the_secret_is_never_shown() -> None:
    """R-AUTH-01: not in a repr, and not in the error about it."""
    config = build(secret="hunter2")
    assert "secret=***" in repr(config)
    error = refused(secret="hunter2\r\n")
    assert "hunter2" not in f"{config} {asdict(config)} {error}"


def test_the_secret_is_held_as_a_secret() -> None:
    """R-AUTH-01: `str` and `Secret` are the same; only `reveal_secret` returns the text."""
    config = build(secret="hunter2")
    assert config.secret == Secret("hunter2")
    assert config.reveal_secret() == "hunter2"
    assert build(secret=Secret("hunter2")) == config
    assert hash(build(secret=Secret("hunter2"))) == hash(config)
    assert replace(config, port=1).reveal_secret() == "hunter2"
    assert pickle.loads(pickle.dumps(config)) == config
    assert config != build(secret="hunter3")
    assert refused(secret=Secret(" x")).rule.startswith("must not begin or end")


@pytest.mark.parametrize(
    "options",
    [
        {"auth": "hunter2"},
        {"auth": "xhunter2\n"},
        {"username": "hunter2 "},
        {"host": "hunter2 "},
        {"events": "hunter2 X"},
        {"secret": "hunter2 "},
        {"setup": ("hunter2",)},
        {"setup": "hunter2"},
        {"tls": "hunter2"},
        {"redact_names": ("(hunter2",)},
        {"port": ["hunter2"]},
        {"port": b"hunter2"},
        {"redact_names": ("(?P=hunter2)",)},
        {"port": "x" * 195 + "hunter2"},
    ],
)
def test_the_secret_is_not_shown_under_another_key_either(options: dict[str, object]) -> None:
    """R-OBS-04: someone may have pasted it there."""
    error = refused(**{"secret": "hunter2", **options})
    assert "hunter2" not in f"{error} {error.rule} {error.value!r}"


@pytest.mark.parametrize("secret", ["hün'ter\\2", "hün\x0cter\u20282"])
@pytest.mark.parametrize("write", [str, repr, ascii, json.dumps, str.encode])
def test_the_secret_is_not_shown_however_it_is_quoted(secret: str, write: Callable[[str], object]) -> None:
    """R-OBS-04: it may have been copied out of a log, or of JSON."""
    error = refused(secret=secret, auth=write(secret))
    assert error.value is None
    assert str(error) in ("auth: must be 'md5' or 'plain'", "auth: must be text")


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize("value", [10**5000, Mute(), "x" * 100_000], ids=["long", "mute", "text"])
def test_a_value_that_cannot_be_shown_is_refused_in_one_short_line(value: object) -> None:
    """R-CONF-01."""
    assert str(refused(port=value)).startswith("port: must be ")


def test_it_is_frozen_and_its_keys_are_listed() -> None:
    with pytest.raises(FrozenInstanceError):
        build().port = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        build(prot=5038)
    assert set(BOUNDS) < {field.name for field in fields(ServerConfig)}


@given(
    st.fixed_dictionaries(
        {
            "auth": st.sampled_from(["md5", "plain"]),
            "wait_fully_booted": st.sampled_from([True, False, "auto"]),
            "reconnect": st.booleans(),
            "retry": st.booleans(),
            "retry_refused": st.sampled_from([True, False, "auto"]),
            "tls": st.sampled_from([None, Tls()]),
            "max_action_id_length": st.integers(32, 64),
            "max_pending_actions": st.integers(1, 1_000_000),
            "max_frame_size": st.sampled_from([64 * 1024, 64 * 1024 * 1024]),
            "stable_after": st.sampled_from([0, 0.0, 10, 2_000_000.0]),
            "close_grace": st.sampled_from([0, 0.25]),
            "drop_report_interval": st.sampled_from([0, 1.0]),
            "key": st.text(min_size=1).filter(str.strip),
        }
    )
)
def test_every_combination_that_validates_also_works(options: dict[str, Any]) -> None:
    """R-CONF-01: it connects, logs in, loses its session and stops."""
    play = Playbook(build(**options)).log_in()
    if options["wait_fully_booted"]:
        play.event("FullyBooted")
    assert play.connection.state is State.READY
    play.disconnect().wait(1.0).stop().wait(1.0)
    assert play.connection.stopped


def test_the_key_may_hold_any_text() -> None:
    """R-ID-03: also bytes of a file name that are not UTF-8."""
    for key in ("pbx 01", "node_", "pbx:1", "pbx-münchen", "k" * 200, "\udcff"):
        assert Connection(replace(SERVER, key=key), seed=1).key == key


@pytest.mark.parametrize("wrong", ["yes", "Auto", None, 1, 0.0])
def test_an_automatic_switch_is_true_false_or_auto(wrong: Any) -> None:
    """R-CONF-01."""
    assert refused(retry_refused=wrong).rule == 'must be true, false or "auto"'
    assert build(retry_refused="auto").retry_refused == "auto"
