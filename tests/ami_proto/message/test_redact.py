import pytest

from ami_proto.message import Action, redact


@pytest.mark.parametrize(
    "name", ["Secret", "SECRET", "Password", "passwd", "AuthToken", "x-token-y", "MD5Secret"]
)
def test_secret_looking_names(name: str) -> None:
    """R-OBS-04."""
    assert redact([(name, "hunter2"), ("Channel", "x")]) == [(name, "***"), ("Channel", "x")]


def test_key_is_secret_in_a_login_only() -> None:
    """R-OBS-04: a database key is none."""
    assert redact([("Key", "abc")], "lOGIN") == [("Key", "***")]
    assert redact([("Key", "abc")], "DBGet") == [("Key", "abc")]


def test_variables_show_their_names_only() -> None:
    """R-OBS-04."""
    assert redact([("Variable", "PIN=1=2"), ("variable", "1234")]) == [
        ("Variable", "PIN=***"),
        ("variable", "***"),
    ]
    assert redact([("Variable", "PIN"), ("Value", "1234")], "Setvar") == [
        ("Variable", "***"),
        ("Value", "***"),
    ]
    assert redact([("Value", "1")], "Other") == [("Value", "1")]


def test_ids_are_never_masked() -> None:
    """R-OBS-04."""
    pairs = [("ActionID", "secret:1"), ("server_key", "token"), ("action_id", "x")]
    assert redact(pairs, "Login") == pairs


def test_repr_of_an_action() -> None:
    """R-ACT-05."""
    action = Action(
        "Login", {"Username": "ops", "Secret": "hunter2", "Key": "beef"}, variables={"PIN": "1234"}
    )
    shown = repr(action)
    assert shown == (
        "Action('Login', [('Username', 'ops'), ('Secret', '***'), ('Key', '***'), ('Variable', 'PIN=***')])"
    )
