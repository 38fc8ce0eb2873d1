from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import Any
from unittest.mock import ANY

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from ami_proto.config.setup_action import SetupAction
from ami_proto.errors import ConfigError, InvalidAction
from ami_proto.message import Action, encode
from ami_proto.message.encoding import Value


def asterisk_reads(data: bytes) -> list[list[tuple[bytes, bytes]]]:
    """Return the lines that a server reads: LF or CRLF ends a line, NUL cuts it (main/manager.c:7219)."""
    actions: list[list[tuple[bytes, bytes]]] = []
    headers: list[tuple[bytes, bytes]] = []
    for ended in data.split(b"\n")[:-1]:
        line = ended.removesuffix(b"\r").split(b"\0")[0]
        if line:
            name, _, value = line.partition(b":")
            headers.append((name, value.lstrip(bytes(range(33)))))
        else:
            actions.append(headers)
            headers = []
    assert not headers
    return actions


PRINTABLE = "".join(map(chr, range(32, 127)))


class TestEncode:
    def test_the_bytes(self) -> None:
        """R-ACT-06: CRLF, and nothing after the empty line."""
        action = Action("Command", {"Command": "core show uptime"})
        assert (
            encode(action, "p:1") == b"Action: Command\r\nActionID: p:1\r\nCommand: core show uptime\r\n\r\n"
        )
        assert encode(Action("Ping"), "p:2") == b"Action: Ping\r\nActionID: p:2\r\n\r\n"

    def test_values(self) -> None:
        """R-ACT-01."""

        class Word(StrEnum):
            ON = "on"

        class Number(IntEnum):
            TWO = 2

        scalars: dict[str, Value] = {"S": "a", "I": 1, "F": 0.5, "T": True, "N": False}
        others: dict[str, Value] = {"L": ["a", 2, True], "E": [], "W": Word.ON, "U": Number.TWO}
        action = Action("X", {**scalars, **others})
        assert action.headers == (
            ("S", "a"),
            ("I", "1"),
            ("F", "0.5"),
            ("T", "true"),
            ("N", "false"),
            ("L", "a"),
            ("L", "2"),
            ("L", "true"),
            ("W", "on"),
            ("U", "2"),
        )
        assert [type(value) for _, value in action.headers] == [str] * 10

    def test_pairs_repeat_and_keep_their_order(self) -> None:
        """R-ACT-01."""
        action = Action("X", [("B", 1), ("A", ("x", "y")), ("b", 2)])
        assert encode(action, "1") == b"Action: X\r\nActionID: 1\r\nB: 1\r\nA: x\r\nA: y\r\nb: 2\r\n\r\n"
        assert action.get("b") == "1"
        assert action.get("a", 0) == "x"
        assert action.get("c") is None
        assert action.get("c", 0) == 0

    def test_an_action_that_is_sent_twice_has_two_ids(self) -> None:
        """R-ACT-04."""
        action = Action("Ping")
        assert encode(action, "1") != encode(action, "2")
        assert action == Action("Ping")

    def test_immutable_and_hashable(self) -> None:
        """R-ACT-04."""
        headers = {"A": ["1"]}
        action = Action("X", headers)
        headers["A"].append("2")
        assert action.headers == (("A", "1"),)
        assert {action} == {Action("X", {"A": "1"})}
        assert action != Action("X", {"a": "1"})
        assert action != Action("Y", {"A": "1"})
        assert action != "X"
        assert action == ANY, "what else is equal, the other side says"
        for change in ("name", "headers", "other"):
            with pytest.raises(AttributeError):
                setattr(action, change, ())

    def test_bytes_that_are_not_utf8(self) -> None:
        """R-WIRE-05."""
        assert encode(Action("X", {"A": "\udce9é"}), "1").endswith(b"A: \xe9\xc3\xa9\r\n\r\n")


class TestOriginate:
    def test_originate_is_asynchronous_by_default(self) -> None:
        """R-ACT-06."""
        assert Action("originate", {"Channel": "x"}).headers == (("Channel", "x"), ("Async", "true"))
        assert Action("Originate", {"aSYNC": False}).headers == (("aSYNC", "false"),)
        assert Action("Redirect", {"Channel": "x"}).get("Async") is None

    def test_variables_are_escaped(self) -> None:
        """R-ACT-06: one header each, so that commas, quotes and backslashes arrive."""
        action = Action("Originate", variables={"A": 'x,"y"\\z', "F(b)": 1, "T": True, "E": ""})
        assert action.headers == (
            ("Variable", 'A=x\\,\\"y\\"\\\\z'),
            ("Variable", "F(b)=1"),
            ("Variable", "T=true"),
            ("Variable", "E="),
            ("Async", "true"),
        )
        assert Action("Originate", {"Variable": "A=1,B=2"}).get("Variable") == "A=1,B=2"

    @given(
        st.dictionaries(
            st.from_regex(r"[A-Z_]{1,9}", fullmatch=True),
            st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=30),
            max_size=5,
        )
    )
    def test_variables_arrive_as_they_are(self, variables: dict[str, str]) -> None:
        """R-ACT-06: read as main/app.c:2357 does."""
        arrived: dict[str, str] = {}
        for value in Action("Originate", variables=variables).headers[:-1]:
            name, _, text = value[1].partition("=")
            plain, escaped = "", False
            for char in text:
                if escaped or char not in '\\",':
                    plain += char
                    escaped = False
                else:
                    assert char == "\\", "an unescaped quote or comma splits"
                    escaped = True
            assert not escaped
            arrived[name] = plain
        assert arrived == variables

    def test_nothing_else_is_escaped_or_refused(self) -> None:
        """R-ACT-06: of the printable characters, a name refuses five, and a value escapes three."""
        name = "".join(char for char in PRINTABLE if char not in ' =,"\\')
        value = "".join(char for char in PRINTABLE if char not in ',"\\')
        assert Action("Originate", variables={name: value}).get("Variable") == f"{name}={value}"

    @pytest.mark.parametrize("name", ["", "a b", " a", "a=b", "a,b", 'a"', "a\\", "a\tb", "a\nb"])
    def test_variable_names(self, name: str) -> None:
        with pytest.raises(InvalidAction):
            Action("Originate", variables={name: "x"})

    def test_the_added_header_counts(self) -> None:
        """R-ACT-03."""
        assert len(Action("Originate", {"Variable": ["a=1"] * 125}).headers) == 126
        with pytest.raises(InvalidAction):
            Action("Originate", {"Variable": ["a=1"] * 126})


class TestWhatAsteriskWouldLose:
    """R-ACT-08."""

    @pytest.mark.parametrize("value", ["  007", " ", "\t007", "\x1f", "\x01x", "\x0bx"])
    def test_blanks_before_a_value(self, value: str) -> None:
        """R-ACT-08: Asterisk skips every byte below 33, and keeps those after the value."""
        headers: dict[str, Value] = {"UserEvent": value, "Value": value, "Channel": ["ok", value]}
        for name, (header, bad) in zip(("UserEvent", "Setvar", "TheirAction"), headers.items(), strict=True):
            with pytest.raises(InvalidAction, match="begins with a blank or control character"):
                Action(name, {header: bad})
        assert Action("DBPut", {"Val": "007" + value.replace("\x0b", " ")}).get("Val")
        assert Action("X", {"A": "\u00a0x", "B": ""}).get("A") == "\u00a0x"
        assert Action("Originate", variables={"A": value}).get("Variable") == f"A={value}"
        assert Action("UserEvent", {"UserEvent": "A", "B": value}).get("B") == value

    @pytest.mark.parametrize(
        ("name", "headers"),
        [
            ("Setvar", {"Variable": "A", "Value": ["a", "b"]}),
            ("Setvar", {"Variable": ["A", "B"], "Value": "a"}),
            ("sETVAR", [("Value", "a"), ("VALUE", "b")]),
            ("Originate", {"Channel": ["A", "B"]}),
            ("Originate", {"Codecs": ["ulaw", "alaw"]}),
            ("Hangup", [("Channel", ""), ("Channel", "b")]),
            ("Command", {"Command": ["a", "b"]}),
            ("UserEvent", {"UserEvent": ["a", "b"]}),
            ("Filter", {"Filter": ["a", "b"]}),
            ("DBPut", {"Family": "a", "Key": "b", "Val": (1, 2)}),
        ],
    )
    def test_a_second_value(self, name: str, headers: Any) -> None:
        """R-ACT-08: Asterisk reads the first one."""
        with pytest.raises(InvalidAction, match=r"is a second value, and .* takes one"):
            Action(name, headers)

    @pytest.mark.parametrize("name", ["Originate", "MessageSend", "PJSIPNotify", "SIPnotify", "TheirAction"])
    def test_actions_that_have_variables(self, name: str) -> None:
        """R-ACT-08: and actions of other modules, of which nothing is known."""
        assert Action(name, variables={"A": 1, "B": 2}).get("Variable") == "A=1"
        assert Action(name, {"variable": ["A=1", "B=2"]}).get("Variable") == "A=1"
        assert Action("UserEvent", {"Variable": ["A=1", "B=2"]}).headers == (
            ("Variable", "A=1"),
            ("Variable", "B=2"),
        )
        assert Action("Setvar", variables={}).headers == ()

    @pytest.mark.parametrize(
        "name", ["Redirect", "Setvar", "getvar", "Status", "UserEvent", "Ping", "Login", "QueueAdd"]
    )
    def test_actions_that_have_none(self, name: str) -> None:
        """R-ACT-08: in Setvar and Getvar, `Variable` is a name."""
        with pytest.raises(InvalidAction, match=f"{name} has no channel variables"):
            Action(name, variables={"A": 1})

    @pytest.mark.parametrize("name", ["Redirect", "Status", "Ping", "Login", "QueueAdd"])
    def test_a_header_that_looks_like_a_variable(self, name: str) -> None:
        """R-ACT-08."""
        with pytest.raises(InvalidAction, match="no channel variables"):
            Action(name, {"variable": "A=1"})

    @pytest.mark.parametrize(
        ("name", "header"), [("Events", "EventMask"), ("eVENTS", "eventmask"), ("Login", "Events")]
    )
    def test_event_masks(self, name: str, header: str) -> None:
        """R-ACT-08: a word that is not a class means "no events", without an error."""
        for mask in ("calls", "call, agent", "Call", ",call", "call,agents", "-1", "99999999999"):
            with pytest.raises(InvalidAction, match="Asterisk would ignore another word"):
                Action(name, {header: mask})
        for fine in ("call,agent", "on", "OFF", True, 3, "all", "none", ""):
            assert Action(name, {header: fine}).get(header) is not None
        assert Action("Filter", {"Events": "calls"}).get("Events") == "calls"

    def test_set_up_actions(self) -> None:
        """R-ACT-08: the same rules, without names: a secret may stand in the place of one."""
        for name, headers in (
            ("Events", (("EventMask", "calls"),)),
            ("Setvar", (("Variable", "A"), ("Value", " 007"))),
            ("Setvar", (("Variable", "A"), ("hunter2", "b"), ("hunter2", "c"))),
            ("Redirect", (("Variable", "A=1"),)),
        ):
            with pytest.raises(ConfigError) as error:
                SetupAction(name, headers)
            assert "hunter2" not in str(error.value)
        assert SetupAction("UserEvent", (("UserEvent", "A"), ("B", " 1"), ("B", "2"))).headers


BREAKING = ["\r", "\n", "\0", "x\r\ny", "\nAction: Logoff", "x\x00"]
NO_VALUES: list[Any] = [
    *(None, b"x", bytearray(b"x"), object(), {1}, {"a": 1}, [None], [["x"]], [b"x"]),
    *(float("nan"), float("inf")),
]
REFUSED: list[tuple[str, Callable[[Any], object], list[Any]]] = [
    ("name", lambda bad: Action("Ping" + bad), BREAKING),
    ("header name", lambda bad: Action("X", {"A" + bad + "b": "1"}), BREAKING),
    ("value", lambda bad: Action("X", {"A": bad}), [*BREAKING, *NO_VALUES]),
    ("one of the values", lambda bad: Action("X", {"A": ["ok", bad]}), [*BREAKING, *NO_VALUES]),
    ("variable", lambda bad: Action("X", variables={"A": bad}), [*BREAKING, *NO_VALUES, ["x"]]),
    ("action id", lambda bad: encode(Action("X"), "1" + bad), BREAKING),
    ("whole action id", lambda bad: encode(Action("X"), bad), ["", " 1", "\xe9", "\t", "\x7f", "1" * 65]),
    ("reserved", lambda bad: Action("X", {bad: "1"}), ["Action", "ACTION", "ActionID", "actionid"]),
    (
        "header",
        lambda bad: Action("X", {bad: "1"}),
        ["", " ", "A:", ":", "A: b", " A", "A ", "A\t", None, b"A", 1],
    ),
    ("whole name", lambda bad: Action(bad), [None, b"Ping", 1, "", "  "]),
    (
        "ends of the name",
        lambda bad: Action(bad),
        [" Logoff", "\x01Originate", "\tX", "\x1fX", "Ping ", "X\t", "X\x01"],
    ),
    ("headers", lambda bad: Action("X", bad), ["AB:", ["AB"], [1], [("A",)], [("A", "b", "c")]]),
    ("variable name", lambda bad: Action("X", variables={bad: "x"}), [1, None, ""]),
    ("no UTF-8", lambda bad: Action("X", {"A": bad}), ["\ud800"]),
    ("long line", lambda bad: Action("X", {"A": bad}), ["x" * 1020, "\xe9" * 510]),
    ("long name", lambda bad: Action(bad), ["X" * 1015]),
    ("many lines", lambda bad: Action("X", bad), [[("A", "1")] * 127, {"A": ["1"] * 127}]),
]


@pytest.mark.parametrize(("make", "bad"), [(make, bad) for _, make, values in REFUSED for bad in values])
def test_refused(make: Callable[[Any], object], bad: object) -> None:
    """R-ACT-02, R-ACT-03: with one clear line."""
    with pytest.raises(InvalidAction) as error:
        make(bad)
    message = str(error.value)
    assert message
    assert message.isprintable()


def test_the_limits_themselves_are_allowed() -> None:
    """R-ACT-03: 1022 bytes and 128 lines, with Action and ActionID."""
    assert len(encode(Action("X", {"A": "x" * 1019}), "1").split(b"\r\n")[2]) == 1022
    assert len(encode(Action("X", [("A", "1")] * 126), "1").split(b"\r\n")) == 130
    assert encode(Action("X"), "1" * 64)


def test_no_error_shows_a_value() -> None:
    """R-ACT-05."""
    values: list[Any] = ["hunter2\n", "hunter2" * 200, "hunter2\ud800", b"hunter2"]
    for value in values:
        with pytest.raises(InvalidAction) as error:
            Action("Login", {"Secret": value})
        assert "hunter2" not in str(error.value)


NAMES = ("Secret: hunter2", "hunter2:", " hunter2", "hunter2\t", "Secret\r\nhunter2", "hunter2\0")


@pytest.mark.parametrize("name", [*NAMES, "hunter2\ud800", "hunter2" * 200])
def test_no_error_shows_a_refused_header_name(name: str) -> None:
    """R-ACT-05: a name such as `Secret: hunter2` has the secret in it."""
    with pytest.raises(InvalidAction) as error:
        Action("Login", {name: "x"})
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("name", [" hunter2", "hunter2\t", "PIN=hunter2", "PIN\r\nhunter2", "hunter2\0"])
def test_no_error_shows_a_refused_variable_name(name: str) -> None:
    """R-ACT-05: the same for `PIN=hunter2`."""
    with pytest.raises(InvalidAction) as error:
        Action("Originate", variables={name: "x"})
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("name", ["A B", "Ping\u00a0", "\x7f"])
def test_characters_that_asterisk_does_not_skip_are_part_of_a_name(name: str) -> None:
    """R-ACT-02: only characters that it skips could make it read another action than was checked."""
    assert asterisk_reads(encode(Action(name), "1"))[0][0] == (b"Action", name.encode())


plain = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1)
odd = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["\r\n", "Action", "\r\n\r\nAction: Logoff\r\n\r\n", "a: b"]
)


@pytest.mark.parametrize(("sign", "digits"), [(1, 1022), (1, 1100), (1, 5000), (-1, 5000)])
def test_a_number_that_no_line_can_hold_is_refused(sign: int, digits: int) -> None:
    """R-TYPE-01: typed, also where Python itself would not write the number."""
    number = sign * 10**digits
    with pytest.raises(InvalidAction, match=r"more digits than a line can hold|Asterisk takes 1022"):
        Action("X", {"A": number})
    with pytest.raises(InvalidAction, match=r"more digits than a line can hold|Asterisk takes 1022"):
        Action("Originate", variables={"A": number})
    assert Action("X", {"A": 10**1000}).get("A") == f"1{'0' * 1000}"


numbers = st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)


@given(parts=st.lists(plain, min_size=4, max_size=10), place=st.integers(0, 9), evil=odd, number=numbers)
def test_nothing_can_be_injected(parts: list[str], place: int, evil: str, number: float) -> None:
    """R-ACT-02: either it is refused, or the server reads one action with exactly these headers."""
    # One odd part at most: of an action with several, one is always refused, and the others are never tried.
    parts[place : place + 1] = [evil] if place < len(parts) else []
    name, action_id, *rest = parts
    headers: list[tuple[str, Any]] = [*zip(rest[::2], rest[1::2], strict=False), ("Number", number)]
    try:
        action = Action(name, headers)
        data = encode(action, action_id)
    except InvalidAction:
        reject()
    (read,) = asterisk_reads(data)
    expected = [("Action", name), ("ActionID", action_id), *action.headers]
    blanks = "".join(map(chr, range(33)))
    assert read == [
        (key.encode("utf-8", "surrogateescape"), value.lstrip(blanks).encode("utf-8", "surrogateescape"))
        for key, value in expected
    ]
    assert data.count(b"\r\n\r\n") == 1
    assert data.endswith(b"\r\n\r\n")
