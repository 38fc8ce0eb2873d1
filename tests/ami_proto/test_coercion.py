"""R-CONF-02: plain data becomes typed values at the edge, or an error that names key, value and rule."""

from typing import Any

import pytest

from ami_proto import ConfigError, merged
from ami_proto.coercion import as_bool, as_float, as_int, as_tuple, pattern


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
def test_what_cannot_be_read_is_refused(read: Any, text: object) -> None:
    with pytest.raises(ConfigError) as refused:
        read("port", text)
    assert (refused.value.key, refused.value.value) == ("port", text)


@pytest.mark.parametrize("read", [as_bool, as_int, as_float])
@pytest.mark.parametrize("value", [True, 5, 2.5, None])
def test_what_is_typed_already_passes_as_it_is(read: Any, value: object) -> None:
    """Whether it is of the right type is for the configuration to say."""
    assert read("port", value) is value


def test_a_list_is_a_tuple() -> None:
    assert as_tuple("redact_names", ["a", "b"]) == ("a", "b")


def test_tables_are_merged_key_by_key() -> None:
    """R-CONF-02: nested ones too; where both have a value the upper's counts, and nothing is changed."""
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
    """R-CONF-02: `tls = true` says that there is TLS, and takes no certificates away."""
    assert merged({"tls": {"ca_file": "a"}}, {"tls": true}) == {"tls": {"ca_file": "a"}}
    assert merged({"tls": False}, {"tls": true}) == {"tls": true}


def test_a_pattern_is_compiled_for_any_case() -> None:
    assert pattern("redact_names", "^pin$").search("PIN")


@pytest.mark.parametrize("text", ["(", "[", "*", "x*", "", "(?P<a", 5, None])
def test_a_pattern_that_is_none_is_refused(text: object) -> None:
    """R-OBS-04: an invalid one fails at construction; so does one that would mask everything."""
    with pytest.raises(ConfigError, match="redact_names = "):
        pattern("redact_names", text)
