from dataclasses import replace
from time import process_time

import pytest

from ami_proto import ConfigError
from ami_proto.drivers import Redaction
from ami_proto.message import Action, redact
from ami_proto.message.redact import DOUBT_MAX, VALUE_SIZE_MAX
from conformance.laws.playbook import SERVER


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
    """R-OBS-04: the key of a database entry is not."""
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
    """R-OBS-04: a stored value is as secret as a login."""
    for spelled in (action, action.lower(), action.upper()):
        pairs = [(name, "hunter2") for name in (*shown, *hidden)]
        masked = dict(redact(pairs, spelled))
        assert [name for name in masked if masked[name] == "***"] == hidden
        assert "***" not in (masked[name] for name in shown)
        for name in hidden:
            assert "hunter2" not in repr(Action(spelled, {name: "hunter2"}))


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
        "Originate", {"Channel": "SIP/1", "Secret": "hunter2", "Async": "true"}, variables={"LEAD": "1234"}
    )
    assert repr(action) == (
        "Action('Originate', [('Channel', 'SIP/1'), ('Secret', '***'), ('Async', 'true'), "
        "('Variable', 'LEAD=***')])"
    )
    login = Action("Login", {"Username": "ops", "Key": "beef"})
    assert repr(login) == "Action('Login', [('Username', 'ops'), ('Key', '***')])"


SECRET_NAMES = (
    *(
        "auth",
        "X-Auth",
        "sip_auth",
        "Authorization",
        "Proxy-Authorization",
        "authorisation",
        "AuthKey",
        "auth_key",
    ),
    *(
        "api_key",
        "ApiKey",
        "APIKey",
        "APIKEY",
        "X-Api-Key",
        "apikeys",
        "my_api_key_2",
        "private_key",
        "PrivateKey",
    ),
    *(
        "privkey",
        "access-key",
        "EncryptionKey",
        "pin",
        "PIN",
        "UserPin",
        "userPIN",
        "user_pin",
        "PINs",
        "pin1",
    ),
    *("PinCode", "conf_pin", "adminpin", "vmpin", "token", "AccessToken", "refresh_token", "pwd", "db_pass"),
    *("Bearer", "psk", "Md5Cred", "auth.code"),
)
SHOWN_NAMES = (
    *("AuthType", "AuthMethod", "AuthDetail", "Author", "Authenticated", "Ping", "Pings", "Pinned", "Spin"),
    *(
        "Opinion",
        "Mapping",
        "Key",
        "Keys",
        "Keyboard",
        "Monkey",
        "PassThrough",
        "Passed",
        "Bypass",
        "Compass",
    ),
    *("Channel", "Uniqueid", "CallerIDNum", "Variable", "ActionID"),
)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_that_are_hidden_by_default(name: str) -> None:
    """R-OBS-04: in each spelling, in headers, data, text and messages."""
    for spelled in (name, name.lower(), name.upper()):
        assert redact([(spelled, "hunter2")]) == [(spelled, "***")]
        assert Redaction().data({spelled: "hunter2"}) == {spelled: "***"}
        assert "hunter2" not in Redaction().text(f"it said {spelled}=hunter2 twice, {spelled}: hunter2")
        assert Redaction().message([(spelled, "hunter2")]) == [(spelled, "***")]


@pytest.mark.parametrize("name", SHOWN_NAMES)
def test_names_that_only_look_like_them(name: str) -> None:
    """R-OBS-04."""
    for spelled in (name, name.lower(), name.upper()):
        assert not Redaction().hides(spelled)


@pytest.mark.parametrize(
    "header", ["Command", "Data", "Application", "AppData", "Filter", "Message", "Channel"]
)
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("core show channels", "core show channels"),
        ("PASSWORD=hunter2", "PASSWORD=***"),
        ("PASSWORD=hunter2 hunter2", "PASSWORD=***"),
        ("core set PASSWORD=hunter2 now", "core set PASSWORD=*** now"),
        ("a,b,pin=hunter2,c", "a,b,pin=***"),
        ("Set(API_KEY=hunter2)", "Set(API_KEY=***"),
        ('curl --token="hunter2 hunter2" x', "curl --token=*** x"),
        ("curl --token='hunter2 hunter2", "curl --token=***"),
        ('curl --token="a\\" hunter2" x', "curl --token=*** x"),
        ("curl -H Authorization: Basic hunter2", "curl -H Authorization: ***"),
        ("https://x/?a=1&auth=hunter2", "https://x/?a=1&auth=***"),
        ('{"password": "hunter2"}', '{"password": ***'),
        ("database put sip pw hunter2 x", "database put sip pw ***"),
        ("dialplan set global PW hunter2", "dialplan set global PW ***"),
        ("dialplan set chanvar SIP/1-a PW hunter2", "dialplan set chanvar SIP/1-a PW ***"),
        ("SET VARIABLE PW hunter2", "SET VARIABLE PW ***"),
        ("key=1 variable=2", "key=1 variable=2"),
    ],
)
def test_secrets_that_text_assigns(header: str, text: str, shown: str) -> None:
    """R-OBS-04, R-ACT-05: commands, and the data of applications, are text."""
    assert redact([(header, text)]) == [(header, shown)]
    assert repr(Action("Command", {header: text})) == f"Action('Command', [({header!r}, {shown!r})])"
    assert Redaction().message([(header, text), (None, text)]) == [(header, shown), (None, shown)]


def test_a_message_is_masked_by_name_and_by_what_it_names() -> None:
    """R-OBS-04: the value of a variable, and of a database key, whose name is secret."""
    redaction = Redaction(secret="hunter2")
    assert redaction.message([("Variable", "DB_PASSWORD"), ("Value", "x")])[1] == ("Value", "***")
    assert redaction.message([("Variable", "LEAD"), ("value", "x")])[1] == ("value", "x")
    assert redaction.message([("Key", "/SIP/100/secret"), ("Val", "x")])[1] == ("Val", "***")
    assert redaction.message([("Key", "/SIP/100"), ("Val", "hunter2")])[1] == ("Val", "***")
    assert redaction.message([("ChanVariable(SIP/1)", "PIN=1 2")]) == [("ChanVariable(SIP/1)", "PIN=***")]
    assert redaction.message([("ActionID", "token=1"), (None, "hunter2")]) == [
        ("ActionID", "token=1"),
        (None, "***"),
    ]


def test_names_of_your_own() -> None:
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
    """R-OBS-04, R-AUTH-01: wherever they occur."""
    redaction = Redaction(values=[r"\d{4}-\d{4}"], secret="hunter2")
    assert redaction.headers([("Data", "card 1234-5678, hunter2!")]) == [("Data", "card ***, ***!")]
    assert redaction.text("it said 1234-5678 and hunter2") == "it said *** and ***"
    assert redaction.data(["hunter2", ("a", "hunter2")]) == ["***", ("a", "***")]


def test_a_short_secret_is_not_searched_for_in_text() -> None:
    assert Redaction(secret="a").text("a banana") == "a banana"
    assert Redaction(secret="ana").text("a banana") == "a banana"
    assert Redaction(secret="anan").text("a banana") == "a b***a"


def test_nested_data_and_lists() -> None:
    """R-OBS-04: mappings, lists and pairs, however deep; a whole value under a secret name is masked."""
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


def test_an_empty_match_of_a_pattern_is_not_masked() -> None:
    """R-OBS-04: a match between two characters has no length."""
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
            "dial with pin=1 line=2 password=hunter2 then token = x y",
            "dial with pin=*** line=2 password=*** then token = *** y",
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


def test_the_redaction_of_a_configuration() -> None:
    redaction = Redaction.of(replace(SERVER, redact_names=("^pin$",), redact_values=("x{9}",)))
    assert redaction.data({"pin": 1, "a": "x" * 9, "b": SERVER.reveal_secret()}) == {
        "pin": "***",
        "a": "***",
        "b": "***",
    }
    assert redaction.data([SERVER.secret, {"b": SERVER.secret}]) == ["***", {"b": "***"}]


def test_bytes_and_names_are_data_too() -> None:
    """R-OBS-04: the secret itself wherever it stands."""
    redaction = Redaction(secret="hunter2")
    given = {"a": b"is hunter2\xff", "hunter2": 1, "server_key": "hunter2", "b": [("hunter2", 2)]}
    assert redaction.data(given) == {"a": b"is ***\xff", "***": 1, "server_key": "hunter2", "b": [("***", 2)]}
    assert redaction.data(bytearray(b"hunter2")) == b"***"


def test_names_that_become_equal_are_numbered() -> None:
    """R-OBS-01, R-OBS-04: nothing is lost, in whatever order they come."""
    redaction = Redaction(values=[r"555\d+"])
    given = {"5551": 1, "*** 2": 2, "5552": 3, "***": 4, 7: 5, "5553 2": 6}
    assert redaction.data(given) == {"***": 1, "*** 2": 2, "*** 3": 3, "*** 4": 4, 7: 5, "*** 2 2": 6}
    many = redaction.data({f"555{number}": number for number in range(10_000)})
    assert isinstance(many, dict)
    assert list(many.values()) == list(range(10_000))


@pytest.mark.parametrize("word", ["a", "-.", "a ", 'a"', "a" + " " * 9, "a:", "a\t"])
def test_the_cost_is_linear_in_the_text(word: str) -> None:
    """R-OBS-01: a server's endless word must not hold up the loop that logs it."""
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
def test_the_beginning_of_a_text_is_masked_like_the_whole_text(size_max: int, rest: str) -> None:
    """R-OBS-04: a cut leaves no half of a secret, or of a match."""
    redaction = Redaction(values=[r"\d{16}"], secret="hunter2")
    line = f"a line with a number {rest}, and some more words"
    beginning, masked = redaction.beginning(line, size_max), redaction.text(line)[:size_max]
    assert masked.startswith(beginning)
    assert beginning == masked or len(line) > DOUBT_MAX * size_max


def test_nothing_is_left_out_of_a_text_that_was_searched_whole() -> None:
    """R-OBS-04: up to the exact number of characters that are searched."""
    redaction = Redaction(secret="hunter2")
    line = "hunter2" * 40 + "-" * (60 + VALUE_SIZE_MAX - 280)
    assert redaction.beginning(line, 60) == redaction.text(line)[:60]


def test_nothing_is_shown_of_a_text_of_long_secrets_alone() -> None:
    """R-OBS-04: any part of it may be half of one."""
    assert Redaction(secret="s" * 1000).beginning("s" * 1_000_000, 60) == ""


def test_a_match_across_the_cut_is_masked_up_to_a_length() -> None:
    """R-OBS-04: a value of `VALUE_SIZE_MAX` characters is not shown."""
    redaction = Redaction(values=["9+"])
    text = "-" * 9 + "9" * VALUE_SIZE_MAX + "-" * 1000
    assert redaction.beginning(text, 10) == "---------*"


def test_only_the_beginning_of_a_long_text_is_searched() -> None:
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


def test_an_invalid_pattern_is_named_by_its_key() -> None:
    """R-OBS-04: an invalid one fails at construction."""
    with pytest.raises(ConfigError, match=r"^redact_names: "):
        Redaction(names=["("])
    with pytest.raises(ConfigError, match=r"^redact_values: "):
        Redaction(values=["("])
