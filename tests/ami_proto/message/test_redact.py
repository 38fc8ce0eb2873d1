from dataclasses import replace
from time import process_time

import pytest

from ami_proto import ConfigError, Redaction
from ami_proto.message import Action, redact
from ami_proto.message.redact import DOUBT_MAX, VALUE_SIZE_MAX
from conformance.playbook import SERVER


@pytest.mark.parametrize(
    "name",
    [
        "Secret",
        "SECRET",
        "Password",
        "passwd",
        "Passphrase",
        "AuthToken",
        "x-token-y",
        "MD5Secret",
        "credentials",
    ],
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


def test_names_of_your_own_go_on_top() -> None:
    """R-OBS-04: by name, by a pattern of names, whatever the case."""
    redaction = Redaction(names=["^pin$", "account.*code"])
    pairs = [("PIN", "1234"), ("Pinned", "no"), ("AccountPrivateCode", "77"), ("Secret", "hunter2")]
    assert redaction.headers(pairs) == [
        ("PIN", "***"),
        ("Pinned", "no"),
        ("AccountPrivateCode", "***"),
        ("Secret", "***"),
    ]


def test_values_by_a_pattern_and_the_secret_itself() -> None:
    """R-OBS-04, R-AUTH-01: wherever they stand."""
    redaction = Redaction(values=[r"\d{4}-\d{4}"], secret="hunter2")
    assert redaction.headers([("Data", "card 1234-5678, hunter2!")]) == [("Data", "card ***, ***!")]
    assert redaction.text("it said 1234-5678 and hunter2") == "it said *** and ***"
    assert redaction.data(["hunter2", ("a", "hunter2")]) == ["***", ("a", "***")]


def test_a_short_secret_is_not_looked_for_inside_text() -> None:
    assert Redaction(secret="a").text("a banana") == "a banana"
    assert Redaction(secret="ana").text("a banana") == "a banana"
    assert Redaction(secret="anan").text("a banana") == "a b***a"


def test_nested_data_and_lists() -> None:
    """R-OBS-04: mappings, lists and pairs, however deep; whatever stands under a secret name goes whole."""
    given = {
        "Secret": ["a", {"b": "c"}],
        "servers": [{"password": 5, "port": 5038}, [("Variable", "PIN=1"), ("Channel", "x")]],
        "server_key": "token",
        "action_id": "secret:1",
        7: "token=abc",
    }
    assert Redaction().data(given) == {
        "Secret": "***",
        "servers": [{"password": "***", "port": 5038}, [("Variable", "***"), ("Channel", "x")]],
        "server_key": "token",
        "action_id": "secret:1",
        7: "token=abc",
    }
    assert Redaction().data(("password", 5)) == ("password", "***")
    assert Redaction().data((5, "password")) == [5, "password"]


def test_a_pattern_of_values_that_finds_nothing_puts_nothing_in() -> None:
    """R-OBS-04: what it finds between two characters has no length."""
    assert Redaction(values=["(?<=!)"]).text("really! so") == "really! so"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Secret: hunter2 and more", "Secret: ***"),
        ("no: {'Secret': 'hunter2', 'a': 1}", "no: {'Secret': ***"),
        ("no: [('Channel', 'x'), ('Secret', 'hunter2')]", "no: [('Channel', 'x'), ('Secret', ***"),
        ('no: {"secret":"hunter2"}', 'no: {"secret":***'),
        ("Key: 1234", "Key: ***"),
        ("Variable: PIN=1234", "Variable: ***"),
        (
            "dial with pin=1 password=hunter2 then token = x y",
            "dial with pin=1 password=*** then token = *** y",
        ),
        ("said: AuthToken: abc", "said: AuthToken: ***"),
        ("secret=a=b:c d", "secret=*** d"),
        ("secret=", "secret=***"),
        ("closed by the server", "closed by the server"),
        ("Ping: timed out [token-east:0badcafe:1]", "Ping: timed out [token-east:0badcafe:1]"),
    ],
)
def test_a_line_of_text(line: str, shown: str) -> None:
    """R-OBS-04: a torn header in an error, an assignment in a server's words."""
    assert Redaction().text(line) == shown


def test_never_masked_by_a_pattern_of_your_own() -> None:
    """R-OBS-04: `server_key` and `action_id`."""
    redaction = Redaction(names=["key", "id"])
    assert redaction.headers([("ActionID", "1"), ("server_key", "pbx"), ("Uniqueid", "2")]) == [
        ("ActionID", "1"),
        ("server_key", "pbx"),
        ("Uniqueid", "***"),
    ]
    redaction = Redaction(names=["key", "id"], values=[".+"])
    ids = {"ActionID": "1", "action_id": "2", "Server_Key": "pbx", "SERVER_KEY": "east"}
    assert redaction.data(ids) == ids
    assert redaction.headers(ids.items()) == list(ids.items())
    assert not any(redaction.hides(name) for name in ids)


@pytest.mark.parametrize("patterns", [["("], ["a", "b*"]])
def test_an_invalid_pattern_fails_at_construction(patterns: list[str]) -> None:
    """R-OBS-04."""
    with pytest.raises(ConfigError, match="redact_names"):
        Redaction(names=patterns)
    with pytest.raises(ConfigError, match="redact_values"):
        Redaction(values=patterns)


def test_what_a_configuration_calls_for() -> None:
    redaction = Redaction.of(replace(SERVER, redact_names=("^pin$",), redact_values=("x{9}",)))
    assert redaction.data({"pin": 1, "a": "x" * 9, "b": SERVER.secret}) == {
        "pin": "***",
        "a": "***",
        "b": "***",
    }


def test_bytes_and_names_are_data_too() -> None:
    """R-OBS-04: the secret itself wherever it stands."""
    redaction = Redaction(secret="hunter2")
    given = {"a": b"is hunter2\xff", "hunter2": 1, "server_key": "hunter2", "b": [("hunter2", 2)]}
    assert redaction.data(given) == {"a": b"is ***\xff", "***": 1, "server_key": "hunter2", "b": [("***", 2)]}
    assert redaction.data(bytearray(b"hunter2")) == b"***"


def test_names_that_masking_makes_the_same_are_told_apart() -> None:
    """R-OBS-01, R-OBS-04: nothing is lost, in whatever order they come."""
    redaction = Redaction(values=[r"555\d+"])
    given = {"5551": 1, "*** 2": 2, "5552": 3, "***": 4, 7: 5, "5553 2": 6}
    assert redaction.data(given) == {"***": 1, "*** 2": 2, "*** 3": 3, "*** 4": 4, 7: 5, "*** 2 2": 6}
    many = redaction.data({f"555{number}": number for number in range(10_000)})
    assert isinstance(many, dict)
    assert list(many.values()) == list(range(10_000))


@pytest.mark.parametrize("word", ["a", "-.", "a ", 'a"', "a" + " " * 9, "a:", "a\t"])
def test_the_cost_is_linear_in_the_text(word: str) -> None:
    """R-OBS-01: a server's endless word must not hold up the loop whose log tells of it."""
    redaction = Redaction(secret="hunter2")

    def cost(size: int) -> float:
        text = word * (size // len(word))
        began = process_time()
        redaction.text(text)
        return process_time() - began

    assert cost(400_000) < 40 * max(cost(20_000), 0.002)


@pytest.mark.parametrize("size_max", [0, 1, 19, 20, 21, 500])
@pytest.mark.parametrize(
    "rest", ["", "hunter2", "hunter2" * 500, "4111111111111111" * 100, "x" * 5000, "token=" + "x" * 50_000]
)
def test_the_beginning_of_a_text_is_that_of_the_masked_text(size_max: int, rest: str) -> None:
    """R-OBS-04: a cut halves neither a secret nor what a pattern finds."""
    redaction = Redaction(values=[r"\d{16}"], secret="hunter2")
    line = f"a line with a number {rest}, and some more words"
    beginning, masked = redaction.beginning(line, size_max), redaction.text(line)[:size_max]
    assert masked.startswith(beginning)
    assert beginning == masked or len(line) > DOUBT_MAX * size_max


def test_of_a_text_that_was_looked_at_whole_nothing_is_left_out() -> None:
    """R-OBS-04: as long as what is looked at, to the character."""
    redaction = Redaction(secret="hunter2")
    line = "hunter2" * 40 + "-" * (60 + VALUE_SIZE_MAX - 280)
    assert redaction.beginning(line, 60) == redaction.text(line)[:60]


def test_of_a_text_of_nothing_but_long_secrets_nothing_is_certain() -> None:
    """R-OBS-04: so nothing is shown."""
    assert Redaction(secret="s" * 1000).beginning("s" * 1_000_000, 60) == ""


def test_what_a_pattern_finds_at_the_cut_is_masked_where_it_is_not_too_long() -> None:
    """R-OBS-04: of a value of `VALUE_SIZE_MAX` characters nothing is shown."""
    redaction = Redaction(values=["9+"])
    text = "-" * 9 + "9" * VALUE_SIZE_MAX + "-" * 1000
    assert redaction.beginning(text, 10) == "---------*"


def test_of_a_long_text_no_more_is_looked_at_than_matters() -> None:
    """R-WIRE-10: a report on a frame of 4 MiB costs no more than one on a line."""
    looked_at: list[int] = []

    class Watched(Redaction):
        def text(self, line: str) -> str:
            looked_at.append(len(line))
            return super().text(line)

    for word in ("x", "token=", "hunter2", "y "):
        looked_at.clear()
        Watched(secret="hunter2").beginning(word + "x" * 4_000_000, 60)
        Watched(secret="hunter2").beginning(word * 1_000_000, 60)
        assert sum(looked_at) < 4 * DOUBT_MAX * (60 + VALUE_SIZE_MAX)


def test_a_pattern_that_is_none_is_named_by_its_key() -> None:
    """R-OBS-04: an invalid one fails at construction."""
    with pytest.raises(ConfigError, match=r"^redact_names = "):
        Redaction(names=["("])
    with pytest.raises(ConfigError, match=r"^redact_values = "):
        Redaction(values=["("])
