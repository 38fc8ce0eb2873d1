"""R-CONF-02: plain data becomes typed values at the edge, or an error that names key and rule."""

from typing import Any

import pytest

from ami_proto import ConfigError
from ami_proto.config.coercion import as_auto_switch, as_bool, as_float, as_int, as_tuple, patterns
from ami_proto.drivers import merged


@pytest.mark.parametrize("text", ["1", "true", "Yes", " ON "])
def test_words_for_true(text: str) -> None:
    assert as_bool("retry", text) is True


@pytest.mark.parametrize("text", ["0", "FALSE", "no", "off "])
def test_words_for_false(text: str) -> None:
    assert as_bool("retry", text) is False


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [(as_int, " 5038", 5038), (as_int, "-1", -1), (as_float, "2.5", 2.5), (as_float, "1e3", 1000.0),
     (as_float, ".5", 0.5), (as_float, "10", 10.0)],
)  # fmt: skip
def test_text_is_read_as_the_number_it_is(read: Any, text: str, value: float) -> None:
    assert read("port", text) == value
    assert type(read("port", text)) is type(value)


@pytest.mark.parametrize(
    ("read", "text"),
    [(as_bool, "perhaps"), (as_bool, ""), (as_int, "5.0"), (as_int, "1_000"), (as_int, "٣"),
     (as_int, "9" * 5000), (as_int, ""), (as_float, "nan"), (as_float, "inf"), (as_float, "10s"),
     (as_float, "1e999"), (as_tuple, "text"), (as_tuple, 5), (as_tuple, {"a": 1})],
)  # fmt: skip
def test_other_text_is_refused_and_not_quoted(read: Any, text: object) -> None:
    with pytest.raises(ConfigError) as refused:
        read("port", text)
    assert (refused.value.key, refused.value.value) == ("port", None)
    assert str(refused.value) == f"port: {refused.value.rule}"


@pytest.mark.parametrize("read", [as_bool, as_int, as_float])
@pytest.mark.parametrize("value", [True, 5, 2.5, None])
def test_typed_values_pass_as_they_are(read: Any, value: object) -> None:
    """The configuration checks their types."""
    assert read("port", value) is value


def test_a_list_is_a_tuple() -> None:
    assert as_tuple("redact_names", ["a", "b"]) == ("a", "b")


def test_tables_are_merged_key_by_key() -> None:
    """R-CONF-02: nested ones too; a value of the upper replaces one of the lower; neither is changed."""
    lower = {"port": 1, "tls": {"ca_file": "a", "verify": True}, "host": "h"}
    upper = {"port": 2, "tls": {"verify": False}, "username": "u"}
    assert merged(lower, upper) == {
        "port": 2,
        "tls": {"ca_file": "a", "verify": False},
        "host": "h",
        "username": "u",
    }
    assert lower["tls"] == {"ca_file": "a", "verify": True}
    assert merged({"tls": True}, {"tls": {"verify": False}}) == {"tls": {"verify": False}}
    assert merged({"tls": {"verify": False}}, {"tls": False}) == {"tls": False}


@pytest.mark.parametrize("true", [True, "yes", " ON "])
def test_true_over_a_table_leaves_the_table(true: object) -> None:
    """R-CONF-02: `tls = true` turns TLS on and keeps the certificates."""
    assert merged({"tls": {"ca_file": "a"}}, {"tls": true}) == {"tls": {"ca_file": "a"}}
    assert merged({"tls": False}, {"tls": true}) == {"tls": true}


def test_patterns_are_compiled_for_any_case() -> None:
    first, second = patterns("redact_names", ["^pin$", "code"])
    assert first.search("PIN")
    assert second.search("a CODE")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("(?P=hunter2)", "is not a regular expression (position 4)"),
        ("[", "is not a regular expression (position 0)"),
        ("*", "is not a regular expression (position 0)"),
        ("x*", "must not match the empty text"),
        ("", "must not match the empty text"),
        ("hunter2{99999999999999999999}", "is too large a regular expression"),
        ("(" * 5000 + "hunter2" + ")" * 5000, "is too large a regular expression"),
        (5, "must be text"),
        (None, "must be text"),
    ],
    ids=lambda text: str(text)[:20],
)
def test_an_invalid_pattern_is_refused_by_its_number(text: object, rule: str) -> None:
    """R-OBS-04: so is one that would mask everything. No error quotes it: it may be a secret."""
    with pytest.raises(ConfigError) as refused:
        patterns("redact_names", ["pin", text])
    assert str(refused.value) == f"redact_names: pattern 2 {rule}"


def test_an_automatic_switch_is_read_like_a_switch() -> None:
    """R-CONF-02: `auto` in any case, true, false, or an error that names the key."""
    read = [as_auto_switch("retry_refused", each) for each in (" Auto ", "auto", "yes", "off", False)]
    assert read == ["auto", "auto", True, False, False]
    with pytest.raises(ConfigError, match="retry_refused"):
        as_auto_switch("retry_refused", "perhaps")
