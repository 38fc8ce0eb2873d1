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


@pytest.mark.parametrize(
    ("action", "shown", "hidden"),
    [
        ("Login", ["Username", "AuthType", "Events"], ["Key", "Secret", "SECRET"]),
        ("Challenge", ["AuthType", "Key"], []),
        ("DBPut", ["Family", "Key", "Value"], ["Val", "VAL"]),
        ("DBGet", ["Family", "Key", "Val"], []),
        ("Setvar", ["Channel", "Val"], ["Value", "value"]),
        (
            "UpdateConfig",
            ["SrcFilename", "Action-000000", "Cat-000000", "Var-000000", "Value", "Rematch-000000"],
            ["Value-000000", "value-12", "Match-000000", "MATCH-000001"],
        ),
        ("Getvar", ["Value-000000", "Match-000000", "Value"], []),
    ],
)
def test_some_headers_are_secret_in_one_action(action: str, shown: list[str], hidden: list[str]) -> None:
    """R-OBS-04: what somebody stores is as secret as what he logs in with."""
    for spelled in (action, action.lower(), action.upper()):
        pairs = [(name, "hunter2") for name in (*shown, *hidden)]
        masked = dict(redact(pairs, spelled))
        assert [name for name in masked if masked[name] == "***"] == hidden
        assert "***" not in (masked[name] for name in shown)
        assert ("hunter2" in repr(Action(spelled, [(name, "hunter2") for name in hidden]))) is False


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
